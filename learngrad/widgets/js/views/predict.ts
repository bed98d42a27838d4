// The card that asks for what comes next, and says what may be wrong with an answer. What stands in
// the way of the answer, and what may be seen meanwhile, is `core/predict.ts` and `core/veil.ts`.
import { type Question, Quiz, type Sheet, told } from "../core/predict.ts";
import { type Store, Veil } from "../core/veil.ts";
import { h, say } from "./dom.ts";
import css from "./predict.css";
import { adopt } from "./theme.ts";

export interface Asker {
  /** Go to a step, which may be seen now. */
  go(index: number): void;
  /** Go one step on. */
  next(): void;
  /** Go to where it began. */
  restart(): void;
  /** Whether there is no step to come. */
  ended(): boolean;
  /** A question has come or gone, or what may be seen has changed. */
  changed(): void;
}

const OPENING = "Each step is asked for before it is shown.";
const NOTHING = "No step of this graph can be worked out by head: they are shown as they are.";

/** Questions that this page has shown. */
let asked = 0;

/** A field that is in the page only in a moment cannot have the focus now. */
const soon = (run: () => void) => queueMicrotask(run);

export class Predict {
  readonly element = h("div", { class: "lg-ask", role: "group", "aria-label": "predict" });
  readonly #asker: Asker;
  readonly #quiz: Quiz;
  readonly #form = h("form", { class: "lg-ask-form", autocomplete: "off" });
  readonly #hint = h("p", { class: "lg-ask-hint", role: "status", "aria-live": "polite" });
  readonly #score = h("span", { class: "lg-note" });
  readonly #next = text("Next", "one step on (Right arrow)", () => this.#asker.next());
  readonly #reset = text("Start over", "every question again, and a new score", () =>
    this.#clear(),
  );
  readonly #stop = text("Stop asking", "show everything", () => this.#toggle());
  #shown: Question | null = null;
  /** Everything is shown: the reader wants it, or nothing can be asked. */
  #off: boolean;
  /** The step that is just being revealed keeps what was said about the answer. */
  #revealing = false;

  /** `begin` is how far a replay may be seen at first. */
  constructor(sheet: Sheet, begin: (replay: number) => number, asker: Asker) {
    this.#asker = asker;
    this.#quiz = new Quiz(sheet, begin);
    const foot = h("div", { class: "lg-ask-foot" });
    foot.append(this.#score, this.#reset, h("span", { class: "lg-gap" }), this.#stop);
    this.#next.classList.add("lg-ask-send");
    const head = h("div", { class: "lg-kicker" }, "predict, then see");
    const on = h("div", { class: "lg-ask-row" }, this.#next);
    this.element.append(head, this.#form, this.#hint, on, foot);
    adopt(document.body, "predict", css);
    this.#off = !sheet.questions.some(({ replay, index }) => index > begin(replay));
    if (this.#off) this.element.replaceChildren(this.#hint);
    this.#tell("", this.#off ? NOTHING : OPENING);
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      const field = this.#form.querySelector<HTMLInputElement>("input");
      if (field?.value.trim()) this.#answer(field.value);
    });
    this.#count();
  }

  /** The question that stands now. */
  get asking(): Question | null {
    return this.#quiz.asking;
  }

  /** The store as far as it may be seen; `replay` says which replay is looked at. */
  veil(store: Store, replay: () => number): Veil {
    return new Veil(store, () => {
      const at = replay();
      return this.#off ? null : { replay: at, index: this.#quiz.seen(at) };
    });
  }

  /** Where somebody comes to who wants to go to an index. */
  allow(replay: number, index: number): number {
    if (this.#off) {
      this.#quiz.skip(replay, index);
      return index;
    }
    const to = this.#quiz.allow(replay, index);
    if (!this.#revealing) this.#show();
    return to;
  }

  /** The replay has moved: whether there is a next step. */
  moved(): void {
    this.#next.hidden = this.#off || this.asking !== null || this.#asker.ended();
  }

  /** The reader points at a box; whether that was an answer. */
  takes(id: number): boolean {
    if (!this.asking?.nodes) return false;
    this.#answer(String(id));
    return true;
  }

  #answer(typed: string): void {
    const question = this.asking!;
    const { kind, hint, over } = this.#quiz.answer(typed);
    const head = { right: "Right. ", wrong: "Not quite. ", rough: "Right so far. ", unread: "" };
    if (over) this.#over(question, kind === "right" ? "right" : "wrong", head[kind] + hint);
    else {
      this.#tell(kind, head[kind] + hint);
      this.#form.querySelector("input")?.select();
    }
    this.#count();
  }

  #give(): void {
    const question = this.asking!;
    this.#quiz.giveUp();
    this.#over(question, "shown", "");
    this.#count();
  }

  /** The question is done with: the next one that stands before this step, or the step itself. */
  #over(question: Question, look: string, said: string): void {
    const { replay, index } = question;
    const more = this.#quiz.left(replay, index) > 0;
    if (more) this.#quiz.allow(replay, index);
    this.#show();
    const answer = look === "right" ? "" : `It is ${told(question)}.`;
    this.#tell(look, [said.trim(), answer].filter(Boolean).join(" "), more);
    if (more) return;
    this.#revealing = true;
    this.#asker.go(index);
    this.#revealing = false;
    this.#next.focus({ preventScroll: true });
  }

  /** Says what an answer is worth; `last`: the answer to the question before the one that stands. */
  #tell(look: string, said: string, last = false): void {
    this.#hint.dataset.look = look;
    this.#hint.dataset.last = String(last);
    say(this.#hint, said);
  }

  /** The question that stands, or none. */
  #show(): void {
    const question = this.asking;
    const fresh = question !== this.#shown;
    this.#shown = question;
    this.#tell("", "");
    if (fresh) {
      this.#form.replaceChildren(...(question ? this.#body(question) : []));
      this.#asker.changed();
    }
    this.moved();
    if (question) soon(() => this.#focus());
  }

  #focus(): void {
    const first = this.#form.querySelector<HTMLElement>("input, .lg-ask-choices button");
    first?.focus({ preventScroll: true });
    this.element.scrollIntoView({ block: "nearest" });
  }

  #body(question: Question): HTMLElement[] {
    const { ask, given, choices, kind } = question;
    const facts = given.map(([label, value]) =>
      h("div", {}, h("dt", {}, label), h("dd", {}, value)),
    );
    const show = text("Show me", "show the answer", () => this.#give());
    // What is given is read out with the question.
    const id = `lg-given-${++asked}`;
    const list = given.length ? [h("dl", { id, class: "lg-ask-given" }, ...facts)] : [];
    const about = given.length ? id : null;
    if (kind === "choice") {
      const made = choices!.map(([value, label]) =>
        text(label, `answer: ${label}`, () => this.#answer(String(value))),
      );
      const group = h("div", { class: "lg-ask-choices", role: "group", "aria-label": ask });
      if (about) group.setAttribute("aria-describedby", about);
      group.append(...made);
      const point = h("span", { class: "lg-note" }, "Choose here, or in the graph.");
      const foot = h("div", { class: "lg-ask-row" }, question.nodes && point, show);
      return [...list, h("p", { class: "lg-ask-what" }, ask), group, foot];
    }
    const example = kind === "shape" ? "such as (3, 4)" : "such as −2, 0.33 or 1/3";
    const look = { type: "text", placeholder: example, spellcheck: "false" };
    const field = h("input", { ...look, "aria-describedby": about });
    field.addEventListener("keydown", (event) => {
      // JupyterLab has a use for Enter itself, and a form is then not sent by it.
      if (event.key !== "Enter") return;
      event.preventDefault();
      event.stopPropagation();
      this.#form.requestSubmit();
    });
    const label = h("label", {}, h("span", { class: "lg-ask-what" }, ask), field);
    const send = h("button", { type: "submit", class: "lg-ask-send" }, "Answer");
    return [...list, label, h("div", { class: "lg-ask-row" }, send, show)];
  }

  #count(): void {
    say(this.#score, this.#quiz.score());
    this.#reset.hidden = !this.#quiz.asked;
    this.element.dataset.score = `${this.#quiz.right}/${this.#quiz.asked}`;
  }

  #clear(): void {
    this.#quiz.reset();
    this.#show();
    this.#asker.restart();
    this.#asker.changed();
    this.#count();
    this.#tell("", OPENING);
    this.#next.focus({ preventScroll: true });
  }

  /** Everything may be seen, or only what has been; questions that were left stand again. */
  #toggle(): void {
    this.#off = !this.#off;
    this.#quiz.asking = null;
    say(this.#stop, this.#off ? "Ask again" : "Stop asking");
    this.#stop.title = this.#off ? "ask before each step again" : "show everything";
    this.#show();
    this.#asker.changed();
    this.moved();
  }
}

function text(label: string, title: string, press: () => void): HTMLButtonElement {
  const made = h("button", { type: "button", title }, label);
  made.addEventListener("click", press);
  return made;
}

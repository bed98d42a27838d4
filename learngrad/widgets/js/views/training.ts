// The buttons of trainings in the background: pause, one step, stop, and the learning rate.
import { standing, type Training } from "../core/curves.ts";
import { elide } from "../core/text.ts";
import { button, h, icon, say } from "./dom.ts";
import { adopt } from "./theme.ts";
import css from "./training.css";

/** What a button asks of the kernel. */
export interface Order {
  type: "control";
  run?: number;
  do?: "pause" | "resume" | "step" | "stop";
  lr?: number;
}
export type Send = (order: Order) => void;

const STATES: Record<Training["state"], string> = {
  running: "training",
  paused: "paused",
  done: "done",
  stopped: "stopped",
  failed: "failed",
};
const ended = ({ state }: Training) => state !== "running" && state !== "paused";

/** A strip of buttons for each training. */
export class Trainings {
  readonly element = h("div", { role: "group", "aria-label": "trainings" });
  readonly #strips = new Map<number, Strip>();
  readonly #send: Send;

  constructor(send: Send) {
    this.#send = send;
    adopt(document.body, "training", css);
  }

  /** Shows how they stand; `gone` says that there is no kernel that could do something. */
  update(trainings: Training[], gone: boolean): void {
    const ids = new Set(trainings.map(({ id }) => id));
    for (const [id, strip] of this.#strips)
      if (!ids.has(id)) {
        strip.element.remove();
        this.#strips.delete(id);
      }
    for (const training of trainings) {
      let strip = this.#strips.get(training.id);
      if (!strip) {
        strip = new Strip(training.id, this.#send);
        this.#strips.set(training.id, strip);
        this.element.append(strip.element);
      }
      strip.update(training, gone);
    }
  }

  /** Keys of the whole view; says whether the key was one of them. */
  key(event: KeyboardEvent): boolean {
    const target = event.target as HTMLElement;
    if (event.ctrlKey || event.metaKey || event.altKey) return false;
    if (target.closest("input, select") || (event.key === " " && target.closest("button")))
      return false;
    const strips = [...this.#strips.values()].filter((strip) => strip.isActive);
    if (!strips.length) return false;
    if (event.key === " ") for (const strip of strips) strip.toggle();
    else if (event.key.toLowerCase() === "n") for (const strip of strips) strip.step();
    else return false;
    return true;
  }
}

class Strip {
  readonly element: HTMLElement;
  readonly #id: number;
  readonly #send: Send;
  readonly #name = h("span", { class: "lg-name" });
  readonly #state = h("span", { class: "lg-state", role: "status" });
  readonly #bar = h("progress", { max: 1, "aria-label": "progress" });
  readonly #text = h("span", { class: "lg-note" });
  readonly #why = h("span", { class: "lg-why" });
  readonly #play: HTMLButtonElement;
  readonly #step: HTMLButtonElement;
  readonly #stop: HTMLButtonElement;
  readonly #rate: Rate;
  #now: Training | null = null;

  constructor(id: number, send: Send) {
    this.#id = id;
    this.#send = send;
    this.#play = button("pause", "Pause (Space)", () => this.toggle());
    this.#play.classList.add("lg-play");
    this.#step = button("forward", "one step (N)", () => this.step());
    this.#step.append("step");
    this.#stop = button("stop", "stop the training", () => this.#ask("stop", this.#stop));
    this.#stop.append("stop");
    this.#rate = new Rate((lr) => send({ type: "control", run: id, lr }));
    this.element = h(
      "div",
      { class: "lg-training", role: "group" },
      this.#name,
      h("div", { class: "lg-buttons" }, this.#play, this.#step, this.#stop),
      this.#state,
      this.#bar,
      this.#text,
      this.#rate.element,
      this.#why,
    );
  }

  get isActive(): boolean {
    return this.#now !== null && !ended(this.#now);
  }

  toggle(): void {
    if (!this.#play.disabled)
      this.#ask(this.#now?.state === "paused" ? "resume" : "pause", this.#play);
  }

  step(): void {
    if (!this.#step.disabled) this.#ask("step", this.#step);
  }

  #ask(what: Order["do"], pressed: HTMLButtonElement): void {
    pressed.setAttribute("aria-busy", "true");
    this.#send({ type: "control", run: this.#id, do: what });
  }

  update(training: Training, gone: boolean): void {
    const { state, name, text, share, error } = training;
    const over = ended(training) || gone;
    const changed = state !== this.#now?.state || training.steps !== this.#now.steps;
    this.#now = training;
    this.element.dataset.state = gone && !ended(training) ? "gone" : state;
    this.element.dataset.steps = String(training.steps);
    this.element.setAttribute("aria-label", name ? `training ${name}` : "training");
    say(this.#name, elide(name, 40));
    this.#name.hidden = !name;
    say(this.#state, gone && !ended(training) ? "no kernel" : STATES[state]);
    say(this.#text, standing(text, gone && !ended(training)));
    say(this.#why, error);
    this.#bar.hidden = over || share === null;
    this.#bar.value = share ?? 0;
    const play = state === "paused" ? "Resume" : "Pause";
    if (this.#play.dataset.label !== play) {
      this.#play.dataset.label = play;
      this.#play.title = `${play} (Space)`;
      this.#play.setAttribute("aria-label", `${play} (Space)`);
      this.#play.replaceChildren(icon(state === "paused" ? "forward" : "pause"), play);
    }
    for (const one of [this.#play, this.#step, this.#stop]) {
      if (changed) one.removeAttribute("aria-busy");
      one.disabled = over;
    }
    this.#rate.update(training.lr, over);
  }
}

/** Milliseconds within which a drawing that the notebook moves has its focus again. */
const MOVED = 400;
/** Milliseconds for which what was asked for is shown, before what the kernel says counts again. */
const PATIENCE = 1_000;

/** The learning rate: a field, and buttons that halve and double it. */
class Rate {
  readonly element: HTMLElement;
  readonly #field = h("input", {
    type: "text",
    inputmode: "decimal",
    "aria-label": "learning rate",
    title: "learning rate; Enter sets it",
  });
  readonly #buttons: HTMLButtonElement[];
  readonly #set: (rate: number) => void;
  #now: number | null = null;
  #asked = Number.NEGATIVE_INFINITY;
  #writing = false;

  constructor(set: (rate: number) => void) {
    this.#set = set;
    const half = button("minus", "halve the learning rate", () => this.#scale(0.5));
    const twice = button("plus", "double the learning rate", () => this.#scale(2));
    half.replaceChildren("÷2");
    twice.replaceChildren("×2");
    this.#buttons = [half, twice];
    this.element = h("span", { class: "lg-rate" }, "lr", half, this.#field, twice);
    // Not at once: half a number is nothing to set, where the notebook only moves the drawing.
    this.#field.addEventListener("blur", () => {
      setTimeout(() => !this.#field.matches(":focus") && this.#enter(), MOVED);
    });
    this.#field.addEventListener("keydown", (event) => {
      event.stopPropagation();
      if (event.key === "Enter") this.#enter();
      if (event.key === "Escape") this.#show();
    });
    this.#field.addEventListener("input", () => {
      this.#writing = true;
      this.#field.removeAttribute("aria-invalid");
    });
  }

  #enter(): void {
    if (!this.#writing) return;
    const text = this.#field.value.trim().replace(",", ".");
    const rate = Number(text);
    if (text === "") this.#show();
    else if (!Number.isFinite(rate) || rate < 0) this.#field.setAttribute("aria-invalid", "true");
    else this.#ask(rate);
  }

  #scale(factor: number): void {
    if (this.#now !== null) this.#ask(Number((this.#now * factor).toPrecision(6)));
  }

  #ask(rate: number): void {
    this.#now = rate;
    this.#asked = performance.now();
    this.#show();
    this.#set(rate);
  }

  #show(): void {
    this.#writing = false;
    this.#field.value = this.#now === null ? "" : String(Number(this.#now.toPrecision(6)));
    this.#field.removeAttribute("aria-invalid");
  }

  update(rate: number | null, over: boolean): void {
    this.element.hidden = rate === null;
    // A message that was under way when a button was pressed has the rate of before.
    const late = rate !== this.#now && performance.now() - this.#asked < PATIENCE;
    if (!late) {
      this.#now = rate;
      if (!this.#writing) this.#show();
    }
    this.#field.disabled = over;
    for (const one of this.#buttons) one.disabled = over;
  }
}

// What flows through a network while it learns: a line for each layer, scrubbed over time.
import { type FlowStore, HEADS, KINDS, type Kind, type Moment } from "../core/flow.ts";
import { decades, extent, GUIDE, heights, ratioAt, type Tick, tenTo } from "../core/flow-shape.ts";
import { number } from "../core/text.ts";
import { button, h, icon, say } from "./dom.ts";
import css from "./flow.css";
import { type Frame, RowView, WIDE, ZERO } from "./flow-row.ts";
import { adoptTones, toneKey } from "./flow-tone.ts";
import { adopt, followTheme } from "./theme.ts";

/** Milliseconds that a moment is shown while it plays. */
const EACH = 120;
/** More rows than this are drawn closer together. */
const ROOMY = 12;
/** Moments before what watching costs is worth telling: the first come together. */
const ENOUGH = 5;

export class FlowView {
  readonly root = h("div", {
    class: "lg-root lg-flow",
    role: "group",
    "aria-label": "gradient flow",
    "data-ready": "false",
    "data-lm-suppress-shortcuts": "true",
  });
  readonly #store: FlowStore;
  readonly #note = h("span", { class: "lg-note" });
  readonly #kinds = new Map<Kind, HTMLButtonElement>();
  readonly #over = toggle("over time");
  readonly #asTable = toggle("table");
  readonly #body = h("div", {
    class: "lg-flow-body",
    role: "group",
    "aria-label": "layers",
    tabindex: 0,
  });
  readonly #title = h("span");
  readonly #axis = h("div", { class: "lg-flow-axis" });
  readonly #rows = h("tbody");
  readonly #key = h("div", { class: "lg-legend" });
  readonly #table = h("div", {
    class: "lg-words",
    tabindex: 0,
    role: "group",
    "aria-label": "table of the layers",
    hidden: true,
  });
  readonly #play: HTMLButtonElement;
  readonly #slider = h("input", {
    type: "range",
    class: "lg-slider",
    min: 0,
    step: 1,
    "aria-label": "step",
  });
  readonly #where = h("span", { class: "lg-where lg-note" });
  readonly #newest: HTMLButtonElement;
  readonly #cost = h("span", { class: "lg-note", title: "what watching takes of the loop's time" });
  readonly #foot: HTMLElement;
  readonly #words = h("div", { class: "lg-hush", role: "img" });
  readonly #empty = h("p", { class: "lg-flow-empty" }, "Waiting for the first step …");
  readonly #cleanups: (() => void)[] = [];
  readonly #drawn = new Map<number, RowView>();
  #kind: Kind = "gradients";
  /** The step that is looked at; null follows the newest. */
  #step: number | null = null;
  #frame = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(store: FlowStore, title = "Gradient flow") {
    this.#store = store;
    this.#play = button("forward", "play the training", () => this.#toggle());
    this.#newest = button("end", "to the newest step", () => this.#go(null));
    const gap = () => h("span", { class: "lg-gap" });
    const choice = h("div", { class: "lg-buttons", role: "group", "aria-label": "what is shown" });
    for (const kind of KINDS) {
      const made = h("button", { type: "button" }, kind);
      made.addEventListener("click", () => this.#choose(kind));
      this.#kinds.set(kind, made);
      choice.append(made);
    }
    const view = h("div", { class: "lg-buttons", role: "group", "aria-label": "view" });
    view.append(this.#over, this.#asTable);
    const head = h("div", { class: "lg-head" }, h("span", { class: "lg-title" }, title));
    head.append(this.#note, gap(), choice, view);
    this.#body.append(this.#empty, this.#layers());
    this.#foot = h("div", { class: "lg-foot", hidden: true });
    this.#foot.append(this.#play, this.#where, this.#slider, this.#newest, this.#cost);
    this.#key.append(...toneKey());
    this.root.append(head, this.#body, this.#table, this.#key, this.#foot, this.#words);
    this.#listen();
    adopt(document.body);
    adopt(document.body, "flow", css);
    adoptTones();
    this.update();
  }

  #layers(): HTMLElement {
    const head = (text: Node | string, about = "") =>
      h("th", { scope: "col", title: about || null }, text);
    const ratios = h("div", { class: "lg-flow-axis lg-flow-ratios" });
    ratios.append(tick({ at: ratioAt(GUIDE), text: tenTo(Math.log10(GUIDE)) }));
    const blank = () => h("td", { class: "lg-flow-blank" });
    return h(
      "table",
      { class: "lg-flow-table" },
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          head("layer"),
          head(this.#title),
          head("update / weights", "how much a step changes the weights: a thousandth is usual"),
          head("stuck", "units that give only zeros; outputs where the curve is flat"),
          head("verdict"),
        ),
      ),
      this.#rows,
      h(
        "tfoot",
        { "aria-hidden": "true" },
        h("tr", {}, blank(), h("td", {}, this.#axis), h("td", {}, ratios), blank(), blank()),
      ),
    );
  }

  #listen(): void {
    for (const pressed of [this.#over, this.#asTable])
      pressed.addEventListener("click", () => {
        pressed.setAttribute("aria-pressed", String(!isOn(pressed)));
        this.update();
      });
    this.#slider.addEventListener("input", () => {
      this.#pause();
      const at = this.#slider.valueAsNumber;
      const { moments } = this.#store;
      this.#go(at === moments.length - 1 ? null : (moments[at]?.step ?? null));
    });
    this.#cleanups.push(followTheme(this.root));
  }

  /** Moments have come: drawn with the next frame, however many there were. */
  update(): void {
    if (this.#frame) return;
    this.root.dataset.ready = "false";
    // A page in the background gets no frames: its rows wait, its state does not.
    if (document.hidden) {
      this.#state();
      return;
    }
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      this.#draw();
      this.#state();
      this.root.dataset.ready = "true";
    });
  }

  /** The moment that is looked at, and where it stands. */
  get #moment(): [moment: Moment | undefined, at: number] {
    const { moments } = this.#store;
    const last = moments.length - 1;
    if (this.#step === null) return [moments[last], last];
    // Its own step may have been thinned away: then the one before it.
    const after = moments.findIndex(({ step }) => step > this.#step!);
    const at = after < 0 ? last : Math.max(0, after - 1);
    return [moments[at], at];
  }

  #draw(): void {
    const [moment] = this.#moment;
    const words = isOn(this.#asTable);
    this.#empty.hidden = moment !== undefined;
    this.#body.hidden = words;
    this.#table.hidden = !words;
    this.#key.hidden = words;
    if (!moment) return;
    if (words) {
      this.#table.replaceChildren(this.#twin(moment));
      return;
    }
    const frame = this.#framed(moment);
    say(this.#title, this.#heading(frame));
    this.#axis.replaceChildren(...this.#ticks(frame));
    const order = moment.order.map((row) => {
      const known = this.#drawn.get(row) ?? new RowView();
      this.#drawn.set(row, known);
      known.update(frame, row);
      return known.element;
    });
    // Rows that stay where they are are not touched: a focus, or a selection, stays in them.
    if (
      order.length !== this.#rows.rows.length ||
      order.some((tr, at) => tr !== this.#rows.rows[at])
    )
      this.#rows.replaceChildren(...order);
    this.#body.classList.toggle("lg-close", order.length > ROOMY && !frame.over);
  }

  #framed(moment: Moment): Frame {
    const { moments } = this.#store;
    const kind = this.#kind;
    const shown = extent(this.#store, moments, kind);
    const highest = moment.order.map((row) =>
      Math.max(...heights(this.#store.bins(moment, row, kind), shown)),
    );
    return {
      store: this.#store,
      moment,
      kind,
      extent: shown,
      ticks: decades(this.#store.lowest, shown, isOn(this.#over) ? 3 : 6),
      top: Math.max(...highest) || 1,
      over: isOn(this.#over) ? moments : null,
    };
  }

  #heading({ kind, ticks, over }: Frame): string {
    if (!over) return `size of the ${kind}`;
    const [low, high] = [ticks[0]?.text, ticks.at(-1)?.text];
    return `${kind} by step, ${low} to ${high}`;
  }

  #ticks({ ticks, over }: Frame): HTMLElement[] {
    if (over) {
      const last = over.at(-1)?.step ?? 0;
      return [
        tick({ at: 0, text: "0" }),
        ...(last ? [tick({ at: 1, text: last.toLocaleString("en-US") }, "lg-last")] : []),
      ];
    }
    const place = (at: number) => (ZERO + at * (WIDE - ZERO)) / WIDE;
    return [
      tick({ at: 7 / WIDE, text: "0" }),
      // What would stand in the way of the 0 has no name.
      ...ticks.filter(({ at }) => at > 0.05).map(({ at, text }) => tick({ at: place(at), text })),
    ];
  }

  #twin(moment: Moment): HTMLElement {
    const head = h("tr", {}, ...HEADS.map((text) => h("th", { scope: "col" }, text)));
    const body = this.#store
      .table(moment)
      .map(([name, ...rest]) =>
        h("tr", {}, h("th", { scope: "row" }, name), ...rest.map((text) => h("td", {}, text))),
      );
    const said = `${this.#store.describe(moment).split("\n")[0]} Sizes are root mean squares.`;
    return h("table", {}, h("caption", {}, said), h("thead", {}, head), h("tbody", {}, ...body));
  }

  /** All that is said beside the drawing, and what a test waits for. */
  #state(): void {
    const { moments, status } = this.#store;
    const [moment, at] = this.#moment;
    const said = this.#store.describe(moment);
    say(this.#note, moment ? said.split("\n")[0]! : "");
    this.#note.classList.toggle("lg-alarm", !!moment && this.#store.ill(moment).length > 0);
    this.#words.setAttribute("aria-label", said);
    for (const [kind, made] of this.#kinds)
      made.setAttribute("aria-pressed", String(kind === this.#kind));
    this.#foot.hidden = moments.length < 2;
    this.#slider.max = String(Math.max(0, moments.length - 1));
    this.#slider.value = String(at);
    const part = moments.length > 1 ? (100 * at) / (moments.length - 1) : 100;
    this.#slider.style.setProperty("--lg-at", `${part.toFixed(2)}%`);
    this.#slider.style.setProperty("--lg-turn", `${part.toFixed(2)}%`);
    this.#slider.setAttribute("aria-valuetext", said.split("\n").slice(0, 2).join(" "));
    say(this.#where, moment ? `step ${moment.step.toLocaleString("en-US")}` : "");
    this.#newest.disabled = this.#step === null;
    const share = Number((100 * (status?.share ?? 0)).toPrecision(2));
    say(
      this.#cost,
      !status || moments.length < ENOUGH ? "" : `watching: ${number(share)} % of the time`,
    );
    this.#showPlay();
    Object.assign(this.root.dataset, {
      step: moment ? String(moment.step) : "",
      moments: String(moments.length),
      rows: String(moment?.order.length ?? 0),
      ill: String(moment ? this.#store.ill(moment).length : 0),
      kind: this.#kind,
      playing: String(this.#timer !== undefined),
    });
  }

  #showPlay(): void {
    const label = this.#timer === undefined ? "play the training" : "pause";
    if (this.#play.title === label && this.#play.dataset.label) return;
    this.#play.dataset.label = this.#play.title = label;
    this.#play.setAttribute("aria-label", label);
    this.#play.replaceChildren(icon(this.#timer === undefined ? "forward" : "pause"));
  }

  #choose(kind: Kind): void {
    this.#kind = kind;
    this.update();
  }

  #go(step: number | null): void {
    this.#step = step;
    if (step === null) this.#pause();
    this.update();
  }

  #toggle(): void {
    if (this.#timer !== undefined) this.#pause();
    else {
      if (this.#step === null) this.#step = this.#store.moments[0]?.step ?? null;
      this.#wait();
    }
    this.update();
  }

  #wait(): void {
    this.#timer = setTimeout(() => {
      const next = this.#store.moments[this.#moment[1] + 1];
      if (next) {
        this.#step = next.step;
        this.#wait();
        this.update();
      } else this.#go(null);
    }, EACH);
  }

  #pause(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  destroy(): void {
    this.#pause();
    cancelAnimationFrame(this.#frame);
    for (const clean of this.#cleanups) clean();
    this.root.remove();
  }
}

function toggle(label: string): HTMLButtonElement {
  return h("button", { type: "button", "aria-pressed": "false" }, label);
}

const isOn = (pressed: HTMLButtonElement) => pressed.getAttribute("aria-pressed") === "true";

function tick({ at, text }: Tick, name = ""): HTMLElement {
  const made = h("span", { class: name || null }, text);
  made.style.setProperty("--lg-at", `${(100 * at).toFixed(2)}%`);
  return made;
}

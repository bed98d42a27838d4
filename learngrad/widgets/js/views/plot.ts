// Curves that grow while a loop runs: the chart with what is set and said about it.
import {
  type CurveStore,
  counted,
  firstBad,
  HEADS,
  percent,
  reading,
  rows,
  standing,
} from "../core/curves.ts";
import { number } from "../core/text.ts";
import { Chart } from "./chart.ts";
import { button, h, say } from "./dom.ts";
import { Key } from "./key.ts";
import { adopt, followTheme } from "./theme.ts";
import { type Order, Trainings } from "./training.ts";

const WEIGHTS = [0, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999];
/** Steps before a mean is worth showing: the first one starts a thread. */
const ENOUGH = 100;
const KEYS =
  "the curves; Left and Right read values, with Shift ten at a time, Home and End go to the ends, " +
  "plus and minus zoom, 0 shows everything";

/** What a plot can ask of where it lives. */
export interface Host {
  send(order: Order): void;
  /** The notebook's own interrupt; absent where the page cannot do that. */
  interrupt?: () => void;
}

/** Milliseconds that a cell's loop has to hear of Stop before the cell is interrupted. */
const HEARING = 400;

export class PlotView {
  readonly root = h("div", {
    class: "lg-root lg-plot",
    role: "group",
    "aria-label": "live curves",
    "data-ready": "false",
    "data-lm-suppress-shortcuts": "true",
  });
  readonly #store: CurveStore;
  readonly #chart: Chart;
  readonly #key: Key;
  readonly #note = h("span", { class: "lg-note" });
  readonly #log = toggle("log scale");
  readonly #asTable = toggle("table");
  readonly #smooth = h("input", {
    type: "range",
    min: 0,
    max: WEIGHTS.length - 1,
    step: 1,
    value: 0,
    "aria-label": "smoothing",
  });
  readonly #weight = h("span", { class: "lg-note lg-weight" });
  readonly #all: HTMLButtonElement;
  readonly #table = h("div", { class: "lg-words", tabindex: 0, hidden: true });
  readonly #bar = h("progress", { max: 1, "aria-label": "progress", hidden: true });
  readonly #progress = h("span", { class: "lg-note" });
  readonly #cost = h("span", {
    class: "lg-note",
    title: "what logging costs the loop, on average",
  });
  readonly #memory = h("span", {
    class: "lg-note",
    title: "memory of the Python process; in brackets what came since the plot was made",
  });
  readonly #stop: HTMLButtonElement;
  readonly #trainings: Trainings;
  readonly #foot: HTMLElement;
  readonly #words = h("div", { class: "lg-hush", role: "img" });
  readonly #spoken = h("div", { class: "lg-hush", "aria-live": "polite" });
  readonly #cleanups: (() => void)[] = [];
  readonly #host: Host | undefined;
  #at: number | null = null;
  #frame = 0;
  #hearing: ReturnType<typeof setTimeout> | undefined;

  constructor(store: CurveStore, title = "Descent", host?: Host) {
    this.#store = store;
    this.#host = host;
    this.#trainings = new Trainings((order) => host?.send(order));
    this.#stop = button("stop", "stop the loop after this step", () => this.#stopLoop());
    this.#stop.append("stop");
    this.#chart = new Chart(store, {
      read: (x) => this.#read(x),
      zoomed: () => this.update(),
    });
    this.#chart.element.setAttribute("aria-label", KEYS);
    this.#key = new Key(this.#chart.hidden, () => this.update());
    this.#all = button("fit", "show everything (0)", () => this.#chart.zoomOut());
    const smoothing = h("label", { class: "lg-smooth" }, "smoothing", this.#smooth, this.#weight);
    const buttons = h(
      "div",
      { class: "lg-buttons", role: "group", "aria-label": "view" },
      button("minus", "zoom out (−)", () => this.#chart.zoomBy(0.5)),
      button("plus", "zoom in (+)", () => this.#chart.zoomBy(2)),
      this.#all,
      this.#log,
      this.#asTable,
    );
    const [gap, space] = [h("span", { class: "lg-gap" }), h("span", { class: "lg-gap" })];
    const name = h("span", { class: "lg-title" }, title);
    this.#foot = h("div", { class: "lg-foot", hidden: true });
    this.#foot.append(this.#stop, this.#bar, this.#progress, space, this.#memory, this.#cost);
    this.root.append(
      h("div", { class: "lg-head" }, name, this.#note, gap, smoothing, buttons),
      this.#chart.element,
      this.#table,
      this.#key.element,
      this.#trainings.element,
      this.#foot,
      this.#words,
      this.#spoken,
    );
    this.#listen();
    adopt(document.body);
    this.update();
  }

  #listen(): void {
    this.root.addEventListener("keydown", (event) => {
      if (!this.#trainings.key(event)) return;
      event.preventDefault();
      event.stopPropagation();
    });
    this.#log.addEventListener("click", () => {
      this.#chart.isLog = press(this.#log);
      this.update();
    });
    this.#asTable.addEventListener("click", () => {
      this.#table.hidden = !press(this.#asTable);
      this.#chart.element.hidden = !this.#table.hidden;
      this.update();
    });
    this.#smooth.addEventListener("input", () => this.smooth(WEIGHTS[this.#smooth.valueAsNumber]!));
    const observer = new ResizeObserver(() => this.#chart.isStale && this.update());
    observer.observe(this.#chart.element);
    this.#cleanups.push(
      () => observer.disconnect(),
      // With the next frame: a page that changes its theme may have no layout just now.
      followTheme(this.root, () => {
        this.#chart.redress();
        this.update();
      }),
    );
  }

  /** Draws running means of this weight over the values; one of `WEIGHTS`. */
  smooth(weight: number): void {
    this.#smooth.value = String(WEIGHTS.indexOf(weight));
    this.#chart.smoothing = weight;
    this.update();
  }

  /** Points have come: drawn with the next frame, however many there were. */
  update(): void {
    if (this.#frame) return;
    this.root.dataset.ready = "false";
    const draw = () => {
      this.#frame = 0;
      this.#draw();
    };
    // A page in the background gets no frames: its curves wait, its state does not.
    this.#frame = document.hidden ? 0 : requestAnimationFrame(draw);
    if (document.hidden) this.#state();
  }

  #draw(): void {
    if (!this.#chart.element.hidden) this.#chart.draw();
    this.#state();
    this.root.dataset.ready = "true";
  }

  #state(): void {
    const { series, count } = this.#store;
    const bad = firstBad(this.#store);
    const points = series.reduce((most, { end }) => Math.max(most, end), 0);
    const about = bad ? ` · ${bad.name} became ${number(bad.y)} at ${counted(bad.x)}` : "";
    say(
      this.#note,
      `${points.toLocaleString("en-US")} ${points === 1 ? "point" : "points"}${about}`,
    );
    this.#note.classList.toggle("lg-alarm", bad !== null);
    this.#words.setAttribute("aria-label", this.#store.describe());
    this.#all.disabled = !this.#chart.isZoomed;
    const weight = this.#chart.smoothing;
    say(this.#weight, weight ? String(weight) : "off");
    this.#smooth.setAttribute("aria-valuetext", weight ? `weight ${weight}` : "off");
    this.#key.update(series, this.#at);
    this.#status();
    if (!this.#table.hidden) this.#table.replaceChildren(this.#rows());
    this.root.dataset.points = String(count);
    this.root.dataset.series = series.map(({ label }) => label).join(" ");
    this.root.dataset.took = this.#chart.took.toFixed(1);
  }

  #status(): void {
    const { status } = this.#store;
    const { loop = "", runs = [], memory = "" } = status ?? {};
    this.#trainings.update(runs, this.#store.gone);
    this.root.dataset.loop = loop;
    this.#stop.hidden = !loop || this.#store.gone || !this.#host;
    this.#stop.disabled = loop === "stopping";
    this.#foot.hidden = (status?.steps ?? 0) < ENOUGH && !status?.text;
    if (!status) return;
    say(this.#memory, memory && `memory ${memory}`);
    this.#bar.hidden = status.share === null || this.#store.gone;
    this.#bar.value = status.share ?? 0;
    say(this.#progress, standing(status.text, this.#store.gone));
    say(
      this.#cost,
      status.steps < ENOUGH ? "" : `plot: ${number(Number(status.cost.toFixed(1)))} µs a step`,
    );
  }

  /** Asks the loop to end; a kernel that hears nothing while it works is interrupted. */
  #stopLoop(): void {
    this.#stop.disabled = true;
    this.#host?.send({ type: "control", do: "stop" });
    clearTimeout(this.#hearing);
    this.#hearing = setTimeout(() => {
      if (this.#store.status?.loop === "running") this.#host?.interrupt?.();
    }, HEARING);
  }

  #rows(): HTMLElement {
    const cells = (texts: string[]) => texts.map((text) => h("td", {}, text));
    const head = h("tr", {}, ...HEADS.map((text) => h("th", { scope: "col" }, text)));
    const body = rows(this.#store).map(([name, ...rest]) =>
      h("tr", {}, h("th", { scope: "row" }, name), ...cells(rest)),
    );
    return h("table", {}, h("thead", {}, head), h("tbody", {}, ...body));
  }

  #read(x: number | null): void {
    this.#at = x;
    const { series } = this.#store;
    this.#key.update(series, x);
    this.root.dataset.reading = x === null ? "" : String(x);
    // Said only to who reads by keys: a pointer would set off a flood of words.
    if (x === null || !this.#chart.element.matches(":focus-visible")) return;
    const factor = percent(series);
    const values = series
      .filter((one) => !this.#chart.hidden.has(one))
      .map((one) => `${one.label} ${reading(one, x, factor)}`);
    say(this.#spoken, `step ${counted(x)}: ${values.join(", ")}`);
  }

  destroy(): void {
    cancelAnimationFrame(this.#frame);
    clearTimeout(this.#hearing);
    this.#chart.destroy();
    for (const clean of this.#cleanups) clean();
    this.root.remove();
  }
}

function toggle(label: string): HTMLButtonElement {
  return h("button", { type: "button", "aria-pressed": "false" }, label);
}

/** Turns a toggle over; says whether it is on now. */
function press(pressed: HTMLButtonElement): boolean {
  const on = pressed.getAttribute("aria-pressed") !== "true";
  pressed.setAttribute("aria-pressed", String(on));
  return on;
}

// Curves that grow while a loop runs, on a canvas. Appends and redraws; never starts over.
import uPlot from "uplot";
import plotCss from "uplot/dist/uPlot.min.css";
import { type CurveStore, firstBad, isShare } from "../core/curves.ts";
import { number } from "../core/text.ts";
import { h, say } from "./dom.ts";
import { adopt, followTheme } from "./theme.ts";

const HEIGHT = 240;
const SHARE = "share";

export class PlotView {
  readonly root = h("div", {
    class: "lg-root lg-plot",
    role: "group",
    "aria-label": "live curves",
    "data-ready": "false",
    "data-lm-suppress-shortcuts": "true",
  });
  readonly #store: CurveStore;
  readonly #chart = h("div", { class: "lg-chart" });
  readonly #note = h("span", { class: "lg-note" });
  readonly #log = h("button", { type: "button", "aria-pressed": "false" }, "log scale");
  readonly #words = h("div", { class: "lg-hush", role: "img" });
  readonly #cleanups: (() => void)[] = [];
  #plot: uPlot | null = null;
  #drawn = "";
  #frame = 0;

  constructor(store: CurveStore, title = "Descent") {
    this.#store = store;
    const head = h("div", { class: "lg-head" });
    head.append(
      h("span", { class: "lg-title" }, title),
      this.#note,
      h("span", { class: "lg-gap" }),
      this.#log,
    );
    this.root.append(head, this.#chart, this.#words);
    this.#log.addEventListener("click", () => this.#toggleLog());
    adopt(document.body);
    adopt(document.body, "uplot", plotCss);
    this.#cleanups.push(followTheme(this.root, () => this.#redress()));
    const observer = new ResizeObserver(() => this.#resize());
    observer.observe(this.#chart);
    this.#cleanups.push(() => observer.disconnect());
    this.update();
  }

  get #isLog(): boolean {
    return this.#log.getAttribute("aria-pressed") === "true";
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
    const key = this.#store.series.map(({ name }) => name).join("\n") + this.#isLog;
    if (!this.#plot || key !== this.#drawn) {
      this.#drawn = key;
      this.#rebuild();
    } else this.#plot.setData(this.#store.joined(this.#isLog) as uPlot.AlignedData);
    this.#state();
    this.root.dataset.ready = "true";
  }

  #state(): void {
    const { series, count } = this.#store;
    const bad = firstBad(this.#store);
    const points = series.reduce((most, { x }) => Math.max(most, x.length), 0);
    const about = bad ? ` · ${bad.name} became ${number(bad.y)} at ${number(bad.x)}` : "";
    say(this.#note, `${points} ${points === 1 ? "point" : "points"}${about}`);
    this.#note.classList.toggle("lg-alarm", bad !== null);
    this.#words.setAttribute("aria-label", this.#store.describe());
    this.root.dataset.points = String(count);
    this.root.dataset.series = series.map(({ name }) => name).join(" ");
  }

  #toggleLog(): void {
    this.#log.setAttribute("aria-pressed", String(!this.#isLog));
    this.update();
  }

  /** New colours, with the next frame: a page that changes its theme may have no layout just now. */
  #redress(): void {
    this.#drawn = "";
    this.update();
  }

  #rebuild(): void {
    this.#plot?.destroy();
    this.#plot = null;
    if (!this.root.isConnected && this.#chart.clientWidth === 0) {
      // Not in the page yet: the observer calls again when it is.
      this.#drawn = "";
      return;
    }
    const data = this.#store.joined(this.#isLog) as uPlot.AlignedData;
    this.#plot = new uPlot(this.#options(), data, this.#chart);
  }

  #options(): uPlot.Options {
    const look = getComputedStyle(this.root);
    const colour = (name: string) => look.getPropertyValue(`--lg-${name}`).trim();
    const font = `11px ${colour("ui") || "sans-serif"}`;
    const shares = this.#store.series.some(({ name }) => isShare(name));
    const others = this.#store.series.some(({ name }) => !isShare(name));
    const axis = { stroke: colour("faint"), font, ticks: { show: false } };
    const grid = {
      stroke: colour("line"),
      width: 1,
      ...(this.#isLog ? { filter: powersOnly } : {}),
    };
    return {
      width: this.#chart.clientWidth || 600,
      height: HEIGHT,
      padding: [12, shares && others ? 4 : 16, 0, 0],
      cursor: { drag: { x: false, y: false }, points: { size: 7 } },
      legend: { live: true },
      scales: {
        x: { time: false },
        y: { distr: this.#isLog ? 3 : 1 },
        // A share logged in percent: one value above 1 says so.
        [SHARE]: { range: (_, __, high) => [0, high > 1 ? Math.max(100, high) : 1] },
      },
      axes: [
        {
          ...axis,
          size: 30,
          gap: 6,
          grid: { show: false },
          values: (_, ticks) => ticks.map(tickText),
        },
        {
          ...axis,
          show: others || !shares,
          grid,
          size: 54,
          values: (_, ticks) => ticks.map(tickText),
        },
        {
          ...axis,
          show: shares,
          scale: SHARE,
          side: others ? 1 : 3,
          size: 54,
          grid: others ? { show: false } : grid,
          values: (_, ticks) => {
            const percent = (ticks.at(-1) ?? 0) > 1 ? 1 : 100;
            return ticks.map((tick) => `${Math.round(tick * percent)} %`);
          },
        },
      ],
      series: [
        { label: "step", value: (_, value, __, index) => this.#where(value, index) },
        ...this.#store.series.map(({ name }, at) =>
          this.#line(name, colour(`series-${1 + (at % 6)}`), at),
        ),
      ],
    };
  }

  #line(name: string, stroke: string, at: number): uPlot.Series {
    return {
      label: name,
      stroke,
      width: 2,
      // Told apart without colour, too.
      dash: at % 3 === 1 ? [8, 4] : at % 3 === 2 ? [2, 4] : undefined,
      scale: isShare(name) ? SHARE : "y",
      spanGaps: true,
      // Asked at each drawing: a curve that has grown long is a line.
      points: { show: () => this.#store.series[at]!.x.length < 40, size: 5, fill: stroke },
      value: (_, value, __, index) => this.#reading(at, value, index),
    };
  }

  /** Under the cursor its value; with no cursor the newest. */
  #reading(at: number, value: number | null | undefined, index: number | null): string {
    if (index === null) return number(this.#store.series[at]?.y.values.at(-1) ?? Number.NaN);
    return value === null || value === undefined ? "" : number(value);
  }

  #where(value: number | null, index: number | null): string {
    if (index !== null && value !== null) return number(value);
    const last = this.#store.series.map(({ x }) => x.values.at(-1) ?? Number.NEGATIVE_INFINITY);
    return last.length ? number(Math.max(...last)) : "";
  }

  #resize(): void {
    const width = this.#chart.clientWidth;
    if (!width) return;
    if (!this.#plot) this.update();
    else if (width !== this.#plot.width) this.#plot.setSize({ width, height: HEIGHT });
  }

  destroy(): void {
    cancelAnimationFrame(this.#frame);
    this.#plot?.destroy();
    for (const clean of this.#cleanups) clean();
    this.root.remove();
  }
}

/** On a log scale a line for each power of ten; the lines between them would be a thicket. */
const powersOnly = (_: uPlot, splits: number[]) =>
  splits.map((split) => (Number.isInteger(Math.log10(split)) ? split : null));

const tickText = (value: number | null) => (value === null ? "" : number(value));

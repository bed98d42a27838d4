// The curves' canvas: axes, lines, marks, the cursor and the zoom. Redrawn, never rebuilt while the
// same lines are shown.
import uPlot from "uplot";
import plotCss from "uplot/dist/uPlot.min.css";
import { CurveStore, counted, DASHES, isShare, type Series, styles } from "../core/curves.ts";
import { type Broken, columns, shape, type Track, type Window } from "../core/thinning.ts";
import { stepTexts, tickTexts, upwards, wholeOnly, wideEnough } from "./chart-axes.ts";
import { h } from "./dom.ts";
import { adopt } from "./theme.ts";

const HEIGHT = 240;
const SHARE = "share";
const BY_KEYS = "lg-by-keys";
/** Pixels between points above which each is a dot. */
const APART = 12;
const FAINT = 0.3;

export interface Reader {
  /** The cursor has moved to a step, or away. */
  read(x: number | null): void;
  /** A part of the axis was chosen, or all of it again. */
  zoomed(): void;
}

interface Line {
  series: Series;
  /** Of the raw values, behind the smoothed ones. */
  faint: boolean;
}

export class Chart {
  readonly element = h("div", { class: "lg-chart", tabindex: 0, role: "group" });
  readonly hidden = new Set<Series>();
  isLog = false;
  smoothing = 0;
  /** Milliseconds that the last drawing took. */
  took = 0;
  #span: [number, number] | null = null;
  #plot: uPlot | null = null;
  #built = "";
  #lines: Line[] = [];
  #broken: Broken[] = [];
  readonly #store: CurveStore;
  readonly #reader: Reader;

  constructor(store: CurveStore, reader: Reader) {
    this.#store = store;
    this.#reader = reader;
    adopt(document.body, "uplot", plotCss);
    this.element.addEventListener("dblclick", () => this.zoomOut());
    this.element.addEventListener("keydown", (event) => this.#key(event));
    this.element.addEventListener("pointermove", () => this.element.classList.remove(BY_KEYS));
  }

  draw(): void {
    const began = performance.now();
    const width = this.#room;
    if (!width) {
      // Not in the page, or a page between two themes: the observer calls again when it is.
      this.#built = "";
      return;
    }
    this.#lines = this.#chosen();
    const key = JSON.stringify([this.#store.series.length, this.isLog, this.smoothing > 0]);
    if (!this.#plot || key !== this.#built) {
      this.#built = key;
      this.#rebuild();
    } else {
      if (width !== this.#plot.width) this.#plot.setSize({ width, height: HEIGHT });
      this.#show(this.#plot);
      this.#plot.setData(this.#data());
    }
    this.took = performance.now() - began;
  }

  /** The width of the canvas: without the element's padding, in which the last number was cut off. */
  get #room(): number {
    const { paddingLeft, paddingRight } = getComputedStyle(this.element);
    const padding = Number.parseFloat(paddingLeft) + Number.parseFloat(paddingRight);
    return Math.max(0, this.element.clientWidth - (padding || 0));
  }

  /** All lines anew: the colours are others. */
  redress(): void {
    this.#built = "";
  }

  /** Whether it has to be drawn anew, for its width is another. */
  get isStale(): boolean {
    const width = this.#room;
    return width > 0 && (!this.#built || width !== this.#plot?.width);
  }

  get isZoomed(): boolean {
    return this.#span !== null;
  }

  /** Shows a part of the axis, so many times as large, with the cursor or the middle where it was. */
  zoomBy(factor: number): void {
    const [low, high] = this.#seen();
    const all = CurveStore.extent(this.#visible());
    const at = this.#reading() ?? (low + high) / 2;
    const size = Math.max((high - low) / factor, (all[1] - all[0]) * 1e-9);
    if (size >= all[1] - all[0]) this.zoomOut();
    else {
      const from = at - ((at - low) / (high - low)) * size;
      const start = Math.min(Math.max(from, all[0]), all[1] - size);
      this.#zoomTo([start, start + size]);
    }
  }

  zoomOut(): void {
    this.#zoomTo(null);
  }

  destroy(): void {
    this.#plot?.destroy();
  }

  #zoomTo(span: [number, number] | null): void {
    this.#span = span;
    this.#reader.zoomed();
  }

  #visible(): Series[] {
    return this.#store.series.filter((series) => !this.hidden.has(series));
  }

  #seen(): [number, number] {
    return this.#span ?? CurveStore.extent(this.#visible());
  }

  /** Characters of the longest step's number. */
  get #digits(): number {
    return Math.max(...this.#seen().map((end) => counted(Math.round(end)).length));
  }

  #chosen(): Line[] {
    const line = (faint: boolean) => (series: Series) => ({ series, faint });
    const { series } = this.#store;
    const behind = this.smoothing > 0 ? series.map(line(true)) : [];
    return [...behind, ...series.map(line(false))];
  }

  #data(): uPlot.AlignedData {
    const [low, high] = this.#seen();
    const seen: Window = { low, high, columns: this.#room, log: this.isLog };
    const nothing = new Float64Array();
    const tracks: Track[] = this.#lines.map(({ series, faint }) => ({
      series,
      values: this.hidden.has(series)
        ? nothing
        : series.smoothed(faint ? 0 : this.smoothing).subarray(0, series.x.length),
    }));
    const shown = tracks.filter(({ values }) => values.length);
    const found = columns(shown, seen);
    this.#broken = found.broken;
    const empty = new Array(found.data[0].length).fill(undefined);
    let at = 0;
    const rest = tracks.map(({ values }) => (values.length ? found.data[++at]! : empty));
    return [found.data[0], ...rest] as uPlot.AlignedData;
  }

  /** Hides and shows lines as chosen. */
  #show(plot: uPlot): void {
    this.#lines.forEach(({ series }, at) => {
      const show = !this.hidden.has(series);
      if (plot.series[at + 1]!.show !== show) plot.setSeries(at + 1, { show });
    });
  }

  #rebuild(): void {
    this.#plot?.destroy();
    this.#plot = new uPlot(this.#options(), this.#data(), this.element);
    this.#show(this.#plot);
  }

  #options(): uPlot.Options {
    const look = getComputedStyle(this.element);
    const colour = (name: string) => look.getPropertyValue(`--lg-${name}`).trim();
    const font = `11px ${colour("ui") || "sans-serif"}`;
    const { series } = this.#store;
    const shares = series.some(({ name }) => isShare(name));
    const others = series.some(({ name }) => !isShare(name));
    const axis = { stroke: colour("faint"), font, ticks: { show: false } };
    const grid = { stroke: colour("line"), width: 1 };
    const bad = colour("failed-line");
    const looks = styles(series);
    return {
      width: this.#room,
      height: HEIGHT,
      // At the right half of the last step's number has to fit; at the left of the first one, where
      // nothing is a number and so nothing stands upwards.
      padding: [
        14,
        () => (shares && others ? 4 : Math.max(20, 3.5 * this.#digits)),
        0,
        (_, __, sides) => (sides[3] ? 0 : 20),
      ],
      cursor: {
        drag: { x: true, y: false, setScale: false, dist: 5 },
        points: { size: 7 },
        dataIdx: nearestValue,
      },
      legend: { show: false },
      hooks: {
        draw: [(plot) => this.#mark(plot, bad)],
        setCursor: [() => this.#reader.read(this.#reading())],
        setSelect: [(plot) => this.#selected(plot)],
      },
      scales: {
        x: { time: false, range: () => this.#seen() },
        y: { distr: this.isLog ? 3 : 1 },
        // A share logged in percent: one value above 1 says so.
        [SHARE]: { range: (_, __, high) => [0, high > 1 ? Math.max(100, high) : 1] },
      },
      axes: [
        {
          ...axis,
          size: 30,
          gap: 6,
          space: () => Math.max(50, 8 * this.#digits),
          grid: { show: false },
          values: stepTexts,
          filter: wholeOnly,
        },
        {
          ...axis,
          ...upwards(this.isLog, colour("line")),
          show: others || !shares,
          size: wideEnough,
          values: tickTexts,
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
        {},
        ...this.#lines.map(({ series: { name, label }, faint }, at): uPlot.Series => {
          const { colour: shade, dash } = looks[at % looks.length]!;
          const stroke = colour(`series-${shade}`);
          return {
            label,
            stroke,
            width: faint ? 1 : 2,
            alpha: faint ? FAINT : 1,
            dash: faint ? undefined : DASHES[dash],
            scale: isShare(name) ? SHARE : "y",
            points: { show: !faint, size: 5, fill: stroke, filter: dots },
          };
        }),
      ],
    };
  }

  /** What is no number, at the edge of the drawing: a cross, or an arrow to where it has gone. */
  #mark({ ctx, bbox, valToPos }: uPlot, colour: string): void {
    const size = 4 * devicePixelRatio;
    ctx.save();
    ctx.strokeStyle = colour;
    ctx.fillStyle = colour;
    ctx.lineWidth = 1.5 * devicePixelRatio;
    for (const { x, y } of this.#broken) {
      const across = valToPos(x, "x", true);
      const kind = shape(y);
      const top = kind === "down" ? bbox.top + bbox.height - size : bbox.top - size;
      ctx.beginPath();
      if (kind === "cross") {
        ctx.moveTo(across - size, top - size);
        ctx.lineTo(across + size, top + size);
        ctx.moveTo(across + size, top - size);
        ctx.lineTo(across - size, top + size);
        ctx.stroke();
      } else {
        const tip = kind === "up" ? -size : size;
        ctx.moveTo(across - size, top - tip);
        ctx.lineTo(across + size, top - tip);
        ctx.lineTo(across, top + tip);
        ctx.fill();
      }
    }
    ctx.restore();
  }

  // ---- cursor and keys

  /** The step under the cursor. */
  #reading(): number | null {
    const at = this.#plot?.cursor.idx;
    return at === null || at === undefined ? null : (this.#plot!.data[0][at] ?? null);
  }

  #selected(plot: uPlot): void {
    const { left, width } = plot.select;
    if (width < 5) return;
    const span = [left, left + width].map((at) => plot.posToVal(at, "x"));
    plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    this.#zoomTo(span as [number, number]);
  }

  #key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const far = event.shiftKey ? 10 : 1;
    const moves: Record<string, () => void> = {
      ArrowLeft: () => this.#move(-far),
      ArrowRight: () => this.#move(far),
      Home: () => this.#move(Number.NEGATIVE_INFINITY),
      End: () => this.#move(Number.POSITIVE_INFINITY),
      "+": () => this.zoomBy(2),
      "=": () => this.zoomBy(2),
      "-": () => this.zoomBy(0.5),
      "0": () => this.zoomOut(),
      Escape: () => this.#plot?.setCursor({ left: -10, top: -10 }),
    };
    const move = moves[event.key];
    if (!move) return;
    move();
    event.preventDefault();
    event.stopPropagation();
  }

  /** Moves the cursor by so many steps that are drawn. */
  #move(by: number): void {
    const plot = this.#plot;
    if (!plot?.data[0].length) return;
    const xs = plot.data[0];
    const [low, high] = this.#seen();
    const first = xs.findIndex((x) => x >= low);
    const last = xs.findLastIndex((x) => x <= high);
    const now = plot.cursor.idx ?? (by > 0 ? first - 1 : last + 1);
    const at = Math.min(Math.max(now + by, first), last);
    this.element.classList.add(BY_KEYS);
    plot.setCursor({ left: plot.valToPos(xs[at]!, "x"), top: plot.over.clientHeight / 2 });
  }
}

/** The values that are dots: all where they stand apart, else those that no line reaches. */
function dots(plot: uPlot, which: number, _: boolean): number[] {
  const values = plot.data[which] as (number | null | undefined)[];
  const { min, max } = plot.scales.x!;
  const defined: number[] = [];
  values.forEach((value, at) => {
    if (value !== undefined) defined.push(at);
  });
  const seen = defined.filter((at) => plot.data[0][at]! >= min! && plot.data[0][at]! <= max!);
  const apart = seen.length * APART < plot.bbox.width / devicePixelRatio;
  return defined.filter(
    (at, place) =>
      values[at] !== null &&
      (apart || (!isNumber(defined[place - 1], values) && !isNumber(defined[place + 1], values))),
  );
}

const isNumber = (at: number | undefined, values: (number | null | undefined)[]) =>
  at !== undefined && values[at] !== null;

/** A line's point nearest to the cursor: at many steps only other lines have one. */
function nearestValue(plot: uPlot, which: number, at: number): number {
  const values = plot.data[which] as (number | null | undefined)[];
  if (which === 0 || values[at] !== undefined) return at;
  const xs = plot.data[0];
  let [left, right] = [at, at];
  while (left >= 0 && values[left] == null) left--;
  while (right < values.length && values[right] == null) right++;
  if (left < 0) return right < values.length ? right : at;
  if (right >= values.length) return left;
  return xs[at]! - xs[left]! <= xs[right]! - xs[at]! ? left : right;
}

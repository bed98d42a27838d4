// Named series of points that only grow: what is drawn of them, and what is said.
import { elide, MINUS, number, thousands } from "./text.ts";
import type { CurvesData, Scalar } from "./types.ts";

/** Numbers in a typed array that doubles when it is full. */
export class Column {
  #values = new Float64Array(64);
  length = 0;

  push(values: ArrayLike<number>): void {
    const needed = this.length + values.length;
    if (needed > this.#values.length) {
      const larger = new Float64Array(Math.max(needed, 2 * this.#values.length));
      larger.set(this.#values.subarray(0, this.length));
      this.#values = larger;
    }
    this.#values.set(values, this.length);
    this.length = needed;
  }

  get values(): Float64Array {
    return this.#values.subarray(0, this.length);
  }
}

/** A part of a series as it travels: the points it stands for are [start, end). */
export interface Part {
  name: string;
  run?: string;
  start: number;
  end: number;
}

/** What the kernel says beside the points: the loop's progress, and what logging costs. */
export interface Status {
  text: string;
  share: number | null;
  /** Microseconds a call. */
  cost: number;
  steps: number;
  /** What the kernel's process holds, in words. */
  memory?: string;
  /** The loop of a cell that runs: "running", "stopping", or nothing. */
  loop?: string;
  /** Trainings in the background. */
  runs?: Training[];
}

/** A training in the background, as `Training.status` tells it. */
export interface Training {
  id: number;
  name: string;
  state: "running" | "paused" | "done" | "stopped" | "failed";
  text: string;
  share: number | null;
  steps: number;
  lr: number | null;
  error: string;
}

/** How far a loop is; of one whose kernel is gone not how fast, nor how long it takes. */
export const standing = (text: string, gone: boolean) =>
  gone && text.endsWith(" left") ? text.split(" · ")[0]! : text;

interface Mark {
  x: number;
  y: number;
}

export class Series {
  readonly name: string;
  readonly run: string;
  x = new Column();
  y = new Column();
  /** How many points were logged; there may be fewer here, where they came too fast. */
  end = 0;
  low: Mark | null = null;
  high: Mark | null = null;
  /** The first that is no number, and how many there are. */
  bad: Mark | null = null;
  broken = 0;
  #smooth: { weight: number; column: Column; sum: number; norm: number } | null = null;

  constructor(name: string, run: string) {
    this.name = name;
    this.run = run;
  }

  /** What the series is called where all runs stand together. */
  get label(): string {
    return this.run ? `${this.name} (${this.run})` : this.name;
  }

  push(x: Float64Array, y: Float64Array, end: number): void {
    this.x.push(x);
    this.y.push(y);
    this.end = end;
    for (let at = 0; at < y.length; at++) {
      const value = y[at]!;
      if (!Number.isFinite(value)) {
        this.broken++;
        this.bad ??= { x: x[at]!, y: value };
      } else {
        if (!this.low || value < this.low.y) this.low = { x: x[at]!, y: value };
        if (!this.high || value > this.high.y) this.high = { x: x[at]!, y: value };
      }
    }
  }

  clear(): void {
    this.x = new Column();
    this.y = new Column();
    this.end = this.broken = 0;
    this.low = this.high = this.bad = this.#smooth = null;
  }

  /**
   * The running mean in which a point's weight falls by `weight` with each that follows, divided by
   * the sum of the weights, so that it begins at the first value. What is no number is left out.
   */
  smoothed(weight: number): Float64Array {
    if (weight <= 0) return this.y.values;
    if (this.#smooth?.weight !== weight)
      this.#smooth = { weight, column: new Column(), sum: 0, norm: 0 };
    const kept = this.#smooth;
    const fresh = this.y.values.subarray(kept.column.length);
    kept.column.push(
      fresh.map((value) => {
        if (!Number.isFinite(value)) return value;
        kept.sum = weight * kept.sum + (1 - weight) * value;
        kept.norm = weight * kept.norm + (1 - weight);
        return kept.sum / kept.norm;
      }),
    );
    return kept.column.values;
  }

  /** The number of the point nearest to x; -1 where there is none. */
  nearest(x: number): number {
    const xs = this.x.values;
    const at = firstNotBelow(xs, x);
    if (at === xs.length) return at - 1;
    return at > 0 && x - xs[at - 1]! < xs[at]! - x ? at - 1 : at;
  }
}

/** The number of the first of rising values that is not below x; their count if all are. */
export function firstNotBelow(values: Float64Array, x: number): number {
  let [low, high] = [0, values.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle]! < x) low = middle + 1;
    else high = middle;
  }
  return low;
}

export class CurveStore {
  readonly series: Series[] = [];
  status: Status | null = null;
  /** Whether the kernel that grew it is gone. */
  gone = false;

  /**
   * Puts a part at the end of its series. What is known already is dropped; a part that begins at
   * 0 and knows more takes the place of all; false says that points are missing.
   */
  append(part: Part, x: Float64Array, y: Float64Array): boolean {
    const series = this.#named(part.name, part.run ?? "");
    if (part.end <= series.end) return true;
    if (part.start !== series.end) {
      if (part.start !== 0) return false;
      series.clear();
    }
    series.push(x, y, part.end);
    return true;
  }

  /** Everything from data as it is stored in a page. */
  static from(data: CurvesData): CurveStore {
    const store = new CurveStore();
    for (const { name, run, x, y, end = x.length } of data.series)
      store.append({ name, run, start: 0, end }, numbers(x), numbers(y));
    return store;
  }

  get count(): number {
    return this.series.reduce((sum, { end }) => sum + end, 0);
  }

  #named(name: string, run: string): Series {
    let found = this.series.find((series) => series.name === name && series.run === run);
    if (!found) {
      found = new Series(name, run);
      this.series.push(found);
    }
    return found;
  }

  /** From the first step to the last one, of the series given. */
  static extent(series: Series[]): [low: number, high: number] {
    let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (const { x } of series) {
      if (!x.length) continue;
      low = Math.min(low, x.values[0]!);
      high = Math.max(high, x.values.at(-1)!);
    }
    if (low > high) return [0, 1];
    return low === high ? [low, low + 1] : [low, high];
  }

  /** What the curves say, in words; as `Curves.describe` does in Python. */
  describe(): string {
    return this.series.map(describeSeries).join(" ") || "No points yet.";
  }
}

const numbers = (values: Scalar[]) => Float64Array.from(values, Number);

function describeSeries(series: Series): string {
  const shown = elide(series.label, 40);
  const { y, end, bad } = series;
  const [first, last] = [number(y.values[0]!), number(y.values.at(-1)!)];
  if (end === 1) return `${shown} is ${first}.`;
  const { word, mark } = best(series);
  return (
    `${shown} went from ${first} to ${last} in ${end.toLocaleString("en-US")} points` +
    (mark ? `; the ${word} is ${number(mark.y)}, at ${counted(mark.x)}` : "") +
    (bad ? `; at ${counted(bad.x)} it became ${number(bad.y)}.` : ".")
  );
}

/** A step as one counts them, in full; one between two steps as any number. */
export const counted = (step: number) =>
  Number.isSafeInteger(step) ? (step < 0 ? MINUS : "") + thousands(Math.abs(step)) : number(step);

/** The point to be proud of: of a share the highest, of anything else the lowest. */
export function best({ name, low, high }: Series): { word: string; mark: Mark | null } {
  return isShare(name) ? { word: "highest", mark: high } : { word: "lowest", mark: low };
}

/** The table's rows: what a series is called, its points, first, now, best with its step, broken. */
export function rows(store: CurveStore): string[][] {
  return store.series.map((series) => {
    const { word, mark } = best(series);
    return [
      elide(series.label, 60),
      series.end.toLocaleString("en-US"),
      number(series.y.values[0]!),
      number(series.y.values.at(-1)!),
      mark ? `${word} ${number(mark.y)}, at ${counted(mark.x)}` : "none",
      series.bad
        ? `${series.broken}, first ${number(series.bad.y)} at ${counted(series.bad.x)}`
        : "",
    ];
  });
}
export const HEADS = ["curve", "points", "first", "now", "best", "not a number"];

/** Where the first value that is no number stands, if any, by series. */
export function firstBad(store: CurveStore): (Mark & { name: string }) | null {
  const found = store.series.find(({ bad }) => bad);
  return found ? { name: found.label, ...found.bad! } : null;
}

/** Shares (accuracy and the like) have an axis of their own, from 0 to 100 %. */
export const isShare = (name: string) => /(^|[^a-z])acc(uracy)?([^a-z]|$)/i.test(name);

/** By how much shares are multiplied to be in percent: of some that are logged so one is above 1. */
export const percent = (series: Series[]) =>
  series.some(({ name, high }) => isShare(name) && high !== null && high.y > 1) ? 1 : 100;

/** A value in words, a share as its axis has it; of the nearest point at another step, with that. */
export function reading(series: Series, x: number | null, factor: number): string {
  const at = x === null ? series.y.length - 1 : series.nearest(x);
  if (at < 0) return "";
  const step = series.x.values[at]!;
  const away = x !== null && step !== x ? ` (at ${counted(step)})` : "";
  const value = series.y.values[at]!;
  const share = isShare(series.name) && Number.isFinite(value);
  return (share ? `${number(value * factor)} %` : number(value)) + away;
}

/** How series are told apart without colour; the rule stands in learngrad/descent/style.py. */
export const DASHES: number[][] = [[], [8, 4], [2, 3], [10, 3, 2, 3], [14, 3, 2, 3, 2, 3]];
const COLOURS = 6;
const PART = /^(val|valid|validation|train|training|test)[ _./-]+/i;

/** The numbers of a series' colour, from 1, and of its dash. */
export function styles(series: Series[]): { colour: number; dash: number }[] {
  const families = new Map<string, number>();
  const names = [...new Set(series.map(({ name }) => name))];
  const byMetric = names.length > 1 && series.length > DASHES.length;
  return series.map(({ name, run }, at) => {
    const family = JSON.stringify([run, run ? "" : name.replace(PART, "")]);
    if (!families.has(family)) families.set(family, families.size);
    const place = families.get(family)!;
    const round = Math.floor(place / COLOURS);
    const shift = run && byMetric ? names.indexOf(name) + names.length * round : at;
    return { colour: 1 + (place % COLOURS), dash: shift % DASHES.length };
  });
}

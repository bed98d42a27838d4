// Named series of points that only grow, and the joined columns that a chart draws.
import { number } from "./text.ts";
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
    this.#values.set(values as ArrayLike<number>, this.length);
    this.length = needed;
  }

  get values(): Float64Array {
    return this.#values.subarray(0, this.length);
  }
}

export interface Series {
  name: string;
  x: Column;
  y: Column;
}

export class CurveStore {
  readonly series: Series[] = [];

  /** Puts points at the end of a series. Points held already are dropped; false says some are missing. */
  append(name: string, start: number, x: ArrayLike<number>, y: ArrayLike<number>): boolean {
    const series = this.#named(name);
    const known = series.x.length - start;
    if (known < 0) return false;
    if (known >= x.length) return true;
    series.x.push(Array.prototype.slice.call(x, known));
    series.y.push(Array.prototype.slice.call(y, known));
    return true;
  }

  /** Everything from data as it is stored in a page. */
  static from(data: CurvesData): CurveStore {
    const store = new CurveStore();
    for (const { name, x, y } of data.series)
      store.append(name, 0, x.map(toNumber), y.map(toNumber));
    return store;
  }

  get count(): number {
    return this.series.reduce((sum, { x }) => sum + x.length, 0);
  }

  #named(name: string): Series {
    let found = this.series.find((series) => series.name === name);
    if (!found) {
      found = { name, x: new Column(), y: new Column() };
      this.series.push(found);
    }
    return found;
  }

  /** One column of x, rising, and for each series its y there, or null where it has none. */
  joined(positive = false): [number[], ...(number | null)[][]] {
    const place = new Map<number, number>();
    for (const { x } of this.series) for (const value of x.values) place.set(value, 0);
    const xs = [...place.keys()].sort((a, b) => a - b);
    xs.forEach((value, at) => {
      place.set(value, at);
    });
    const columns = this.series.map(({ x, y }) => {
      const column = new Array<number | null>(xs.length).fill(null);
      const ys = y.values;
      x.values.forEach((value, at) => {
        const height = ys[at]!;
        const drawn = Number.isFinite(height) && !(positive && height <= 0);
        column[place.get(value)!] = drawn ? height : null;
      });
      return column;
    });
    return [xs, ...columns];
  }

  /** What the curves say, in words: where each began, where it is, and where it stopped being a number. */
  describe(): string {
    const said = this.series.filter(({ x }) => x.length > 0).map(describeSeries);
    return said.length ? said.join(" ") : "No points yet.";
  }
}

const toNumber = (value: Scalar) => Number(value);

function describeSeries({ name, x, y }: Series): string {
  const [xs, ys] = [x.values, y.values];
  const bad = ys.findIndex((value) => !Number.isFinite(value));
  const now = `${name} went from ${number(ys[0]!)} to ${number(ys.at(-1)!)} in ${ys.length} points.`;
  const first = ys.length === 1 ? `${name} is ${number(ys[0]!)}.` : now;
  return bad < 0 ? first : `${first} At ${number(xs[bad]!)} it became ${number(ys[bad]!)}.`;
}

/** Where the first value that is no number stands, if any, by series. */
export function firstBad(store: CurveStore): { name: string; x: number; y: number } | null {
  for (const { name, x, y } of store.series) {
    const at = y.values.findIndex((value) => !Number.isFinite(value));
    if (at >= 0) return { name, x: x.values[at]!, y: y.values[at]! };
  }
  return null;
}

/** Shares (accuracy and the like) have an axis of their own, from 0 to 100 %. */
export const isShare = (name: string) => /(^|[^a-z])acc(uracy)?([^a-z]|$)/i.test(name);

// A tensor as a trace keeps it: which of its elements are known, and where they stand.
import type { Preview } from "../types.ts";

/** Rows of a larger array that are kept, and columns where they are more than MOST_COLUMNS. */
const SAMPLE = 8;
const MOST_COLUMNS = 16;

export const sizeOf = (shape: number[]) => shape.reduce((a, b) => a * b, 1);

/** A place in a tensor as one number for each dimension. */
export function unravel(at: number, shape: number[]): number[] {
  const index: number[] = new Array(shape.length);
  let rest = at;
  for (let d = shape.length - 1; d >= 0; d -= 1) {
    const size = shape[d] || 1;
    index[d] = rest % size;
    rest = Math.floor(rest / size);
  }
  return index;
}

/** The same place, counted row by row. */
export const ravel = (index: number[], shape: number[]) =>
  shape.reduce((at, size, d) => at * size + index[d]!, 0);

/** The element of a smaller tensor that broadcasting puts at an index of a larger one. */
export function narrowed(index: number[], shape: number[]): number {
  const lead = index.length - shape.length;
  return shape.reduce((at, size, d) => at * size + (size === 1 ? 0 : index[lead + d]!), 0);
}

/** An index as Python writes it; letters stand for dimensions that are summed over. */
export const indexText = (index: (number | string)[]) =>
  index.length ? `[${index.join(", ")}]` : "";

/** What is known of a tensor: all of it, or every k-th row and column of it. */
export class Kept {
  readonly shape: number[];
  /** Numbers of the known rows (all dimensions but the last, laid one after another) and columns. */
  readonly rows: number[];
  readonly columns: number[];
  readonly whole: boolean;
  readonly #values = new Map<number, number>();

  constructor({ shape, values, tile }: Preview) {
    this.shape = shape;
    this.whole = values !== undefined;
    const width = shape.at(-1) ?? 1;
    const height = width ? sizeOf(shape) / width : 0;
    this.rows = values ? upTo(height) : rowsOf(shape, tile?.rows ?? 0);
    this.columns = values ? upTo(width) : places(width, tile?.columns ?? 0, MOST_COLUMNS);
    const known = values ?? tile?.values ?? [];
    let next = 0;
    for (const row of this.rows)
      for (const column of this.columns) this.#values.set(row * width + column, +known[next++]!);
  }

  /** The element at a place; undefined where it is not kept. */
  at(place: number): number | undefined {
    return this.#values.get(place);
  }

  /** The places of all known elements, row by row. */
  get places(): number[] {
    return [...this.#values.keys()];
  }

  get size(): number {
    return sizeOf(this.shape);
  }

  /** An element as `[2, 3]`. */
  text(at: number): string {
    return indexText(unravel(at, this.shape));
  }
}

const upTo = (count: number) => Array.from({ length: count }, (_, at) => at);

/** Which rows are kept: of a stack of matrices those of the first ones. */
function rowsOf(shape: number[], count: number): number[] {
  const height = shape.length > 1 ? shape.at(-2)! : 1;
  if (shape.length < 3 || height > SAMPLE) return places(height, count, SAMPLE);
  const rows = Math.min(
    Math.floor(SAMPLE / Math.max(height, 1)) * height,
    sizeOf(shape.slice(0, -1)),
  );
  return rows === count ? upTo(rows) : [];
}

/** Which of `size` are kept, by the rule of the recorder; none where the trace follows another. */
function places(size: number, count: number, most: number): number[] {
  if (count === size && size <= most) return upTo(size);
  const step = Math.ceil(size / SAMPLE);
  const found: number[] = [];
  for (let at = Math.min(Math.floor(step / 2), size - 1); at < size; at += step) found.push(at);
  return found.length === count ? found : [];
}

// A value as a grid of cells: which numbers, in how many columns, how strongly coloured.
import { brief, number } from "./text.ts";
import type { Preview, Scalar } from "./types.ts";

export interface Heat {
  columns: number;
  cells: { text: string; brief: string; strength: number; bad: boolean }[];
  /** Whether they are few enough to stand in the cells. */
  written: boolean;
  /** Whether it is a sample of a larger array. */
  sampled: boolean;
}

const MOST_WRITTEN_COLUMNS = 5;
const MOST_WRITTEN = 25;

/** The grid for a preview; null where there are no values to show. */
export function heat(preview: Preview): Heat | null {
  const tile = preview.tile;
  const values = preview.values ?? tile?.values;
  if (!values?.length) return null;
  const columns = preview.values ? columnsOf(preview.shape) : tile!.columns;
  const sizes = values.map(Number).filter(Number.isFinite).map(Math.abs);
  const largest = sizes.reduce((a, b) => Math.max(a, b), 0);
  return {
    columns,
    cells: values.map((value) => cell(value, largest)),
    written: columns <= MOST_WRITTEN_COLUMNS && values.length <= MOST_WRITTEN,
    sampled: !preview.values,
  };
}

/** A vector is one row, broken at sixteen; an array of more dimensions keeps its last. */
function columnsOf(shape: number[]): number {
  const last = shape.at(-1) ?? 1;
  return shape.length < 2 ? Math.min(last, 16) : last;
}

function cell(value: Scalar, largest: number): Heat["cells"][number] {
  const size = Number(value);
  const bad = !Number.isFinite(size);
  const strength = bad || largest === 0 ? 0 : size / largest;
  return { text: number(value), brief: brief(value), strength, bad };
}

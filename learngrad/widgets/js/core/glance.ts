// A value at a glance: the small picture in a box. The rule stands in learngrad/trace/glance.py; both
// sides are tested against tests/trace/glance_cases.json.
import type { Preview, Scalar } from "./types.ts";

export interface Glance {
  width: number;
  height: number;
  /** How wide its strokes are. */
  line: number;
  /** A path for each shade: `warm1` to `warm3`, `cold1` to `cold3`, `plain` and `bad`. */
  paths: Record<string, string>;
}

const [WIDE, HIGH, LARGEST, SQUARE] = [40, 28, 7, 3.5];
const BINS = 16;
/** Between tiles, in pixels. */
const GAP = 0.5;

/** Pictures that were asked for before: the layout needs their sizes, the drawing the rest. */
const made = new WeakMap<Preview, Glance | null>();

/** The picture of a value; null where no number of it is known. */
export function glance(preview: Preview): Glance | null {
  const known = made.get(preview);
  if (known !== undefined) return known;
  const { shape, values, tile } = preview;
  const whole = values?.length ? tiles(shape, values) : null;
  const found = tile && !values ? histogram(preview, tile.values) : whole;
  made.set(preview, found);
  return found;
}

function tiles(shape: number[], values: Scalar[]): Glance {
  const flat = shape.length < 2;
  const columns = flat ? Math.min(values.length, 16) : shape.at(-1)!;
  const rows = Math.ceil(values.length / columns);
  let [wide, high] = [Math.min(LARGEST, WIDE / columns), Math.min(LARGEST, HIGH / rows)];
  if (!flat)
    [wide, high] = [Math.min(wide, Math.max(high, SQUARE)), Math.min(high, Math.max(wide, SQUARE))];
  const largest = values.reduce<number>((most, one) => Math.max(most, sizeOf(one)), 0);
  const paths: Glance["paths"] = {};
  values.forEach((value, at) => {
    const name = shade(value, largest);
    if (!name) return;
    const [row, column] = [Math.floor(at / columns), at % columns];
    const from = `${round(column * wide + GAP / 2)} ${round((row + 0.5) * high)}`;
    paths[name] = `${paths[name] ?? ""}M${from}h${round(wide - GAP)}`;
  });
  return {
    width: round(columns * wide),
    height: round(rows * high),
    line: round(high - GAP),
    paths,
  };
}

const sizeOf = (value: Scalar) => (typeof value === "string" ? 0 : Math.abs(Number(value)));

function shade(value: Scalar, largest: number): string {
  if (typeof value === "string") return "bad";
  const level = largest === 0 ? 0 : Math.floor((sizeOf(value) / largest) * 3 + 0.5);
  return level ? `${Number(value) < 0 ? "cold" : "warm"}${level}` : "";
}

function histogram({ bins: given, min, max }: Preview, values: Scalar[]): Glance {
  const known = typeof min === "number" && typeof max === "number";
  const bins = known ? binned(given, values, min, max) : [];
  const largest = bins.reduce((a, b) => Math.max(a, b), 0);
  const wide = WIDE / (bins.length || BINS);
  const paths: Glance["paths"] = {};
  bins.forEach((count, at) => {
    if (!count) return;
    const side = sideOf(min as number, max as number, bins.length, at);
    const tall = Math.max(1, (count / largest) * HIGH);
    paths[side] = `${paths[side] ?? ""}M${round((at + 0.5) * wide)} ${HIGH}v${round(-tall)}`;
  });
  return { width: WIDE, height: HIGH, line: round(wide - GAP), paths };
}

function binned(given: number[] | undefined, values: Scalar[], low: number, high: number) {
  if (low === high) return Array.from({ length: BINS }, (_, at) => (at === 7 || at === 8 ? 1 : 0));
  return given?.length ? given : counted(values, low, high);
}

/** How many of the numbers are in each of 16 bins. */
function counted(values: Scalar[], low: number, high: number): number[] {
  const bins = new Array<number>(BINS).fill(0);
  // A range may be larger than the largest float.
  const part = Number.isFinite(high - low) ? 1 : 2;
  for (const value of values) {
    if (typeof value === "string") continue;
    const share = (Number(value) / part - low / part) / (high / part - low / part);
    bins[Math.min(BINS - 1, Math.max(0, Math.floor(share * BINS)))]!++;
  }
  return bins;
}

/** On which side of 0 a bin lies. */
function sideOf(low: number, high: number, count: number, at: number): string {
  const wide = high / count - low / count;
  if (low + wide * (at + 1) <= 0) return "cold2";
  return low + wide * at >= 0 ? "warm2" : "plain";
}

const round = (value: number) => Math.floor(value * 100 + 0.5) / 100;

// How numbers, shapes, values and names are written. The rules stand in learngrad/trace/text.py;
// both sides are tested against tests/trace/number_cases.json and box_cases.json.
import type { Preview, Scalar } from "./types.ts";

export const MINUS = "−";
const WHOLE_LIMIT = 4;
const VALUE_CELLS = 28;

const BREAKS = /[\t\n\v\f\r\u0085\u2028\u2029]/g;
const UNSAFE = new RegExp(
  "[\\x00-\\x1f\\x7f-\\x9f\\u061c\\u200b\\u200e\\u200f\\u202a-\\u202e\\u2060-\\u206f" +
    "\\ufeff\\ufff9-\\ufffb\\ufffe\\uffff\\ud800-\\udfff]",
  "gu",
);

/** The text on one line, with nothing in it that could reorder, hide or break what is around. */
export function clean(text: string): string {
  return text.replace(BREAKS, " ").replace(UNSAFE, "\ufffd");
}

const WIDE: [number, number][] = [
  [0x1100, 0x115f],
  [0x2e80, 0xa4cf],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x1f300, 0x1faff],
  [0x20000, 0x3fffd],
];
const NOTHING: [number, number][] = [
  [0x0300, 0x036f],
  [0x200c, 0x200d],
  [0xfe00, 0xfe0f],
];

const within = (ranges: [number, number][], point: number) =>
  ranges.some(([low, high]) => low <= point && point <= high);

/** Columns that the text takes in a monospaced font: wide characters 2, combining marks 0. */
export function cells(text: string): number {
  let sum = 0;
  for (const character of text) {
    const point = character.codePointAt(0)!;
    if (point < 0x300) sum += 1;
    else if (!within(NOTHING, point)) sum += within(WIDE, point) ? 2 : 1;
  }
  return sum;
}

/** The cleaned text, at most `limit` characters: cut at the end, with an ellipsis. */
export function elide(text: string, limit: number): string {
  const characters = [...clean(text)];
  return characters.length <= limit
    ? characters.join("")
    : `${characters.slice(0, limit - 1).join("")}…`;
}

/** The cleaned name, at most so many characters: the end of a dotted path says most. */
export function elideMiddle(text: string, limit = 20): string {
  const characters = [...clean(text)];
  if (characters.length <= limit) return characters.join("");
  const end = Math.trunc((limit - 1) / 2);
  const begin = characters.slice(0, limit - 1 - end);
  return `${begin.join("")}…${characters.slice(-end).join("")}`;
}

/** A count, with commas between thousands. */
export const thousands = (count: number) => String(count).replace(/\B(?=(\d{3})+$)/g, ",");

/** Digits that tell float32 numbers apart, near 1: for a formula in which such are subtracted. */
export const EXACT = 8;

/** A number as pictures show it: four significant digits, no trailing zeros, U+2212 for minus. */
export function number(value: Scalar | string, precision = 4): string {
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "string") {
    if (value === "NaN") return "NaN";
    if (value === "Infinity") return "∞";
    if (value === "-Infinity") return `${MINUS}∞`;
    return elide(value, 16);
  }
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "NaN" : value > 0 ? "∞" : `${MINUS}∞`;
  if (value === 0) return "0";
  const sign = value < 0 ? MINUS : "";
  const size = Math.abs(value);
  if (size < 100_000 && Number.isInteger(size)) return sign + String(size);
  const [digits, power] = significant(size, precision);
  if (power >= -4 && power < 5) return sign + plain(size, digits, power);
  const mantissa = strip(`${digits[0]}.${digits.slice(1)}`);
  return `${sign}${mantissa}e${power < 0 ? MINUS : ""}${Math.abs(power)}`;
}

/** Rounded so that a cell stays narrow; a formula or a table says it in full. */
export function brief(value: Scalar): string {
  const size = Math.abs(Number(value));
  if (typeof value !== "number" || !Number.isFinite(size)) return number(value);
  if (size >= 100 && size < 1e5) return number(Math.round(value));
  return number(Number(size < 1 ? value.toPrecision(2) : value.toFixed(1)));
}

/** Significant digits, rounded half away from zero from the exact binary value, and the power. */
function significant(size: number, precision: number): [digits: string, power: number] {
  // toExponential and toFixed pick the larger of two equally near results, and exactly so.
  const [mantissa, power] = size.toExponential(precision - 1).split("e");
  return [mantissa!.replace(".", ""), Number(power)];
}

function plain(size: number, digits: string, power: number): string {
  // Digits before the point are never rounded away: past the last, round to a whole number.
  return strip(power >= digits.length ? size.toFixed(0) : decimals(digits, power));
}

function decimals(digits: string, power: number): string {
  if (power < 0) return `0.${"0".repeat(-power - 1)}${digits}`;
  return `${digits.slice(0, power + 1)}.${digits.slice(power + 1)}`;
}

function strip(text: string): string {
  return text.includes(".") ? text.replace(/\.?0*$/, "") : text;
}

/** A shape in words a beginner reads: `scalar`, `5 values`, `32×10`. */
export function shapeText(shape: number[]): string {
  if (shape.length === 0) return "scalar";
  if (shape.length === 1) return shape[0] === 1 ? "1 value" : `${shape[0]} values`;
  return shape.join("×");
}

/** What the numbers of a preview span: `−1.2 to 3.4`, `all 0`, `3 NaN or ∞`, `empty`. */
export function spanText(preview: Preview): string {
  if (preview.shape.some((size) => size === 0)) return "empty";
  let bad = preview.nonfinite ?? 0;
  let low = preview.min ?? null;
  let high = preview.max ?? null;
  const values = preview.values;
  if (values) {
    if (values.every((value) => typeof value === "boolean")) {
      const yes = values.filter(Boolean).length;
      return yes === 0 || yes === values.length ? `all ${number(values[0]!)}` : `${yes} True`;
    }
    const finite = values.filter((value) => typeof value !== "string").map(Number);
    bad = values.length - finite.length;
    low = finite.length ? finite.reduce((a, b) => Math.min(a, b)) : null;
    high = finite.length ? finite.reduce((a, b) => Math.max(a, b)) : null;
  }
  if (bad) return `${bad} NaN or ∞`;
  if (low === null || high === null) return "";
  return low === high ? `all ${number(low)}` : `${number(low)} to ${number(high)}`;
}

/** The numbers themselves where they are few, else shape and span. */
export function valueText(preview: Preview): string {
  const written = writtenOut(preview);
  if (written) return written;
  const span = spanText(preview);
  return span ? `${shapeText(preview.shape)} · ${span}` : shapeText(preview.shape);
}

/** All the numbers, nested in brackets; empty when there are too many or none. */
export function writtenOut(preview: Preview, limit = WHOLE_LIMIT, width = VALUE_CELLS): string {
  const values = preview.values;
  if (!values?.length || values.length > limit) return "";
  let items = values.map((value) => number(value));
  for (const size of [...preview.shape].reverse()) {
    const grouped: string[] = [];
    for (let at = 0; at + size <= items.length; at += size)
      grouped.push(`[${items.slice(at, at + size).join(", ")}]`);
    items = grouped;
  }
  return [...items[0]!].length <= width ? items[0]! : "";
}

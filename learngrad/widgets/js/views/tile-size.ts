// How large the cells of a scene are, and how numbers are written in them.
import { number, cells as widthOf } from "../core/text.ts";
import type { Block } from "../core/tiles/blocks.ts";
import type { Scene, Sheet } from "../core/tiles/scene.ts";

const DIGIT = 6.5; // width of a character in a cell
const GAP = 12; // between two sheets
const CAPTION = 62; // the least width of what stands under a sheet
const TALL = 200; // of what stands round a corner, where it is shades
const [LEAST, LARGEST] = [6, 18]; // the side of a shade
const READABLE = 11; // with a digit in it
const MOST_LINES = 4; // of numbers that may go below others
export const BETWEEN = 8; // and between two matrices of one
export const ABREAST = 2; // matrices of one tensor side by side
const MOST_WRITTEN = 40; // cells of a sheet with their numbers in them

export interface Measure {
  width: number;
  height: number;
  /** How numbers are written in the cells; undefined where they have no room. */
  write?: (value: number) => string;
}
type Write = NonNullable<Measure["write"]>;

/** Rounded so that a cell stays narrow; the formula says it in full. */
function short(value: number): string {
  const size = Math.abs(value);
  if (size >= 100 && size < 1e5) return number(Math.round(value));
  return number(Number(size < 1 ? value.toPrecision(2) : value.toFixed(1)));
}

/** How large cells are: with numbers in them where all have room, else as large as fits. */
export function measured(scene: Scene, blocks: Block[][], room: number): Measure[] {
  const budget = Math.max(200, room - 50);
  const lines = blocks.map((list) => list.flatMap(({ rows }) => rows));
  const columns = lines.map((rows) => Math.max(1, ...rows.map((row) => row.length)));
  const across = columns.map((one, at) => one * Math.min(ABREAST, blocks[at]!.length));
  const texts = (write: Write) =>
    lines.map((rows) => {
      const longest = Math.max(1, ...rows.flat().map(({ value }) => widthOf(write(value))));
      return Math.max(26, Math.ceil(longest * DIGIT + 8));
    });
  const small = lines.map((rows) => rows.flat().length <= MOST_WRITTEN && rows.length <= 12);
  const places = scene.sheets.map(({ place }) => place);
  // Round a corner, what stands above the result has its columns.
  const sized = (widths: number[]) =>
    scene.corner
      ? widths.map((one, at) =>
          places[at] === "left" ? one : Math.max(...widths.filter((_, k) => places[k] !== "left")),
        )
      : widths;
  const total = (widths: number[]) => {
    const each = widths.map(
      (width, at) => across[at]! * (width + 1) + (blocks[at]!.length > 1 ? BETWEEN : 0),
    );
    const least = scene.sheets.map((sheet) => (isNarrow(sheet) ? CAPTION / 2 : CAPTION));
    if (!scene.corner) return each.reduce((a, b, at) => a + Math.max(b, least[at]!) + GAP, 16);
    const [left, right] = [0, 1].map((side) =>
      Math.max(0, ...each.filter((_, at) => (places[at] === "left" ? 0 : 1) === side)),
    );
    return left! + GAP + right!;
  };
  if (small.every(Boolean))
    for (const write of [number, short]) {
      const widths = sized(texts(write));
      if (total(widths) <= budget) return widths.map((width) => ({ width, height: 22, write }));
    }
  // Few lines may as well go below one another.
  if (!scene.corner && small.every(Boolean) && lines.every((rows) => rows.length <= MOST_LINES)) {
    const widths = texts(short);
    if (widths.every((width, at) => across[at]! * (width + 1) <= budget))
      return widths.map((width) => ({ width, height: 22, write: short }));
  }
  // The rest as shades; without a corner, small ones keep their numbers as long as there is room.
  const high = scene.corner ? TALL / Math.max(1, stacked(scene, lines)) - 1 : LARGEST;
  const least = scene.sheets.some(({ labels }) => labels) ? READABLE : LEAST;
  let side = Math.max(least, Math.min(LARGEST, Math.floor(high)));
  while (side > least && total(columns.map(() => side)) > budget) side -= 1;
  const found: Measure[] = columns.map(() => ({ width: side, height: side }));
  scene.sheets.forEach((sheet, at) => {
    if (sheet.labels) found[at] = { width: 22, height: side, write: number };
  });
  if (scene.corner) return found;
  let widths = found.map(({ width }) => width);
  const open = columns.map((_, at) => at).filter((at) => !found[at]!.write);
  for (const at of open.sort((a, b) => across[a]! - across[b]!)) {
    if (found[at]!.write) continue;
    // Rows that stand side by side have one height.
    const level = open.filter((k) => k === at || lines[k]!.length === lines[at]!.length);
    const tried = widths.map((one, k) => (level.includes(k) ? texts(short)[k]! : one));
    if (!level.every((k) => small[k]) || total(tried) > budget) continue;
    widths = tried;
    for (const k of level) found[k] = { width: tried[k]!, height: 22, write: short };
  }
  return found;
}

/** How many rows stand one above the other round a corner. */
const stacked = (scene: Scene, lines: unknown[][]) =>
  scene.sheets.reduce(
    (sum, { place }, at) => (place === "left" ? sum : sum + lines[at]!.length),
    0,
  );

/** One number, or one for each row: its caption is short. */
export const isNarrow = ({ kept, labels }: Sheet) => labels || kept.size === 1;

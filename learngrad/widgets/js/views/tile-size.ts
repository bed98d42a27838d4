// How large the cells of a scene are, and how numbers are written in them.
import type { Heat } from "../core/heat.ts";
import { brief, number, cells as widthOf } from "../core/text.ts";
import { type Block, sheetWords } from "../core/tiles/blocks.ts";
import type { Scene, Sheet } from "../core/tiles/scene.ts";

const DIGIT = 6.5; // width of a character in a cell
const GAP = 12; // between two sheets
const GAP_ROUND = 14; // between the two columns round a corner
const CAPTION = 62; // the least width of what stands under a sheet
const WIDEST_CAPTION = 132; // the most it takes round a corner
const LETTER = 6.9; // width of a character in it
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
export interface HeatSize {
  width: number;
  height: number;
  /** Which of a cell's texts stands in it. */
  texts: "text" | "brief" | null;
}

/** The cells of a value in the panel: with its numbers, with fewer digits, else in shades. */
export function heatSize({ columns, cells, written }: Heat, room: number): HeatSize {
  for (const key of written ? (["text", "brief"] as const) : []) {
    const longest = Math.max(...cells.map((cell) => widthOf(cell[key])));
    const width = Math.max(34, Math.ceil(longest * DIGIT + 6));
    if (columns * (width + 1) - 1 <= room) return { width, height: 20, texts: key };
  }
  const side = Math.max(7, Math.min(13, Math.floor(208 / columns)));
  const width = Math.max(1, Math.min(side, Math.floor((room + 1) / columns) - 1));
  return { width, height: side, texts: null };
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
  const captions = scene.sheets.map(captionWidth);
  const total = (widths: number[]) => {
    const each = widths.map(
      (width, at) => across[at]! * (width + 1) + (blocks[at]!.length > 1 ? BETWEEN : 0),
    );
    const least = scene.sheets.map((sheet) => (isNarrow(sheet) ? CAPTION / 2 : CAPTION));
    if (!scene.corner) return each.reduce((a, b, at) => a + Math.max(b, least[at]!) + GAP, 16);
    // What is said of a sheet stands in the left column, but for the result's own.
    const [left, right] = [0, 1].map((side) =>
      Math.max(
        ...each.filter((_, at) => (places[at] === "left" ? 0 : 1) === side),
        ...captions.filter((_, at) => (places[at] === "right" ? 1 : 0) === side),
      ),
    );
    return left! + GAP_ROUND + right!;
  };
  if (small.every(Boolean))
    for (const write of [number, brief]) {
      const widths = sized(texts(write));
      if (total(widths) <= budget) return widths.map((width) => ({ width, height: 22, write }));
    }
  // Few lines may as well go below one another.
  if (!scene.corner && small.every(Boolean) && lines.every((rows) => rows.length <= MOST_LINES)) {
    const widths = texts(brief);
    if (widths.every((width, at) => across[at]! * (width + 1) <= budget))
      return widths.map((width) => ({ width, height: 22, write: brief }));
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
    const tried = widths.map((one, k) => (level.includes(k) ? texts(brief)[k]! : one));
    if (!level.every((k) => small[k]) || total(tried) > budget) continue;
    widths = tried;
    for (const k of level) found[k] = { width: tried[k]!, height: 22, write: brief };
  }
  return found;
}

/** How many rows stand one above the other round a corner. */
const stacked = (scene: Scene, lines: unknown[][]) =>
  scene.sheets.reduce(
    (sum, { place }, at) => (place === "left" ? sum : sum + lines[at]!.length),
    0,
  );

/** The least width of a caption round a corner: that of its longest word. */
function captionWidth(sheet: Sheet): number {
  const words = [sheet.name, ...sheetWords(sheet)].flatMap((line) => line.split(" "));
  const longest = Math.max(...words.map(widthOf)) * LETTER;
  return Math.min(WIDEST_CAPTION, Math.max(CAPTION, Math.ceil(longest)));
}

/** One number, or one for each row: its caption is short. */
export const isNarrow = ({ kept, labels }: Sheet) => labels || kept.size === 1;

// How a tensor is laid out as tiles: which of its kept elements stand where, and in which shade.
import { number, shapeText, spanText } from "../text.ts";
import { type Kept, sizeOf, unravel } from "./kept.ts";
import type { Scene, Sheet } from "./scene.ts";
import type { Entry } from "./trail.ts";

export interface Cell {
  at: number;
  value: number;
  text: string;
  /** From −1 to 1: the number over the largest of its sheet. */
  strength: number;
  bad: boolean;
}

/** A matrix of cells; a sheet of more than two dimensions has one for each. */
export interface Block {
  /** Which matrix of the tensor it is: `[0, 1]`; empty where there is one. */
  label: string;
  rows: Cell[][];
}

const BROKEN = 16; // a vector goes over several lines after so many

/** The blocks of each sheet of a scene, in its order. */
export function blocksOf(scene: Scene): Block[][] {
  const left = scene.sheets.find(({ place }) => place === "left");
  const above = scene.sheets.find(({ place }) => place === "above");
  const first = scene.sheets.find(({ kept }) => kept.shape.length === 2);
  return scene.sheets.map((sheet) => {
    if (sheet.labels && first) return [labelled(sheet, first.kept.rows)];
    if (!scene.corner) return blocks(sheet, largest(scene));
    // Rows stand beside rows and columns above columns: those that both sides keep.
    const right = scene.sheets.find(({ place, kept }) => place === "right" && kept.size > 0);
    let { rows, columns } = lines(sheet);
    if (sheet.place !== "above" && left && right && sheet.kept.shape.length > 1)
      rows = met(rows, lines(sheet === left ? right : left).rows);
    if (sheet.place !== "left" && above && right)
      columns = met(columns, lines(sheet === above ? right : above).columns);
    return [block("", sheet, rows, columns)];
  });
}

const met = (mine: number[], others: number[]) => {
  const both = mine.filter((one) => others.includes(one));
  return both.length ? both : mine;
};

/** Numbers of the kept rows and columns as they are drawn. */
function lines({ kept, turned }: Sheet): { rows: number[]; columns: number[] } {
  return turned
    ? { rows: kept.columns, columns: kept.rows }
    : { rows: kept.rows, columns: kept.columns };
}

/** Of the sheets that are kept in part, the largest: what fits it shows the same rows and columns. */
const largest = ({ sheets }: Scene) =>
  sheets.reduce<Kept | null>(
    (most, { kept }) =>
      !kept.whole && kept.shape.length === 2 && kept.size > (most?.size ?? 0) ? kept : most,
    null,
  );

function blocks(sheet: Sheet, beside: Kept | null): Block[] {
  const { kept } = sheet;
  const { shape } = kept;
  let { rows, columns } = kept;
  if (beside && shape.length < 3 && shape.length > 0) {
    if (shape.at(-1) === beside.shape[1]) columns = met(columns, beside.columns);
    if (shape.length === 2 && shape[0] === beside.shape[0]) rows = met(rows, beside.rows);
    if (rows.length < kept.rows.length || columns.length < kept.columns.length)
      return [block("", sheet, rows, columns)];
  }
  if (shape.length < 2 || (shape.at(-1) === 1 && rows.length > BROKEN)) {
    const all = kept.places;
    const broken: number[][] = [];
    for (let at = 0; at < all.length; at += BROKEN) broken.push(all.slice(at, at + BROKEN));
    const cell = shader(kept);
    return [{ label: "", rows: broken.map((line) => line.map(cell)) }];
  }
  if (shape.length === 2) return [block("", sheet, rows, columns)];
  const lead = shape.slice(0, -2);
  const [height, count] = matricesOf(kept);
  return Array.from({ length: count }, (_, at) => {
    const index = unravel(at, lead);
    const label = sizeOf(lead) > 1 ? `[${index.join(", ")}]` : "";
    return block(label, sheet, rows.slice(at * height, (at + 1) * height), columns);
  });
}

function block(label: string, sheet: Sheet, rows: number[], columns: number[]): Block {
  const width = sheet.kept.shape.at(-1) ?? 1;
  const cell = shader(sheet.kept);
  const place = (row: number, column: number) =>
    sheet.turned ? column * width + row : row * width + column;
  return { label, rows: rows.map((row) => columns.map((column) => cell(place(row, column)))) };
}

/** Classes below one another, beside the rows that they are for. */
function labelled({ kept }: Sheet, rows: number[]): Block {
  const cell = shader(kept);
  return {
    label: "",
    rows: rows
      .filter((at) => kept.at(at) !== undefined)
      .map((at) => [{ ...cell(at), strength: 0 }]),
  };
}

/** How many rows of each matrix are kept, and of how many matrices. */
function matricesOf({ shape, rows }: Kept): [height: number, count: number] {
  const height = Math.min(shape.at(-2) ?? 1, rows.length);
  return [height, height ? rows.length / height : 0];
}

/** Makes cells: their strength is against the largest number that is kept. */
function shader(kept: Kept): (at: number) => Cell {
  const largest = kept.places
    .map((at) => Math.abs(kept.at(at)!))
    .filter(Number.isFinite)
    .reduce((a, b) => Math.max(a, b), 0);
  return (at) => {
    const value = kept.at(at) ?? Number.NaN;
    const bad = !Number.isFinite(value);
    const strength = bad || !largest ? 0 : value / largest;
    return { at, value, text: number(value), strength, bad };
  };
}

/** What a sheet shows, in words: its shape, what it spans, and which part of it is there. */
export function sheetWords(sheet: Sheet): string[] {
  const { preview, kept, turned } = sheet;
  const { shape } = kept;
  const said = [shapeText(turned && shape.length === 2 ? [...shape].reverse() : shape)];
  const span = spanText(preview);
  if (span && kept.size > 1 && !sheet.labels) said.push(span);
  if (kept.whole) return said;
  const [width, height] = [shape.at(-1) ?? 1, shape.length > 1 ? shape.at(-2)! : 1];
  const all = shape.length > 2 ? sizeOf(shape.slice(0, -2)) : 1;
  const [rows, matrices] = matricesOf(kept);
  const [across, down] = turned ? ["rows", "columns"] : ["columns", "rows"];
  if (matrices < all) said.push(`the first ${matrices > 1 ? `${matrices} ` : ""}of ${all}`);
  if (rows < height) said.push(`${down} ${some(kept.rows)} of ${height}`);
  if (kept.columns.length < width)
    said.push(`${shape.length > 1 ? across : "numbers"} ${some(kept.columns)} of ${width}`);
  return said;
}

const some = (numbers: number[]) =>
  numbers.length > 3 ? `${numbers.slice(0, 2).join(", ")} …` : numbers.join(", ");

const TRIED = 16;

/**
 * Which element to follow first: the largest of those that come from a wanted entry; else, of the
 * largest, one with most of its terms kept.
 */
export function firstOf(scene: Scene, wanted: Entry[]): { at: number | null; reached: boolean } {
  const size = (at: number) => Math.abs(scene.follow.kept.at(at)!) || 0;
  const places = scene.follow.kept.places.sort((a, b) => size(b) - size(a));
  const hit = wanted.length
    ? places.find((at) =>
        scene
          .trail(at)
          ?.entries.some((one) => wanted.some((w) => w.of === one.of && w.at === one.at)),
      )
    : undefined;
  if (hit !== undefined) return { at: hit, reached: true };
  let [best, most]: [number | null, number] = [null, -1];
  for (const at of places.slice(0, TRIED)) {
    const trail = scene.trail(at);
    const share = trail?.count ? trail.entries.length / trail.count : 0;
    if (trail && share > most) [best, most] = [at, share];
  }
  return { at: best, reached: false };
}

// The box of a node: its lines, its size, its shape. The rule stands in learngrad/trace/boxes.py;
// both sides are tested against tests/trace/box_cases.json.
import { glance } from "./glance.ts";
import { cells, elide, elideMiddle, shapeText, spanText, valueText, writtenOut } from "./text.ts";
import type { Preview, TraceNode } from "./types.ts";

export const TITLE_CELL = 7.2;
export const CELL = 6.6;
export const TITLE_HEIGHT = 16;
export const LINE_HEIGHT = 14;
export const PAD_Y = 6;
const PAD_X = 10;
const PAD_PILL = 14;
/** Between two pictures, and before the lines beside them. */
export const BETWEEN = 7;
const BESIDE = 11;
/** Round a picture. */
export const FRAME = 2;
export const NO_GRADIENT = "no gradient yet";

export type Shape =
  | "pill"
  | "double-pill"
  | "dashed-pill"
  | "dashed-rectangle"
  | "rectangle"
  | "octagon"
  | "card"
  | "stack";

const SHAPES = {
  leaf: "pill",
  parameter: "double-pill",
  buffer: "dashed-pill",
  constant: "dashed-rectangle",
  operation: "rectangle",
} as const;

export interface Box {
  lines: string[];
  width: number;
  height: number;
  shape: Shape;
  /** The size of the value's picture, and of the gradient's. */
  picture?: [width: number, height: number];
}

/** What is drawn for a node; `grad` is the gradient to show, null where there is none (yet). */
export function box(node: TraceNode, grad: Preview | null): Box {
  const failed = node.status === "failed";
  const shape: Shape = failed ? "octagon" : SHAPES[node.kind];
  const lines = [...title(node), ...(failed ? failure(node) : value(node))];
  let widths = lines.map((line, at) => cells(line) * (at === 0 ? TITLE_CELL : CELL));
  const takes = takesGradient(node);
  if (takes) {
    lines.push(gradientLine(grad));
    // Of several outputs the line of each that has one, since it may come first.
    const said = [lines.at(-1)!, NO_GRADIENT, ...arrived(grad).map((one) => ofOne(...one))];
    widths.push(...said.map((line) => cells(line) * CELL));
  }
  let body = LINE_HEIGHT * (lines.length - 1);
  const picture = failed ? null : pictureOf(node);
  if (picture) {
    widths = [widths[0]!, Math.max(...widths.slice(1)) + picturesWidth(picture, takes)];
    body = Math.max(body, Math.ceil(picture[1]) + 2 * FRAME + 1);
  }
  const pad = padOf(shape);
  // Rounded first: 7.2 has no exact binary form and both languages must reach the same integer.
  const width = Math.max(44, Math.ceil(Number((Math.max(...widths) + 2 * pad).toFixed(3))));
  const made = { lines, width, height: 2 * PAD_Y + TITLE_HEIGHT + body, shape };
  return picture ? { ...made, picture } : made;
}

/** How far what is in a box stays away from its sides. */
export const padOf = (shape: Shape) => (shape.includes("pill") ? PAD_PILL : PAD_X);

/** How far the lines beside a box's pictures are moved to the right. */
export const picturesWidth = ([width]: [number, number], takes: boolean) =>
  FRAME + BESIDE + (takes ? 2 * width + BETWEEN : width);

function pictureOf({ preview, outputs }: TraceNode): [number, number] | null {
  if (!preview || writtenOut(preview) || (outputs && outputs.length > 1)) return null;
  const seen = glance(preview);
  return seen && [seen.width, seen.height];
}

/** Name and sign as line 1 shows them; either may be empty. */
export function titleParts(node: TraceNode): [name: string, sign: string] {
  const name = elideMiddle(node.name || partNames(node));
  if (node.kind !== "operation") return [name, ""];
  const sign = elide(node.sign || node.op || "operation", 16);
  return [name, withNumber(node, sign)];
}

const RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹";

/** A short sign with the plain number that it joins the operand with: `2 × (·)`, `(·) − 1.5`. */
function withNumber({ edges, operands }: TraceNode, sign: string): string {
  if ((sign === "-" || sign === "−") && edges.length === 1) return `${sign}(·)`;
  const plain = edges.indexOf(null);
  const two = edges.length === 2 && operands.length === 2 && plain === edges.lastIndexOf(null);
  if ([...sign].length > 2 || !two || plain < 0 || !/^[-−]?[0-9]/.test(operands[plain]!))
    return sign;
  const written = elide(operands[plain]!, 10);
  if (plain === 1 && (sign === "**" || sign === "^") && /^[-−]?[0-9]{1,2}$/.test(written))
    return `(·)${written.replace(/./g, (one) => (/[0-9]/.test(one) ? RAISED[Number(one)]! : "⁻"))}`;
  return plain === 1 ? `(·) ${sign} ${written}` : `${written} ${sign} (·)`;
}

/** The names of an operation's outputs, where it has several and each has one. */
export function partNames({ outputs = [] }: TraceNode): string {
  return outputs.every(({ name }) => name) ? outputs.map(({ name }) => name).join(", ") : "";
}

function title(node: TraceNode): string[] {
  const parts = titleParts(node).filter(Boolean);
  if (parts.length) return [parts.join(" = ")];
  if (node.kind === "constant" && node.shape?.length === 0) return [];
  return [node.kind === "leaf" ? "tensor" : node.kind];
}

function value(node: TraceNode): string[] {
  if (node.outputs && node.outputs.length > 1) return [`${node.outputs.length} outputs`];
  if (node.preview) return [valueText(node.preview)];
  return node.shape ? [shapeText(node.shape)] : [];
}

function failure(node: TraceNode): string[] {
  const first = (node.error ?? "").trim().split("\n", 1)[0];
  return first ? ["failed", elide(first, 28)] : ["failed"];
}

/** Whether the box has a line for a gradient. */
export function takesGradient(node: TraceNode): boolean {
  return node.requires_grad && node.kind !== "constant" && node.status !== "failed";
}

/** The gradient line of a box. */
export function gradientLine(grad: Preview | null, word = "grad"): string {
  if (!grad) return NO_GRADIENT;
  const [first, ...more] = arrived(grad);
  if (more.length) return `${more.length + 1} gradients`;
  return first ? ofOne(...first) : `${word} ${written(grad)}`;
}

/** Of an operation with several outputs, the gradients that there are. */
const arrived = (grad: Preview | null): [slot: number, grad: Preview][] =>
  (grad?.each ?? []).flatMap((one, slot): [number, Preview][] => (one ? [[slot, one]] : []));

const ofOne = (slot: number, grad: Preview) => `grad of output ${slot} ${written(grad)}`;

const written = (grad: Preview) => writtenOut(grad) || spanText(grad) || shapeText(grad.shape);

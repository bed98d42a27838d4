// The tensors of one operation side by side, with one element to follow through it.
import type { Contribution, Preview, Step, TraceNode } from "../types.ts";
import { bracketed, type Call, type Names, operandsOf } from "../words.ts";
import { CLASSES } from "./classes.ts";
import { elementwise, isElementwise, MOVES } from "./elementwise.ts";
import { Kept } from "./kept.ts";
import { type Family, Operation } from "./op.ts";
import { POOLS } from "./pools.ts";
import { PRODUCTS } from "./products.ts";
import { REDUCTIONS } from "./reductions.ts";
import { type Place, type Source, type Trail, trailOf } from "./trail.ts";

/** One entry for each operation whose elements hang together in a way of its own. */
export const FAMILIES: Record<string, Family> = {
  ...PRODUCTS,
  ...REDUCTIONS,
  ...CLASSES,
  ...POOLS,
  ...MOVES,
};

/** One tensor in a scene. */
export interface Sheet {
  /** Which tensor of the operation; `to` is the gradient that goes to the operand followed. */
  of: Place | "to";
  name: string;
  gradient: boolean;
  preview: Preview;
  kept: Kept;
  /** Where it stands; round a corner `above` it, and `between` for what is added to each row. */
  place: "left" | "above" | "between" | "right";
  /** Drawn with rows and columns exchanged. */
  turned: boolean;
  /** Numbers of classes, one for each row of the first operand. */
  labels: boolean;
}

export interface Scene {
  corner: boolean;
  /** Going back, from the right to the left. */
  back: boolean;
  sheets: Sheet[];
  /** The sheet whose elements can be followed: the output, or a gradient. */
  follow: Sheet;
  /** The node and the output whose element is followed, as `3:0`. */
  key: string;
  /** Going back: what was there before, and what is there after. */
  before: Kept | null;
  after: Kept | null;
  /** What elements the followed one could come from when it was reached by another step. */
  via: { key: string; of: Place }[];
  trail(at: number): Trail | null;
  /** What a followed element is called: `to W[2, 3]`. */
  name(at: number): string;
}

/** A sheet of more cells is no trace of ours: it would take too long to draw. */
const MOST_CELLS = 256;

export function familyOf(op: Operation): Family | null {
  const known = FAMILIES[op.node.op ?? ""];
  if (known) return op.shapes.length ? known : null;
  return isElementwise(op) ? elementwise : null;
}

const slack = (node: TraceNode) => (/16$/.test(node.dtype ?? "") ? 2e-2 : 2e-3);

/** The tiles of an operation that has run; null where there is nothing to follow. */
export function forwardScene(node: TraceNode, names: Names): Scene | null {
  if (!node.preview || node.status === "failed") return null;
  const call = names.within(node);
  const op = new Operation(node, names, call);
  const family = familyOf(op);
  const out = op.kept("out");
  if (!family || !out) return null;
  const follow = sheet(op, family, "out", node.preview, out, call(node.id), false);
  const operands = operandSheets(op, family, names, () => true, call);
  return scene({
    op,
    family,
    back: false,
    sheets: [...operands, follow],
    follow,
    key: `${node.id}:0`,
    source: (at) => family.forward(op, at),
  });
}

/** How a single number came about: what a scene would say of it. */
export function numberMade(node: TraceNode, names: Names): { name: string; trail: Trail } | null {
  const { preview } = node;
  if (preview?.values?.length !== 1 || node.status === "failed") return null;
  const call = names.within(node);
  const op = new Operation(node, names, call);
  const source = familyOf(op)?.forward(op, 0);
  if (!source) return null;
  return { name: call(node.id), trail: trailOf(source, op, +preview.values[0]!, slack(node)) };
}

/** The tiles of what one operand receives in a step back. */
export function backwardScene(
  step: Step,
  part: Contribution,
  names: Names,
  call: Call,
): Scene | null {
  const node = names.node(step.node)!;
  const op = new Operation(node, names, call, step);
  const family = familyOf(op);
  const [arriving] = step.upstream;
  const g = op.kept("g");
  if (!family || !arriving || !g || step.upstream.slice(1).some(Boolean)) return null;
  const to = new Kept(part.value);
  if (op.shapes[part.operand]?.join() !== part.value.shape.join()) return null;
  const name = `to ${call(...part.to)}`;
  const follow = {
    ...sheet(op, family, part.operand, part.value, to, name, true),
    of: "to" as const,
  };
  const source = (at: number) => family.backward(op, part.operand, at);
  const used = new Set<Place>();
  const first = to.places.find((at) => source(at)?.terms.length);
  for (const { factors, from } of first === undefined ? [] : (source(first)?.terms ?? []))
    for (const { of } of [...factors, ...(from ?? [])]) used.add(of);
  const operands = operandSheets(op, family, names, (at) => used.has(at), call);
  const right = [sheet(op, family, "g", arriving, g, "g", true)];
  if (used.has("out") && node.preview)
    right.push(sheet(op, family, "out", node.preview, op.kept("out")!, op.name("out"), false));
  // The followed one stands where its operand stood going forward.
  const left = [...operands, follow].sort((a, b) => rank(a, part.operand) - rank(b, part.operand));
  return scene({
    op,
    family,
    back: true,
    sheets: [...left, ...right],
    follow,
    key: part.to.join(":"),
    source,
    before: part.before && new Kept(part.before),
    after: new Kept(part.after),
  });
}

const rank = ({ of }: Sheet, operand: number) =>
  of === "to" ? operand - 0.5 : typeof of === "number" ? of : Number.POSITIVE_INFINITY;

function operandSheets(
  op: Operation,
  family: Family,
  names: Names,
  wanted: (at: number) => boolean,
  call: Call,
): Sheet[] {
  return op.node.edges.flatMap((edge, at) => {
    const kept = op.kept(at);
    if (!edge || !kept || !wanted(at)) return [];
    const preview = operandsOf(op.node, names)[at]?.[1];
    return preview ? [sheet(op, family, at, preview, kept, call(...edge), false)] : [];
  });
}

function sheet(
  op: Operation,
  family: Family,
  of: Place,
  preview: Preview,
  kept: Kept,
  name: string,
  gradient: boolean,
): Sheet {
  const spot = of === 0 ? "left" : of === 1 ? "above" : of === 2 ? "between" : "right";
  const corner = family.layout === "corner";
  const [left, right] = op.shapes;
  // In a product of a matrix and a vector, the vector and the result are columns.
  const column = op.node.op === "matmul" && right?.length === 1;
  const turned =
    corner &&
    (op.node.op === "linear" ? of === 1 : column && (of === 1 || (left!.length > 1 && of !== 0)));
  const place = corner ? spot : of === "out" || of === "g" ? "right" : "left";
  const labels = op.node.op === "crossentropy" && of === 1;
  return { of, name, gradient, preview, kept, place, turned, labels };
}

function scene(given: {
  op: Operation;
  family: Family;
  back: boolean;
  sheets: Sheet[];
  follow: Sheet;
  key: string;
  source: (at: number) => Source | null;
  before?: Kept | null;
  after?: Kept;
}): Scene | null {
  const { op, family, back, sheets, follow, key, source } = given;
  const { node } = op;
  const counts = sheets.map(({ kept }) => kept.rows.length * kept.columns.length);
  if (sheets.every(({ kept }) => kept.size <= 1) || Math.max(...counts) > MOST_CELLS) return null;
  const title = back ? follow.name.replace(/^to /, "") : follow.name;
  const [first] = follow.kept.places;
  if (first === undefined || !source(first)) return null;
  const via = back
    ? [{ key: `${node.id}:0`, of: "g" as Place }]
    : node.edges.flatMap((edge, at) => (edge ? [{ key: edge.join(":"), of: at as Place }] : []));
  return {
    corner: family.layout === "corner",
    back,
    sheets,
    follow,
    key,
    before: given.before ?? null,
    after: given.after ?? null,
    via,
    name: (at) => {
      const text = follow.kept.text(at);
      return (back ? "to " : "") + (text ? bracketed(title) : title) + text;
    },
    trail(at) {
      const found = source(at);
      const value = follow.kept.at(at);
      return found && value !== undefined ? trailOf(found, op, value, slack(node)) : null;
    },
  };
}

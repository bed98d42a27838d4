// What is drawn of a folded graph: boxes of nodes and of closed groups, frames round open ones, and
// the edges between them. The rule stands in learngrad/trace/shown.py; one test for both.
import { type Box, CELL, LINE_HEIGHT, PAD_Y, TITLE_CELL, TITLE_HEIGHT } from "./box.ts";
import { type Fold, type Group, type Item, isGroup, MANY_TURNS } from "./fold.ts";
import { edgeKey } from "./replay.ts";
import { cells, elide, elideMiddle, thousands } from "./text.ts";
import type { Ref, TraceNode } from "./types.ts";

export interface ShownEdge {
  from: Ref;
  /** Which output of a node; 0 for a group. */
  slot: number;
  to: Ref;
  /** Which operand of a node; 0 for a group. */
  operand: number;
  /** The edges of the trace that it stands for. */
  parts: string[];
}

export interface Shown {
  /** Boxes in the order of their first operation. */
  boxes: Item[];
  /** Open groups with a frame, outermost first. */
  frames: Group[];
  edges: ShownEdge[];
  /** For each node what stands for it: itself, or a closed group. */
  at: Map<number, Ref>;
  /** The innermost frame round a box or a frame. */
  round: (item: Item) => Group | null;
}

/** Up to so many turns have frames; more make the layout slow, and the picture restless. */
const MOST_TURNS = 8;
/** Boxes, and edges between them, that are seen at a glance. */
const [CALM, CALM_EDGES] = [40, 60];

/** The name of an edge that is drawn: that of an operand where it ends at a node. */
export const shownKey = ({ from, to, operand }: Pick<ShownEdge, "from" | "to" | "operand">) =>
  typeof to === "number" ? edgeKey(to, operand) : `${from}>${to}`;

const children = (group: Group): Item[] =>
  group.leaves.length
    ? [...group.items, ...group.leaves].sort((a, b) => firstIn(a) - firstIn(b))
    : group.items;
const firstIn = (item: Item) => (isGroup(item) ? item.first : item);
const size = (group: Group) => group.items.length + group.leaves.length;

/** Which groups are open at first: all of a graph that is seen at a glance. Of a larger one long
 * repeats are closed; where the rest is more than `most` boxes, whole levels of modules, turns and
 * parts are opened while they fit, and all repeats are closed. */
export function opening({ root, groups, home, edges }: Fold, most: number): Set<string> {
  if (home.size <= Math.min(CALM, most) && edges <= CALM_EDGES) return new Set(groups.keys());
  const open = new Set<string>();
  if (openIn(root, open) <= most) return open;
  open.clear();
  let drawn = size(root);
  let level = root.items.filter(isGroup);
  while (level.length) {
    const wide = level.filter(({ kind }) => kind !== "repeat");
    drawn += wide.reduce((sum, group) => sum + size(group) - 1, 0);
    if (drawn > most) break;
    for (const { key } of wide) open.add(key);
    level = wide.flatMap(({ items }) => items.filter(isGroup));
  }
  return open;
}

/** Opens all that is in a group but long repeats; says how many boxes that draws. */
function openIn(group: Group, open: Set<string>): number {
  let drawn = size(group);
  for (const inner of group.items) {
    if (!isGroup(inner) || (inner.kind === "repeat" && inner.count >= MANY_TURNS)) continue;
    open.add(inner.key);
    drawn += openIn(inner, open) - 1;
  }
  return drawn;
}

/** How many boxes are drawn with these groups open. */
export function countShown({ root }: Fold, open: ReadonlySet<string>): number {
  const count = (group: Group): number =>
    group.items.reduce<number>(
      (sum, item) => sum + (isGroup(item) && open.has(item.key) ? count(item) : 1),
      group.leaves.length,
    );
  return count(root);
}

/** What is drawn with these groups open. */
export function shown(folded: Fold, nodes: TraceNode[], open: ReadonlySet<string>): Shown {
  const framed = new Set<Group | null>([null]);
  const round = (item: Item) => {
    let at = (isGroup(item) ? item.parent : folded.home.get(item)) ?? null;
    while (!framed.has(at)) at = at!.parent;
    return at;
  };
  const found: Shown = { boxes: [], frames: [], edges: [], at: new Map(), round };
  const enter = (group: Group) => {
    for (const item of children(group)) {
      if (!isGroup(item)) {
        found.boxes.push(item);
        found.at.set(item, item);
      } else if (open.has(item.key)) {
        if (item.kind !== "part") found.frames.push(item);
        enter(item);
      } else {
        found.boxes.push(item);
        for (const id of within(item)) found.at.set(id, item.key);
      }
    }
  };
  enter(folded.root);
  const turns = found.frames.filter(({ kind }) => kind === "turn").length;
  if (turns > MOST_TURNS) found.frames = found.frames.filter(({ kind }) => kind !== "turn");
  for (const frame of found.frames) framed.add(frame);
  found.edges = edgesOf(nodes, found.at);
  return found;
}

/** How wide the title of a group's frame is, with the sign that closes it. */
export const titleWidth = (group: Group, nodeOf: NodeOf) =>
  Math.ceil(Number((cells(groupTitle(group, nodeOf)) * CELL).toFixed(3))) + 26;

/** The nodes inside a group, however deep. */
export function* within(group: Group): Generator<number> {
  yield* group.leaves;
  for (const item of group.items)
    if (isGroup(item)) yield* within(item);
    else yield item;
}

function edgesOf(nodes: TraceNode[], at: Shown["at"]): ShownEdge[] {
  const found = new Map<string, ShownEdge>();
  for (const node of nodes) {
    const to = at.get(node.id);
    if (to === undefined) continue;
    node.edges.forEach((edge, operand) => {
      const from = edge ? at.get(edge[0]) : undefined;
      if (from === undefined || from === to) return;
      const nodes = typeof from === "number" && typeof to === "number";
      // All from or to a closed group are one.
      const key = nodes ? edgeKey(to, operand) : `${from}>${to}`;
      const made = found.get(key) ?? {
        from,
        slot: nodes ? edge![1] : 0,
        to,
        operand: typeof to === "number" ? operand : 0,
        parts: [],
      };
      made.parts.push(edgeKey(node.id, operand));
      found.set(key, made);
    });
  }
  return [...found.values()];
}

// What a group is called -----------------------------------------------------------------------

type NodeOf = (id: number) => TraceNode | undefined;

/** Beside "× 10" a sign would be misread. */
const NAMES = new Map([
  ["+", "add"],
  ["−", "sub"],
  ["-", "sub"],
  ["×", "mul"],
  ["÷", "div"],
  ["@", "matmul"],
]);

/** A sign of arithmetic by its name, anything else as it is. */
export const signName = (sign: string) => NAMES.get(sign) ?? sign;

/** A group's name: `h.0 · Block`, `Block × 12`, `turn 3 of 50`, `turns 1 to 10`. */
export function groupTitle(group: Group, nodeOf: NodeOf): string {
  const { kind, number, count } = group;
  const [path, name] = [elideMiddle(group.path), elide(group.class, 20)];
  if (kind === "module") return path && path !== name ? `${path} · ${name}` : name;
  if (kind === "repeat") {
    return `${elide(patternOf(group, nodeOf), 24)} × ${count}`;
  }
  const holder = holding(group);
  if (kind === "turn") return `turn ${number} of ${holder.count}`;
  const plain = group.operations === count ? "operations" : "items";
  const what = holder.kind === "repeat" ? "turns" : plain;
  return `${what} ${number} to ${number + count - 1}`;
}

/** What one turn of a repeat does: the class, or the signs. */
function patternOf(group: Group, nodeOf: NodeOf): string {
  const turn = firstTurn(group);
  const items = isGroup(turn) && turn.kind === "turn" ? turn.items : [turn];
  const signs = items.slice(0, 8).map((item) => {
    if (isGroup(item)) return item.kind === "repeat" ? patternOf(item, nodeOf) : item.class;
    const node = nodeOf(item);
    return node?.sign || node?.op || "operation";
  });
  const named = NAMES.has(signs.at(-1)!) || signs.includes("×");
  return (named ? signs.map(signName) : signs).join(", ");
}

function firstTurn(group: Group): Item {
  const first = group.items[0]!;
  return isGroup(first) && first.kind === "part" ? firstTurn(first) : first;
}

/** The group whose turns or parts these are. */
function holding(group: Group): Group {
  const parent = group.parent!;
  return parent.kind === "part" ? holding(parent) : parent;
}

/** The turns of a repeat, in order. */
const turnsIn = (group: Group): Item[] =>
  group.items.flatMap((item) => (isGroup(item) && item.kind === "part" ? turnsIn(item) : [item]));
const holds = (item: Item, id: number) =>
  isGroup(item) ? item.first <= id && id <= item.last : item === id;

/** Which turn of a repeat an operation runs in, from 1. */
export const turnIn = (repeat: Group, id: number) =>
  turnsIn(repeat).findIndex((turn) => holds(turn, id)) + 1;

/** In which turns of what repeats an operation runs, from outside in: `turn 2 of 9`. */
export function turnsOf(root: Group, id: number): string {
  const said: string[] = [];
  for (let at: Item | undefined = root; at !== undefined && isGroup(at); ) {
    const items: Item[] = at.kind === "repeat" ? turnsIn(at) : at.items;
    const nth = items.findIndex((item) => holds(item, id));
    const found: Item | undefined = items[nth];
    if (at.kind === "repeat" && found !== undefined) {
      const module = isGroup(found) && found.kind === "module";
      said.push(`${module ? elide(found.class, 20) : "turn"} ${nth + 1} of ${items.length}`);
    }
    at = found;
  }
  return said.join(", ");
}

/** What a closed group's second line says: how much is in it. */
export const groupSize = ({ operations }: Group) =>
  operations === 1 ? "1 operation" : `${thousands(operations)} operations`;

/** The box of a closed group, with room for `5 of 38: softmax`. */
export function groupBox(group: Group, nodeOf: NodeOf): Box {
  const lines = [groupTitle(group, nodeOf), groupSize(group)];
  const room = 2 * String(group.operations).length + 16;
  const widest = Math.max(
    cells(lines[0]!) * TITLE_CELL,
    cells(lines[1]!) * CELL,
    cells(" ".repeat(room)) * CELL,
  );
  const width = Math.ceil(Number((widest + 24).toFixed(3)));
  const height = 2 * PAD_Y + TITLE_HEIGHT + LINE_HEIGHT;
  return { lines, width, height, shape: group.kind === "repeat" ? "stack" : "card" };
}

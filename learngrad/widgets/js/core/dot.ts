// The graph in Graphviz's language. Boxes have fixed sizes and no text, and everything is named by
// number or by key: no name a user chose ever reaches the language.
import type { Box } from "./box.ts";
import { type Group, type Item, isGroup } from "./fold.ts";
import type { Shown } from "./shown.ts";

/** Top to bottom, or left to right. */
export type Orientation = "TB" | "LR";

/** Up to so many boxes operands stand in the order they are written; beyond, fewer crossings count. */
const IN_ORDER = 60;
export const HANDLE_HEIGHT = 18;

/** How large things are: a box's size, and how wide a frame's title is. */
export interface Sizes {
  box: (item: Item) => Box;
  title: (frame: Group) => number;
}

/** DOT for what is shown. */
export function toDot(
  { boxes, frames, edges, round }: Shown,
  sizes: Sizes,
  orientation: Orientation = "TB",
): string {
  const inside = new Map<Group | null, string[]>([[null, []]]);
  for (const frame of frames) inside.set(frame, []);
  for (const item of boxes) {
    const { width, height } = sizes.box(item);
    const name = isGroup(item) ? item.key : item;
    inside.get(round(item))!.push(`${name} [width=${inches(width)}, height=${inches(height)}]`);
  }
  // Innermost last in `frames`, so that each is whole when it is put into the one round it.
  for (const frame of [...frames].reverse())
    inside
      .get(round(frame))!
      .push(
        `subgraph cluster_${frame.key} {`,
        `graph [margin=${frame.kind === "turn" ? 8 : 11}, labeljust=l, label=${room(sizes.title(frame))}]`,
        ...inside.get(frame)!,
        "}",
      );
  const order = boxes.length <= IN_ORDER ? ', ordering="in"' : "";
  return [
    "digraph learngrad {",
    // One point is one pixel. In small graphs operands stand in the order they are written.
    `graph [rankdir=${orientation}, nodesep=0.3, ranksep=0.6${order}]`,
    'node [shape=box, fixedsize=true, label=""]',
    "edge [arrowsize=0.7]",
    ...inside.get(null)!,
    ...edges.map(
      ({ from, slot, to, operand }) => `${from} -> ${to} [id="${from}|${slot}|${to}|${operand}"]`,
    ),
    "}",
  ].join("\n");
}

/** Room for a frame's title, without its text. */
const room = (width: number) =>
  `<<TABLE BORDER="0" CELLPADDING="0" CELLSPACING="0" FIXEDSIZE="TRUE" WIDTH="${width}" ` +
  `HEIGHT="${HANDLE_HEIGHT}"><TR><TD></TD></TR></TABLE>>`;

const inches = (pixels: number) => (pixels / 72).toFixed(4);

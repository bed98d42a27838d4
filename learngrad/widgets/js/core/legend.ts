// What a legend has to explain: the looks that occur in a drawing, and those that occur at a step.
import { box } from "./box.ts";
import { isGroup } from "./fold.ts";
import type { Moment } from "./replay.ts";
import type { Shown } from "./shown.ts";
import type { Trace, TraceNode } from "./types.ts";

/** What is special about a node, beside its kind. */
export interface Mark {
  kind: "view" | "changed" | "freed";
  said: string;
}

export function marksOf({ view, version, status }: TraceNode): Mark[] {
  const changes = version === 1 ? "changed in place" : `changed in place ${version} times`;
  const all: (Mark | false | undefined)[] = [
    view && { kind: "view", said: "a view of the same memory" },
    version > 0 && { kind: "changed", said: changes },
    status === "freed" && { kind: "freed", said: "" },
  ];
  return all.filter((mark) => !!mark);
}

/** The nodes of a drawing by what they show; a look without nodes is there at every step. */
export type Looks = Map<string, number[]>;

/** All looks of a drawing, at whichever step they occur: of nodes in closed groups, nothing. */
export function looksOf(trace: Trace, { boxes, at }: Shown): Looks {
  const looks: Looks = new Map();
  const add = (look: string | false, id?: number) => {
    if (!look) return;
    const ids = looks.get(look) ?? [];
    if (id !== undefined) ids.push(id);
    looks.set(look, ids);
  };
  const needs = new Map(trace.nodes.map((node) => [node.id, node.requires_grad]));
  for (const node of trace.nodes) {
    if (at.get(node.id) !== node.id) continue;
    const failed = node.status === "failed" && "operation lg-failed";
    add(failed || (node.no_grad ? "operation lg-unrecorded" : node.kind));
    for (const { kind } of marksOf(node)) add(kind, node.id);
    const cut = node.edges.some((edge) => edge && needs.get(edge[0]) && at.has(edge[0]));
    add(cut && !node.requires_grad && !failed && "lg-cut");
    if (!box(node, null).picture) continue;
    add("lg-seen-value", node.id);
    add(node.requires_grad && "lg-seen-gradient", node.id);
  }
  for (const item of boxes)
    if (isGroup(item)) add(item.kind === "repeat" ? "group lg-stack" : "group lg-card");
  if (trace.status !== "recording") add("lg-feeding");
  if (trace.replays.length) add("lg-flowed");
  return looks;
}

/** Those looks that occur at this step. */
export function looksAt(looks: Looks, moment: Moment): Set<string> {
  const { pending, visited, gradients, flowed, active, ran } = moment;
  const has = (look: string, ids: number[]) => {
    if (look === "lg-feeding") return !!ran && active.size > 0;
    if (look === "lg-flowed") return flowed.size > 0;
    if (look === "freed") return ids.some((id) => visited.has(id));
    if (look === "lg-seen-gradient") return ids.some((id) => gradients.has(id));
    return !ids.length || ids.some((id) => !pending.has(id));
  };
  return new Set([...looks].filter(([look, ids]) => has(look, ids)).map(([look]) => look));
}

// What shapes, colours and signs mean: only those that occur.
import type { Shape } from "../core/box.ts";
import { isGroup } from "../core/fold.ts";
import type { Shown } from "../core/shown.ts";
import type { Trace } from "../core/types.ts";
import { h, s } from "./dom.ts";
import { badge, type Mark, marksOf, outline } from "./shapes.ts";

const BOXES: Record<string, [shape: Shape, text: string]> = {
  leaf: ["pill", "leaf you made"],
  parameter: ["double-pill", "parameter"],
  buffer: ["dashed-pill", "buffer"],
  constant: ["dashed-rectangle", "constant"],
  operation: ["rectangle", "operation"],
  "operation lg-unrecorded": ["rectangle", "under no_grad"],
  "operation lg-failed": ["octagon", "failed here"],
  "group lg-card": ["card", "closed group"],
  "group lg-stack": ["stack", "repeated"],
};
const MARKS: Record<Mark["kind"], string> = {
  view: "view: same memory",
  changed: "changed in place",
  freed: "saved values freed",
};
const WAYS: Record<string, string> = {
  "lg-cut": "no gradient comes back",
  "lg-feeding": "value flowing forward",
  "lg-flowed": "gradient flowing back",
};

export class Legend {
  readonly element = h("div", {
    class: "lg-legend",
    role: "group",
    "aria-label": "legend",
    hidden: true,
  });
  #shown = "";
  #of: [trace: Trace, revision: number, drawn: Shown] | null = null;
  #found = new Set<string>();

  show(trace: Trace, drawn: Shown, forward: boolean): void {
    const [known, revision, last] = this.#of ?? [];
    if (known !== trace || revision !== trace.revision || last !== drawn)
      this.#found = occurring(trace, drawn);
    this.#of = [trace, trace.revision, drawn];
    const found = new Set(this.#found);
    if (forward) found.add("lg-feeding");
    if (trace.replays.length) found.add("lg-flowed");
    const key = [...found].join();
    if (key === this.#shown) return;
    this.#shown = key;
    this.element.hidden = found.size === 0;
    const entries = <T>(of: Record<string, T>) =>
      Object.entries(of).filter(([name]) => found.has(name));
    this.element.replaceChildren(
      ...entries(BOXES).map(([name, [shape, text]]) => boxEntry(name, shape, text)),
      ...entries(MARKS).map(([name, text]) => markEntry(name as Mark["kind"], text)),
      ...entries(WAYS).map(([name, text]) => entry(text, flow(name))),
    );
  }
}

/** The names of all that is drawn: of nodes in closed groups, nothing. */
function occurring(trace: Trace, { boxes, at }: Shown): Set<string> {
  const found = new Set<string>();
  const needs = new Map(trace.nodes.map((node) => [node.id, node.requires_grad]));
  for (const node of trace.nodes) {
    if (at.get(node.id) !== node.id) continue;
    const failed = node.status === "failed" && "operation lg-failed";
    found.add(failed || (node.no_grad ? "operation lg-unrecorded" : node.kind));
    for (const { kind } of marksOf(node)) found.add(kind);
    const cut = node.edges.some((edge) => edge && needs.get(edge[0]) && at.has(edge[0]));
    if (cut && !node.requires_grad && !failed) found.add("lg-cut");
  }
  for (const box of boxes)
    if (isGroup(box)) found.add(box.kind === "repeat" ? "group lg-stack" : "group lg-card");
  return found;
}

const entry = (text: string, sign: SVGElement) => h("span", {}, sign, text);

function boxEntry(name: string, shape: Shape, text: string): HTMLElement {
  const group = s("g", { class: `lg-node lg-${name}`, transform: "translate(13 8)" });
  group.append(...outline(shape, 24, 14));
  return entry(text, s("svg", { "aria-hidden": "true" }, group));
}

function markEntry(kind: Mark["kind"], text: string): HTMLElement {
  const at = s("g", { transform: "translate(13 8)" }, badge({ kind, said: "" }, 0, 20, 0));
  return entry(text, s("svg", { "aria-hidden": "true", class: "lg-sign" }, at));
}

const flow = (way: string) =>
  s(
    "svg",
    { "aria-hidden": "true" },
    s(
      "g",
      { class: `lg-edge ${way}` },
      s("path", { class: "lg-wire", d: "M2 8H18" }),
      s("path", { class: "lg-tip", d: "M25 8l-8-4v8z" }),
    ),
  );

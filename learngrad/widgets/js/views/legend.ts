// What shapes, colours and signs mean: only those that occur.
import type { Shape } from "../core/box.ts";
import { type Looks, looksAt, looksOf, type Mark } from "../core/legend.ts";
import type { Moment } from "../core/replay.ts";
import type { Shown } from "../core/shown.ts";
import type { Trace } from "../core/types.ts";
import { h, s } from "./dom.ts";
import { badge, outline } from "./shapes.ts";

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
const PICTURES: Record<string, string> = {
  "lg-seen-value": "numbers below, above 0",
  "lg-seen-gradient": "their gradients",
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

/** What a pointer that rests on an entry is told, where its two words leave a question. */
const ABOUT: Record<string, string> = {
  leaf: "made with requires_grad=True: its gradient is kept in .grad",
  parameter: "a leaf that belongs to a module: its gradient is kept in .grad",
  buffer: "belongs to a module, and no optimiser changes it",
  constant: "no gradient is asked for",
  operation: "a result: the gradient passes through it",
  "operation lg-unrecorded": "computed, and not written on the tape",
  "lg-seen-value": "how the numbers of a tensor lie, or the tensor as tiles",
  view: "shares its memory with what it was made of: a change of one is a change of both",
  freed:
    "backward() let go of what the operation had saved for it: a second backward() through it " +
    "needs the first one to be called with retain_graph=True",
  "lg-cut": "what it comes from asks for a gradient, what it leads to passes none back",
};

export class Legend {
  readonly element = h("div", {
    class: "lg-legend",
    role: "group",
    "aria-label": "legend",
    hidden: true,
  });
  #of: [trace: Trace, revision: number, drawn: Shown] | null = null;
  #looks: Looks = new Map();
  #key = "";
  /** The entries by what they explain. */
  #entries = new Map<string, HTMLElement>();

  /** Entries of other steps are at the end, unseen: the legend is as high at every step. */
  show(trace: Trace, drawn: Shown, moment: Moment): void {
    const [known, revision, last] = this.#of ?? [];
    if (known !== trace || revision !== trace.revision || last !== drawn) {
      this.#looks = looksOf(trace, drawn);
      this.#write();
    }
    this.#of = [trace, trace.revision, drawn];
    const now = looksAt(this.#looks, moment);
    for (const [look, { style }] of this.#entries) {
      style.visibility = now.has(look) ? "" : "hidden";
      style.order = now.has(look) ? "" : "1";
    }
    // Values flow or gradients do: one place for both.
    const forward = now.has("lg-feeding");
    this.#entries.get("lg-feeding")?.toggleAttribute("hidden", !forward);
    this.#entries.get("lg-flowed")?.toggleAttribute("hidden", forward);
    this.element.hidden = now.size === 0;
  }

  #write(): void {
    const key = [...this.#looks.keys()].join();
    if (key === this.#key) return;
    this.#key = key;
    this.#entries = new Map(
      ENTRIES.filter(([look]) => this.#looks.has(look)).map(([look, make]) => [look, make()]),
    );
    for (const [look, made] of this.#entries) {
      made.title = ABOUT[look] ?? "";
      made.setAttribute("aria-description", made.title);
    }
    this.element.replaceChildren(...this.#entries.values());
  }
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

/** A small histogram in the frame of a value or of a gradient. */
function pictureEntry(look: string, text: string): HTMLElement {
  const frame = { x: 3, y: 1, width: 20, height: 14, rx: look === "lg-seen-gradient" ? 4 : 0 };
  const group = s(
    "g",
    { class: `lg-seen ${look}` },
    s("rect", frame),
    s("path", { class: "lg-cold3", d: "M6.5 13v-4M10.5 13v-7", "stroke-width": 3 }),
    s("path", { class: "lg-warm3", d: "M15 13v-9M19 13v-5", "stroke-width": 3 }),
  );
  return entry(text, s("svg", { "aria-hidden": "true" }, group));
}

function wayEntry(way: string, text: string): HTMLElement {
  const wire = s("path", { class: "lg-wire", d: "M2 8H18" });
  const tip = s("path", { class: "lg-tip", d: "M25 8l-8-4v8z" });
  const edge = s("g", { class: `lg-edge ${way}` }, wire, tip);
  return entry(text, s("svg", { "aria-hidden": "true" }, edge));
}

type Entry = [look: string, make: () => HTMLElement];
const each = (of: Record<string, string>, make: (look: string, text: string) => HTMLElement) =>
  Object.entries(of).map(([look, text]): Entry => [look, () => make(look, text)]);

/** How each look is explained, in the order of the legend. */
const ENTRIES: Entry[] = [
  ...Object.entries(BOXES).map(
    ([name, [shape, text]]): Entry => [name, () => boxEntry(name, shape, text)],
  ),
  ...each(PICTURES, pictureEntry),
  ...each(MARKS, (kind, text) => markEntry(kind as Mark["kind"], text)),
  ...each(WAYS, wayEntry),
];

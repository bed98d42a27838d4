// Boxes: those of nodes, and those of closed groups. Kept by name while the graph changes.
import { type Box, box, gradientLine, takesGradient } from "../core/box.ts";
import type { Tone } from "../core/flow-tone.ts";
import { type Group, type Item, isGroup } from "../core/fold.ts";
import { marksOf } from "../core/legend.ts";
import { type Moves, mix, type Point } from "../core/morph.ts";
import type { Moment } from "../core/replay.ts";
import { groupBox, groupSize, type Shown, turnIn, within } from "../core/shown.ts";
import { elide, elideMiddle, valueText } from "../core/text.ts";
import type { Layout, Preview, Ref, Spot, TraceNode } from "../core/types.ts";
import { s } from "./dom.ts";
import css from "./glances.css";
import { Glances } from "./glances.ts";
import { badge, outline, ring, roomOf, textLine, write, writeTitle } from "./shapes.ts";
import { adopt } from "./theme.ts";

interface Drawn {
  ref: Ref;
  element: SVGGElement;
  lines: SVGTextElement[];
  /** Value and gradient as small pictures, where they are too large to be written out. */
  glances: Glances | null;
  box: Box;
  at: Point;
  item: TraceNode | Group;
  /** What of it cannot be changed without drawing it anew. */
  look: string;
}

/** What is said of boxes beside where a replay stands. */
export interface Told {
  chosen: number | null;
  stops: ReadonlySet<number>;
  hints: ReadonlySet<number>;
  /** Nodes that are coloured by their gradient; of a closed group, its last. */
  tones: ReadonlyMap<number, Tone>;
}

export type NodeOf = (id: number) => TraceNode | undefined;

export class Boxes {
  readonly element = s("g");
  readonly #drawn = new Map<Ref, Drawn>();
  /** The operations of a closed group, in the order they ran. */
  readonly #inside = new Map<string, number[]>();
  #at: Shown["at"] = new Map();
  #nodeOf: NodeOf = () => undefined;

  constructor() {
    adopt(document.body, "glances", css);
  }

  get size(): number {
    return this.#drawn.size;
  }

  /** Puts boxes in and takes out what is gone; says how each gets to its place. */
  place(layout: Layout, shown: Shown, nodeOf: NodeOf, moment: Moment): Moves {
    const moves: Moves = [];
    const kept = new Set<Ref>();
    this.#at = shown.at;
    this.#nodeOf = nodeOf;
    this.#inside.clear();
    for (const item of shown.boxes) {
      const ref = isGroup(item) ? item.key : item;
      const spot = layout.nodes[ref];
      if (!spot) continue;
      kept.add(ref);
      const [x, y] = spot;
      const drawn = this.#draw(item, moment, spot);
      const from = drawn.at;
      if (from[0] === x && from[1] === y) continue;
      moves.push((t) => {
        drawn.at = [mix(from[0], x, t), mix(from[1], y, t)];
        put(drawn);
      });
    }
    for (const [ref, { element }] of this.#drawn)
      if (!kept.has(ref)) {
        element.remove();
        this.#drawn.delete(ref);
      }
    return moves;
  }

  #draw(item: Item, moment: Moment, [x, y, width, height]: Spot): Drawn {
    const known = this.#drawn.get(isGroup(item) ? item.key : item);
    const node = isGroup(item) ? null : this.#nodeOf(item)!;
    const made = node
      ? box(node, moment.gradients.get(node.id)?.value ?? null)
      : groupBox(item as Group, this.#nodeOf);
    // The layout's size has room for the gradient that is to come.
    const shown = { ...made, width, height };
    const what = node
      ? [
          node.kind,
          node.status,
          node.no_grad,
          marksOf(node)
            .map(({ kind }) => kind)
            .join(),
        ]
      : [made.shape];
    const look = [...what, width, height, made.picture].join();
    if (known?.look === look) {
      known.box = shown;
      known.item = node ?? (item as Group);
      known.element.removeAttribute("aria-label"); // it is made anew from the lines
      this.#write(known);
      return known;
    }
    const drawn = this.#make(item, node, shown, known?.at ?? [x, y], look);
    drawn.element.setAttribute("class", classOf(drawn, known ? "" : "lg-new"));
    if (known) known.element.replaceWith(drawn.element);
    else this.element.append(drawn.element);
    this.#drawn.set(drawn.ref, drawn);
    put(drawn);
    return drawn;
  }

  #make(item: Item, node: TraceNode | null, shown: Box, at: Point, look: string): Drawn {
    const { width, height } = shown;
    const ref = isGroup(item) ? item.key : item;
    const names = isGroup(item)
      ? { "data-group": item.key, "aria-expanded": "false" }
      : { "data-id": item, "data-kind": node!.kind };
    const element = s("g", { ...names, role: "button" });
    const lines = shown.lines.map((_, line) => textLine(shown, line, ""));
    if (node && takesGradient(node)) lines.at(-1)!.classList.add("lg-gradient", "lg-none");
    const stop = s("path", {
      class: "lg-stop",
      d: "M-3-7h6l4 4v6l-4 4h-6l-4-4v-6z",
      transform: `translate(${-width / 2 + 3} ${-height / 2 + 3})`,
    });
    const glances = shown.picture ? new Glances(shown) : null;
    // Blanks between the lines, so that words do not run into each other when it is read out.
    const spaced = lines.flatMap((line) => [line, " "]);
    element.append(
      ring(shown.shape, width, height),
      ...outline(shown.shape, width, height),
      ...(node ? marksOf(node).map((mark, nth) => badge(mark, nth, width, height)) : []),
      ...(glances ? [glances.element] : []),
      ...spaced,
      stop,
    );
    const own = { ref, element, lines, glances };
    const drawn = { ...own, box: shown, at, item: node ?? (item as Group), look };
    this.#write(drawn);
    return drawn;
  }

  #write({ item, box, lines: elements }: Drawn): void {
    box.lines.forEach((text, line) => {
      const element = elements[line]!;
      const room = roomOf(box, line);
      if (!isNode(item)) write(element, text, room);
      else if (line === 0) writeTitle(element, item, text);
      else if (!takesGradient(item) || line < elements.length - 1) write(element, text, room);
    });
  }

  /** Those that have just been put in, in the order they were made. */
  fresh(): SVGGElement[] {
    return [...this.element.querySelectorAll<SVGGElement>(".lg-new")];
  }

  /** Shows where a replay stands: classes and one line of text a box; nothing is laid out again. */
  mark(moment: Moment, told: Told, changes: boolean): void {
    const active = moment.step?.node ?? moment.ran?.id;
    const at = (id: number | null | undefined) => (id == null ? undefined : this.#at.get(id));
    const all = (ids: Iterable<number>) => new Set([...ids].map((id) => this.#at.get(id)));
    const [reached, stops, hints] = [all(moment.reached), all(told.stops), all(told.hints)];
    const [lit, ran, chosen] = [at(active), at(moment.ran?.id), at(told.chosen)];
    const first = chosen ?? lit ?? this.newest();
    for (const drawn of this.#drawn.values()) {
      const { ref, item, element } = drawn;
      const from = isNode(item) ? item.id : item.first;
      const tone = told.tones.get(isNode(item) ? item.id : item.last);
      const state = [
        tone && `lg-toned lg-g${tone.colour}`,
        ref === lit && "lg-active",
        ref === ran && "lg-ran",
        moment.pending.has(from) && "lg-pending",
        stops.has(ref) && "lg-stops",
        hints.has(ref) && "lg-hint",
        reached.has(ref) && "lg-reached",
        moment.visited.has(from) && "lg-visited",
        ref === chosen && "lg-chosen",
      ];
      const changed = isNode(item)
        ? this.#showGradient(drawn, item, moment) && changes
        : this.#showInside(drawn, item, ref === lit ? active! : null);
      const name = classOf(drawn, ...state, changed && "lg-changed");
      if (element.getAttribute("class") !== name) element.setAttribute("class", name);
      if (tone) element.setAttribute("aria-description", tone.said);
      else element.removeAttribute("aria-description");
      // One stop for the Tab key; the arrows go on from there.
      const tab = ref === first ? "0" : "-1";
      if (element.getAttribute("tabindex") !== tab) element.setAttribute("tabindex", tab);
      if (isNode(item)) element.setAttribute("aria-pressed", String(ref === chosen));
    }
  }

  /** The value of what is changed in place, as it is at a moment; whether that is another text. */
  #showValue({ box, lines }: Drawn, node: TraceNode, value: Preview | null): boolean {
    if (!value || !node.version || node.kind === "operation") return false;
    const at = lines.length - (takesGradient(node) ? 2 : 1);
    const text = valueText(value);
    if (lines[at]!.textContent === text) return false;
    write(lines[at]!, text, roomOf(box, at));
    return true;
  }

  #showGradient(drawn: Drawn, node: TraceNode, moment: Moment): boolean {
    const labelled = drawn.element.hasAttribute("aria-label");
    const value = moment.values.get(node.id) ?? node.preview;
    const other = this.#showValue(drawn, node, value);
    if (!takesGradient(node)) {
      if (value) drawn.glances?.show(value, undefined);
      if (other || !labelled) label(drawn);
      return false;
    }
    const shown = moment.gradients.get(node.id);
    if (value) drawn.glances?.show(value, shown?.value ?? null);
    const line = drawn.lines.at(-1)!;
    const text = gradientLine(shown?.value ?? null, shown?.arriving ? "arriving" : "grad");
    line.classList.toggle("lg-none", !shown);
    line.classList.toggle("lg-arriving", !!shown?.arriving);
    const changed = line.textContent !== text;
    if (changed) write(line, text, roomOf(drawn.box, drawn.lines.length - 1));
    if (changed || other || !labelled) label(drawn);
    return changed;
  }

  /** A closed group says which of its operations, or of its turns, is active: `5 of 38: softmax`. */
  #showInside(drawn: Drawn, group: Group, active: number | null): false {
    const said = active === null ? groupSize(group) : this.#turn(group, active);
    const line = drawn.lines[1]!;
    line.classList.toggle("lg-turn", active !== null);
    const changed = line.textContent !== said;
    if (changed) write(line, said, roomOf(drawn.box, 1));
    if (changed || !drawn.element.hasAttribute("aria-label")) label(drawn);
    return false;
  }

  #turn(group: Group, id: number): string {
    const node = this.#nodeOf(id);
    if (node?.kind !== "operation") return elideMiddle(node?.name || node?.kind || "", 16);
    const sign = elide(node.sign || node.op || "operation", 10);
    if (group.kind === "repeat") return `${turnIn(group, id)} of ${group.count}: ${sign}`;
    let ids = this.#inside.get(group.key);
    if (!ids) {
      ids = [...within(group)].filter((one) => this.#nodeOf(one)?.kind === "operation");
      this.#inside.set(
        group.key,
        ids.sort((a, b) => a - b),
      );
    }
    return `${ids.indexOf(id) + 1} of ${group.operations}: ${sign}`;
  }

  newest(): Ref {
    let [ref, most]: [Ref, number] = [-1, -1];
    for (const { ref: one, item } of this.#drawn.values()) {
      const last = isNode(item) ? item.id : item.last;
      if (last > most) [ref, most] = [one, last];
    }
    return ref;
  }

  /** The box that stands for a node. */
  of(id: number | undefined): { element: SVGGElement; at: Point } | undefined {
    const ref = id === undefined ? undefined : this.#at.get(id);
    return ref === undefined ? undefined : this.#drawn.get(ref);
  }

  get(ref: Ref): { element: SVGGElement; at: Point } | undefined {
    return this.#drawn.get(ref);
  }

  /** Every box with where it stands in the order of creation. */
  *order(): Generator<[first: number, element: SVGGElement, at: Point]> {
    for (const { item, element, at } of this.#drawn.values())
      yield [isNode(item) ? item.id : item.first, element, at];
  }
}

const isNode = (item: TraceNode | Group): item is TraceNode => "id" in item;

function classOf({ item }: Drawn, ...more: (string | false | undefined)[]): string {
  const own = isNode(item)
    ? [`lg-${item.kind}`, item.status === "failed" && "lg-failed", item.no_grad && "lg-unrecorded"]
    : ["lg-group"];
  return ["lg-node", ...own, ...more].filter(Boolean).join(" ");
}

/** What a screen reader says of a box: its lines, its marks. */
function label({ element, lines, item }: Drawn): void {
  const said = lines.map((line) => line.textContent);
  if (isNode(item)) said.push(...marksOf(item).map((mark) => mark.said));
  if (isNode(item) && item.no_grad) said.push("ran under no_grad");
  if (!isNode(item)) said.push("closed");
  element.setAttribute("aria-label", said.filter(Boolean).join(", "));
}

function put({ element, at }: Drawn): void {
  element.setAttribute("transform", `translate(${at[0].toFixed(1)} ${at[1].toFixed(1)})`);
}

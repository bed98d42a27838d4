// The drawing of the graph: boxes and wires from a layout, growing smoothly, marked as a replay goes.
import { type Box, box, gradientLine, takesGradient } from "../core/box.ts";
import type { Size } from "../core/camera.ts";
import { arrow, ease, halfway, lengthen, mix, mixPoints, type Point } from "../core/morph.ts";
import { edgeKey, type Moment } from "../core/replay.ts";
import { cells, shapeText, writtenOut } from "../core/text.ts";
import type { Layout, LayoutEdge, Preview, TraceNode } from "../core/types.ts";
import { calm, s } from "./dom.ts";
import { outline, ring, textLine, write, writeTitle } from "./shapes.ts";
import { Stage } from "./stage.ts";

const MORPH = 320;
/** More moving boxes than this are set in place at once: a smooth crawl is worse than a jump. */
const MOST_MOVING = 300;
/** New boxes of one layout appear one after another, in the order they were made. */
const [STAGGER, STAGGER_IN_ALL, FADE] = [45, 700, 220];

interface Drawn {
  group: SVGGElement;
  lines: SVGTextElement[];
  box: Box;
  at: Point;
  node: TraceNode;
  key: string;
}

interface Wire {
  group: SVGGElement;
  paths: [wire: SVGPathElement, tip: SVGPathElement];
  points: Point[];
}

export class Picture {
  readonly stage: Stage;
  readonly #wires = s("g");
  readonly #boxes = s("g");
  readonly #tags = s("g");
  readonly #nodes = new Map<number, Drawn>();
  readonly #edges = new Map<string, Wire>();
  #fades: Animation[] = [];
  #finish: (() => void) | null = null;
  #marked: Moment | null = null;
  #chosen: number | null = null;
  #stops: ReadonlySet<number> = new Set();
  #hints: ReadonlySet<number> = new Set();

  /** `choose` is told of clicks, `point` of the box that the pointer is over or the focus on. */
  constructor(
    place: HTMLElement,
    choose: (id: number | null) => void,
    point: (id: number | null) => void,
  ) {
    this.stage = new Stage(place);
    this.stage.content.append(this.#wires, this.#boxes, this.#tags);
    const { canvas } = this.stage;
    canvas.addEventListener("click", (event) => {
      if (!this.stage.dragged) choose(idAt(event));
    });
    canvas.addEventListener("pointerover", (event) => point(idAt(event)));
    canvas.addEventListener("pointerleave", () => point(null));
    canvas.addEventListener("focusin", (event) => point(idAt(event)));
    canvas.addEventListener("focusout", () => point(null));
  }

  /** Keys of a box that has the focus; says whether the key was one of them. */
  key(event: KeyboardEvent, choose: (id: number | null) => void): boolean {
    const id = idAt(event);
    if (id === null || event.ctrlKey || event.metaKey || event.altKey) return false;
    if (event.key === "Enter") choose(id);
    else if (event.key === "ArrowDown") this.#focusFrom(id, 1);
    else if (event.key === "ArrowUp") this.#focusFrom(id, -1);
    else return false;
    return true;
  }

  /** The focus goes to the next box made, or the one before; and stays at the ends. */
  #focusFrom(id: number, way: 1 | -1): void {
    const ids = [...this.#nodes.keys()].sort((a, b) => a - b);
    const next = this.#nodes.get(ids[ids.indexOf(id) + way] ?? id);
    if (!next) return;
    next.group.focus({ preventScroll: true });
    this.stage.refocus(next.at)(1);
  }

  /** Nodes at which playing stops. */
  stopAt(ids: ReadonlySet<number>): void {
    this.#stops = ids;
    if (this.#marked) this.mark(this.#marked);
  }

  /** Lights boxes that belong to what the pointer is over. */
  hint(ids: ReadonlySet<number>): void {
    for (const id of this.#hints) this.#nodes.get(id)?.group.classList.remove("lg-hint");
    this.#hints = ids;
    for (const id of ids) this.#nodes.get(id)?.group.classList.add("lg-hint");
  }

  get size(): number {
    return this.#nodes.size;
  }

  /** Draws a layout; boxes known already glide to their new places. Ends when all stands still. */
  async show(layout: Layout, nodes: TraceNode[], moment: Moment): Promise<void> {
    this.#finish?.();
    const fresh = this.#nodes.size === 0;
    const moves = this.#place(layout, nodes, moment);
    this.stage.resize(layout, fresh);
    this.mark(moment);
    const still = calm() || document.hidden || fresh || moves.length > MOST_MOVING;
    this.#appear(!calm() && !document.hidden);
    const pan = this.stage.refocus(this.#focus(moment));
    const step = (t: number) => {
      for (const move of moves) move(t);
      pan(t);
    };
    if (still) return step(1);
    await this.#run(step);
    this.#tag(this.#marked ?? moment);
  }

  /** Puts boxes and wires in, takes out what is gone, and says how each gets to its place. */
  #place(layout: Layout, nodes: TraceNode[], moment: Moment): ((t: number) => void)[] {
    const moves: ((t: number) => void)[] = [];
    const kept = new Set<number>();
    for (const node of nodes) {
      const spot = layout.nodes[node.id];
      if (!spot) continue;
      kept.add(node.id);
      const [x, y, width, height] = spot;
      const to: Point = [x, y];
      const drawn = this.#draw(node, moment, to, { width, height });
      const from = drawn.at;
      if (from[0] === to[0] && from[1] === to[1]) continue;
      moves.push((t) => {
        drawn.at = [mix(from[0], to[0], t), mix(from[1], to[1], t)];
        place(drawn);
      });
    }
    for (const [id, drawn] of this.#nodes)
      if (!kept.has(id)) {
        drawn.group.remove();
        this.#nodes.delete(id);
      }
    return moves.concat(this.#rewire(layout.edges));
  }

  #draw(node: TraceNode, moment: Moment, at: Point, size: Size): Drawn {
    // The layout's size has room for the gradient that is to come.
    const shown = { ...box(node, moment.gradients.get(node.id)?.value ?? null), ...size };
    const known = this.#nodes.get(node.id);
    const key = [node.kind, node.status, shown.width, shown.height].join();
    if (known && known.key === key) {
      known.node = node;
      known.box = shown;
      known.group.removeAttribute("aria-label"); // it is made anew from the lines
      shown.lines.forEach((text, line) => {
        if (!takesGradient(node) || line < shown.lines.length - 1)
          writeLine(known.lines[line]!, node, text, line, shown.width);
      });
      return known;
    }
    const group = s("g", { "data-id": node.id, "data-kind": node.kind, role: "button" });
    const lines = shown.lines.map((text, line) => {
      const made = textLine(shown, line, "");
      writeLine(made, node, text, line, shown.width);
      return made;
    });
    if (takesGradient(node)) lines.at(-1)!.classList.add("lg-gradient", "lg-none");
    const { shape, width, height } = shown;
    const stop = s("path", {
      class: "lg-stop",
      d: "M-3-7h6l4 4v6l-4 4h-6l-4-4v-6z",
      transform: `translate(${-width / 2 + 3} ${-height / 2 + 3})`,
    });
    // Blanks between the lines, so that words do not run into each other when it is read out.
    const spaced = lines.flatMap((line) => [line, " "]);
    group.append(ring(shape, width, height), ...outline(shape, width, height), ...spaced, stop);
    const drawn = { group, lines, box: shown, at: known?.at ?? at, node, key };
    group.setAttribute("class", nodeClass(drawn, known ? "" : "lg-new"));
    if (known) known.group.replaceWith(group);
    else this.#boxes.append(group);
    this.#nodes.set(node.id, drawn);
    place(drawn);
    return drawn;
  }

  #rewire(edges: LayoutEdge[]): ((t: number) => void)[] {
    const moves: ((t: number) => void)[] = [];
    const kept = new Set<string>();
    for (const edge of edges) {
      const key = edgeKey(edge.to, edge.operand);
      kept.add(key);
      const known = this.#edges.get(key);
      const wire = known ?? this.#addWire(edge, key);
      const count = Math.max(wire.points.length, edge.points.length);
      const [from, to] = [lengthen(wire.points, count), lengthen(edge.points, count)];
      if (!known) drawWire(wire, edge.points);
      else if (from.length !== to.length) drawWire(wire, edge.points);
      else if (from.some(([x, y], at) => x !== to[at]![0] || y !== to[at]![1]))
        moves.push((t) => drawWire(wire, t === 1 ? edge.points : mixPoints(from, to, t)));
    }
    for (const [key, wire] of this.#edges)
      if (!kept.has(key)) {
        wire.group.remove();
        this.#edges.delete(key);
      }
    return moves;
  }

  #addWire(edge: LayoutEdge, key: string): Wire {
    const paths: Wire["paths"] = [s("path", { class: "lg-wire" }), s("path", { class: "lg-tip" })];
    const group = s("g", { class: "lg-edge lg-new", "data-edge": key, "data-from": edge.from[0] });
    group.append(...paths);
    this.#wires.append(group);
    const wire = { group, paths, points: edge.points };
    this.#edges.set(key, wire);
    return wire;
  }

  /** Ends when nothing fades in any more. */
  async settled(): Promise<void> {
    const late = new Promise((resolve) => setTimeout(resolve, STAGGER_IN_ALL + 2 * FADE));
    await Promise.race([late, Promise.allSettled(this.#fades.map(({ finished }) => finished))]);
    this.#fades = [];
  }

  /** New boxes fade in, in the order they were made, each with the wires that lead to it. */
  #appear(animated: boolean): void {
    const groups = [...this.#boxes.querySelectorAll<SVGGElement>(".lg-new")];
    const wait = Math.min(STAGGER, STAGGER_IN_ALL / Math.max(1, groups.length));
    const delays = new Map<string, number>();
    groups.forEach((group, at) => {
      group.classList.remove("lg-new");
      delays.set(group.dataset.id!, at * wait);
      if (animated) this.#fades.push(fadeIn(group, at * wait));
    });
    for (const group of this.#wires.querySelectorAll<SVGGElement>(".lg-new")) {
      group.classList.remove("lg-new");
      const delay = delays.get(group.dataset.edge!.split(":")[0]!) ?? 0;
      if (animated) this.#fades.push(fadeIn(group, delay));
    }
  }

  /** Runs an animation to its end; another one that begins snaps this one to its end first. */
  #run(step: (t: number) => void): Promise<void> {
    return new Promise((resolve) => {
      let frame = 0;
      const began = performance.now();
      const end = () => {
        if (this.#finish !== end) return;
        this.#finish = null;
        cancelAnimationFrame(frame);
        clearTimeout(late);
        step(1);
        resolve();
      };
      const tick = (now: number) => {
        const t = Math.min(1, (now - began) / MORPH);
        if (t >= 1) return end();
        step(ease(Math.max(0, t)));
        frame = requestAnimationFrame(tick);
      };
      // A page in the background gets no frames.
      const late = setTimeout(end, MORPH * 3);
      this.#finish = end;
      frame = requestAnimationFrame(tick);
    });
  }

  /** Shows where a replay stands: classes and one line of text a box; nothing is laid out again. */
  mark(moment: Moment): void {
    const last = this.#marked;
    this.#marked = moment;
    const active = moment.step?.node ?? moment.ran?.id;
    const first = this.#chosen ?? active ?? this.#newest();
    for (const drawn of this.#nodes.values()) {
      const { id } = drawn.node;
      const state = [
        id === active && "lg-active",
        id === moment.ran?.id && "lg-ran",
        moment.pending.has(id) && "lg-pending",
        this.#stops.has(id) && "lg-stops",
        this.#hints.has(id) && "lg-hint",
        moment.reached.has(id) && "lg-reached",
        moment.visited.has(id) && "lg-visited",
        id === this.#chosen && "lg-chosen",
      ];
      const changed = this.#showGradient(drawn, moment) && last !== null;
      const name = nodeClass(drawn, ...state, changed && "lg-changed");
      if (drawn.group.getAttribute("class") !== name) drawn.group.setAttribute("class", name);
      // One stop for the Tab key; the arrows go on from there.
      const tab = id === first ? "0" : "-1";
      if (drawn.group.getAttribute("tabindex") !== tab) drawn.group.setAttribute("tabindex", tab);
      drawn.group.setAttribute("aria-pressed", String(id === this.#chosen));
    }
    const flowing = moment.ran ? " lg-feeding" : " lg-flowing";
    for (const [key, { group }] of this.#edges) {
      const flowed = moment.flowed.has(key) ? " lg-flowed" : "";
      const waits = moment.pending.has(Number(key.split(":")[0])) ? " lg-pending" : "";
      const name = `lg-edge${flowed}${waits}${moment.active.has(key) ? flowing : ""}`;
      if (group.getAttribute("class") !== name) group.setAttribute("class", name);
    }
    this.#tag(moment);
  }

  #showGradient(drawn: Drawn, moment: Moment): boolean {
    const labelled = drawn.group.hasAttribute("aria-label");
    if (!takesGradient(drawn.node)) {
      if (!labelled) label(drawn);
      return false;
    }
    const shown = moment.gradients.get(drawn.node.id);
    const line = drawn.lines.at(-1)!;
    const text = gradientLine(shown?.value ?? null, shown?.arriving ? "arriving" : "grad");
    line.setAttribute(
      "class",
      `lg-line lg-gradient${shown ? "" : " lg-none"}${shown?.arriving ? " lg-arriving" : ""}`,
    );
    const changed = line.textContent !== text;
    if (changed) write(line, text, drawn.box.width);
    if (changed || !labelled) label(drawn);
    return changed;
  }

  /** What flows along the active wires, written on them, one beside the other where they meet. */
  #tag(moment: Moment): void {
    const tags = (moment.step?.contributions ?? []).flatMap((part) => {
      const wire = this.#edges.get(edgeKey(moment.step!.node, part.operand));
      return wire ? [{ at: halfway(wire.points), text: short(part.value) }] : [];
    });
    this.#tags.replaceChildren(...apart(tags).map(({ at, text }) => makeTag(at, text)));
  }

  /** Marks a box the reader chose; null unmarks. */
  choose(id: number | null): void {
    for (const [one, chosen] of [
      [this.#chosen, false],
      [id, true],
    ] as const) {
      const group = one === null ? undefined : this.#nodes.get(one)?.group;
      group?.classList.toggle("lg-chosen", chosen);
      group?.setAttribute("aria-pressed", String(chosen));
    }
    this.#chosen = id;
  }

  /** Brings the active box into view where the drawing is larger than the stage. */
  reveal(moment: Moment): void {
    this.#finish?.();
    const pan = this.stage.refocus(this.#focus(moment));
    if (calm() || document.hidden) pan(1);
    else void this.#run(pan);
  }

  #newest(): number {
    return [...this.#nodes.keys()].reduce((a, b) => Math.max(a, b), -1);
  }

  #focus(moment: Moment): Point | null {
    const at = moment.step?.node ?? moment.ran?.id ?? this.#newest();
    return this.#nodes.get(at)?.at ?? null;
  }

  destroy(): void {
    this.#finish?.();
    this.stage.destroy();
  }
}

function writeLine(
  line: SVGTextElement,
  node: TraceNode,
  text: string,
  at: number,
  width: number,
): void {
  if (at === 0) writeTitle(line, node, text);
  else write(line, text, width);
}

const nodeClass = ({ node }: Drawn, ...more: (string | false)[]) =>
  ["lg-node", `lg-${node.kind}`, node.status === "failed" && "lg-failed", ...more]
    .filter(Boolean)
    .join(" ");

/** The node under a pointer, or with the focus. */
function idAt(event: Event): number | null {
  const group = (event.target as Element).closest<SVGGElement>(".lg-node");
  return group ? Number(group.dataset.id) : null;
}

/** What a screen reader says of a box: its lines. */
function label({ group, lines }: Drawn): void {
  group.setAttribute("aria-label", lines.map((line) => line.textContent).join(", "));
}

function place({ group, at }: Drawn): void {
  group.setAttribute("transform", `translate(${at[0].toFixed(1)} ${at[1].toFixed(1)})`);
}

function drawWire(wire: Wire, points: Point[]): void {
  wire.points = points;
  const [line, tip] = arrow(points);
  wire.paths[0].setAttribute("d", line);
  wire.paths[1].setAttribute("d", tip);
}

function fadeIn(element: Element, delay: number): Animation {
  return element.animate([{ opacity: 0 }, { opacity: 1 }], {
    duration: FADE,
    delay,
    fill: "backwards",
    easing: "ease-out",
  });
}

const short = (value: Preview) => writtenOut(value, 2, 12) || shapeText(value.shape);

interface Tag {
  at: Point;
  text: string;
}

const tagWidth = (text: string) => cells(text) * 6.7 + 12;

/** Tags that would cover each other, moved to the side until they do not. */
function apart(tags: Tag[]): Tag[] {
  const placed: Tag[] = [];
  for (const { at, text } of [...tags].sort((a, b) => a.at[0] - b.at[0])) {
    let [x, y] = at;
    for (const other of placed) {
      const room = (tagWidth(text) + tagWidth(other.text)) / 2 + 3;
      if (Math.abs(other.at[1] - y) < 20) x = Math.max(x, other.at[0] + room);
    }
    placed.push({ at: [x, y], text });
  }
  return placed;
}

function makeTag([x, y]: Point, text: string): SVGGElement {
  const width = tagWidth(text);
  return s(
    "g",
    { class: "lg-tag", transform: `translate(${x} ${y})` },
    s("rect", { x: -width / 2, y: -9, width, height: 18, rx: 9 }),
    s("text", {}, text),
  );
}

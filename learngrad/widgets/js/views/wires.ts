// Wires between boxes, and what flows along them written on them.
import { arrow, halfway, lengthen, type Moves, mixPoints, type Point } from "../core/morph.ts";
import { edgeKey, type Moment } from "../core/replay.ts";
import { type Shown, shownKey } from "../core/shown.ts";
import { cells, shapeText, thousands, writtenOut } from "../core/text.ts";
import type { LayoutEdge, Preview, TraceNode } from "../core/types.ts";
import type { NodeOf } from "./boxes.ts";
import { s } from "./dom.ts";

/** More than this on one wire, as from a closed group to `stack`, are only counted. */
const MOST_TAGS = 3;

interface Wire {
  group: SVGGElement;
  paths: [wire: SVGPathElement, tip: SVGPathElement];
  points: Point[];
  /** The edges of the trace that it stands for. */
  parts: string[];
  /** No gradient comes back through it, though what it comes from has one. */
  cut: boolean;
}

export class Wires {
  readonly element = s("g");
  readonly tags = s("g");
  readonly #wires = new Map<string, Wire>();
  /** The wire that an edge of the trace is drawn as. */
  readonly #of = new Map<string, Wire>();
  #nodeOf: NodeOf = () => undefined;

  /** Puts wires in and takes out what is gone; says how each gets to its place. */
  place(edges: LayoutEdge[], shown: Shown, nodeOf: NodeOf): Moves {
    const parts = new Map(shown.edges.map((edge) => [shownKey(edge), edge.parts]));
    const moves: Moves = [];
    const kept = new Set<string>();
    this.#of.clear();
    this.#nodeOf = nodeOf;
    for (const edge of edges) {
      const key = shownKey({ ...edge, from: edge.from[0] });
      kept.add(key);
      const known = this.#wires.get(key);
      const wire = known ?? this.#add(edge, key);
      wire.parts = parts.get(key) ?? [key];
      wire.cut = wire.parts.every((part) => isCut(part, nodeOf));
      for (const part of wire.parts) this.#of.set(part, wire);
      const count = Math.max(wire.points.length, edge.points.length);
      const [from, to] = [lengthen(wire.points, count), lengthen(edge.points, count)];
      if (!known || from.length !== to.length) draw(wire, edge.points);
      else if (from.some(([x, y], at) => x !== to[at]![0] || y !== to[at]![1]))
        moves.push((t) => draw(wire, t === 1 ? edge.points : mixPoints(from, to, t)));
    }
    for (const [key, { group }] of this.#wires)
      if (!kept.has(key)) {
        group.remove();
        this.#wires.delete(key);
      }
    return moves;
  }

  #add(edge: LayoutEdge, key: string): Wire {
    const paths: Wire["paths"] = [s("path", { class: "lg-wire" }), s("path", { class: "lg-tip" })];
    const ends = { "data-edge": key, "data-from": edge.from[0], "data-to": edge.to };
    const group = s("g", { class: "lg-edge lg-new", ...ends });
    group.append(...paths);
    this.element.append(group);
    const wire = { group, paths, points: edge.points, parts: [], cut: false };
    this.#wires.set(key, wire);
    return wire;
  }

  /** Those that have just been put in. */
  fresh(): SVGGElement[] {
    return [...this.element.querySelectorAll<SVGGElement>(".lg-new")];
  }

  /** Shows what has flowed and flows. */
  mark(moment: Moment): void {
    const flowing = moment.ran ? " lg-feeding" : " lg-flowing";
    for (const { group, parts, cut } of this.#wires.values()) {
      const flowed = parts.some((part) => moment.flowed.has(part)) ? " lg-flowed" : "";
      const waits = parts.every((part) => moment.pending.has(Number(part.split(":")[0])));
      const active = parts.some((part) => moment.active.has(part)) ? flowing : "";
      const name = `lg-edge${cut ? " lg-cut" : ""}${flowed}${waits ? " lg-pending" : ""}${active}`;
      if (group.getAttribute("class") !== name) group.setAttribute("class", name);
    }
    this.tag(moment);
  }

  /** What flows along the active wires, written on them, one beside the other where they meet. */
  tag(moment: Moment): void {
    const on = new Map<Wire, string[]>();
    for (const [edge, text] of this.#flowing(moment)) {
      const wire = this.#of.get(edge);
      if (wire && text) on.set(wire, [...(on.get(wire) ?? []), text]);
    }
    const what = moment.ran ? "values" : "gradients";
    const tags = [...on].flatMap(([{ points }, texts]) =>
      (texts.length > MOST_TAGS ? [`${thousands(texts.length)} ${what}`] : texts).map((text) => ({
        at: halfway(points),
        text,
      })),
    );
    const name = moment.ran ? "lg-tag lg-forward" : "lg-tag";
    this.tags.replaceChildren(...apart(tags).map(({ at, text }) => makeTag(at, text, name)));
  }

  /** Edges along which something flows, and what: gradients back, or values on. */
  #flowing({ ran, step }: Moment): [edge: string, text: string][] {
    if (!ran)
      return (step?.contributions ?? []).map((part) => [
        edgeKey(step!.node, part.operand),
        short(part.value),
      ]);
    return ran.edges.map((edge, operand) => {
      const from = edge && this.#nodeOf(edge[0]);
      const then = ran.given?.[operand]; // it was changed in place since
      const text = then ? short(then) : from ? handed(from, edge[1]) : "";
      return [edgeKey(ran.id, operand), text];
    });
  }
}

/** What an output of a node hands on. */
function handed(node: TraceNode, slot: number): string {
  const { preview, shape } = node.outputs?.[slot] ?? node;
  return preview ? short(preview) : shape ? shapeText(shape) : "";
}

/** Whether an edge, as "node:operand", ends where no gradient is, and begins where one would be. */
function isCut(part: string, nodeOf: NodeOf): boolean {
  const [id, operand] = part.split(":").map(Number) as [number, number];
  const to = nodeOf(id);
  const edge = to?.edges[operand];
  const from = edge ? nodeOf(edge[0]) : undefined;
  return !!to && !!from && from.requires_grad && !to.requires_grad && to.status !== "failed";
}

function draw(wire: Wire, points: Point[]): void {
  wire.points = points;
  const [line, tip] = arrow(points);
  wire.paths[0].setAttribute("d", line);
  wire.paths[1].setAttribute("d", tip);
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

function makeTag([x, y]: Point, text: string, name: string): SVGGElement {
  const width = tagWidth(text);
  return s(
    "g",
    { class: name, transform: `translate(${x} ${y})` },
    s("rect", { x: -width / 2, y: -9, width, height: 18, rx: 9 }),
    s("text", {}, text),
  );
}

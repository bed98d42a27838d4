// From Graphviz's JSON to the layout object that every view draws.
import type { Layout, LayoutEdge, Ref } from "./types.ts";

interface GraphvizJson {
  bb: string;
  objects?: { name: string; bb?: string; pos: string; width: string; height: string }[];
  edges?: { id: string; pos: string }[];
}

const CLUSTER = "cluster_";

/** The layout in pixels, y down, from `dot -Tjson`. */
export function readLayout(json: unknown): Layout {
  const graph = json as GraphvizJson;
  const [left, bottom, right, top] = numbers(graph.bb) as [number, number, number, number];
  const x = (value: number) => round(value - left);
  const y = (value: number) => round(top - value);
  const size = { width: round(right - left), height: round(top - bottom) };
  const layout: Required<Layout> = { ...size, nodes: {}, edges: [], frames: {} };
  for (const { name, bb, pos, width, height } of graph.objects ?? []) {
    if (bb) {
      const [x0, y0, x1, y1] = numbers(bb) as [number, number, number, number];
      layout.frames[name.slice(CLUSTER.length)] = [
        x((x0 + x1) / 2),
        y((y0 + y1) / 2),
        round(x1 - x0),
        round(y1 - y0),
      ];
      continue;
    }
    const [cx, cy] = numbers(pos) as [number, number];
    const pixels = [width, height].map((inches) => Math.round(Number(inches) * 72));
    layout.nodes[name] = [x(cx), y(cy), ...(pixels as [number, number])];
  }
  for (const edge of graph.edges ?? []) {
    const [from, slot, to, operand] = edge.id.split("|") as [string, string, string, string];
    const ends = { from: [ref(from), Number(slot)] as [Ref, number], to: ref(to) };
    layout.edges.push({ ...ends, operand: Number(operand), points: curve(edge.pos, x, y) });
  }
  return layout;
}

const ref = (name: string): Ref => (/^\d+$/.test(name) ? Number(name) : name);

/** Bezier points of an edge; "e,x,y" in front is the arrow's tip and becomes the last point. */
function curve(
  pos: string,
  x: (value: number) => number,
  y: (value: number) => number,
): LayoutEdge["points"] {
  const points: LayoutEdge["points"] = [];
  let tip: LayoutEdge["points"][number] | undefined;
  for (const word of pos.split(" ")) {
    const marked = word.startsWith("e,");
    if (word.startsWith("s,")) continue;
    const [px, py] = numbers(marked ? word.slice(2) : word) as [number, number];
    if (marked) tip = [x(px), y(py)];
    else points.push([x(px), y(py)]);
  }
  if (tip && points.length) points[points.length - 1] = tip;
  return points;
}

const numbers = (text: string) => text.split(",").map(Number);
const round = (value: number) => Math.round(value * 100) / 100;

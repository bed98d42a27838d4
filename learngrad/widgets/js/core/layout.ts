// From Graphviz's JSON to the layout object that every view draws.
import type { Layout, LayoutEdge } from "./types.ts";

interface GraphvizJson {
  bb: string;
  objects?: { name: string; pos: string; width: string; height: string }[];
  edges?: { id: string; pos: string }[];
}

/** The layout in pixels, y down, from `dot -Tjson`. */
export function readLayout(json: unknown): Layout {
  const graph = json as GraphvizJson;
  const [left, bottom, right, top] = numbers(graph.bb) as [number, number, number, number];
  const x = (value: number) => round(value - left);
  const y = (value: number) => round(top - value);
  const layout: Layout = {
    width: round(right - left),
    height: round(top - bottom),
    nodes: {},
    edges: [],
  };
  for (const object of graph.objects ?? []) {
    const [cx, cy] = numbers(object.pos) as [number, number];
    layout.nodes[object.name] = [
      x(cx),
      y(cy),
      Math.round(Number(object.width) * 72),
      Math.round(Number(object.height) * 72),
    ];
  }
  for (const edge of graph.edges ?? []) {
    const [id, slot, to, operand] = edge.id.split("_").map(Number) as [
      number,
      number,
      number,
      number,
    ];
    layout.edges.push({ from: [id, slot], to, operand, points: curve(edge.pos, x, y) });
  }
  return layout;
}

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

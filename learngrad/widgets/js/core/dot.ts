// The graph in Graphviz's language. Boxes have fixed sizes and no text, and everything is named by
// number: no name a user chose ever reaches the language.
import type { Box } from "./box.ts";
import type { TraceNode } from "./types.ts";

/** DOT for these nodes; edges to nodes that are not among them are left out. */
export function toDot(nodes: TraceNode[], boxOf: (node: TraceNode) => Box): string {
  const known = new Set(nodes.map((node) => node.id));
  const lines = [
    "digraph learngrad {",
    // One point is one pixel. In small graphs operands stand in the order they are written.
    `graph [rankdir=TB, nodesep=0.3, ranksep=0.6${nodes.length <= 60 ? ', ordering="in"' : ""}]`,
    'node [shape=box, fixedsize=true, label=""]',
    "edge [arrowsize=0.7]",
  ];
  for (const node of nodes) {
    const { width, height } = boxOf(node);
    lines.push(`${node.id} [width=${inches(width)}, height=${inches(height)}]`);
  }
  for (const node of nodes)
    node.edges.forEach((edge, operand) => {
      if (edge && known.has(edge[0]))
        lines.push(`${edge[0]} -> ${node.id} [id="${edge[0]}_${edge[1]}_${node.id}_${operand}"]`);
    });
  lines.push("}");
  return lines.join("\n");
}

const inches = (pixels: number) => (pixels / 72).toFixed(4);

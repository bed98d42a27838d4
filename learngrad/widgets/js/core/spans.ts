// Edges that a layout engine is spared: those across so many ranks that it would take minutes, as
// from a weight to all turns of an unrolled loop. The rule of learngrad/trace/spans.py.
import type { Shown, ShownEdge } from "./shown.ts";
import type { Layout, Ref } from "./types.ts";

/** Ranks that all edges cross together, at most. */
const MOST_RANKS = 1_200;

/** The edges to lay out; and those to draw over the finished layout, the longest. */
export function split({ edges }: Pick<Shown, "edges">): [near: ShownEdge[], far: ShownEdge[]] {
  const rank = ranks(edges);
  const span = ({ from, to }: ShownEdge) => rank.get(to)! - rank.get(from)!;
  let all = edges.reduce((sum, edge) => sum + span(edge), 0);
  if (all <= MOST_RANKS) return [edges, []];
  // Each box keeps its shortest edge, so that it stands near what it belongs to.
  const keeps = new Map<Ref, ShownEdge>();
  for (const edge of edges)
    for (const end of [edge.from, edge.to]) {
      const kept = keeps.get(end);
      if (!kept || span(edge) < span(kept)) keeps.set(end, edge);
    }
  const needed = new Set(keeps.values());
  const far = new Set<ShownEdge>();
  const longest = edges.filter((edge) => !needed.has(edge)).sort((a, b) => span(b) - span(a));
  for (const edge of longest) {
    if (all <= MOST_RANKS) break;
    far.add(edge);
    all -= span(edge);
  }
  return [edges.filter((edge) => !far.has(edge)), edges.filter((edge) => far.has(edge))];
}

/** For each box the length of the longest way to it. */
function ranks(edges: ShownEdge[]): Map<Ref, number> {
  const rank = new Map<Ref, number>();
  const waits = new Map<Ref, number>();
  const out = new Map<Ref, Ref[]>();
  for (const { from, to } of edges) {
    rank.set(from, 0).set(to, 0);
    waits.set(to, (waits.get(to) ?? 0) + 1);
    const ends = out.get(from);
    if (ends) ends.push(to);
    else out.set(from, [to]);
  }
  const ready = [...rank.keys()].filter((ref) => !waits.has(ref));
  for (let ref = ready.pop(); ref !== undefined; ref = ready.pop())
    for (const to of out.get(ref) ?? []) {
      rank.set(to, Math.max(rank.get(to)!, rank.get(ref)! + 1));
      waits.set(to, waits.get(to)! - 1);
      if (waits.get(to) === 0) ready.push(to);
    }
  return rank;
}

/** The layout with these edges as plain curves from box to box. */
export function withFar(layout: Layout, far: ShownEdge[]): Layout {
  for (const { from, slot, to, operand } of far) {
    const [a, b] = [layout.nodes[from]!, layout.nodes[to]!];
    const [x0, y0] = [a[0], a[1] + a[3] / 2];
    const [x1, y1] = [b[0], b[1] - b[3] / 2];
    const points: [number, number][] = [
      [x0, y0],
      [x0, y0 + 40],
      [x1, y1 - 40],
      [x1, y1],
    ];
    layout.edges.push({ from: [from, slot], to, operand, points });
  }
  return layout;
}

// A trace of which only as much can be read as has been revealed. Whatever is drawn, spoken or
// listed is made from the trace, so what is not in it cannot be seen anywhere.
import { forwardSteps } from "./replay.ts";
import type { TraceStore } from "./store.ts";
import type { Preview, Step, Trace, TraceNode } from "./types.ts";

/** What views need of a store. */
export type Store = Pick<TraceStore, "trace" | "revision" | "node">;

/** How far is revealed, of which replay; null: everything. */
export type Seen = () => { replay: number; index: number } | null;

/** Stands for a value that is not to be seen yet. */
export const UNKNOWN: Preview = { shape: [], values: ["?" as "NaN"] };

/** A store that shows what has been revealed; `whole` has everything, for the layout. */
export class Veil implements Store {
  readonly whole: Store;
  readonly #seen: Seen;
  #made: { of: Trace; revision: number; key: string; trace: Trace } | null = null;
  readonly #nodes = new Map<number, TraceNode>();

  constructor(whole: Store, seen: Seen) {
    this.whole = whole;
    this.#seen = seen;
  }

  get revision(): number {
    return this.whole.revision;
  }

  get trace(): Trace {
    const seen = this.#seen();
    const { trace, revision } = this.whole;
    if (!seen) return trace;
    const key = `${seen.replay}:${seen.index}`;
    const made = this.#made;
    if (made && made.of === trace && made.revision === revision && made.key === key)
      return made.trace;
    const veiled = veil(trace, seen.replay, seen.index);
    this.#made = { of: trace, revision, key, trace: veiled };
    this.#nodes.clear();
    for (const node of veiled.nodes) this.#nodes.set(node.id, node);
    return veiled;
  }

  node(id: number): TraceNode | undefined {
    if (!this.#seen()) return this.whole.node(id);
    return this.trace && this.#nodes.get(id);
  }
}

/** What can be known of a trace when one replay has been seen up to an index. */
export function veil(trace: Trace, which: number, index: number): Trace {
  const ran = forwardSteps(trace, which);
  // Going forward, what comes after the last operation seen has no values yet.
  const last = index < 0 ? (ran[ran.length + index]?.id ?? (ran[0]?.id ?? 0) - 1) : Infinity;
  const hides = ({ kind, id, status }: TraceNode) =>
    kind === "operation" && id > last && status !== "failed";
  // What no replay reached was there before.
  const reached = new Set(trace.replays.flatMap(({ steps }) => steps.map(({ node }) => node)));
  const nodes = trace.nodes.map((node) => {
    const { grad, ...rest } = node;
    const bare = grad && !reached.has(node.id) ? node : rest;
    if (!hides(node) || !(node.preview || node.outputs)) return bare;
    const { outputs: _, ...empty } = bare;
    return { ...empty, preview: UNKNOWN };
  });
  const replays = trace.replays.map((replay, at) => {
    if (at < which) return replay;
    const known = at === which ? Math.max(0, index) : 0;
    const steps = replay.steps.map((step, k) => (k < known ? step : closed(step)));
    return { ...replay, steps };
  });
  return { ...trace, nodes, replays };
}

/** A step that is still to come: whose it is, and whether it writes. */
function closed({ node, write }: Step): Step {
  const bare = { node, upstream: [], contributions: [] };
  return write ? { ...bare, write: { before: write.before, after: UNKNOWN } } : bare;
}

// A trace that grows: snapshots replace it, deltas carry it from one revision to the next.
import type { Delta, Trace, TraceNode } from "./types.ts";

export type Outcome = "applied" | "old" | "gap";

export const EMPTY: Trace = {
  schema: "learngrad-trace",
  version: 1,
  revision: 0,
  status: "recording",
  sources: [],
  nodes: [],
  replays: [],
};

/** What ended a recording whose kernel is not heard any more. */
const SILENCE = "the end of its kernel";

/** Holds the newest trace a view knows and merges what the recorder sends. */
export class TraceStore {
  #trace: Trace;
  readonly #place = new Map<number, number>();

  constructor(trace: Trace = structuredClone(EMPTY)) {
    this.#trace = trace;
    this.#index();
  }

  get trace(): Trace {
    return this.#trace;
  }

  get revision(): number {
    return this.#trace.revision;
  }

  node(id: number): TraceNode | undefined {
    const place = this.#place.get(id);
    return place === undefined ? undefined : this.#trace.nodes[place];
  }

  /** A whole trace: taken when it is newer than what is held, or when nothing is held yet. */
  replace(trace: Trace): Outcome {
    const known = this.#trace.error !== SILENCE && this.#trace.nodes.length + this.revision > 0;
    if (trace.revision < this.revision || (trace.revision === this.revision && known)) return "old";
    this.#trace = trace;
    this.#index();
    return "applied";
  }

  /** Nobody records any more: what there is can be looked at. Whatever is heard then is believed. */
  leave(): void {
    if (this.#trace.status === "recording")
      this.#trace = { ...this.#trace, status: "failed", error: SILENCE };
  }

  /** A change: applied only on the revision it starts from. */
  apply(delta: Delta): Outcome {
    if (delta.to <= this.revision) return "old";
    if (delta.from !== this.revision) return "gap";
    const trace = this.#trace;
    for (const source of delta.sources ?? []) {
      const at = trace.sources.findIndex((known) => known.id === source.id);
      if (at < 0) trace.sources.push(source);
      else trace.sources[at] = source;
    }
    for (const node of delta.nodes ?? []) this.#put(node);
    for (const replay of delta.replays ?? []) {
      const known = trace.replays[replay.index];
      if (known) Object.assign(known, { root: replay.root, seed: replay.seed });
      else trace.replays[replay.index] = { root: replay.root, seed: replay.seed, steps: [] };
    }
    for (const { replay, index, step } of delta.steps ?? []) {
      const steps = trace.replays[replay]?.steps;
      // A step for a replay nobody announced, or one past a hole: something was lost on the way.
      if (!steps || index > steps.length) return "gap";
      steps[index] = step;
    }
    trace.status = delta.status;
    if (delta.error || trace.error === SILENCE) trace.error = delta.error;
    if (delta.truncated) trace.truncated = delta.truncated;
    trace.revision = delta.to;
    return "applied";
  }

  #put(node: TraceNode): void {
    const place = this.#place.get(node.id);
    if (place === undefined) {
      this.#place.set(node.id, this.#trace.nodes.length);
      this.#trace.nodes.push(node);
    } else this.#trace.nodes[place] = node;
  }

  #index(): void {
    this.#place.clear();
    this.#trace.nodes.forEach((node, at) => {
      this.#place.set(node.id, at);
    });
  }
}

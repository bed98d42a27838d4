// Where a recorded replay stands: index 0 is before its first step, index n after its n-th. Below 0
// the program itself is stepped: at −1 its last operation has just run, at the least index none has.
import { elideMiddle } from "./text.ts";
import type { Preview, Replay, Slot, Step, Trace, TraceNode } from "./types.ts";

/** A gradient as a box shows it: `arriving` while a leaf has collected but not yet written it. */
export interface Shown {
  value: Preview;
  arriving: boolean;
}

export interface Moment {
  index: number;
  /** The backward step just made; null at index 0 and below. */
  step: Step | null;
  /** The operation that has just run, going forward; null from index 0 on. */
  ran: TraceNode | null;
  /** Operations that have not run yet, going forward. */
  pending: Set<number>;
  /** Values as they were then, by node: of those that were changed in place since. */
  values: Map<number, Preview>;
  /** The gradients so far, by node. */
  gradients: Map<number, Shown>;
  /** Nodes whose step has been made, the active one included, or was by a replay before. */
  visited: Set<number>;
  /** Edges the gradient has flowed back through, as "node:operand". */
  flowed: Set<string>;
  /** Edges it flows back through in this very step, or values flow forward through. */
  active: Set<string>;
  /** Nodes that receive a contribution in this very step. */
  reached: Set<number>;
}

export const edgeKey = (node: number, operand: number) => `${node}:${operand}`;

/** What is shown before any replay, or where there is none: gradients the nodes brought along. */
export function atRest(trace: Trace): Moment {
  const gradients = new Map<number, Shown>();
  for (const node of trace.nodes)
    if (node.grad) gradients.set(node.id, { value: node.grad, arriving: false });
  // A node brings along that of its first output alone.
  for (const { steps } of trace.replays)
    for (const { node, upstream } of steps) {
      const value = upstream.length > 1 && ofEach(upstream);
      if (value) gradients.set(node, { value, arriving: false });
    }
  return { ...blank(), gradients };
}

const blank = (): Moment => ({
  index: 0,
  step: null,
  ran: null,
  pending: new Set(),
  values: new Map(),
  gradients: new Map(),
  visited: new Set(),
  flowed: new Set(),
  active: new Set(),
  reached: new Set(),
});

/** The operations that led to a replay, in the order they ran: those since the one before it. */
export function forwardSteps(trace: Trace, which: number): TraceNode[] {
  const from = trace.replays[which - 1]?.root ?? -1;
  const to = trace.replays[which]?.root ?? Number.POSITIVE_INFINITY;
  return trace.nodes.filter(({ kind, id }) => kind === "operation" && id > from && id <= to);
}

/** The least index: one for each operation, and one for before the first. */
export function leastIndex(trace: Trace, which: number): number {
  const count = forwardSteps(trace, which).length;
  return count ? -count - 1 : 0;
}

/** The index at which a node's turn comes: in the replay if it has one there, else going forward. */
export function indexOf(trace: Trace, which: number, node: number): number | null {
  const back = trace.replays[which]?.steps.findIndex((step) => step.node === node) ?? -1;
  if (back >= 0) return back + 1;
  const ops = forwardSteps(trace, which);
  const at = ops.findIndex(({ id }) => id === node);
  return at < 0 ? null : at - ops.length;
}

/** The moment while the program runs: `index` is below 0. */
function forwardAt(trace: Trace, which: number, index: number): Moment {
  const ops = forwardSteps(trace, which);
  const ran = ops[ops.length + index] ?? null;
  const { gradients, visited } = before(trace, which);
  const values = valuesFrom(trace, (ran ?? ops[0])?.id ?? 0);
  const moment = { ...blank(), index, ran, values, gradients, visited };
  const last = ran ? ran.id : (ops[0]?.id ?? 0) - 1;
  for (const { kind, id } of trace.nodes)
    if (kind === "operation" && id > last) moment.pending.add(id);
  ran?.edges.forEach((edge, operand) => {
    if (edge) moment.active.add(edgeKey(ran.id, operand));
  });
  return moment;
}

/** The moment after `index` steps of a replay. */
export function momentAt(trace: Trace, which: number, index: number): Moment {
  if (index < 0) return forwardAt(trace, which, index);
  const replay = trace.replays[which];
  if (!replay) return atRest(trace);
  const values = valuesFrom(trace, forwardSteps(trace, which)[0]?.id ?? replay.root);
  const moment = { ...blank(), index, values, ...before(trace, which) };
  const { gradients, visited, flowed } = moment;
  const outputs = new Map(trace.nodes.map(({ id, outputs }) => [id, outputs?.length ?? 1]));
  const { root, seed } = replay;
  if (seed) show(gradients, [root, rootSlot(replay)], seed, outputs.get(root)!);
  const collected = new Set<number>();
  for (const step of replay.steps.slice(0, index)) {
    visited.add(step.node);
    for (const part of step.contributions) {
      flowed.add(edgeKey(step.node, part.operand));
      show(gradients, part.to, part.after, outputs.get(part.to[0])!);
      collected.add(part.to[0]);
    }
    if (step.write) gradients.set(step.node, { value: step.write.after, arriving: false });
  }
  // A leaf collects everything first and writes its `.grad` once.
  const unwritten = new Set(replay.steps.slice(index).flatMap((s) => (s.write ? [s.node] : [])));
  for (const id of collected) if (unwritten.has(id)) gradients.get(id)!.arriving = true;
  moment.step = replay.steps[index - 1] ?? null;
  for (const part of moment.step?.contributions ?? []) {
    moment.active.add(edgeKey(moment.step!.node, part.operand));
    moment.reached.add(part.to[0]);
  }
  return moment;
}

/** Which output of its root a replay begins at: the one that its first step has a gradient for. */
export const rootSlot = ({ root, steps: [first] }: Replay): number =>
  first?.node === root ? Math.max(0, first.upstream.findIndex(Boolean)) : 0;

/** What has arrived at one output; where there are several, at each. */
function show(
  gradients: Map<number, Shown>,
  [id, slot]: Slot,
  value: Preview,
  outputs: number,
): void {
  if (outputs < 2) return void gradients.set(id, { value, arriving: false });
  const each = Array.from({ length: outputs }, (_, at) =>
    at === slot ? value : (gradients.get(id)?.value.each?.[at] ?? null),
  );
  gradients.set(id, { value: ofEach(each)!, arriving: false });
}

/** The first of several outputs' gradients, and with it that of each. */
function ofEach(each: (Preview | null)[]): Preview | null {
  const first = each.find((one) => one);
  return first ? { ...first, each } : null;
}

/** What was given to the operations from one on, where it was changed in place since. */
function valuesFrom(trace: Trace, first: number): Map<number, Preview> {
  const found = new Map<number, Preview>();
  for (const { id, given, edges } of trace.nodes) {
    if (!given || id < first) continue;
    for (const [at, value] of Object.entries(given)) {
      const edge = edges[Number(at)];
      if (edge && edge[1] === 0 && !found.has(edge[0])) found.set(edge[0], value);
    }
  }
  return found;
}

/**
 * What is there when a replay begins: the `.grad` that leaves hold, and what arrived at operations
 * that only replays before it went through.
 */
function before(trace: Trace, which: number): Pick<Moment, "gradients" | "visited"> {
  const found = new Map<number, Shown>();
  const visited = new Set<number>();
  const again = new Set(trace.replays[which]?.steps.map(({ node }) => node));
  for (const { steps } of trace.replays.slice(0, which))
    for (const { node, upstream, write } of steps) {
      if (again.has(node)) continue;
      visited.add(node);
      const value = upstream.length > 1 ? ofEach(upstream) : upstream[0];
      if (value && !write) found.set(node, { value, arriving: false });
    }
  const written = new Set<number>();
  trace.replays.forEach((replay, at) => {
    for (const { node, write } of replay.steps) {
      if (!write) continue;
      written.add(node);
      const value = at < which ? write.after : at === which ? write.before : undefined;
      if (value === null) found.delete(node);
      else if (value) found.set(node, { value, arriving: false });
    }
  });
  // A gradient that no replay wrote was there before the recording began.
  for (const node of trace.nodes)
    if (node.grad && node.kind !== "operation" && !written.has(node.id))
      found.set(node.id, { value: node.grad, arriving: false });
  return { gradients: found, visited };
}

/** Which replay went through a node last, counted from 1, before this one that does not; else 0. */
export function replayedBy({ replays }: Trace, which: number, id: number): number {
  const through = (at: number) => !!replays[at]?.steps.some(({ node }) => node === id);
  if (through(which)) return 0;
  for (let at = which - 1; at >= 0; at--) if (through(at)) return at + 1;
  return 0;
}

/** The replay to look at: the newest that made a step; while the program runs, the newest. */
export function newest({ replays, status }: Trace): number {
  const made = status === "recording" ? -1 : replays.findLastIndex(({ steps }) => steps.length);
  return made < 0 ? Math.max(0, replays.length - 1) : made;
}

/** Moves through a replay; says after each move where it stands. Knows no clock and no page. */
export class Stepper {
  #index = 0;
  #count = 0;
  #least = 0;
  /** Whether new steps carry it along: true until somebody moves it by hand. */
  following = true;

  get index(): number {
    return this.#index;
  }

  get count(): number {
    return this.#count;
  }

  /** The index before the first operation; 0 where none is stepped. */
  get least(): number {
    return this.#least;
  }

  get atStart(): boolean {
    return this.#index <= this.#least;
  }

  get atEnd(): boolean {
    return this.#index >= this.#count;
  }

  /** The replay has grown, or another one was chosen. */
  resize(count: number, least = 0): void {
    this.#count = count;
    this.#least = least;
    if (this.following) this.#index = count;
    this.#index = Math.max(least, Math.min(this.#index, count));
  }

  /** The nearest index there is. */
  within(index: number): number {
    return Math.max(this.#least, Math.min(this.#count, Math.trunc(index)));
  }

  /** Go somewhere by hand; returns whether that was a move. */
  go(index: number): boolean {
    const to = this.within(index);
    const moved = to !== this.#index;
    this.#index = to;
    this.following = false;
    return moved;
  }
}

/** Why there is nothing to replay. */
export function noReplay({ nodes, status, truncated }: Trace): string {
  if (truncated)
    return "No backward pass was kept: what ran after these operations was only counted.";
  if (nodes.some(({ grad }) => grad))
    return "No backward pass ran here: the gradients are those of one before.";
  if (status === "failed") return "The program stopped before any gradient came back.";
  const last = nodes.findLast((node) => node.kind === "operation" && node.requires_grad);
  if (!last) return noGradient(nodes);
  // backward() begins with one number.
  const one = last.shape?.some((size) => size !== 1) ? "sum()." : "";
  const name = last.name ? `${elideMiddle(last.name, 40)}.${one}` : "";
  return `No gradients yet: they come with ${name}backward().`;
}

/** Why backward() could not be called either. */
function noGradient(nodes: TraceNode[]): string {
  if (!nodes.length) return "No tensor was computed here, so there is no graph.";
  const wants = nodes.find(({ kind, requires_grad }) => kind !== "operation" && requires_grad);
  if (!wants)
    return (
      "No gradients will come back: nothing here asks for one, as a tensor made with " +
      "requires_grad=True does."
    );
  const [name, hidden] = [
    elideMiddle(wants.name || "a tensor", 40),
    nodes.some(({ no_grad }) => no_grad),
  ];
  if (hidden)
    return `No gradients will come back: this ran under no_grad, though ${name} asks for one.`;
  return `No gradients will come back: ${name} asks for one, and nothing was computed from it that has one.`;
}

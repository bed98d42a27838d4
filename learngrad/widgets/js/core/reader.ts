// Reads a trace from outside: knows its limits and says in words what is wrong with it.
import type { Preview, Replay, Slot, Step, Trace, TraceNode } from "./types.ts";

export const LIMITS = {
  version: 1,
  nodes: 20_000,
  bytes: 32 * 1024 * 1024,
  string: 10_000,
  source: 200_000,
  depth: 40,
};

/** A trace that cannot be read; the message is written for the person who opened it. */
export class TraceProblem extends Error {
  override name = "TraceProblem";
}

const KINDS = ["leaf", "parameter", "buffer", "constant", "operation"];
const STATUSES = ["recording", "done", "failed"];
const NODE_STATUSES = ["ok", "failed", "freed"];
const WORDS = ["NaN", "Infinity", "-Infinity"];

/** A trace from JSON text or from parsed data; throws TraceProblem. The data is not copied. */
export function readTrace(from: unknown): Trace {
  const data = typeof from === "string" ? parse(from) : from;
  check(isObject(data), "this is not a trace: a JSON object is expected");
  check(data.schema === "learngrad-trace", "this is not a learngrad trace");
  check(isCount(data.version), "the trace does not say its version");
  check(
    data.version <= LIMITS.version,
    `this trace has version ${data.version}; this viewer reads up to ${LIMITS.version}: update it`,
  );
  check(isCount(data.revision), "the trace's revision is not a whole number");
  check(oneOf(STATUSES, data.status), "the trace's status is unknown");
  checkStrings(data);
  const trace = data as unknown as Trace;
  checkSources(trace.sources);
  checkNodes(trace);
  checkReplays(trace);
  return trace;
}

function parse(text: string): unknown {
  check(
    text.length <= LIMITS.bytes,
    `the trace is larger than ${LIMITS.bytes / 1024 / 1024} MB: record a smaller part`,
  );
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new TraceProblem(`the trace is not valid JSON: ${(error as Error).message}`);
  }
}

function check(holds: boolean, message: string): asserts holds {
  if (!holds) throw new TraceProblem(message);
}

const isObject = (x: unknown): x is Record<string, unknown> =>
  typeof x === "object" && x !== null && !Array.isArray(x);
const isCount = (x: unknown): x is number =>
  typeof x === "number" && Number.isSafeInteger(x) && x >= 0;
const oneOf = (known: string[], x: unknown) => typeof x === "string" && known.includes(x);

/** Every string within its limit, every number finite, nothing nested without end. */
function checkStrings(data: Record<string, unknown>): void {
  const waiting: [value: unknown, depth: number, limit: number][] = [[data, 0, LIMITS.string]];
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const [value, depth, limit] = next;
    if (typeof value === "string")
      check(value.length <= limit, `the trace holds a text of ${value.length} characters`);
    else if (typeof value === "number")
      check(Number.isFinite(value), "the trace holds a number that is not finite");
    else if (typeof value === "object" && value !== null) {
      check(depth < LIMITS.depth, "the trace is nested too deeply");
      for (const [key, child] of Object.entries(value))
        waiting.push([
          child,
          depth + 1,
          key === "text" && depth < 4 ? LIMITS.source : LIMITS.string,
        ]);
    }
  }
}

function checkSources(sources: unknown): void {
  check(Array.isArray(sources), "the trace has no list of sources");
  for (const source of sources) {
    check(isObject(source) && isCount(source.id), "a source has no number");
    check(isCount(source.first), "a source does not say where it begins");
    check(
      typeof source.text === "string" && typeof source.label === "string",
      "a source has no text",
    );
  }
}

function checkNodes(trace: Trace): void {
  check(Array.isArray(trace.nodes), "the trace has no list of nodes");
  check(
    trace.nodes.length <= LIMITS.nodes,
    `the trace has ${trace.nodes.length} nodes, more than ${LIMITS.nodes}: record a smaller part`,
  );
  const known = new Set<number>();
  for (const node of trace.nodes) {
    checkNode(node, known);
    known.add(node.id);
  }
}

function checkNode(node: TraceNode, known: Set<number>): void {
  check(isObject(node) && isCount(node.id), "a node has no number");
  const who = `node ${node.id}`;
  check(!known.has(node.id), `two nodes have the number ${node.id}`);
  check(oneOf(KINDS, node.kind), `${who} has an unknown kind`);
  check(oneOf(NODE_STATUSES, node.status), `${who} has an unknown status`);
  for (const key of ["name", "op", "sign", "error", "formula"] as const) {
    const text = node[key] ?? "";
    check(typeof text === "string", `${who}: its ${key} is not text`);
  }
  check(node.shape === null || isShape(node.shape), `${who} has no proper shape`);
  check(Array.isArray(node.edges), `${who} has no list of edges`);
  check(
    Array.isArray(node.operands) && node.operands.every((letter) => typeof letter === "string"),
    `${who} has no list of operands`,
  );
  for (const edge of node.edges) {
    if (edge === null) continue;
    checkSlot(edge, who);
    check(edge[0] < node.id, `${who} uses node ${edge[0]}, which was not made before it`);
    check(known.has(edge[0]), `${who} uses node ${edge[0]}, which is not in the trace`);
  }
  checkPreview(node.preview, who);
  checkPreview(node.grad ?? null, who);
  const place = node.src;
  if (place)
    check(
      isObject(place) &&
        ["source", "line", "column", "end_line", "end_column"].every((key) =>
          isCount((place as Record<string, unknown>)[key]),
        ),
      `${who} does not say properly where it was made`,
    );
}

function checkSlot(slot: unknown, who: string): asserts slot is Slot {
  check(
    Array.isArray(slot) && slot.length === 2 && slot.every(isCount),
    `${who} has an edge that is not [node, slot]`,
  );
}

const isShape = (x: unknown): x is number[] => Array.isArray(x) && x.every(isCount);
const isScalar = (x: unknown) => typeof x === "number" || typeof x === "boolean" || oneOf(WORDS, x);

function checkPreview(preview: Preview | null, who: string): void {
  if (preview === null || preview === undefined) return;
  check(isObject(preview) && isShape(preview.shape), `${who} has a value without a shape`);
  const { values, tile } = preview as Preview;
  if (values !== undefined) {
    const count = preview.shape.reduce((a, b) => a * b, 1);
    check(
      Array.isArray(values) && values.every(isScalar) && values.length === count,
      `${who} has values that do not fit its shape`,
    );
  }
  if (tile !== undefined && tile !== null)
    check(
      isObject(tile) &&
        isCount(tile.rows) &&
        isCount(tile.columns) &&
        Array.isArray(tile.values) &&
        tile.values.every(isScalar) &&
        tile.values.length === tile.rows * tile.columns,
      `${who} has a tile that does not fit its size`,
    );
}

function checkReplays(trace: Trace): void {
  check(Array.isArray(trace.replays), "the trace has no list of replays");
  const known = new Set(trace.nodes.map((node) => node.id));
  for (const replay of trace.replays) checkReplay(replay, known);
}

function checkReplay(replay: Replay, known: Set<number>): void {
  check(isObject(replay) && Array.isArray(replay.steps), "a replay has no steps");
  check(
    known.has(replay.root),
    `a replay starts at node ${replay.root}, which is not in the trace`,
  );
  checkPreview(replay.seed, "a replay's seed");
  for (const step of replay.steps) checkStep(step, known);
}

function checkStep(step: Step, known: Set<number>): void {
  check(isObject(step) && known.has(step.node), "a step is about a node that is not in the trace");
  const who = `the step of node ${step.node}`;
  check(Array.isArray(step.upstream), `${who} has no upstream gradients`);
  for (const preview of step.upstream) checkPreview(preview, who);
  check(Array.isArray(step.contributions), `${who} has no contributions`);
  for (const part of step.contributions) {
    checkSlot(part.to, who);
    check(known.has(part.to[0]), `${who} reaches node ${part.to[0]}, which is not in the trace`);
    checkPreview(part.value, who);
    checkPreview(part.before, who);
    checkPreview(part.after, who);
    check(!!part.value && !!part.after, `${who} has a contribution without a value`);
  }
  if (step.write) {
    checkPreview(step.write.before, who);
    checkPreview(step.write.after, who);
    check(!!step.write.after, `${who} writes no gradient`);
  }
}

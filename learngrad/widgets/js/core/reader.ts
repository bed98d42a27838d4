// Reads a trace from outside: knows its limits and says in words what is wrong with it. What it lets
// pass is as `types.ts` has it, so that nothing behind it has to doubt. The rules are those of
// learngrad/trace/schema.json.
import type { Place, Preview, Replay, Slot, Step, Trace, TraceNode } from "./types.ts";

export const LIMITS = {
  version: 1,
  nodes: 20_000,
  bytes: 32 * 1024 * 1024,
  /** Lists and objects in all. */
  parts: 2_000_000,
  string: 10_000,
  source: 200_000,
  depth: 40,
  dimensions: 64,
  values: 64,
  tile: [8, 16],
  bins: 16,
} as const;

/** A trace that cannot be read; the message is written for the person who opened it. */
export class TraceProblem extends Error {
  override name = "TraceProblem";
}

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
  checkLimits(data);
  check(isCount(data.revision), "the trace's revision is not a whole number");
  check(oneOf(STATUSES, data.status), "the trace's status is unknown");
  check(
    data.error === undefined || typeof data.error === "string",
    "the error that ended the program is no text",
  );
  const trace = data as unknown as Trace;
  const sources = checkSources(trace.sources);
  const nodes = checkNodes(trace.nodes, sources);
  check(Array.isArray(trace.replays), "the trace has no list of replays");
  for (const replay of trace.replays) checkReplay(replay, nodes);
  checkTruncated(trace.truncated, sources);
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

const KINDS = ["leaf", "parameter", "buffer", "constant", "operation"];
const STATUSES = ["recording", "done", "failed"];
const NODE_STATUSES = ["ok", "failed", "freed"];
const WORDS = ["NaN", "Infinity", "-Infinity"];

function check(holds: boolean, message: string): asserts holds {
  if (!holds) throw new TraceProblem(message);
}

const isObject = (x: unknown): x is Record<string, unknown> =>
  typeof x === "object" && x !== null && !Array.isArray(x);
const isCount = (x: unknown): x is number =>
  typeof x === "number" && Number.isSafeInteger(x) && x >= 0;
const isText = (x: unknown): x is string => typeof x === "string";
const oneOf = (known: string[], x: unknown) => isText(x) && known.includes(x);
const isShape = (x: unknown): x is number[] =>
  Array.isArray(x) && x.length <= LIMITS.dimensions && x.every(isCount);
const isScalar = (x: unknown) => typeof x === "number" || typeof x === "boolean" || oneOf(WORDS, x);
const isAbsent = (x: unknown) => x === undefined || x === null;

/** Every string within its limit, every number finite, nothing nested or numerous without end. */
function checkLimits(data: Record<string, unknown>): void {
  let parts = 0;
  const look = (value: unknown, depth: number, limit: number): void => {
    if (typeof value === "string")
      check(value.length <= limit, `the trace holds a text of ${value.length} characters`);
    else if (typeof value === "number")
      check(Number.isFinite(value), "the trace holds a number that is not finite");
    if (typeof value !== "object" || value === null) return;
    check(depth < LIMITS.depth, "the trace is nested too deeply");
    parts += 1;
    check(parts <= LIMITS.parts, `the trace has more than ${LIMITS.parts} lists and objects`);
    if (Array.isArray(value)) for (const child of value) look(child, depth + 1, LIMITS.string);
    else
      for (const key of Object.keys(value)) {
        const most = key === "text" && depth < 4 ? LIMITS.source : LIMITS.string;
        look((value as Record<string, unknown>)[key], depth + 1, most);
      }
  };
  look(data, 0, LIMITS.string);
}

function checkSources(sources: unknown): Set<number> {
  check(Array.isArray(sources), "the trace has no list of sources");
  const known = new Set<number>();
  for (const source of sources) {
    check(isObject(source) && isCount(source.id), "a source has no number");
    check(!known.has(source.id), `two sources have the number ${source.id}`);
    check(isCount(source.first), "a source does not say where it begins");
    check(isText(source.text) && isText(source.label), "a source has no text");
    known.add(source.id);
  }
  return known;
}

// ---- Nodes -------------------------------------------------------------------------------------

function checkNodes(nodes: unknown, sources: Set<number>): Map<number, TraceNode> {
  check(Array.isArray(nodes), "the trace has no list of nodes");
  check(
    nodes.length <= LIMITS.nodes,
    `the trace has ${nodes.length} nodes, more than ${LIMITS.nodes}: record a smaller part`,
  );
  const known = new Map<number, TraceNode>();
  let last = -1;
  for (const node of nodes) {
    check(isObject(node) && isCount(node.id), "a node has no number");
    check(!known.has(node.id), `two nodes have the number ${node.id}`);
    check(node.id > last, `node ${node.id} comes after node ${last}: numbers rise`);
    checkNode(node as unknown as TraceNode, known, sources);
    last = node.id;
    known.set(last, node as unknown as TraceNode);
  }
  return known;
}

const TEXTS = ["name", "op", "sign", "error", "formula", "dtype", "device"] as const;
const FLAGS = ["view", "no_grad"] as const;

function checkNode(node: TraceNode, known: Map<number, TraceNode>, sources: Set<number>): void {
  const who = `node ${node.id}`;
  check(oneOf(KINDS, node.kind), `${who} has an unknown kind`);
  check(oneOf(NODE_STATUSES, node.status), `${who} has an unknown status`);
  for (const key of TEXTS)
    check(isAbsent(node[key]) || isText(node[key]), `${who}: its ${key} is not text`);
  check(typeof node.requires_grad === "boolean", `${who} does not say if it wants a gradient`);
  for (const key of FLAGS)
    check(isAbsent(node[key]) || typeof node[key] === "boolean", `${who}: its ${key} is no flag`);
  check(isAbsent(node.version) || isCount(node.version), `${who}: its version is no number`);
  check(node.shape === null || isShape(node.shape), `${who} has no proper shape`);
  check(node.shape !== null || node.status === "failed", `${who} has no proper shape`);
  checkEdges(node, who, known);
  checkPreview(node.preview, who);
  checkPreview(node.grad, who);
  check(node.grad !== null, `${who} has a gradient that is none`);
  if (!isAbsent(node.src)) checkPlace(node.src, who, sources);
  check(
    isAbsent(node.callers) ||
      (Array.isArray(node.callers) &&
        node.callers.every(
          (one) =>
            Array.isArray(one) && one.length === 3 && one.every(isCount) && sources.has(one[0]),
        )),
    `${who} does not say properly what called it`,
  );
  checkParts(node, who);
}

function checkEdges(node: TraceNode, who: string, known: Map<number, TraceNode>): void {
  check(Array.isArray(node.edges), `${who} has no list of edges`);
  for (const edge of node.edges) {
    if (edge === null) continue;
    checkSlot(edge, who);
    check(edge[0] < node.id, `${who} uses node ${edge[0]}, which was not made before it`);
    const origin = known.get(edge[0]);
    check(!!origin, `${who} uses node ${edge[0]}, which is not in the trace`);
    const outputs = Math.max(1, origin.outputs?.length ?? 0);
    check(edge[1] < outputs, `${who} uses an output of node ${edge[0]} that it does not have`);
  }
  // A writer may leave out the letters, and what has no numbers or modules.
  node.operands ??= node.edges.map((_, at) => `x${at + 1}`);
  check(
    Array.isArray(node.operands) && node.operands.every(isText),
    `${who} has no list of operands`,
  );
  check(node.operands.length === node.edges.length, `${who} has not one operand for each edge`);
}

/** The parts that a writer may leave out: they are put in as what they stand for. */
function checkParts(node: TraceNode, who: string): void {
  node.sign ??= "";
  node.formula ??= "";
  node.version ??= 0;
  node.scope ??= [];
  check(
    Array.isArray(node.scope) &&
      node.scope.every(
        (one) => isObject(one) && isText(one.path) && isText(one.class) && isCount(one.call),
      ),
    `${who} does not say properly in which modules it ran`,
  );
  node.local ??= {};
  check(
    isObject(node.local) && Object.values(node.local).every(isText),
    `${who} has local derivatives that are not text`,
  );
  // A letter may be called "constructor", which every other object has.
  Object.setPrototypeOf(node.local, null);
  check(isAbsent(node.options) || isObject(node.options), `${who} has options without names`);
  if (node.options) Object.setPrototypeOf(node.options, null);
  check(isAbsent(node.given) || isObject(node.given), `${who} was given what is no list of values`);
  for (const value of Object.values(node.given ?? {})) checkPreview(value, who);
  if (node.outputs === undefined) return;
  check(Array.isArray(node.outputs), `${who} has no list of outputs`);
  for (const output of node.outputs) {
    check(isObject(output) && isShape(output.shape), `${who} has an output without a shape`);
    checkPreview(output.preview, who);
    check(isAbsent(output.name) || isText(output.name), `${who}: an output's name is not text`);
  }
}

function checkPlace(place: Place, who: string, sources: Set<number>): void {
  check(isObject(place) && isCount(place.line), `${who} does not say properly where it was made`);
  place.column ??= 0;
  place.end_line ??= place.line;
  place.end_column ??= place.column;
  place.text ??= "";
  const counts = [place.source, place.column, place.end_line, place.end_column];
  check(
    counts.every(isCount) && isText(place.text),
    `${who} does not say properly where it was made`,
  );
  check(sources.has(place.source), `${who} comes from a source that is not in the trace`);
}

function checkSlot(slot: unknown, who: string): asserts slot is Slot {
  check(
    Array.isArray(slot) && slot.length === 2 && slot.every(isCount),
    `${who} has an edge that is not [node, slot]`,
  );
}

function checkPreview(preview: Preview | null | undefined, who: string): void {
  if (isAbsent(preview)) return;
  check(isObject(preview) && isShape(preview.shape), `${who} has a value without a shape`);
  const { shape, values, tile, bins } = preview as Preview;
  if (values !== undefined)
    check(
      Array.isArray(values) &&
        values.length <= LIMITS.values &&
        values.every(isScalar) &&
        values.length === shape.reduce((a, b) => a * b, 1),
      `${who} has values that do not fit its shape`,
    );
  check(values !== undefined || isObject(tile), `${who} has a value without numbers`);
  if (tile !== undefined)
    check(
      isObject(tile) &&
        isCount(tile.rows) &&
        isCount(tile.columns) &&
        tile.rows <= LIMITS.tile[0] &&
        tile.columns <= LIMITS.tile[1] &&
        Array.isArray(tile.values) &&
        tile.values.every(isScalar) &&
        tile.values.length === tile.rows * tile.columns,
      `${who} has a tile that does not fit its size`,
    );
  check(
    bins === undefined ||
      (Array.isArray(bins) && bins.length <= LIMITS.bins && bins.every(isCount)),
    `${who} has a histogram that is none`,
  );
  for (const key of ["min", "max", "mean", "nonfinite"] as const)
    check(isAbsent(preview?.[key]) || isScalar(preview?.[key]), `${who}: its ${key} is no number`);
}

// ---- Replays -----------------------------------------------------------------------------------

function checkReplay(replay: Replay, nodes: Map<number, TraceNode>): void {
  check(isObject(replay) && Array.isArray(replay.steps), "a replay has no steps");
  check(
    nodes.has(replay.root),
    `a replay starts at node ${String(replay.root)}, which is not in the trace`,
  );
  checkPreview(replay.seed, "a replay's seed");
  for (const step of replay.steps) checkStep(step, nodes);
}

function checkStep(step: Step, nodes: Map<number, TraceNode>): void {
  const node = isObject(step) ? nodes.get(step.node) : undefined;
  check(!!node, "a step is about a node that is not in the trace");
  const who = `the step of node ${step.node}`;
  check(Array.isArray(step.upstream), `${who} has no upstream gradients`);
  for (const preview of step.upstream) checkPreview(preview, who);
  check(Array.isArray(step.contributions), `${who} has no contributions`);
  for (const part of step.contributions) {
    check(isObject(part), `${who} has a contribution that is none`);
    checkSlot(part.to, who);
    check(nodes.has(part.to[0]), `${who} reaches node ${part.to[0]}, which is not in the trace`);
    const edge = isCount(part.operand) ? node.edges[part.operand] : null;
    check(
      edge?.[0] === part.to[0] && edge[1] === part.to[1],
      `${who} gives to node ${part.to[0]} what its operand does not come from`,
    );
    checkPreview(part.value, who);
    checkPreview(part.before, who);
    checkPreview(part.after, who);
    check(!!part.value && !!part.after, `${who} has a contribution without a value`);
    for (const key of ["letter", "local", "numbers"] as const) {
      part[key] ??= "";
      check(isText(part[key]), `${who}: the ${key} of a contribution is not text`);
    }
    const from = part.summed_from;
    check(from === undefined || isShape(from), `${who} is summed from what is no shape`);
  }
  if (step.write === undefined) return;
  check(isObject(step.write), `${who} writes no gradient`);
  checkPreview(step.write.before, who);
  checkPreview(step.write.after, who);
  check(!!step.write.after, `${who} writes no gradient`);
}

function checkTruncated(truncated: unknown, sources: Set<number>): void {
  if (truncated === undefined) return;
  const who = "what was left out";
  check(isObject(truncated), `${who} is not counted`);
  check(isAbsent(truncated.nodes) || isCount(truncated.nodes), `${who} is not counted`);
  const rest = truncated.rest ?? [];
  check(Array.isArray(rest), `${who} is no list`);
  for (const one of rest) {
    check(isObject(one) && isText(one.sign) && isCount(one.count), `${who} is not counted`);
    if (!isAbsent(one.src)) checkPlace(one.src as Place, who, sources);
  }
}

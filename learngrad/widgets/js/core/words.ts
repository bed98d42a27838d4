// What is written about a node and a step: the learner's own names, and the formulas in them.
import { forwardSteps } from "./replay.ts";
import { expression } from "./source.ts";
import { elide, elideMiddle, number, shapeText, thousands, valueText, writtenOut } from "./text.ts";
import type { Contribution, Place, Preview, Step, Trace, TraceNode } from "./types.ts";

/** Signs that stand between what they join. */
export const BETWEEN = new Set([..."+-−×*·/÷@^<>≤≥=≠", "**"]);

/** Nodes by number, and what each is called. */
export class Names {
  readonly #nodes: Map<number, TraceNode>;
  readonly #trace: Trace;
  /** How many nodes an expression made: one in a loop makes many and cannot be their name. */
  readonly #made = new Map<string, number>();

  constructor(trace: Trace) {
    this.#trace = trace;
    this.#nodes = new Map(trace.nodes.map((node) => [node.id, node]));
    for (const { src } of trace.nodes)
      if (src) this.#made.set(spot(src), (this.#made.get(spot(src)) ?? 0) + 1);
  }

  node(id: number): TraceNode | undefined {
    return this.#nodes.get(id);
  }

  /** The variable's name; else the expression, if short; else the sign and the node's number. */
  of(id: number): string {
    const node = this.#nodes.get(id);
    if (!node) return `#${id}`;
    if (node.name) return elideMiddle(node.name, 24);
    if (node.kind !== "operation") {
      const written = node.preview?.shape.length === 0 ? writtenOut(node.preview) : "";
      return node.kind === "constant" && written ? written : `${node.kind} #${id}`;
    }
    const text = expression(this.#trace, node);
    const own = text.length > 0 && [...text].length <= 18 && this.#made.get(spot(node.src!)) === 1;
    return own ? text : `${elide(node.sign || node.op || "operation", 12)} #${id}`;
  }

  /** What the nodes of one step are called there: distinct, and `out` for a result without a name. */
  at(step: Step, root: number): Call {
    const ids = [root, step.node, ...step.contributions.map((part) => part.to[0])];
    const node = this.#nodes.get(step.node)!;
    for (const edge of node.edges) if (edge) ids.push(edge[0]);
    const called = new Map<number, string>();
    for (const id of new Set(ids)) called.set(id, compact(this.of(id)));
    // In short, where nothing of the learner's has that name.
    const free = ![...called.values()].includes("out");
    if (free && step.node !== root && /#\d+$/.test(this.of(step.node)))
      called.set(step.node, "out");
    for (const [name, same] of grouped(called))
      if (same.length > 1) for (const id of same) called.set(id, name + subscript(this.#order(id)));
    return (id) => called.get(id) ?? this.of(id);
  }

  /** The how-manieth node of its name this is. */
  #order(id: number): number {
    const { name } = this.#nodes.get(id)!;
    let order = 0;
    for (const node of this.#nodes.values()) if (node.name === name && node.id <= id) order += 1;
    return order;
  }
}

function grouped(called: Map<number, string>): Map<string, number[]> {
  const groups = new Map<string, number[]>();
  for (const [id, name] of called) groups.set(name, [...(groups.get(name) ?? []), id]);
  return groups;
}

/** `tanh #4` as a symbol: `tanh₄`. */
export const compact = (name: string) => name.replace(/ #(\d+)$/, (_, id) => subscript(Number(id)));

const subscript = (order: number) =>
  [...String(order)].map((digit) => "₀₁₂₃₄₅₆₇₈₉"[Number(digit)]).join("");

const spot = ({ source, line, column, end_line, end_column }: Place) =>
  [source, line, column, end_line, end_column].join(":");

/** One line about what a node is: `d = a * b`, or its name, or its sign. */
export function nodeTitle(trace: Trace, node: TraceNode): string {
  const name = node.name ? elideMiddle(node.name, 60) : "";
  if (node.kind !== "operation") return name || node.kind;
  const right = elide(expression(trace, node) || node.sign || node.op || "operation", 60);
  return name && name !== right ? `${name} = ${right}` : right;
}

/** A formula in the operation's letters, rewritten in the learner's names. */
export function withNames(formula: string, node: TraceNode, call: Call): string {
  const letters = new Map<string, string>();
  // Where a plain number stands for an operand, the letter is the one the operation gives it.
  const own = Object.keys(node.local);
  node.edges.forEach((edge, at) => {
    const letter = edge ? node.operands[at] : own[at];
    const name = edge ? call(edge[0]) : node.operands[at];
    if (letter && name) letters.set(letter, bracketed(name));
  });
  letters.set("out", bracketed(call(node.id)));
  return formula.replace(
    /[\p{L}_][\p{L}\p{M}\p{Nd}_]*/gu,
    (word) => letters.get(word) ?? superscripted(word, letters) ?? word,
  );
}

/** What a node is called in the formulas of one step. */
export type Call = (id: number) => string;

/** Something with signs in it in brackets; a name, a number or a call as it is. */
export function bracketed(text: string): string {
  let depth = 0;
  let rest = "";
  for (const sign of text) {
    if ("([".includes(sign)) depth += 1;
    else if (")]".includes(sign)) depth -= 1;
    else if (depth === 0) rest += sign;
    if (depth < 0) break;
  }
  return depth === 0 && /^[\p{L}\p{M}\p{N}_.′#]+$/u.test(rest || "_") ? text : `(${text})`;
}

/** A number that follows a sign: a negative one in brackets. */
export const signed = (text: string) => (text.startsWith("−") ? `(${text})` : text);

/** `bᵀ` is the letter b with a mark, not a word of its own. */
function superscripted(word: string, letters: Map<string, string>): string | undefined {
  const parts = /^(.*?)([ᵀᵃ-ᶿⁿ′]+)$/u.exec(word);
  const name = parts && letters.get(parts[1]!);
  return name ? name + parts[2] : undefined;
}

/** Whether the local text is the whole contribution (it speaks of g) and not a factor. */
export function isWhole(local: string): boolean {
  if (/^see |^eᵀ?( @|,)/.test(local)) return true; // a paper has it; e is g, taken further back
  return (local.match(/[\p{L}_][\p{L}\p{M}\p{Nd}_]*/gu) ?? []).some((word) =>
    /^gₛ?[ᵀᵃ-ᶿⁿ′]*$/u.test(word),
  );
}

export interface Derivation {
  /** What the derivative is of, and by: `d`, `a`. */
  of: string;
  by: string;
  /** The local derivative in the learner's names, then with numbers, then its value. */
  chain: string[];
  /** The formula already holds the gradient arriving. */
  whole: boolean;
}

/** How one contribution of a step came about. */
export function derivation(step: Step, part: Contribution, names: Names, call: Call): Derivation {
  const node = names.node(step.node)!;
  const whole = isWhole(part.local);
  const formula = withNames(part.local, node, call);
  const said = [formula, ...part.numbers.split(" = "), whole ? "" : localValue(step, part)];
  const chain = said.filter((text, at) => text !== "" && !said.slice(0, at).includes(text));
  return { of: call(node.id), by: call(part.to[0]), chain, whole };
}

/** The local derivative as one number, where everything is a scalar. */
function localValue(step: Step, part: Contribution): string {
  const up = scalar(step.upstream[0] ?? null);
  const down = scalar(part.value);
  if (up === null || down === null || up === 0 || step.upstream.length !== 1) return "";
  // Both were rounded to float32, and so was their quotient.
  return number(Number((down / up).toPrecision(6)));
}

/** The one number of a scalar preview; null for anything else. */
export function scalar(preview: Preview | null): number | null {
  const value = preview?.shape.length === 0 ? preview.values?.[0] : undefined;
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

/** How far the program has run, and how far it goes: at an index below 0. */
export function forwardPlace(trace: Trace, which: number, index: number): [number, number] {
  const count = forwardSteps(trace, which).length;
  return [count + 1 + index, count];
}

/** An operation's operands as `name = value`; of a plain number, itself. */
export function operandsOf(node: TraceNode, names: Names): [name: string, value: Preview | null][] {
  return node.edges.map((edge, at) => {
    if (!edge) return [node.operands[at] || "a plain value", null];
    const [id, slot] = edge;
    const from = names.node(id);
    const value = node.given?.[at] ?? (slot ? from?.outputs?.[slot]?.preview : from?.preview);
    return [names.of(id), value ?? null];
  });
}

/** One line about the whole graph, for where it cannot be seen. */
export function summary(trace: Trace): string {
  const count = (kind: string) => trace.nodes.filter((node) => node.kind === kind).length;
  const said = [
    [count("operation"), "operation"],
    [count("leaf"), "leaf"],
    [count("parameter"), "parameter"],
    [count("constant"), "constant"],
  ] as const;
  const parts = said.filter(([n]) => n > 0).map(([n, word]) => plural(n, word));
  const cut = trace.truncated?.nodes ?? 0;
  const [kept, missing] = [thousands(trace.nodes.length), thousands(cut)];
  const whole = parts.join(", ");
  const text = cut
    ? `Only the beginning of a program: its first ${kept} nodes were kept (${whole}), the ` +
      `${missing} operations after them only counted.`
    : `A graph of ${whole || "no nodes yet"}.`;
  const failed = trace.nodes.filter((node) => node.status === "failed");
  const ends = failed.map((node) => {
    const how = endedBy(trace, node) ? "It stopped at" : "An error was caught at";
    return ` ${how} ${node.name || node.op}: ${node.error ?? "failed"}`;
  });
  const beside = trace.error && !failed.some((node) => endedBy(trace, node));
  if (beside)
    ends.push(` The program ended there, with ${elide(trace.error!.replace(/\.+$/, ""), 200)}.`);
  return text + ends.join("");
}

/** Whether the program ended with this operation's error, and did not catch it. */
export function endedBy(trace: Trace, node: TraceNode): boolean {
  if (node.status !== "failed" || trace.status === "done") return false;
  const first = (node.error ?? "").trim().split("\n", 1)[0]!;
  return !trace.error || trace.error.includes(first);
}

const plural = (n: number, word: string) =>
  n === 1 ? `1 ${word}` : `${thousands(n)} ${word === "leaf" ? "leaves" : `${word}s`}`;

/** A node's value as a table or a panel says it. */
export function valueWords(node: TraceNode): string {
  if (node.outputs && node.outputs.length > 1) return `${node.outputs.length} outputs`;
  if (node.preview) return valueText(node.preview);
  return node.shape ? shapeText(node.shape) : "";
}

// What is said about a node and a step: the learner's own names in the formulas, and sentences.
import { expression } from "./source.ts";
import { elide, number, shapeText, spanText, valueText, writtenOut } from "./text.ts";
import type { Contribution, Place, Preview, Replay, Step, Trace, TraceNode } from "./types.ts";

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
    if (node.name) return elide(node.name, 24);
    if (node.kind !== "operation") {
      const written = node.preview?.shape.length === 0 ? writtenOut(node.preview) : "";
      return node.kind === "constant" && written ? written : `${node.kind} #${id}`;
    }
    const text = expression(this.#trace, node);
    const own = text.length > 0 && [...text].length <= 18 && this.#made.get(spot(node.src!)) === 1;
    return own ? text : `${elide(node.sign || node.op || "operation", 12)} #${id}`;
  }

  /** The operand's name as it is written in a formula: bracketed where it is an expression. */
  inFormula(id: number): string {
    const name = this.of(id);
    return /^[\p{L}\p{N}_.]+$/u.test(name) ? name : `(${name})`;
  }
}

const spot = ({ source, line, column, end_line, end_column }: Place) =>
  [source, line, column, end_line, end_column].join(":");

/** One line about what a node is: `d = a * b`, or its name, or its sign. */
export function nodeTitle(trace: Trace, node: TraceNode): string {
  const name = node.name ? elide(node.name, 40) : "";
  if (node.kind !== "operation") return name || node.kind;
  const right = elide(expression(trace, node) || node.sign || node.op || "operation", 60);
  return name && name !== right ? `${name} = ${right}` : right;
}

/** A formula in the operation's letters, rewritten in the learner's names. */
export function withNames(formula: string, node: TraceNode, names: Names): string {
  const letters = new Map<string, string>();
  node.operands.forEach((letter, at) => {
    const edge = node.edges[at];
    if (edge) letters.set(letter, names.inFormula(edge[0]));
  });
  letters.set("out", names.inFormula(node.id));
  return formula.replace(
    /[\p{L}_][\p{L}\p{M}\p{Nd}_]*/gu,
    (word) => letters.get(word) ?? superscripted(word, letters) ?? word,
  );
}

/** `bᵀ` is the letter b with a mark, not a word of its own. */
function superscripted(word: string, letters: Map<string, string>): string | undefined {
  const parts = /^(.*?)([ᵀᵃ-ᶿⁿ′]+)$/u.exec(word);
  const name = parts && letters.get(parts[1]!);
  return name ? name + parts[2] : undefined;
}

/** Whether the local text is the whole contribution (it speaks of g) and not a factor. */
export function isWhole(local: string): boolean {
  return /(?<![\p{L}\p{Nd}_])g(?![\p{L}\p{Nd}_])/u.test(local);
}

export interface Derivation {
  /** What the derivative is of, and by: `d`, `a`. */
  of: string;
  by: string;
  /** The local derivative in the learner's names, then with numbers, then its value. */
  formula: string;
  numbers: string;
  value: string;
  /** The formula already holds the gradient arriving. */
  whole: boolean;
}

/** How one contribution of a step came about. */
export function derivation(step: Step, part: Contribution, names: Names): Derivation {
  const node = names.node(step.node)!;
  const whole = isWhole(part.local);
  const formula = withNames(part.local, node, names);
  const numbers = part.numbers === formula ? "" : part.numbers;
  return {
    of: names.of(node.id),
    by: names.of(part.to[0]),
    formula,
    numbers,
    value: whole ? "" : localValue(step, part, [formula, numbers]),
    whole,
  };
}

/** The local derivative as one number, where everything is a scalar and it is not said already. */
function localValue(step: Step, part: Contribution, said: string[]): string {
  const up = scalar(step.upstream[0] ?? null);
  const down = scalar(part.value);
  if (up === null || down === null || up === 0 || step.upstream.length !== 1) return "";
  const text = number(down / up);
  return said.some((known) => known === text || known.replace("-", "−") === text) ? "" : text;
}

/** The one number of a scalar preview; null for anything else. */
export function scalar(preview: Preview | null): number | null {
  const value = preview?.shape.length === 0 ? preview.values?.[0] : undefined;
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

/** A value in a sentence: the number itself, or its shape and span. */
export function spoken(preview: Preview | null): string {
  if (!preview) return "nothing";
  const written = writtenOut(preview);
  if (written) return written;
  const span = spanText(preview);
  return `a ${shapeText(preview.shape)} array${span ? `, ${span}` : ""}`;
}

/** The sentence a screen reader hears at a step; index 0 is before the first. */
export function sentence(trace: Trace, which: number, index: number, names: Names): string {
  const replay = trace.replays[which];
  if (!replay) return "No backward replay was recorded.";
  const step = replay.steps[index - 1];
  if (!step) return opening(replay, names);
  const where = `Step ${index} of ${replay.steps.length}.`;
  if (step.write) return `${where} ${writing(step, names)}`;
  const title = nodeTitle(trace, names.node(step.node)!);
  const arriving = step.upstream.map(spoken).join(" and ");
  const parts = step.contributions.map((part) => contributionText(step, part, names));
  return [`${where} ${title}.`, `The gradient arriving is ${arriving}.`, ...parts].join(" ");
}

function opening(replay: Replay, names: Names): string {
  const root = names.of(replay.root);
  return (
    `Before the first of ${replay.steps.length} steps: ${root} begins with the gradient ` +
    `${spoken(replay.seed)}, because ${root} changes one for one with itself.`
  );
}

function writing(step: Step, names: Names): string {
  const { before, after } = step.write!;
  const name = names.of(step.node);
  return before
    ? `${name}.grad was ${spoken(before)} and becomes ${spoken(after)}.`
    : `${name}.grad is written: ${spoken(after)}.`;
}

function contributionText(step: Step, part: Contribution, names: Names): string {
  const { of, by, formula, numbers, value, whole } = derivation(step, part, names);
  const chain = [formula, numbers, value].filter(Boolean).join(" = ");
  const how = whole
    ? `To ${by}: ${chain}`
    : `To ${by}: the derivative of ${of} by ${by} is ${chain}`;
  const summed = part.summed_from
    ? `, summed from ${shapeText(part.summed_from)} to ${shapeText(part.value.shape)}`
    : "";
  const sum = part.before
    ? `added to ${spoken(part.before)} it makes ${spoken(part.after)}`
    : "the first to arrive there";
  return `${how}; the contribution is ${spoken(part.value)}${summed}, ${sum}.`;
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
  const failed = trace.nodes.find((node) => node.status === "failed");
  const end = failed
    ? ` It stopped at ${failed.name || failed.op}: ${failed.error ?? "failed"}`
    : "";
  return `A graph of ${parts.join(", ") || "no nodes yet"}.${end}`;
}

const plural = (n: number, word: string) =>
  n === 1 ? `1 ${word}` : `${n} ${word === "leaf" ? "leaves" : `${word}s`}`;

/** A node's value as a table or a panel says it. */
export function valueWords(node: TraceNode): string {
  if (node.outputs && node.outputs.length > 1) return `${node.outputs.length} outputs`;
  if (node.preview) return valueText(node.preview);
  return node.shape ? shapeText(node.shape) : "";
}

// What is written about a node and a step: the learner's own names, and the formulas in them.
import { partNames, titleParts } from "./box.ts";
import { forwardSteps, rootSlot } from "./replay.ts";
import { expression } from "./source.ts";
import { elide, elideMiddle, number, shapeText, thousands, valueText, writtenOut } from "./text.ts";
import type {
  Contribution,
  Place,
  Preview,
  Replay,
  Slot,
  Step,
  Trace,
  TraceNode,
} from "./types.ts";

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
    return this.#own(node) || `${elide(node.sign || node.op || node.kind, 12)} #${id}`;
  }

  /** What the learner wrote for a node, if that is short; empty where nothing stands for it alone. */
  #own(node: TraceNode): string {
    if (node.name) return elideMiddle(node.name, 24);
    if (node.kind === "constant")
      return node.preview?.shape.length === 0 ? writtenOut(node.preview) : "";
    if (node.kind !== "operation") return "";
    const text = expression(this.#trace, node);
    const alone = text && [...text].length <= 18 && this.#made.get(spot(node.src!)) === 1;
    return alone ? text : "";
  }

  /** What a node, or one of several outputs, is called where it may share that with another: without
   * anything of the learner's as its box has it. */
  brief(id: number, slot?: number): string {
    const node = this.#nodes.get(id);
    if (!node) return `#${id}`;
    const part = slot === undefined || !several(node) ? undefined : node.outputs![slot];
    if (part?.name) return elideMiddle(part.name, 24);
    const name =
      this.#own(node) || titleParts(node)[1] || (node.kind === "leaf" ? "tensor" : node.kind);
    return part ? `${bracketed(name)}[${slot}]` : name;
  }

  /** What is there at one step: distinct, and `out` for a result without a name. */
  at(step: Step, replay: Replay): Call {
    const root: Slot = [replay.root, rootSlot(replay)];
    const to = step.contributions.map((part) => part.to);
    return this.#distinct(this.#nodes.get(step.node)!, [root, ...to], replay.root);
  }

  /** What an operation and its operands are called going forward. */
  within(node: TraceNode): Call {
    return this.#distinct(node, [], -1);
  }

  #distinct(node: TraceNode, others: Slot[], root: number): Call {
    const called = new Map<string, { name: string; id: number }>();
    const key = (id: number, slot?: number) =>
      slot !== undefined && several(this.#nodes.get(id)) ? `${id}:${slot}` : String(id);
    const add = (id: number, slot?: number) =>
      called.set(key(id, slot), { name: this.brief(id, slot), id });
    for (const one of others) add(...one);
    add(node.id);
    node.outputs?.forEach((_, slot) => {
      add(node.id, slot);
    });
    for (const edge of node.edges) if (edge) add(...edge);
    // In short, where nothing of the learner's has that name.
    const free = ![...called.values()].some(({ name }) => name === "out") && !several(node);
    if (free && node.id !== root && !this.#own(node)) called.get(key(node.id))!.name = "out";
    const all = [...called.values()];
    const twice = all.filter(({ name }, at) => all.some((one, k) => k !== at && one.name === name));
    const orders = twice.map(({ name, id }) => numbered(name, this.#order(id, name)));
    twice.forEach((one, at) => {
      one.name = orders[at]!;
    });
    return (id, slot) => called.get(key(id, slot))?.name ?? this.of(id);
  }

  /** The how-manieth of its name, or of its sign, this is. */
  #order(id: number, called: string): number {
    const asked = this.#nodes.get(id)!;
    const { name, kind, outputs } = asked;
    const [, sign] = titleParts(asked);
    const part = !!outputs?.some((one) => one.name === called);
    let order = 0;
    for (const node of this.#nodes.values()) {
      if (node.id > id) break;
      const like = part
        ? node.outputs?.some((one) => one.name === called)
        : node.name === name && (name || (node.kind === kind && titleParts(node)[1] === sign));
      if (like) order += 1;
    }
    return order;
  }
}

const several = (node: TraceNode | undefined) => (node?.outputs?.length ?? 0) > 1;

/** The n-th of a name: `h₃`; of an expression, so that it does not count its last word. */
const numbered = (name: string, order: number) =>
  (/[\p{L}\p{N}]/u.test(name) ? bracketed(name) : name) + subscript(order);

const subscript = (order: number) =>
  [...String(order)].map((digit) => "₀₁₂₃₄₅₆₇₈₉"[Number(digit)]).join("");

const spot = ({ source, line, column, end_line, end_column }: Place) =>
  [source, line, column, end_line, end_column].join(":");

/** One line about what a node is: `d = a * b`, or its name, or its sign. */
export function nodeTitle(trace: Trace, node: TraceNode): string {
  const name = elideMiddle(node.name || partNames(node), 60);
  if (node.kind !== "operation") return name || node.kind;
  const right = elide(expression(trace, node) || node.sign || node.op || "operation", 60);
  // `out += 1` says its name itself.
  if (node.name && right.startsWith(node.name) && INTO.test(right.slice(node.name.length)))
    return right;
  return name && name !== right ? `${name} = ${right}` : right;
}

const INTO = /^\s*(\*\*|\/\/|<<|>>|[-+*/@%&|^])=/;

/** A formula in the operation's letters, rewritten in the learner's names. */
export function withNames(formula: string, node: TraceNode, call: Call): string {
  const letters = new Map<string, string>();
  // Where a plain number stands for an operand, the letter is the one the operation gives it.
  const own = Object.keys(node.local);
  node.edges.forEach((edge, at) => {
    const letter = edge ? node.operands[at] : own[at];
    const name = edge ? call(...edge) : node.operands[at];
    if (letter && name) letters.set(letter, bracketed(name));
  });
  letters.set("out", bracketed(call(node.id)));
  return formula.replace(
    /[\p{L}_][\p{L}\p{M}\p{Nd}_]*/gu,
    (word) => letters.get(word) ?? superscripted(word, letters) ?? word,
  );
}

/** What a node, or one of several outputs, is called in the formulas of one step. */
export type Call = (id: number, slot?: number) => string;

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
  const slot = step.upstream.findIndex((one) => one);
  return { of: call(node.id, Math.max(0, slot)), by: call(...part.to), chain, whole };
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
  const call = names.within(node);
  return node.edges.map((edge, at) => {
    if (!edge) return [node.operands[at] || "a plain value", null];
    const [id, slot] = edge;
    const from = names.node(id);
    const value = node.given?.[at] ?? (slot ? from?.outputs?.[slot]?.preview : from?.preview);
    return [call(id, slot), value ?? null];
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

/** Why a replay has no step, though backward() was called; empty where it has some, or may get some. */
export function refusal(trace: Trace, which: number): string {
  const replay = trace.replays[which];
  if (!replay || replay.steps.length || trace.status === "recording") return "";
  const last = which === trace.replays.length - 1;
  const error = last && !trace.nodes.some((node) => endedBy(trace, node)) ? trace.error : "";
  const root = trace.nodes.find(({ id }) => id === replay.root);
  const freed =
    "a backward call before it had freed what its operations saved; that one needs " +
    "retain_graph=True";
  const why = error ? elide(error.replace(/\.+$/, ""), 200) : root?.status === "freed" ? freed : "";
  return `Backward ${which + 1} ended before its first step${why && `: ${why}`}.`;
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

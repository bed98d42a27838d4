// What a screen reader hears at each place of a replay. The rules stand in learngrad/trace/words.py
// and walk.py; a test walks a page by keyboard and compares every sentence.
import { forwardSteps } from "./replay.ts";
import { telling } from "./source.ts";
import { clean, elide, elideMiddle, shapeText, spanText, writtenOut } from "./text.ts";
import type { Contribution, Place, Preview, Step, Trace, TraceNode } from "./types.ts";
import { BETWEEN, refusal, scalar } from "./words.ts";

/** What an operation is called where its sign is a symbol. */
const VERBS: Record<string, string> = {
  add: "add",
  sub: "subtract",
  mul: "multiply",
  div: "divide",
  neg: "change the sign",
  pow: "raise to a power",
  matmul: "matrix product",
  sum: "sum",
  sqrt: "square root",
  abs: "absolute value",
  sigmoid: "sigmoid",
  log: "natural logarithm",
  exp: "exponential",
  getitem: "pick elements",
  indexput: "put elements in",
};
const LONGEST = 200;
/** A word of a formula, and the marks that may hang on it: the b of `bᵀ` is the operand b. What
 * wears a hat is another thing: x̂ is x normalised. */
const WORD = /([\p{L}\p{Nl}\p{No}][\p{L}\p{N}_]*?)([ᵀᵃ-ᶿⁿ′¹²³⁰⁴-⁹]*)(?![\p{L}\p{M}\p{N}_])/gu;

/** In which turns of what repeats an operation runs; empty outside of all. */
export type TurnOf = (id: number) => string;

/** The sentence at an index; 0 is before the first step, below it the program goes forward. */
export function sentence(trace: Trace, which: number, index: number, turnOf?: TurnOf): string {
  const speaker = new Speaker(trace, turnOf);
  if (index < 0) return speaker.forward(forwardSteps(trace, which), index);
  const replay = trace.replays[which];
  if (!replay) return "No backward replay was recorded.";
  const { steps, root, seed } = replay;
  const step = steps[index - 1];
  if (step) return speaker.step(step, index, steps.length);
  const ended = refusal(trace, which);
  if (ended) return ended;
  const why =
    seed && scalar(seed) !== 1 ? ", which it was given" : ": it changes one for one with itself";
  return (
    `Before the first of ${plural(steps.length, "step")}. ${speaker.name(root)} begins with the ` +
    `gradient ${seed ? amount(seed) : "nothing"}${why}.`
  );
}

/** A node in the table: what `words.table` says of it in Python. */
export interface Row {
  id: number;
  node: string;
  from: string;
  value: string;
  gradient: string;
  line: string;
}

/** The first nodes of a trace as rows; an empty gradient means that none is wanted. */
export function tableRows(
  trace: Trace,
  gradientOf: (id: number) => Preview | null,
  most: number,
): Row[] {
  const speaker = new Speaker(trace);
  return trace.nodes.slice(0, most).map((node) => {
    const wants = node.requires_grad && node.kind !== "constant";
    const grad = wants ? gradientOf(node.id) : null;
    return {
      id: node.id,
      ...speaker.made(node),
      value: node.status === "failed" ? "failed" : worth(node),
      gradient: grad ? (grad.each ? arrived(grad.each) : amount(grad)) : wants ? "none yet" : "",
    };
  });
}

/** A trace with its nodes by number, and what each is called. */
class Speaker {
  readonly #nodes = new Map<number, TraceNode>();
  readonly #sources: Map<number, Trace["sources"][number]>;
  /** How many nodes an expression made, and how many have a name. */
  readonly #made = new Map<string, number>();
  readonly #named = new Map<string, number>();
  readonly #turnOf: TurnOf;

  constructor(trace: Trace, turnOf: TurnOf = () => "") {
    this.#turnOf = turnOf;
    this.#sources = new Map(trace.sources.map((source) => [source.id, source]));
    for (const node of trace.nodes) {
      this.#nodes.set(node.id, node);
      if (node.src) count(this.#made, spot(node.src));
      for (const { name } of [node, ...(node.outputs ?? [])]) if (name) count(this.#named, name);
    }
  }

  name(id: number): string {
    const node = this.#nodes.get(id);
    if (!node) return `#${id}`;
    if (node.name) return this.#own(node.name, id);
    if (node.kind === "constant" && node.preview && node.shape?.length === 0)
      return writtenOut(node.preview);
    if (node.kind !== "operation") return `${node.kind} #${id}`;
    const text = this.#expression(node);
    return text && [...text].length <= 18 && this.#alone(node) ? text : `${sign(node)} #${id}`;
  }

  /** A name that the program gave; in a loop one stands for many results. */
  #own = (name: string, id: number) =>
    elideMiddle(name, 40) + (this.#named.get(name)! > 1 ? ` #${id}` : "");

  /** The text that made a node, from its source; empty if unknown or over several lines. */
  #expression({ src }: TraceNode): string {
    const source = src && src.end_line === src.line ? this.#sources.get(src.source) : undefined;
    if (!src || !source) return "";
    const line = source.text.split("\n")[src.line - source.first];
    return line === undefined
      ? ""
      : telling(clean([...line].slice(src.column, src.end_column).join("")).trim());
  }

  #alone = ({ src }: TraceNode) => !!src && this.#made.get(spot(src)) === 1;

  /** One output of a node: of several its name, or its place, as `x.max(dim=1)[0]`. */
  #part(id: number, slot: number): string {
    const outputs = this.#nodes.get(id)?.outputs ?? [];
    if (outputs.length < 2) return this.name(id);
    const name = outputs[slot]?.name;
    return name ? this.#own(name, id) : `${this.name(id)}[${slot}]`;
  }

  /** How a node came from its operands: `a × b`, `cross entropy(logits, y)`. */
  #rightHandSide(node: TraceNode): string {
    const names = node.edges.map((edge, at) =>
      edge ? this.#part(...edge) : elide(node.operands[at] ?? "", 20) || "a value",
    );
    const [mark, text] = [sign(node), this.#expression(node)];
    const [first = "", second = ""] = names;
    const whole = elide(text, LONGEST);
    if (mark === "[ ]" && text.endsWith("]") && this.#alone(node)) return whole;
    if (mark === "|·|" && names.length === 1) return `|${first}|`;
    if (BETWEEN.has(mark)) {
      // It ran unseen; its line knows what nobody kept.
      if (names.includes("a value") && text && this.#alone(node)) return whole;
      if (names.length === 2) return `${bracketed(first)} ${mark} ${bracketed(second)}`;
      if (names.length === 1) return mark + bracketed(first);
    }
    return `${mark}(${names.join(", ")})`;
  }

  /** What a node is called, what it came from, and where. */
  made(node: TraceNode): Pick<Row, "node" | "from" | "line"> {
    const label = node.src && this.#sources.get(node.src.source)?.label;
    const line = node.src ? `line ${node.src.line}${label ? ` of ${elide(label, 60)}` : ""}` : "";
    const from = node.kind === "operation" ? this.#rightHandSide(node) : node.kind;
    return { node: this.name(node.id), from, line };
  }

  #title(node: TraceNode): string {
    const right = this.#rightHandSide(node);
    const verb = VERBS[node.op ?? ""] ?? sign(node).replaceAll("_", " ");
    const { id, outputs = [] } = node;
    const parts = outputs.every(({ name }) => name)
      ? outputs.map((_, at) => this.#part(id, at))
      : [];
    const left = node.name ? this.name(id) : elide(parts.join(", "), 60);
    return `${verb}, ${left ? `${left} = ${right}` : right}.`;
  }

  forward(ran: TraceNode[], index: number): string {
    const done = ran.length + 1 + index;
    const node = ran[done - 1];
    if (!node) return `Before the first of ${plural(ran.length, "operation")}.`;
    const begin = `Forward ${done} of ${ran.length}${this.#within(node)}: ${this.#title(node)}`;
    if (node.status === "failed") {
      const error = (node.error || "no message").split("\n", 1)[0]!;
      return `${begin} It failed: ${elide(error.replace(/\.+$/, ""), LONGEST)}.`;
    }
    const used = node.edges.map((_, at) => this.#operand(node, at));
    const outputs = node.outputs?.length ?? 0;
    const gives = outputs > 1 ? `${outputs} outputs` : worth(node);
    return `${begin} ${used.length ? `From ${and(used)} comes` : "It makes"} ${gives}.`;
  }

  /** The turn of a loop that an operation ran in. */
  #within(node: TraceNode): string {
    const turn = node.kind === "operation" ? this.#turnOf(node.id) : "";
    return turn && `, ${turn}`;
  }

  /** `name = value`; of a plain number, itself. */
  #operand(node: TraceNode, at: number): string {
    const edge = node.edges[at];
    if (!edge) return elide(node.operands[at] ?? "", 20) || "a plain value";
    const [id, slot] = edge;
    const name = this.#part(id, slot);
    const made = this.#nodes.get(id);
    const value = node.given?.[at] ?? (slot ? made?.outputs?.[slot]?.preview : made?.preview);
    const said = value ? amount(value) : "";
    return said && said !== name ? `${name} = ${said}` : name;
  }

  step(step: Step, index: number, steps: number): string {
    const node = this.#nodes.get(step.node)!;
    const begin = `Step ${index} of ${steps}${this.#within(node)}:`;
    if (step.write) {
      const { before, after } = step.write;
      const was = before ? amount(before) : "empty";
      const what = `${this.name(node.id)} is a ${node.kind}`;
      return `${begin} ${what}. Its .grad was ${was} and becomes ${amount(after)}.`;
    }
    const parts = step.contributions.map((part) => this.#contribution(part, node));
    if (!parts.length) parts.push("Nothing below it wants a gradient.");
    const arriving = `The gradient arriving is ${arrived(step.upstream)}.`;
    return [begin, this.#title(node), arriving, ...parts].join(" ");
  }

  #contribution(part: Contribution, node: TraceNode): string {
    const { to, value, before, after } = part;
    const name = this.#part(...to);
    const summed = part.summed_from
      ? `, summed from ${shape(part.summed_from)} to ${shape(value.shape)} because ${name} was ` +
        "broadcast"
      : "";
    const text = `To ${name}: ${this.#factor(part, node)} ${amount(value)}${summed}`;
    if (!before) return `${text}.`;
    return `${text}; with ${amount(before)} already there that makes ${amount(after)}.`;
  }

  /** By what the arriving gradient is multiplied, in the learner's names and in numbers. */
  #factor(part: Contribution, node: TraceNode): string {
    const [local, numbers] = [clean(part.local), elide(part.numbers, 60)];
    if (!local) return numbers ? `times ${numbers} gives` : "the contribution is";
    const names = new Map<string, string>();
    const plain = new Map<string, string>();
    const own = Object.keys(node.local);
    node.operands.forEach((letter, at) => {
      const edge = node.edges[at];
      if (edge) names.set(letter, bracketed(this.#part(...edge)));
      // Where a plain number stands for an operand, the letter is the one the operation gives it.
      else if (edge === null && own[at] !== undefined && letter)
        plain.set(own[at], own[at] === local ? letter : bracketed(letter));
    });
    if (!names.has("out")) names.set("out", bracketed(this.name(node.id)));
    const text = elide(local, LONGEST);
    const named = text.replace(
      WORD,
      (_, word, marks) => (names.get(word) ?? plain.get(word) ?? word) + marks,
    );
    const words = [...local.matchAll(WORD)].map(([, word]) => word!);
    // Of layers with gates: e is what arrives, taken back to the sums in them.
    if (words.some((word) => word === "g" || word === "gₛ") || /^eᵀ?( @|,)/.test(local))
      return `${named} gives`;
    if (local.startsWith("see ")) return `the contribution, ${named}, is`; // a paper has it
    // A letter that stands for a plain number, not a variable.
    if (numbers && words.some((word) => [...word].length === 1 && !names.has(word)))
      return `times ${numbers} gives`;
    if (numbers && names.has(local))
      return `times the other input ${named}, which is ${numbers}, gives`;
    if (!numbers || numbers === named) return `times ${named} gives`;
    return `times ${named} = ${numbers} gives`;
  }
}

const sign = (node: TraceNode) => elide(node.sign || node.op || "operation", 24);

/** A value in a sentence: its numbers, or its shape and span. */
function amount(preview: Preview): string {
  const [written, span] = [writtenOut(preview), spanText(preview)];
  return written || (span ? `${shape(preview.shape)}, ${span}` : shape(preview.shape));
}

const shape = (sizes: number[]) => (sizes.length ? shapeText(sizes) : "one number");

/** What a node holds. */
function worth(node: TraceNode): string {
  if (node.preview) return amount(node.preview);
  return node.shape ? shape(node.shape) : "unknown";
}

function arrived(upstream: Step["upstream"]): string {
  const said = upstream.map((one) => (one ? amount(one) : "nothing"));
  if (said.length < 2) return said[0] ?? "unknown";
  return and(said.map((one, at) => `${one} at output ${at}`));
}

function bracketed(name: string): string {
  // A number does not make it two words, but a sign in front of it is one.
  const signs = name.includes("#")
    ? BETWEEN.has(name.slice(0, name.indexOf(" ")))
    : /[ +\-−×*/÷@]/.test(name);
  return signs ? `(${name})` : name;
}

const and = (items: string[]) =>
  items.length < 2 ? (items[0] ?? "") : `${items.slice(0, -1).join(", ")} and ${items.at(-1)}`;

const plural = (n: number, word: string) =>
  `${n.toLocaleString("en")} ${word}${n === 1 ? "" : "s"}`;

function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

const spot = ({ source, line, column, end_line, end_column }: Place) =>
  [source, line, column, end_line, end_column].join(":");

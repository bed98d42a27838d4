// One operation with its tensors, as the maps of elements see it.
import type { Preview, Step, TraceNode } from "../types.ts";
import { bracketed, type Call, type Names, operandsOf } from "../words.ts";
import { indexText, Kept } from "./kept.ts";
import type { Entry, Place, Source, Tensors } from "./trail.ts";

/** How the elements of an operation's tensors hang together, forward and backward. */
export interface Family {
  /** Corner: the output stands where the rows of the left operand meet the columns of the upper. */
  layout?: "corner";
  /** Which entries an element of the output comes from. */
  forward(op: Operation, at: number): Source | null;
  /** Which entries an element of an operand's gradient comes from. */
  backward(op: Operation, operand: number, at: number): Source | null;
}

/** Letters for what is summed over. */
export const LETTERS = ["i", "j", "k", "l"];
const LOW: Record<string, string> = { i: "ᵢ", j: "ⱼ", k: "ₖ", l: "ₗ" };

/** A sum's sign with its letters: `Σᵢⱼ `; nothing where there are none. */
export const sigma = (letters: string[]) =>
  letters.length ? `Σ${letters.map((letter) => LOW[letter] ?? "").join("")} ` : "";

export class Operation implements Tensors {
  readonly node: TraceNode;
  /** The shapes of the operands; a plain number has none. */
  readonly shapes: number[][];
  readonly out: number[];
  /** What the operation calls its operands. */
  readonly letters: string[];
  readonly #kept = new Map<Place, Kept>();
  readonly #names = new Map<Place, string>([["g", "g"]]);

  constructor(node: TraceNode, names: Names, call: Call, step?: Step) {
    this.node = node;
    this.out = node.shape ?? [];
    const own = Object.keys(node.local ?? {});
    const given = operandsOf(node, names);
    this.letters = node.edges.map((edge, at) => (edge ? node.operands[at]! : (own[at] ?? "")));
    this.shapes = node.edges.map((edge, at) => {
      if (!edge) return [];
      const [id, slot] = edge;
      const from = names.node(id);
      return given[at]?.[1]?.shape ?? (slot ? from?.outputs?.[slot]?.shape : from?.shape) ?? [];
    });
    given.forEach(([, value], at) => {
      this.#keep(at, value ?? plain(node, at));
      const edge = node.edges[at];
      this.#names.set(at, edge ? bracketed(call(...edge)) : (node.operands[at] ?? ""));
    });
    this.#keep("out", node.preview);
    this.#keep("g", step?.upstream[0] ?? null);
    const name = call(node.id);
    this.#names.set("out", /^[\p{L}\p{N}_.]+$/u.test(name) ? name : "out");
  }

  #keep(of: Place, value: Preview | null): void {
    if (value) this.#kept.set(of, new Kept(value));
  }

  kept(of: Place): Kept | null {
    return this.#kept.get(of) ?? null;
  }

  shape = (of: Place) => (typeof of === "number" ? (this.shapes[of] ?? []) : this.out);

  /** What a tensor is called in formulas. */
  name = (of: Place) => this.#names.get(of) ?? "";

  /** An element in a formula: `W[k, 3]`; a plain number is itself. */
  text(of: Place, index: (number | string)[]): string {
    const shape = this.shape(of);
    return this.name(of) + (shape.length ? indexText(index) : "");
  }

  /** A number that the program gave, by the name of its parameter. */
  option<T>(name: string): T | undefined {
    return this.node.options?.[name] as T | undefined;
  }

  /** The known elements of a tensor that hold to a condition, as terms. */
  known(of: Place, term: (at: number) => Entry[] | null): { factors: Entry[] }[] {
    const found: { factors: Entry[] }[] = [];
    for (const at of this.kept(of)?.places ?? []) {
      const factors = term(at);
      if (factors) found.push({ factors });
    }
    return found;
  }
}

/** A plain number among the operands as a tensor of no dimensions. */
function plain(node: TraceNode, at: number): Preview | null {
  const text = node.edges[at] ? "" : (node.operands[at] ?? "");
  const value = Number(text.replace("−", "-").replace("e−", "e-"));
  return text.trim() && Number.isFinite(value) ? { shape: [], values: [value] } : null;
}

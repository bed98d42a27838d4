// Operations that take the elements along some dimensions to one.
import { number } from "../text.ts";
import { narrowed, unravel } from "./kept.ts";
import { type Family, LETTERS, type Operation, sigma } from "./op.ts";
import type { Source, Term } from "./trail.ts";

interface Rule {
  /** Of known elements, all of them: the result and how it is written; nothing: a plain sum. */
  made?: (x: number[], written: string[]) => [value: number, text: string];
  /** Where the sum is divided by the count. */
  mean?: boolean;
  /** An element's local derivative; nothing: 1. */
  local?: (x: number, out: number, all: number[] | null) => [value: number, text: string];
}

const greatest =
  (word: string, pick: (...x: number[]) => number): NonNullable<Rule["made"]> =>
  (x, written) => [pick(...x), `${word} ${written.join(", ")}`];

/** 1 for the one that was picked; equal ones share, or the first has it all. */
const picked =
  (shared: boolean): NonNullable<Rule["local"]> =>
  (x, out, all) => {
    if (x !== out) return [0, "0"];
    const equal = all?.filter((other) => other === out).length ?? Number.NaN;
    return equal === 1 ? [1, "1"] : shared && equal ? [1 / equal, `1/${equal}`] : [Number.NaN, ""];
  };

const RULES: Record<string, Rule> = {
  sum: {},
  mean: { mean: true },
  amax: { made: greatest("the greatest of", Math.max), local: picked(true) },
  amin: { made: greatest("the smallest of", Math.min), local: picked(true) },
  maxdim: { made: greatest("the greatest of", Math.max), local: picked(false) },
  mindim: { made: greatest("the smallest of", Math.min), local: picked(false) },
  logsumexp: {
    made: (x, written) => [
      Math.max(...x) + Math.log(x.reduce((sum, one) => sum + Math.exp(one - Math.max(...x)), 0)),
      `ln(${written.map((one) => `e^${one}`).join(" + ")})`,
    ],
    local: (x, out) => [
      Math.exp(x - out),
      `e^(${number(x)} − ${out < 0 ? `(${number(out)})` : number(out)})`,
    ],
  },
  prod: {
    made: (x, written) => [x.reduce((a, b) => a * b, 1), written.join(" · ")],
    local: (x, out) => [out / x, `(${number(out)} / ${x < 0 ? `(${number(x)})` : number(x)})`],
  },
  norm: {},
  var: {},
  std: {},
  median: {},
  mediandim: {},
};
const UNTOLD = new Set(["norm", "var", "std", "median", "mediandim"]);
const MOST_WRITTEN = 6;

/** The dimensions that are reduced: as the operation was told, or as the shapes leave no doubt. */
function dimsOf(op: Operation): number[] | null {
  const given = op.option<number[] | number>("dims") ?? op.option<number>("dim");
  const shape = op.shapes[0]!;
  if (given !== undefined) {
    const dims = Array.isArray(given) ? given : [given];
    return dims.every((d) => d >= 0 && d < shape.length) ? dims : null;
  }
  if (op.out.every((size) => size === 1)) return shape.map((_, d) => d);
  if (op.out.length === shape.length)
    return shape.flatMap((size, d) => (size === op.out[d] ? [] : [d]));
  const ways = shape
    .map((_, d) => d)
    .filter((d) => {
      const left = shape.filter((_, k) => k !== d);
      return left.length === op.out.length && left.every((size, k) => size === op.out[k]);
    });
  return ways.length === 1 ? ways : null;
}

/** An input's shape with 1 in the place of what is reduced, and the index with letters there. */
function reduced(op: Operation, at: number | null) {
  const dims = dimsOf(op);
  if (!dims) return null;
  const shape = op.shapes[0]!;
  const kept = shape.map((size, d) => (dims.includes(d) ? 1 : size));
  const letters = dims.map((_, k) => LETTERS[k] ?? "…");
  const index = at === null ? [] : unravel(at, kept);
  const named = index.map((one, d) => (dims.includes(d) ? letters[dims.indexOf(d)]! : one));
  const count = dims.reduce((all, d) => all * shape[d]!, 1);
  return { shape, kept, letters, named, count };
}

/** The elements that go into one result, as far as they are kept. */
const those = (op: Operation, kept: number[], shape: number[], to: number): Term[] =>
  op.known(0, (place) =>
    narrowed(unravel(place, shape), kept) === to ? [{ of: 0, at: place }] : null,
  );

const values = (op: Operation, terms: Term[]) =>
  terms.map(({ factors }) => op.kept(0)!.at(factors[0]!.at)!);

export const reduction: Family = {
  forward(op, at) {
    const found = reduced(op, at);
    if (!found) return null;
    const { shape, kept, letters, named, count } = found;
    const rule = RULES[op.node.op ?? ""] ?? {};
    const terms = those(op, kept, shape, at);
    const plain = !rule.made && !UNTOLD.has(op.node.op ?? "");
    const source: Source = { rule: "", terms, count };
    if (plain) {
      source.rule = `${sigma(letters)}${op.text(0, named)}${rule.mean ? ` / ${count}` : ""}`;
      if (rule.mean) source.scale = [1 / count, `/ ${count}`];
      return source;
    }
    const slice = op.text(
      0,
      named.map((one) => (typeof one === "string" ? ":" : one)),
    );
    source.rule = `${op.node.sign || op.node.op} of ${slice}`;
    const known = values(op, terms);
    const all = known.length === count && count <= MOST_WRITTEN * 4;
    source.made = { text: "", value: Number.NaN };
    if (all && rule.made) {
      const [value, text] = rule.made(
        known,
        known.map((one) => number(one)),
      );
      source.made = { text: count <= MOST_WRITTEN ? text : "", value };
    }
    return source;
  },
  backward(op, _, at) {
    const found = reduced(op, null);
    if (!found) return null;
    const { shape, kept, count } = found;
    const to = narrowed(unravel(at, shape), kept);
    const g = op.text("g", unravel(to, op.out));
    const name = op.node.op ?? "";
    const rule = RULES[name] ?? {};
    const term: Term = { factors: [{ of: "g", at: to }] };
    const source: Source = { rule: g, terms: [term], count: 1 };
    if (rule.mean) {
      source.rule = `${g} / ${count}`;
      source.scale = [1 / count, `/ ${count}`];
    } else if (rule.local || UNTOLD.has(name)) {
      const local = op.node.local[op.letters[0]!] ?? "";
      source.rule = `${g} · (${local})`;
      const [x, out] = [op.kept(0)?.at(at), op.kept("out")?.at(to)];
      term.from = [
        { of: 0, at },
        { of: "out", at: to },
      ];
      term.times = Number.NaN;
      if (rule.local && x !== undefined && out !== undefined) {
        const terms = those(op, kept, shape, to);
        const all = terms.length === count ? values(op, terms) : null;
        [term.times, term.text] = rule.local(x, out, all);
      }
    }
    return source;
  },
};

export const REDUCTIONS: Record<string, Family> = Object.fromEntries(
  Object.keys(RULES).map((name) => [name, reduction]),
);

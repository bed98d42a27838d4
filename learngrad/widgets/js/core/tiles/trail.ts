// Where one element comes from: which entries of which tensors, in what formula, with what numbers.
import { MINUS, number } from "../text.ts";
import type { Kept } from "./kept.ts";

/** A tensor of an operation: an operand by its number, the output, or the gradient arriving. */
export type Place = number | "out" | "g";

export interface Entry {
  of: Place;
  at: number;
}

/** Something that is added up: entries multiplied with one another, and with a plain number. */
export interface Term {
  factors: Entry[];
  /** A factor that is no entry: a local derivative, written as `text`; NaN where it is unknown. */
  times?: number;
  text?: string;
  /** What that factor was worked out from. */
  from?: Entry[];
}

/** What a map of an operation says of one element. */
export interface Source {
  /** In letters: `Σₖ x[2, k] · W[k, 3]`. */
  rule: string;
  /** The terms that may be known, in order. */
  terms: Term[];
  /** How many terms there are in all. */
  count: number;
  /** The sum of the terms is multiplied by this, written so. */
  scale?: [value: number, text: string];
  /** Where it is no sum: what it is with numbers, and its value by them. */
  made?: { text: string; value: number };
}

/** The tensors of one operation, as far as they are kept. */
export interface Tensors {
  kept(of: Place): Kept | null;
}

/** One element followed: everything that a view shows and says of it. */
export interface Trail {
  rule: string;
  /** The entries that it comes from, as far as they are kept. */
  entries: Entry[];
  /** Its known terms, written and worked out. */
  terms: { text: string; value: number; factors: Entry[] }[];
  count: number;
  /** The formula with numbers; empty where the kept numbers do not give the element. */
  numbers: string;
  /** What the terms that are not kept add up to. */
  rest: number | null;
  value: number;
  /** Whether the numbers give the element; null where they cannot tell. */
  agrees: boolean | null;
}

const MOST_TERMS = 4;
/** What rounding may do to a sum, against what went into it. */
const SLACK = 2e-3;

/** Puts the kept numbers into what a map says; `value` is the element itself. */
export function trailOf(source: Source, tensors: Tensors, value: number, slack = SLACK): Trail {
  const known = source.terms.filter((term) =>
    [...term.factors, ...(term.from ?? [])].every(({ of, at }) => kept(tensors, of, at)),
  );
  const terms = known.map((term) => ({
    ...worked(term, tensors),
    factors: term.factors,
  }));
  const entries = source.terms
    .flatMap(({ factors, from }) => [...factors, ...(from ?? [])])
    .filter(({ of, at }) => kept(tensors, of, at));
  const shared = { rule: source.rule, entries, terms, count: source.count, value };
  const [scale, by] = source.scale ?? [1, ""];
  const sum = scale * terms.reduce((all, term) => all + term.value, 0);
  const size = terms.reduce((all, term) => all + Math.abs(scale * term.value), 0);
  const near = (found: number) =>
    Math.abs(found - value) <= slack * (size + Math.abs(value)) + 1e-12 ||
    !(Number.isFinite(found) && Number.isFinite(value));
  const untold = { ...shared, numbers: "", rest: null };
  if (source.made) {
    if (Number.isNaN(source.made.value))
      return { ...untold, numbers: source.made.text, agrees: null };
    const agrees = near(source.made.value);
    return { ...untold, numbers: agrees ? source.made.text : "", agrees };
  }
  if (known.some(({ times }) => Number.isNaN(times)))
    return { ...untold, numbers: fitting(known, tensors, value), agrees: null };
  if (!terms.length) return { ...untold, agrees: source.count ? null : near(0) };
  const written = added(terms, by);
  if (terms.length < source.count)
    return { ...shared, numbers: written, rest: value - sum, agrees: null };
  const agrees = near(sum);
  return { ...untold, numbers: agrees ? written : "", agrees };
}

const kept = (tensors: Tensors, of: Place, at: number) => tensors.kept(of)?.at(at) !== undefined;

/** A term with its numbers. */
function worked({ factors, times, text }: Term, tensors: Tensors): { text: string; value: number } {
  const values = factors.map(({ of, at }) => tensors.kept(of)!.at(at)!);
  const written = values.map((value, at) => signed(number(value), at > 0));
  if (text) written.push(signed(text, written.length > 0));
  const product = values.reduce((a, b) => a * b, 1) * (times ?? 1);
  return { text: written.join(" · "), value: product };
}

/** A local derivative that nobody worked out is what takes the one factor to the value. */
function fitting(known: Term[], tensors: Tensors, value: number): string {
  const [only, second] = known;
  const [factor] = only?.factors ?? [];
  const given = factor ? tensors.kept(factor.of)?.at(factor.at) : undefined;
  if (second || !given || !Number.isFinite(value / given)) return "";
  return `${number(given)} · ${signed(number(+(value / given).toPrecision(5)))}`;
}

/** A factor that follows another: with a sign, a sum or a quotient in it, in brackets. */
export function signed(text: string, follows = true): string {
  const open = text.startsWith(MINUS) || / [+−/-] /.test(text);
  return follows && open && !enclosed(text) ? `(${text})` : text;
}

/** Whether one pair of brackets holds all of it. */
function enclosed(text: string): boolean {
  let depth = 0;
  for (const [at, sign] of [...text].entries()) {
    if (sign === "(") depth += 1;
    if (sign === ")") depth -= 1;
    if (depth === 0) return at > 0 && at === [...text].length - 1;
  }
  return false;
}

/** Terms as a sum; of many the largest, in their order. */
function added(terms: { text: string; value: number }[], scale: string): string {
  const largest = [...terms].sort((a, b) => Math.abs(b.value) - Math.abs(a.value));
  const chosen = new Set(terms.length > MOST_TERMS ? largest.slice(0, MOST_TERMS - 1) : terms);
  const shown = terms.filter((term) => chosen.has(term)).map(({ text }) => text);
  if (shown.length < terms.length) shown.push("…");
  const joined = shown
    .map((text, at) =>
      at && text.startsWith(MINUS) ? ` − ${text.slice(1)}` : at ? ` + ${text}` : text,
    )
    .join("");
  if (!scale) return joined;
  const bracketed = shown.length > 1 || joined.startsWith(MINUS) ? `(${joined})` : joined;
  return scale.startsWith("/") ? `${bracketed} ${scale}` : `${scale} · ${bracketed}`;
}

/** A formula for the ear. */
export function aloud(text: string): string {
  const plain: Record<string, string> = { ᵢ: "i", ⱼ: "j", ₖ: "k", ₗ: "l", "₌": "" };
  return text
    .replace(/Σ([ᵢⱼₖₗ]*)\s?/g, (_, letters: string) => {
      const over = [...letters].map((letter) => plain[letter]).join(" and ");
      return over ? `the sum over ${over} of ` : "the sum of ";
    })
    .replace(/ · /g, " times ")
    .replace(/ − /g, " minus ")
    .replace(/ \/ /g, " divided by ")
    .replace(/²/g, " squared");
}

// Operations on elements one by one, with broadcasting, and what only moves elements.
import { EXACT, number } from "../text.ts";
import { BETWEEN } from "../words.ts";
import { narrowed, ravel, sizeOf, unravel } from "./kept.ts";
import { type Family, LETTERS, type Operation, sigma } from "./op.ts";
import { broadcast } from "./products.ts";
import { RULES } from "./rules.ts";
import { type Entry, type Source, signed, type Term } from "./trail.ts";

const WORD = /[\p{L}_][\p{L}\p{M}\p{Nd}_]*/gu;

/** Whether the operation works element by element: its local derivatives are factors of g. */
export function isElementwise(op: Operation): boolean {
  const { node, shapes, out } = op;
  const locals = Object.values(node.local ?? {});
  if (!locals.length || locals.some((text) => /(?<!\p{L})g(?!\p{L})/u.test(text))) return false;
  const joint = shapes.reduce(broadcast, []);
  return joint.length === out.length && joint.every((size, d) => size === out[d]);
}

/** The index of an operand's element, as broadcasting has it; letters are kept. */
function bound(index: (number | string)[], shape: number[]): (number | string)[] {
  const lead = index.length - shape.length;
  return shape.map((size, d) => (size === 1 ? 0 : index[lead + d]!));
}

/** A formula of the operation's letters with something else in their place. */
function filled(op: Operation, formula: string, put: (of: number | "out") => string): string {
  const places = new Map<string, number | "out">(op.letters.map((letter, at) => [letter, at]));
  places.set("out", "out");
  return formula.replace(WORD, (word) => {
    const of = places.get(word);
    return of === undefined ? word : put(of);
  });
}

/** The numbers of the operands at an index of the output; undefined where one is not kept. */
function numbersAt(op: Operation, index: number[]): number[] | undefined {
  const values = op.shapes.map((shape, of) => op.kept(of)?.at(narrowed(index, shape)));
  return values.every((value) => value !== undefined) ? (values as number[]) : undefined;
}

export const elementwise: Family = {
  forward(op, at) {
    const index = unravel(at, op.out);
    const entries = op.shapes.map((shape, of): Entry => ({ of, at: narrowed(index, shape) }));
    const values = numbersAt(op, index);
    const value = values ? (RULES[op.node.op ?? ""]?.value(...values) ?? Number.NaN) : Number.NaN;
    const names = op.shapes.map((shape, of) => op.text(of, bound(index, shape)));
    const text = values
      ? applied(
          op,
          values.map((one) => number(one)),
        )
      : "";
    return {
      rule: applied(op, names),
      terms: [{ factors: entries }],
      count: 1,
      made: { text, value },
    };
  },
  backward: (op, operand, at) =>
    handedBack(op, operand, at, op.node.local[op.letters[operand]!] ?? ""),
};

/** What arrives at all elements that one of an operand's was used for, each times `local` there. */
function handedBack(op: Operation, operand: number, at: number, local: string): Source {
  const shape = op.shapes[operand]!;
  const own = unravel(at, shape);
  const lead = op.out.length - shape.length;
  const summed: string[] = [];
  const index = op.out.map((size, d) => {
    if (d >= lead && (shape[d - lead] !== 1 || size === 1)) return own[d - lead]!;
    summed.push(LETTERS[summed.length] ?? "…");
    return summed.at(-1)!;
  });
  const count = sizeOf(op.out) / Math.max(1, sizeOf(shape));
  const to = summed.length
    ? (op.kept("g")?.places ?? []).filter((p) => narrowed(unravel(p, op.out), shape) === at)
    : [ravel(index as number[], op.out)];
  const named = filled(op, local, (of) =>
    of === "out" ? op.text("out", index) : op.text(of, bound(index, op.shapes[of]!)),
  );
  const factor = / where |,/.test(named) ? `(${named})` : signed(named);
  const by = named === "1" || named === "" ? "" : ` · ${factor}`;
  return {
    rule: `${sigma(summed)}${op.text("g", index)}${by}`,
    terms: to.map((place) => termAt(op, operand, local, place)),
    count,
  };
}

/** What arrives at one element of the output times the local derivative there. */
function termAt(op: Operation, operand: number, local: string, place: number): Term {
  const index = unravel(place, op.out);
  const g: Entry = { of: "g", at: place };
  const entry = (of: number): Entry => ({ of, at: narrowed(index, op.shapes[of]!) });
  if (local === "1" || !local) return { factors: [g] };
  const other = op.letters.indexOf(local);
  if (other >= 0) return { factors: [g, entry(other)] };
  if (local === "out") return { factors: [g, { of: "out", at: place }] };
  const values = numbersAt(op, index);
  const out = op.kept("out")?.at(place);
  const rule = RULES[op.node.op ?? ""]?.local[operand];
  const times = values && out !== undefined && rule ? rule(values, out) : Number.NaN;
  const from: Entry[] = [];
  const digits = cancels(local, times, [...(values ?? []), out ?? 0]) ? EXACT : 4;
  const put = (of: number | "out") => {
    const value = of === "out" ? out : values?.[of];
    from.push(of === "out" ? { of, at: place } : entry(of));
    return value === undefined ? "?" : signed(number(value, digits));
  };
  const written = filled(op, local, put);
  // A rule in words is its number.
  const text = / where | of /.test(written) && !Number.isNaN(times) ? number(times) : written;
  return { factors: [g], times, text, from };
}

/** Whether near numbers are subtracted, so that four digits of each are not enough. The rule stands
 * in learngrad/trace/local.py. */
const cancels = (local: string, result: number, used: number[]) =>
  local.includes(" − ") && Math.abs(result) < 1e-3 * Math.max(1, ...used.map(Math.abs));

/** An operation's sign between, or before, what it is applied to. */
function applied(op: Operation, to: string[]): string {
  const { sign } = op.node;
  if (sign === "|·|" && to.length === 1) return `|${to[0]}|`;
  if (BETWEEN.has(sign) && to.length === 2)
    return `${signed(to[0]!, false)} ${sign} ${signed(to[1]!)}`;
  if (BETWEEN.has(sign) && to.length === 1) return sign + signed(to[0]!);
  return `${sign || op.node.op}(${to.join(", ")})`;
}

/** The same elements elsewhere: which place of the operand, and which of the output. */
const moved = (
  from: (op: Operation, at: number) => number,
  to: (op: Operation, at: number) => number,
): Family => ({
  forward(op, at) {
    const place = from(op, at);
    const rule = op.text(0, unravel(place, op.shapes[0]!));
    return { rule, terms: [{ factors: [{ of: 0, at: place }] }], count: 1 };
  },
  backward(op, _, at) {
    const place = to(op, at);
    const rule = op.text("g", unravel(place, op.out));
    return { rule, terms: [{ factors: [{ of: "g", at: place }] }], count: 1 };
  },
});

const same = moved(
  (_, at) => at,
  (_, at) => at,
);

const dimsOf = (op: Operation) => op.option<number[]>("dims") ?? [];

export const MOVES: Record<string, Family> = {
  reshape: same,
  view: same,
  permute: moved(
    (op, at) => {
      const index = unravel(at, op.out);
      const own: number[] = [];
      dimsOf(op).forEach((d, k) => {
        own[d] = index[k]!;
      });
      return ravel(own, op.shapes[0]!);
    },
    (op, at) => {
      const index = unravel(at, op.shapes[0]!);
      return ravel(
        dimsOf(op).map((d) => index[d]!),
        op.out,
      );
    },
  ),
  expand: {
    forward: (op, at) =>
      moved(
        (o, p) => narrowed(unravel(p, o.out), o.shapes[0]!),
        (_, p) => p,
      ).forward(op, at),
    backward: (op, operand, at) => handedBack(op, operand, at, "1"),
  },
};

// Pooling: the greatest or the mean of what each window sees.
import { number } from "../text.ts";
import { ravel, sizeOf, unravel } from "./kept.ts";
import type { Family, Operation } from "./op.ts";
import { type Geometry, geometryOf, placesOf, seeing, seen } from "./products.ts";
import type { Entry, Source } from "./trail.ts";

/** What a window of the output sees, element by element of the input. */
function window(op: Operation, g: Geometry, at: number): Entry[] {
  const index = unravel(at, op.out);
  const lead = index.length - g.size.length;
  return placesOf(g.kernel).flatMap((place): Entry[] => {
    const from = seen(g, index.slice(lead), place);
    return from ? [{ of: 0, at: ravel([...index.slice(0, lead), ...from], op.shapes[0]!) }] : [];
  });
}

/** The windows that see an element of the input. */
function windows(op: Operation, g: Geometry, at: number): number[] {
  const index = unravel(at, op.shapes[0]!);
  const lead = index.length - g.size.length;
  return placesOf(g.kernel).flatMap((place) => {
    const to = seeing(g, index.slice(lead), place);
    return to ? [ravel([...index.slice(0, lead), ...to], op.out)] : [];
  });
}

const numbersOf = (op: Operation, entries: Entry[]) =>
  entries.map(({ at }) => op.kept(0)?.at(at) ?? Number.NaN);

const greatest: Family = {
  forward(op, at) {
    const g = geometryOf(op);
    if (!g) return null;
    const entries = window(op, g, at);
    const x = numbersOf(op, entries);
    const text = x.some(Number.isNaN)
      ? ""
      : `the greatest of ${x.map((one) => number(one)).join(", ")}`;
    const terms = entries.map((entry) => ({ factors: [entry] }));
    const made = { text: x.length <= 9 ? text : "", value: Math.max(...x) };
    return { rule: `the greatest of ${op.name(0)} in its window`, terms, count: 1, made };
  },
  backward(op, _, at) {
    const g = geometryOf(op);
    if (!g) return null;
    const terms = windows(op, g, at).map((to) => {
      const entries = window(op, g, to);
      const x = numbersOf(op, entries);
      // The first of equal ones has it all.
      const first = entries[x.indexOf(op.kept("out")?.at(to) ?? Number.NaN)];
      const times = x.some(Number.isNaN) ? Number.NaN : first?.at === at ? 1 : 0;
      const from: Entry[] = [
        { of: 0, at },
        { of: "out", at: to },
      ];
      return { factors: [{ of: "g", at: to } as Entry], times, text: number(times), from };
    });
    const rule = "Σ g of the windows where it is the greatest";
    return { rule, terms, count: terms.length };
  },
};

const average: Family = {
  forward(op, at) {
    const g = geometryOf(op);
    if (!g) return null;
    const entries = window(op, g, at);
    const source: Source = {
      rule: `Σ ${op.name(0)} in its window / ${sizeOf(g.kernel)}`,
      terms: entries.map((entry) => ({ factors: [entry] })),
      count: entries.length,
      scale: [1 / sizeOf(g.kernel), `/ ${sizeOf(g.kernel)}`],
    };
    return source;
  },
  backward(op, _, at) {
    const g = geometryOf(op);
    if (!g) return null;
    const to = windows(op, g, at);
    return {
      rule: `Σ g of the windows that see it / ${sizeOf(g.kernel)}`,
      terms: to.map((place) => ({ factors: [{ of: "g", at: place }] })),
      count: to.length,
      scale: [1 / sizeOf(g.kernel), `/ ${sizeOf(g.kernel)}`],
    };
  },
};

export const POOLS: Record<string, Family> = { maxpool: greatest, avgpool: average };

// Softmax and the losses over it: one result from a whole row, and a row's gradient from one.
import { number } from "../text.ts";
import { narrowed, unravel } from "./kept.ts";
import type { Family, Operation } from "./op.ts";
import { type Entry, type Source, signed, type Term } from "./trail.ts";

const MOST_WRITTEN = 5;

/** The elements that one softmax divides among, with one of them in it: all that are kept. */
function row(op: Operation, of: 0 | "g" | "out", at: number): { entries: Entry[]; whole: boolean } {
  const shape = op.shapes[0]!;
  const axes = op.option<number[]>("axes") ?? [shape.length - 1];
  const kept = shape.map((size, d) => (axes.includes(d) ? 1 : size));
  const mine = narrowed(unravel(at, shape), kept);
  const places = (op.kept(of)?.places ?? []).filter(
    (place) => narrowed(unravel(place, shape), kept) === mine,
  );
  const count = axes.reduce((all, d) => all * shape[d]!, 1);
  return { entries: places.map((place) => ({ of, at: place })), whole: places.length === count };
}

const numbersOf = (op: Operation, entries: Entry[]) =>
  entries.map(({ of, at }) => op.kept(of)!.at(at)!);

/** ln Σ e^x without overflow. */
function logSum(x: number[]): number {
  const top = Math.max(...x);
  return top + Math.log(x.reduce((sum, one) => sum + Math.exp(one - top), 0));
}

const powers = (x: number[]) => {
  const written = x.map((one) => `e^${signed(number(one))}`);
  return written.length > MOST_WRITTEN
    ? `${written.slice(0, 2).join(" + ")} + … + ${written.at(-1)}`
    : written.join(" + ");
};

/** Something that a whole row makes, where the row is kept. */
function ofRow(
  op: Operation,
  at: number,
  rule: string,
  made: (x: number[], own: number) => [number, string],
): Source {
  const { entries, whole } = row(op, 0, at);
  const own = op.kept(0)?.at(at);
  const [value, text] =
    whole && own !== undefined ? made(numbersOf(op, entries), own) : [Number.NaN, ""];
  return {
    rule,
    terms: entries.map((entry) => ({ factors: [entry] })),
    count: 1,
    made: { text, value },
  };
}

const element = (op: Operation, of: 0 | "g" | "out", at: number) =>
  op.text(of, unravel(at, op.out));

const softmax: Family = {
  forward(op, at) {
    const x = element(op, 0, at);
    return ofRow(op, at, `e^${x} / Σⱼ e^${op.name(0)}ⱼ`, (all, own) => [
      Math.exp(own - logSum(all)),
      `e^${signed(number(own))} / (${powers(all)})`,
    ]);
  },
  backward(op, _, at) {
    const [given, out] = [row(op, "g", at), row(op, "out", at)];
    const [g, p] = [op.kept("g")?.at(at), op.kept("out")?.at(at)];
    let [value, text] = [Number.NaN, ""];
    if (given.whole && out.whole && g !== undefined && p !== undefined) {
      const outs = numbersOf(op, out.entries);
      const mean = numbersOf(op, given.entries).reduce((sum, one, k) => sum + one * outs[k]!, 0);
      value = p * (g - mean);
      text = `${number(p)} · (${number(g)} − ${signed(number(mean))})`;
    }
    const terms = [...given.entries, ...out.entries].map((entry) => ({ factors: [entry] }));
    const rule = `${element(op, "out", at)} · (${element(op, "g", at)} − Σⱼ g · ${op.name("out")})`;
    return { rule, terms, count: 1, made: { text, value } };
  },
};

const logSoftmax: Family = {
  forward(op, at) {
    const x = element(op, 0, at);
    return ofRow(op, at, `${x} − ln Σⱼ e^${op.name(0)}ⱼ`, (all, own) => [
      own - logSum(all),
      `${number(own)} − ln(${powers(all)})`,
    ]);
  },
  backward(op, _, at) {
    const given = row(op, "g", at);
    const [g, out] = [op.kept("g")?.at(at), op.kept("out")?.at(at)];
    let [value, text] = [Number.NaN, ""];
    if (given.whole && g !== undefined && out !== undefined) {
      const sum = numbersOf(op, given.entries).reduce((a, b) => a + b, 0);
      value = g - Math.exp(out) * sum;
      text = `${number(g)} − ${number(Math.exp(out))} · ${signed(number(sum))}`;
    }
    const entries: Entry[] = [...given.entries, { of: "out", at }];
    const rule = `${element(op, "g", at)} − softmax · Σⱼ g`;
    return {
      rule,
      terms: entries.map((entry) => ({ factors: [entry] })),
      count: 1,
      made: { text, value },
    };
  },
};

/** What softmax makes of one row of logits; null where some of it is not kept. */
function chances(op: Operation, r: number): { x: number[]; target: number | undefined } {
  const width = op.shapes[0]![1]!;
  const known = row(op, 0, r * width);
  const target = op.kept(1)?.at(r);
  return { x: known.whole ? numbersOf(op, known.entries) : [], target };
}

const rowsOf = (op: Operation) => op.kept(0)?.rows ?? [];

const crossEntropy: Family = {
  forward(op, at) {
    const [n, width] = op.shapes[0]! as [number, number];
    const all = op.option("reduction") !== "none";
    const name = `softmax(${op.name(0)}[i])[${op.name(1)}[i]]`;
    const rows = all ? rowsOf(op) : [at];
    const terms: Term[] = rows.map((r) => {
      const { x, target } = chances(op, r);
      const given = row(op, 0, r * width).entries;
      const loss = target === undefined ? Number.NaN : logSum(x) - x[target]!;
      const text = `−ln ${number(Math.exp(-loss))}`;
      return {
        factors: [],
        times: x.length ? loss : Number.NaN,
        text,
        from: [...given, { of: 1, at: r }],
      };
    });
    const mean = op.option("reduction") !== "sum";
    const known = terms.filter(({ times }) => !Number.isNaN(times));
    if (!all) return { rule: `−ln ${name.replaceAll("[i]", `[${at}]`)}`, terms, count: 1 };
    // A row that is not kept whole is lit, and says nothing.
    if (known.length < terms.length)
      return {
        rule: ruleOf(name, n, mean),
        terms,
        count: n,
        made: { text: "", value: Number.NaN },
      };
    const source: Source = { rule: ruleOf(name, n, mean), terms, count: n };
    if (mean) source.scale = [1 / n, `/ ${n}`];
    return source;
  },
  backward(op, operand, at) {
    if (operand !== 0) return null;
    const [n, width] = op.shapes[0]! as [number, number];
    const [r, c] = [Math.floor(at / width), at % width];
    const reduction = op.option<string>("reduction");
    const { x, target } = chances(op, r);
    const from = reduction === "none" ? r : 0;
    const g = op.kept("g")?.at(from);
    const share = reduction === "sum" || reduction === "none" ? 1 : n;
    let [value, text] = [Number.NaN, ""];
    if (x.length && target !== undefined && g !== undefined) {
      const p = Math.exp(x[c]! - logSum(x));
      value = (g * (p - (c === target ? 1 : 0))) / share;
      const by = share > 1 ? ` / ${n}` : "";
      text = `${number(g)} · (${number(p)} − ${c === target ? 1 : 0})${by}`;
    }
    const entries: Entry[] = [{ of: "g", at: from }, ...row(op, 0, at).entries, { of: 1, at: r }];
    const [name, y] = [op.name(0), op.name(1)];
    const hot = `(1 if ${y}[${r}] is ${c} else 0)`;
    const rule = `${op.text("g", [r])} · (softmax(${name}[${r}])[${c}] − ${hot})${share > 1 ? ` / ${n}` : ""}`;
    return {
      rule,
      terms: entries.map((entry) => ({ factors: [entry] })),
      count: 1,
      made: { text, value },
    };
  },
};

const ruleOf = (name: string, n: number, mean: boolean) => `Σᵢ −ln ${name}${mean ? ` / ${n}` : ""}`;

/** The squared differences of two tensors of one shape. */
const squares: Family = {
  forward(op, at) {
    const reduction = op.option("reduction");
    const n = op.kept(0)?.size ?? 0;
    const places = reduction === "none" ? [at] : (op.kept(0)?.places ?? []);
    const terms = places.map((place): Term => {
      const [x, y] = [op.kept(0)?.at(place), op.kept(1)?.at(place)];
      const known = x !== undefined && y !== undefined;
      const text = known ? `(${number(x)} − ${signed(number(y))})²` : "";
      const entries: Entry[] = [
        { of: 0, at: place },
        { of: 1, at: place },
      ];
      return { factors: [], times: known ? (x - y) ** 2 : Number.NaN, text, from: entries };
    });
    const index =
      reduction === "none" ? unravel(at, op.out) : op.shapes[0]!.map((_, d) => "ijkl"[d] ?? "…");
    const rule = `(${op.text(0, index)} − ${op.text(1, index)})²`;
    if (reduction === "none") return { rule, terms, count: 1 };
    const source: Source = { rule: `Σ ${rule}`, terms, count: n };
    if (reduction === "sum") return source;
    return { ...source, rule: `Σ ${rule} / ${n}`, scale: [1 / n, `/ ${n}`] };
  },
  backward(op, operand, at) {
    const reduction = op.option("reduction");
    const n = op.kept(0)?.size ?? 0;
    const index = unravel(at, op.shapes[0]!);
    const from = reduction === "none" ? at : 0;
    const [x, y, g] = [op.kept(0)?.at(at), op.kept(1)?.at(at), op.kept("g")?.at(from)];
    const mean = reduction !== "none" && reduction !== "sum";
    const two = operand ? "−2" : "2";
    const by = mean ? ` / ${n}` : "";
    let [value, text] = [Number.NaN, ""];
    if (x !== undefined && y !== undefined && g !== undefined) {
      value = (g * (operand ? -2 : 2) * (x - y)) / (mean ? n : 1);
      text = `${number(g)} · ${signed(two)} · (${number(x)} − ${signed(number(y))})${by}`;
    }
    const entries: Entry[] = [
      { of: "g", at: from },
      { of: 0, at },
      { of: 1, at },
    ];
    const rule = `${op.text("g", index)} · ${signed(two)} · (${op.text(0, index)} − ${op.text(1, index)})${by}`;
    return {
      rule,
      terms: entries.map((entry) => ({ factors: [entry] })),
      count: 1,
      made: { text, value },
    };
  },
};

export const CLASSES: Record<string, Family> = {
  softmax,
  logsoftmax: logSoftmax,
  crossentropy: crossEntropy,
  mse: squares,
};

import assert from "node:assert/strict";
import { test } from "node:test";
import { box } from "../core/box.ts";
import { toDot } from "../core/dot.ts";
import { fold, isGroup } from "../core/fold.ts";
import { readTrace, TraceProblem } from "../core/reader.ts";
import { forwardSteps, leastIndex, momentAt } from "../core/replay.ts";
import { search } from "../core/search.ts";
import { groupBox, opening, shown, titleWidth } from "../core/shown.ts";
import { excerpt, expression } from "../core/source.ts";
import { sentence, tableRows } from "../core/spoken.ts";
import { TraceStore } from "../core/store.ts";
import type { Trace } from "../core/types.ts";
import { derivation, Names, nodeTitle, operandsOf, summary, valueWords } from "../core/words.ts";
import { scalar } from "./fixture.ts";

type Tree = Record<string | number, unknown>;

/** A generator of its own (mulberry32), so that every run tries the same. */
function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const nest = (depth: number): unknown => (depth === 0 ? 1 : [nest(depth - 1)]);
const ODD: unknown[] = [
  ...[null, true, false, 0, -1, 1, 2, 2 ** 53, 0.5, -0, 1e308, 5e-324, Number.NaN, "NaN", ""],
  ...[[], {}, [[]], [null], [0, 0], [1, 0], [2, 0], { shape: [], values: [1] }, nest(60)],
  ...[
    { shape: [1e6], values: [] },
    { shape: [2, 2], tile: { rows: 1, columns: 1, values: [1] } },
  ],
  ...[
    "<script>alert(1)</script>",
    "\0",
    "\u202e",
    "\ud800",
    "constructor",
    "__proto__",
    "toString",
  ],
  ...[
    "x".repeat(9_999),
    "x".repeat(10_001),
    "(".repeat(4_999) + ")".repeat(4_999),
    "\\frac{",
    "$&",
    "a\nb",
    "🐱".repeat(60),
  ],
];

function places(tree: unknown, path: (string | number)[] = []): (string | number)[][] {
  if (typeof tree !== "object" || tree === null) return [];
  const keys = Array.isArray(tree) ? tree.map((_, at) => at) : Object.keys(tree);
  return keys.flatMap((key) => [[...path, key], ...places((tree as Tree)[key], [...path, key])]);
}

const at = (tree: unknown, path: (string | number)[]) =>
  path.reduce((part, key) => (part as Tree)[key], tree);

function damage(trace: Trace, roll: () => number): void {
  const pick = <T>(from: T[]): T => from[Math.floor(roll() * from.length)]!;
  for (let change = Math.floor(roll() * 3); change >= 0; change--) {
    const all = places(trace);
    const path = pick(all);
    const holder = at(trace, path.slice(0, -1)) as Tree;
    const key = path.at(-1)!;
    const way = roll();
    if (way < 0.6) holder[key] = structuredClone(pick(ODD));
    else if (way < 0.75 && Array.isArray(holder)) holder.splice(key as number, 1);
    else if (way < 0.75) delete holder[key];
    else if (way < 0.85 && Array.isArray(holder)) holder.push(structuredClone(pick(holder)));
    else holder[key] = structuredClone(at(trace, pick(all)));
  }
}

/** Everything that a view asks of a trace. */
function look(trace: Trace): void {
  const store = new TraceStore(trace);
  const { nodes } = store.trace;
  const nodeOf = (id: number) => nodes.find((node) => node.id === id)!;
  const names = new Names(trace);
  const folded = fold(nodes);
  for (const open of [new Set<string>(), new Set(folded.groups.keys()), opening(folded, 5)])
    assert.match(
      toDot(shown(folded, nodes, open), {
        box: (item) => (isGroup(item) ? groupBox(item, nodeOf) : box(nodeOf(item), null)),
        title: (frame) => titleWidth(frame, nodeOf),
      }),
      /^[\w\s{}[\]=.";>,:|-]*$/,
    );
  summary(trace);
  search(trace, "line 3 mul");
  for (const node of nodes) {
    box(node, node.grad ?? null);
    excerpt(trace, node.src);
    expression(trace, node);
    nodeTitle(trace, node);
    operandsOf(node, names);
    valueWords(node);
  }
  for (const [which, { steps }] of trace.replays.entries()) {
    forwardSteps(trace, which);
    for (let index = leastIndex(trace, which); index <= steps.length; index++) {
      const { gradients } = momentAt(trace, which, index);
      tableRows(trace, (id) => gradients.get(id)?.value ?? null, 50);
      sentence(trace, which, index);
    }
    for (const step of steps)
      for (const part of step.contributions) derivation(step, part, names, (id) => names.of(id));
  }
}

test("a damaged trace is read whole or refused in words, and never breaks a view", () => {
  const roll = dice(20_261_123);
  let [read, refused] = [0, 0];
  for (let round = 0; round < 800; round++) {
    const trace = scalar();
    damage(trace, roll);
    const text = JSON.stringify(trace);
    try {
      readTrace(trace);
    } catch (error) {
      assert.ok(
        error instanceof TraceProblem,
        `${(error as Error).stack}\n${text.slice(0, 3_000)}`,
      );
      assert.ok(error.message.length < 300);
      refused += 1;
      continue;
    }
    read += 1;
    try {
      look(trace);
    } catch (error) {
      assert.fail(`${(error as Error).stack}\n${text.slice(0, 6_000)}`);
    }
  }
  assert.ok(read > 40 && refused > 300, `${read} read, ${refused} refused`);
});

test("text that is cut or changed is refused in words or read whole", () => {
  const roll = dice(7);
  const whole = JSON.stringify(scalar());
  for (let round = 0; round < 500; round++) {
    const where = Math.floor(roll() * whole.length);
    const letter = String.fromCharCode(32 + Math.floor(roll() * 95));
    const text =
      round % 2 ? whole.slice(0, where) : whole.slice(0, where) + letter + whole.slice(where + 1);
    try {
      look(readTrace(text));
    } catch (error) {
      assert.ok(error instanceof TraceProblem, (error as Error).stack);
    }
  }
});

test("millions of brackets and a cycle of objects end in words", () => {
  const many = `{"schema":"learngrad-trace","version":1,"more":[${"[],".repeat(2_000_001)}[]]}`;
  assert.throws(() => readTrace(many), /more than 2000000 lists and objects/);
  const trace = scalar() as unknown as Tree;
  trace.me = trace;
  assert.throws(() => readTrace(trace), /nested too deeply/);
});

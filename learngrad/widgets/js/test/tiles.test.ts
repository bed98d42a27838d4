import assert from "node:assert/strict";
import { test } from "node:test";
import { blocksOf, firstOf, sheetWords } from "../core/tiles/blocks.ts";
import { backwardScene, forwardScene, type Scene } from "../core/tiles/scene.ts";
import { aloud } from "../core/tiles/trail.ts";
import type { Trace } from "../core/types.ts";
import { Names } from "../core/words.ts";
import { cases } from "./cases.ts";

const { whole, sampled } =
  cases<Record<"whole" | "sampled", Record<string, Trace>>>("tile_cases.json");
/** Every scene of a trace: what it is about, and the scene. */
function* scenes(trace: Trace): Generator<[string, Scene | null]> {
  const names = new Names(trace);
  for (const node of trace.nodes)
    if (node.kind === "operation") yield [`${node.op} forward`, forwardScene(node, names)];
  for (const replay of trace.replays)
    for (const step of replay.steps)
      for (const part of step.contributions) {
        const op = names.node(step.node)!.op;
        const call = names.at(step, replay);
        yield [`${op} back to ${part.letter}`, backwardScene(step, part, names, call)];
      }
}

for (const [name, trace] of Object.entries(whole))
  test(`every element of ${name} is what its formula gives`, () => {
    let told = 0;
    for (const [about, scene] of scenes(trace)) {
      for (const at of scene?.follow.kept.places ?? []) {
        const trail = scene!.trail(at)!;
        const says = `${about}, element ${at}: ${trail.rule} = ${trail.numbers} = ${trail.value}`;
        assert.equal(trail.agrees, true, says);
        assert.ok(trail.numbers || !trail.count, says);
        assert.equal(trail.rest, null, says);
        told += 1;
      }
    }
    assert.ok(told > 0, "there is nothing to follow");
  });

const followed = (trace: Trace, op: string) => {
  const scene = forwardScene(trace.nodes.find((node) => node.op === op)!, new Names(trace))!;
  return { scene, at: scene.follow.kept.places[0]! };
};

test("of a large tensor it is said which terms are kept, and what the others add", () => {
  const { scene, at } = followed(sampled["large matmul"]!, "matmul");
  const trail = scene.trail(at)!;
  assert.equal(trail.agrees, null);
  assert.deepEqual([trail.terms.length, trail.count], [8, 64]);
  const known = trail.terms.reduce((sum, { value }) => sum + value, 0);
  assert.ok(Math.abs(known + trail.rest! - trail.value) < 1e-9);
  assert.match(trail.numbers, / \+ …$/);
  assert.deepEqual(sheetWords(scene.sheets[0]!).slice(2), [
    "rows 2, 6 … of 32",
    "columns 4, 12 … of 64",
  ]);
});

test("every known part of a sampled trace fits what is shown", () => {
  for (const [name, trace] of Object.entries(sampled))
    for (const [about, scene] of scenes(trace)) {
      const large = trace.nodes.some(
        ({ op, preview }) => about.startsWith(`${op} `) && preview?.tile,
      );
      assert.ok(scene || !large, `${name}: ${about}`);
      for (const at of scene?.follow.kept.places ?? [])
        assert.notEqual(scene!.trail(at)!.agrees, false, `${name}: ${about}, element ${at}`);
    }
});

test("ten classes are kept whole, so a row's softmax can be followed", () => {
  const trace = sampled.digits!;
  const back = [...scenes(trace)].find(([about]) => about === "crossentropy back to x")![1]!;
  for (const at of back.follow.kept.places) assert.equal(back.trail(at)!.agrees, true);
});

test("numbers that do not give the element are not shown as if they did", () => {
  const trace = structuredClone(whole.matmul!);
  const product = trace.nodes.find((node) => node.op === "matmul")!;
  trace.nodes[product.edges[0]![0]]!.preview!.values![0] = 99;
  const trail = forwardScene(product, new Names(trace))!.trail(0)!;
  assert.deepEqual([trail.agrees, trail.numbers], [false, ""]);
});

test("round a corner rows stand beside rows and columns above columns", () => {
  const { scene } = followed(sampled["large matmul"]!, "matmul");
  const [left, above, right] = blocksOf(scene).map(([block]) => block!.rows);
  assert.equal(scene.corner, true);
  assert.equal(left!.length, right!.length);
  assert.equal(above![0]!.length, right![0]!.length);
});

test("the element to follow leads on from one that was chosen", () => {
  const { scene } = followed(whole.matmul!, "matmul");
  const { at, reached } = firstOf(scene, [{ of: 0, at: 4 }]); // row 1 of the left operand
  assert.equal(reached, true);
  assert.equal(Math.floor(at! / 4), 1);
  assert.equal(firstOf(scene, []).reached, false);
});

test("nothing can be followed through what a foreign trace leaves out", () => {
  const trace = structuredClone(whole.strided!);
  const node = trace.nodes.find(({ op }) => op === "conv")!;
  node.options = { g: { size: "8" } };
  assert.equal(forwardScene(node, new Names(trace)), null);
  const other = structuredClone(sampled["large matmul"]!);
  const product = other.nodes.find(({ op }) => op === "matmul")!;
  Object.assign(product.preview!.tile!, { rows: 2, columns: 2, values: [1, 2, 3, 4] });
  assert.equal(forwardScene(product, new Names(other)), null);
});

test("a formula for the ear", () => {
  assert.equal(
    aloud("Σₖ x[1, k] · W[k, 0] / 32 − 2"),
    "the sum over k of x[1, k] times W[k, 0] divided by 32 minus 2",
  );
});

test("a stranger's numbers do not keep anybody waiting", () => {
  const trace = structuredClone(whole.strided!);
  const node = trace.nodes.find(({ op }) => op === "conv")!;
  const g = { ...(node.options!.g as Record<string, number[]>) };
  const begun = performance.now();
  for (const wrong of [
    { kernel: [1e9, 1e9] },
    { stride: [0, 0] },
    { out: [1e15, 1e15] },
    { size: [-1, 0.5] },
    { groups: 0 },
  ]) {
    node.options = { g: { ...g, ...wrong } };
    for (const [, scene] of scenes(trace)) scene?.trail(scene.follow.kept.places[0]!);
  }
  const permuted = structuredClone(whole.moves!);
  for (const one of permuted.nodes) one.options = { dims: [7, -3, 0.5], dim: 99, axes: "0" };
  for (const [, scene] of scenes(permuted)) scene?.trail(scene.follow.kept.places[0]!);
  assert.ok(performance.now() - begun < 2000);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Contribution, Step, TraceNode } from "../core/types.ts";
import {
  bracketed,
  derivation,
  isWhole,
  Names,
  nodeTitle,
  sentence,
  summary,
  withNames,
} from "../core/words.ts";
import { scalar } from "./fixture.ts";

const trace = scalar();
const names = new Names(trace);
const steps = trace.replays[0]!.steps;
const chain = (step: Step, part = 0) =>
  derivation(step, step.contributions[part]!, names, names.at(step, 6)).chain;

test("a node is called by its name, or by the expression that made it", () => {
  assert.equal(names.of(0), "a");
  assert.equal(names.of(3), "a * a");
  assert.equal(nodeTitle(trace, names.node(4)!), "d = c + a * a");
});

test("an expression that made many nodes names none of them", () => {
  const many = scalar();
  many.nodes.push({ ...structuredClone(many.nodes[3]!), id: 7 });
  assert.equal(new Names(many).of(3), "× #3");
});

test("a derivative is spelled out in the learner's names, then in numbers", () => {
  assert.deepEqual(chain(steps[0]!), ["1 − loss²", "1 − (−0.7616)²", "0.42"]);
  assert.deepEqual(chain(steps[1]!), ["0.5"]);
  assert.deepEqual(chain(steps[2]!), ["1"]);
  assert.deepEqual(chain(steps[4]!), ["b", "−3"]);
});

test("letters are replaced all at once, and only whole words", () => {
  const node = {
    ...names.node(2)!,
    operands: ["a", "b"],
    edges: [
      [1, 0],
      [0, 0],
    ],
  } as TraceNode;
  assert.equal(
    withNames("a·exp(b) − abs(a) + out² · bᵀ", node, names.of.bind(names)),
    "b·exp(a) − abs(b) + c² · aᵀ",
  );
});

test("two nodes of one name are told apart within a step", () => {
  const loop = scalar();
  for (const id of [4, 5, 6]) loop.nodes[id]!.name = "h";
  const own = new Names(loop);
  const call = own.at(loop.replays[0]!.steps[0]!, 6);
  assert.deepEqual([call(6), call(5)], ["h₃", "h₂"]);
});

test("brackets stand where signs would be read wrongly, and nowhere else", () => {
  const cases = {
    a: "a",
    "a * b": "(a * b)",
    "(a * b).sum()": "(a * b).sum()",
    "f(a, b)": "f(a, b)",
    "x[0]": "x[0]",
    "−3": "(−3)",
    "0.weight": "0.weight",
  };
  for (const [text, wanted] of Object.entries(cases)) assert.equal(bracketed(text), wanted);
});

test("g as a word makes the text the whole contribution", () => {
  for (const text of ["g @ bᵀ", "aᵀ @ g", "gᵀ @ x", "g", "2·g·a"])
    assert.equal(isWhole(text), true, text);
  for (const text of ["b", "sign(a)", "log(a)", "grid", "1 − out²"])
    assert.equal(isWhole(text), false, text);
});

test("every step has a sentence with its numbers", () => {
  assert.match(sentence(trace, 0, 0, names), /loss begins with the gradient 1/);
  const said = sentence(trace, 0, 5, names);
  assert.match(said, /^Step 5 of 7\. c = a \* b\./);
  assert.match(said, /The gradient arriving is 0\.21\./);
  assert.match(
    said,
    /the derivative of c by a is b = −3; the contribution is −0\.63, added to 0\.8399 it makes 0\.21/,
  );
  assert.match(said, /To b: .* the contribution is 0\.42, the first to arrive there/);
  assert.match(sentence(trace, 0, 6, names), /b\.grad is written: 0\.42\./);
  assert.match(sentence({ ...trace, replays: [] }, 0, 0, names), /No backward replay/);
});

test("un-broadcasting and adding to an older gradient are said", () => {
  const other = scalar();
  const step = other.replays[0]!.steps[4]!;
  const part = step.contributions[0] as Contribution;
  part.summed_from = [32, 10];
  other.replays[0]!.steps[5]!.write!.before = { shape: [], values: [2] };
  assert.match(sentence(other, 0, 5, names), /summed from 32×10 to scalar/);
  assert.match(sentence(other, 0, 6, names), /b\.grad was 2 and becomes 0\.42/);
});

test("the whole graph in a sentence, with where it stopped", () => {
  assert.equal(summary(trace), "A graph of 5 operations, 2 leaves.");
  const failed = scalar();
  Object.assign(failed.nodes[6]!, { status: "failed", error: "sizes differ" });
  assert.match(summary(failed), /It stopped at loss: sizes differ/);
  assert.match(summary({ ...trace, nodes: [] }), /no nodes yet/);
});

test("going forward, a sentence says what went in and what came out", () => {
  const trace = scalar();
  const names = new Names(trace);
  assert.equal(sentence(trace, 0, -6, names), "Before the first of 5 operations.");
  assert.equal(
    sentence(trace, 0, -5, names),
    "Forward 1 of 5. c = a * b. From a = 2 and b = −3 comes −6.",
  );
  assert.match(sentence(trace, 0, -2, names), /^Forward 4 of 5\..* and 0\.5 comes −1\.$/);
});

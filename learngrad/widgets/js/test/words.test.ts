import assert from "node:assert/strict";
import { test } from "node:test";
import { rootSlot } from "../core/replay.ts";
import type { Step, TraceNode } from "../core/types.ts";
import {
  bracketed,
  derivation,
  isWhole,
  Names,
  nodeTitle,
  summary,
  withNames,
} from "../core/words.ts";
import { noteText } from "../views/said.ts";
import { scalar, unbound } from "./fixture.ts";

const trace = scalar();
const names = new Names(trace);
const steps = trace.replays[0]!.steps;
const chain = (step: Step, part = 0) =>
  derivation(step, step.contributions[part]!, names, names.at(step, trace.replays[0]!)).chain;

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

test("a result without a name is out, unless the learner has an out", () => {
  const plain = scalar();
  plain.nodes[3]!.src = null;
  const step = plain.replays[0]!.steps.find(({ node }) => node === 3)!;
  assert.equal(new Names(plain).at(step, plain.replays[0]!)(3), "out");
  plain.nodes[6]!.name = "out";
  const call = new Names(plain).at(step, plain.replays[0]!);
  assert.deepEqual([call(6), call(3)], ["out", "×"]);
});

test("of a long name the end is kept, which tells it from others", () => {
  const long = scalar();
  long.nodes[0]!.name = "encoder.layers.0.attention.in_proj_weight";
  long.nodes[1]!.name = "encoder.layers.0.attention.in_proj_bias";
  const called = new Names(long);
  assert.equal(called.of(0), "encoder.laye…proj_weight");
  assert.equal(called.of(1), "encoder.laye…n_proj_bias");
  assert.equal(nodeTitle(long, long.nodes[0]!), long.nodes[0]!.name);
});

test("two nodes of one name are told apart within a step", () => {
  const loop = scalar();
  for (const id of [4, 5, 6]) loop.nodes[id]!.name = "h";
  const own = new Names(loop);
  const call = own.at(loop.replays[0]!.steps[0]!, loop.replays[0]!);
  assert.deepEqual([call(6), call(5)], ["h₃", "h₂"]);
});

test("of several outputs each has its own name", () => {
  const parts = unbound();
  const called = (trace: typeof parts) => {
    const own = new Names(trace);
    const [product, apart] = trace.replays[0]!.steps;
    const call = own.at(product!, trace.replays[0]!);
    const { of, by, chain } = derivation(product!, product!.contributions[1]!, own, call);
    const call2 = own.at(apart!, trace.replays[0]!);
    const last = derivation(apart!, apart!.contributions[0]!, own, call2);
    return [of, by, chain[0], call2(1, 0), call2(1, 1), last.chain[0], String(last.whole)];
  };
  const text = "the g of each part, stacked";
  assert.deepEqual(called(parts), ["d", "b", "a", "a", "b", text, "true"]);
  assert.equal(nodeTitle(parts, parts.nodes[1]!), "a, b = unbind");
  for (const output of parts.nodes[1]!.outputs!) output.name = undefined;
  const [zero, one] = ["unbind[0]", "unbind[1]"];
  assert.deepEqual(called(parts), ["d", one, zero, zero, one, text, "true"]);
  parts.nodes[1]!.name = "parts";
  assert.equal(called(parts)[1], "parts[1]");
});

test("a replay that begins at one of several outputs is called by that", () => {
  const parts = unbound();
  const [, apart, write] = parts.replays[0]!.steps;
  apart!.upstream[0] = null;
  parts.replays[0] = { root: 1, seed: apart!.upstream[1]!, steps: [apart!, write!] };
  assert.equal(rootSlot(parts.replays[0]), 1);
  assert.equal(new Names(parts).at(apart!, parts.replays[0])(1, 1), "b");
});

test("what nobody named is called as its box is, and counted only among its like", () => {
  const plain = scalar();
  const square = { op: "pow", sign: "**", src: null, name: null, operands: ["a", "2"] };
  for (const id of [2, 3]) Object.assign(plain.nodes[id]!, square, { edges: [[0, 0], null] });
  const step = plain.replays[0]!.steps.find(({ node }) => node === 4)!;
  const call = new Names(plain).at(step, plain.replays[0]!);
  assert.deepEqual([call(2), call(3)], ["(·)²₁", "(·)²₂"]);
  plain.nodes[2]!.name = "c";
  const other = new Names(plain).at(step, plain.replays[0]!);
  assert.deepEqual([other(2), other(3)], ["c", "(·)²"]);
});

test("what is changed in place is not said to be what it is", () => {
  const own = structuredClone(trace);
  own.sources[0]!.text = own.sources[0]!.text.replace("d = c + a * a", "d += c");
  const { line } = own.nodes[4]!.src!;
  const text = own.sources[0]!.text.split("\n")[line - own.sources[0]!.first]!;
  const from = text.indexOf("d += c");
  Object.assign(own.nodes[4]!.src!, { column: from, end_line: line, end_column: from + 6 });
  assert.equal(nodeTitle(own, own.nodes[4]!), "d += c");
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

test("the whole graph in a sentence, with where it stopped", () => {
  assert.equal(summary(trace), "A graph of 5 operations, 2 leaves.");
  const failed = scalar();
  Object.assign(failed.nodes[6]!, { status: "failed", error: "sizes differ" });
  assert.match(summary(failed), /An error was caught at loss: sizes differ/);
  const ended = { ...failed, status: "failed" as const };
  assert.match(summary(ended), /It stopped at loss: sizes differ/);
  const later = { ...ended, error: "KeyError: 'k'" };
  assert.match(summary(later), /caught at loss: sizes differ The program ended .* KeyError: 'k'/);
  assert.match(noteText(later, ""), /^stopped by KeyError/);
  const beside = { ...scalar(), status: "failed" as const, error: "KeyError: 'k'" };
  assert.match(summary(beside), /The program ended there, with KeyError: 'k'\.$/);
  assert.match(noteText(beside, ""), /^stopped by KeyError: 'k' · /);
  assert.match(noteText(failed, ""), /nodes$/);
  assert.match(noteText({ ...failed, status: "failed" }, ""), /^stopped by an error · /);
  assert.match(summary({ ...trace, nodes: [] }), /no nodes yet/);
  const cut = summary({ ...trace, truncated: { nodes: 80_001, rest: [] } });
  assert.match(cut, /^Only the beginning of a program: its first 7 nodes .* 80,001 operations/);
});

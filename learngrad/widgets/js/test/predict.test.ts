import assert from "node:assert/strict";
import { test } from "node:test";
import {
  judge,
  type Question,
  Quiz,
  readNumber,
  readShape,
  readSheet,
  type Sheet,
  told,
} from "../core/predict.ts";
import { momentAt } from "../core/replay.ts";
import { sentence, tableRows } from "../core/spoken.ts";
import { TraceStore } from "../core/store.ts";
import { Veil, veil } from "../core/veil.ts";
import { cases } from "./cases.ts";
import { scalar } from "./fixture.ts";

interface Cases extends Pick<Sheet, "hints"> {
  numbers: [string, number, number][];
  no_numbers: string[];
  shapes: [string, number[]][];
  no_shapes: string[];
  questions: Record<string, Question>;
  judged: [string, string, string, string][];
  told: Record<string, string>;
}
const given = cases<Cases>("answer_cases.json");
const sheet = { questions: Object.values(given.questions), hints: given.hints };

test("numbers and shapes are read as Python reads them", () => {
  for (const [typed, value, unit] of given.numbers) {
    const [read, size] = readNumber(typed)!;
    assert.ok(Math.abs(read - value) <= 1e-12 * Math.abs(value), typed);
    assert.ok(Math.abs(size - unit) <= 1e-12, typed);
  }
  for (const typed of given.no_numbers) assert.equal(readNumber(typed), null, typed);
  for (const [typed, shape] of given.shapes) assert.deepEqual(readShape(typed), shape, typed);
  for (const typed of given.no_shapes) assert.equal(readShape(typed), null, typed);
});

test("answers are judged as Python judges them", () => {
  for (const [name, typed, kind, hint] of given.judged)
    assert.deepEqual(
      judge(given.questions[name]!, typed, given.hints),
      { kind, hint },
      `${name}: ${typed}`,
    );
  for (const [name, text] of Object.entries(given.told))
    assert.equal(told(given.questions[name]!), text);
});

test("nobody gets past a question, and a step back lets go of it", () => {
  const quiz = new Quiz(sheet, () => 0);
  assert.equal(quiz.allow(0, 5), 0);
  assert.equal(quiz.asking, given.questions.third);
  assert.equal(quiz.left(0, 1), 2);
  assert.equal(quiz.allow(0, -1), -1);
  assert.equal(quiz.asking, null);
  assert.equal(quiz.allow(0, 3), 0);
  assert.equal(quiz.answer("1/3").over, true);
  assert.equal(quiz.allow(0, 3), 0); // another one stands before the same step
  assert.equal(quiz.answer("5").over, false);
  assert.equal(quiz.allow(0, 3), 0); // asking for it again forgets no wrong answer
  assert.equal(quiz.answer("5").over, true);
  assert.equal(quiz.allow(0, 1), 1);
  assert.equal(quiz.allow(0, 3), 1);
  assert.equal(quiz.allow(1, 7), 7); // another replay has no questions
  assert.equal(quiz.seen(0), 1);
  assert.equal(quiz.score(), "1 of 2 right");
  quiz.skip(0, 2);
  assert.equal(quiz.allow(0, 3), 2);
  assert.equal(quiz.asking, given.questions.turn);
  quiz.giveUp();
  quiz.reset();
  assert.equal(quiz.score(), "no question answered yet");
  assert.equal(quiz.allow(0, 3), 0); // everything stands again
});

test("a wrong answer, and then the right one", () => {
  const quiz = new Quiz(sheet, () => 0);
  quiz.allow(0, 1);
  const said = ["what?", "0.3", "12.5", "0.333"].map((typed) => quiz.answer(typed));
  assert.deepEqual(
    said.map(({ kind, over }) => [kind, over]),
    [
      ["unread", false],
      ["rough", false],
      ["wrong", false],
      ["right", true],
    ],
  );
  assert.equal(quiz.score(), "1 of 1 right, 0 at the first try");
});

test("what is no sheet of questions is refused", () => {
  assert.equal(readSheet(sheet), sheet);
  for (const bad of [null, {}, { questions: [], hints: null }, { questions: [{}], hints: {} }])
    assert.throws(() => readSheet(bad), /cannot be read/);
});

/** Everything that views say of a trace at an index. */
const said = (trace: ReturnType<typeof scalar>, index: number) => {
  const { gradients } = momentAt(trace, 0, index);
  const rows = tableRows(trace, (id) => gradients.get(id)?.value ?? null, 99);
  return `${sentence(trace, 0, index)} ${JSON.stringify(rows)}`;
};

test("what has been seen is as it was", () => {
  const [whole, steps] = [scalar(), scalar().replays[0]!.steps.length];
  for (let seen = -6; seen <= steps; seen++)
    for (let index = -6; index <= seen; index++) {
      const veiled = veil(whole, 0, seen);
      const [now, then] = [momentAt(veiled, 0, index), momentAt(whole, 0, index)];
      assert.deepEqual([...now.gradients.keys()], [...then.gradients.keys()]);
      assert.equal(sentence(veiled, 0, index), sentence(whole, 0, index));
    }
});

test("what has not been seen is nowhere in a veiled trace", () => {
  const whole = scalar();
  // Numbers of its own for each value that is to come.
  whole.nodes.forEach((node, at) => {
    if (node.kind === "operation") node.preview = { shape: [], values: [9000.5 + at] };
    if (node.grad) node.grad = { shape: [], values: [8000.5 + at] };
  });
  whole.replays[0]!.steps.forEach((step, at) => {
    const value = { shape: [], values: [7000.5 + at] };
    step.upstream = [value];
    for (const part of step.contributions) {
      part.value = value;
      part.after = value;
      part.numbers = String(7000.5 + at);
    }
    if (step.write) step.write.after = value;
  });
  const forward = whole.nodes.filter(({ kind }) => kind === "operation");
  for (let seen = -6; seen <= 7; seen++) {
    const text = JSON.stringify(veil(whole, 0, seen));
    assert.doesNotMatch(text, /800\d\.5/);
    whole.replays[0]!.steps.forEach((_, at) => {
      assert.equal(text.includes(String(7000.5 + at)), at < seen, `step ${at} at ${seen}`);
    });
    forward.forEach((node, at) => {
      const ran = seen >= 0 || at <= forward.length + seen;
      assert.equal(text.includes(String(node.preview!.values![0])), ran, `${at} at ${seen}`);
    });
    assert.ok(said(veil(whole, 0, seen), seen));
  }
});

test("a gradient from before the recording is no secret", () => {
  const whole = scalar();
  whole.nodes[0]!.grad = { shape: [], values: [5] };
  whole.replays[0]!.steps = whole.replays[0]!.steps.filter(({ node }) => node !== 0);
  assert.deepEqual(veil(whole, 0, 0).nodes[0]!.grad, { shape: [], values: [5] });
});

test("a veil follows the store, and lifts", () => {
  const store = new TraceStore(scalar());
  let seen: number | null = -6;
  const veiled = new Veil(store, () => (seen === null ? null : { replay: 0, index: seen }));
  const operation = store.trace.nodes.find(({ kind }) => kind === "operation")!;
  assert.deepEqual(veiled.node(operation.id)!.preview, { shape: [], values: ["?"] });
  assert.equal(veiled.trace, veiled.trace); // made once
  seen = 0;
  assert.equal(veiled.node(operation.id)!.preview, operation.preview);
  seen = null;
  assert.equal(veiled.trace, store.trace);
  assert.equal(veiled.node(99), undefined);
});

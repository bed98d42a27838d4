import assert from "node:assert/strict";
import { test } from "node:test";
import type { Moment } from "../core/replay.ts";
import {
  atRest,
  forwardSteps,
  indexOf,
  leastIndex,
  momentAt,
  newest,
  noReplay,
  replayedBy,
  Stepper,
} from "../core/replay.ts";
import { sentence } from "../core/spoken.ts";
import type { Slot, Trace } from "../core/types.ts";
import { refusal } from "../core/words.ts";
import { scalar, unbound } from "./fixture.ts";

const value = (moment: Moment, id: number) =>
  moment.gradients.get(id)?.value.values?.[0] as number | undefined;

test("before the first step only the root has a gradient: its seed", () => {
  const moment = momentAt(scalar(), 0, 0);
  assert.deepEqual([...moment.gradients.keys()], [6]);
  assert.equal(value(moment, 6), 1);
  assert.equal(moment.step, null);
});

test("each step passes a gradient on, and marks where it came from and went", () => {
  const moment = momentAt(scalar(), 0, 1);
  assert.equal(moment.step!.node, 6);
  assert.deepEqual([...moment.active], ["6:0"]);
  assert.deepEqual([...moment.reached], [5]);
  assert.equal(value(moment, 5)!.toFixed(4), "0.4200");
});

test("a leaf that is used twice collects, and is written once", () => {
  // d = c + a·a: after the step of a·a both its contributions have come, c's has not.
  const collecting = momentAt(scalar(), 0, 4);
  assert.equal(value(collecting, 0)!.toFixed(4), "0.8399");
  assert.equal(collecting.gradients.get(0)!.arriving, true);
  const end = momentAt(scalar(), 0, 7);
  assert.equal(value(end, 0)!.toFixed(4), "0.2100");
  assert.equal(end.gradients.get(0)!.arriving, false);
});

test("several outputs have a gradient each", () => {
  const each = (index: number) => momentAt(unbound(), 0, index).gradients.get(1)?.value.each;
  const values = (index: number) => each(index)?.map((one) => one?.values?.[0]);
  assert.equal(each(0), undefined);
  assert.deepEqual(values(1), [3, 2]);
  assert.deepEqual(values(3), [3, 2]);
  const rest = atRest(unbound()).gradients.get(1)!.value;
  assert.deepEqual(rest.each?.length, 2);
});

test("at the end every gradient is what the nodes have", () => {
  const trace = scalar();
  const end = momentAt(trace, 0, trace.replays[0]!.steps.length);
  for (const node of trace.nodes)
    assert.deepEqual(end.gradients.get(node.id)!.value.values, node.grad!.values, `of ${node.id}`);
});

test("going back is the same as never having gone on", () => {
  const trace = scalar();
  const first = momentAt(trace, 0, 3);
  momentAt(trace, 0, 7);
  assert.deepEqual(momentAt(trace, 0, 3), first);
});

test("a second replay begins with what the first one wrote", () => {
  const trace = scalar();
  const again = structuredClone(trace.replays[0]!);
  for (const step of again.steps)
    if (step.write) step.write = { before: step.write.after, after: { shape: [], values: [9] } };
  trace.replays.push(again);
  const start = momentAt(trace, 1, 0);
  assert.equal(value(start, 1)!.toFixed(4), "0.4200");
  assert.equal(start.gradients.has(5), false);
  assert.equal(value(momentAt(trace, 1, 7), 1), 9);
});

/** Two turns of a loop: nodes 7 to 13 are 0 to 6 once more, but for the leaves. */
function twoTurns(): Trace {
  const trace = scalar();
  const [replay] = trace.replays;
  const moved = (id: number) => (id < 2 ? id : id + 5);
  const text = (value: unknown) => structuredClone(value) as typeof trace.nodes;
  for (const node of text(trace.nodes.slice(2))) {
    const edges = node.edges.map((edge): Slot | null => edge && [moved(edge[0]), edge[1]]);
    trace.nodes.push({ ...node, id: moved(node.id), edges });
  }
  const again = structuredClone(replay!);
  again.root = moved(again.root);
  for (const step of again.steps) {
    step.node = moved(step.node);
    for (const part of step.contributions) part.to[0] = moved(part.to[0]);
    if (step.write) step.write.before = step.write.after;
  }
  trace.replays.push(again);
  return trace;
}

test("what an earlier replay went through stays as that left it", () => {
  const trace = twoTurns();
  const count = trace.replays[1]!.steps.length;
  for (const index of [count, 0, -1]) {
    const moment = momentAt(trace, 1, index);
    assert.equal(value(moment, 5)!.toFixed(4), "0.4200", `at ${index}`);
    assert.ok(moment.visited.has(5));
  }
  assert.equal(momentAt(trace, 1, 0).visited.has(10), false);
  assert.equal(momentAt(trace, 0, 0).visited.size, 0);
  assert.equal(replayedBy(trace, 1, 5), 1);
  assert.equal(replayedBy(trace, 1, 10), 0);
  assert.equal(replayedBy(trace, 0, 5), 0);
});

test("the replay to look at is the newest that made a step", () => {
  const trace = scalar();
  trace.replays.push({ root: 6, seed: trace.replays[0]!.seed, steps: [] });
  assert.equal(newest(trace), 0);
  assert.equal(newest({ ...trace, status: "recording" }), 1);
  assert.equal(newest({ ...trace, replays: trace.replays.slice(1) }), 0);
  assert.equal(newest({ ...trace, replays: [] }), 0);
});

test("a backward call that was refused says so, and why", () => {
  const trace = scalar();
  trace.replays.push({ root: 6, seed: trace.replays[0]!.seed, steps: [] });
  for (const node of trace.nodes) node.status = "ok";
  assert.equal(refusal(trace, 0), "");
  assert.equal(refusal(trace, 1), "Backward 2 ended before its first step.");
  trace.nodes[6]!.status = "freed";
  assert.match(refusal(trace, 1), /first step: a backward call .* retain_graph=True\.$/);
  const ended = { ...trace, status: "failed" as const, error: "GraphError: freed already." };
  assert.equal(
    refusal(ended, 1),
    "Backward 2 ended before its first step: GraphError: freed already.",
  );
  assert.equal(sentence(ended, 1, 0), refusal(ended, 1));
  assert.equal(refusal({ ...trace, status: "recording" }, 1), "");
});

test("without a replay the gradients are those the nodes brought along", () => {
  const trace = { ...scalar(), replays: [] };
  assert.deepEqual(momentAt(trace, 0, 0), atRest(trace));
});

test("the stepper follows a growing replay until somebody moves it", () => {
  const stepper = new Stepper();
  stepper.resize(3);
  assert.equal(stepper.index, 3);
  assert.equal(stepper.go(1), true);
  stepper.resize(9);
  assert.equal(stepper.index, 1);
  assert.equal(stepper.go(99), true);
  assert.equal(stepper.index, 9);
  assert.equal(stepper.go(-5), true);
  assert.equal(stepper.index, 0);
  assert.equal(stepper.go(0), false);
  stepper.go(9);
  stepper.resize(2);
  assert.equal(stepper.index, 2);
});

test("going forward, operations run one after another", () => {
  const trace = scalar();
  const ops = forwardSteps(trace, 0).map(({ id }) => id);
  assert.deepEqual(ops, [2, 3, 4, 5, 6]);
  assert.equal(leastIndex(trace, 0), -6);
  const none = momentAt(trace, 0, -6);
  assert.equal(none.ran, null);
  assert.deepEqual([...none.pending], ops);
  const third = momentAt(trace, 0, -3);
  assert.equal(third.ran!.id, 4);
  assert.deepEqual([...third.pending], [5, 6]);
  assert.deepEqual([...third.active], ["4:0", "4:1"]);
  assert.equal(third.gradients.size, 0);
  const last = momentAt(trace, 0, -1);
  assert.equal(last.ran!.id, 6);
  assert.equal(last.pending.size, 0);
});

test("a second replay's forward steps are those since the first", () => {
  const trace = scalar();
  trace.replays.push({ ...structuredClone(trace.replays[0]!), root: 9 });
  for (const id of [7, 8, 9]) trace.nodes.push({ ...structuredClone(trace.nodes[4]!), id });
  assert.deepEqual(
    forwardSteps(trace, 1).map(({ id }) => id),
    [7, 8, 9],
  );
  assert.deepEqual([...momentAt(trace, 1, -4).pending], [7, 8, 9]);
});

test("a node's turn comes in the replay, or going forward", () => {
  const trace = scalar();
  assert.equal(indexOf(trace, 0, 6), 1);
  assert.equal(momentAt(trace, 0, indexOf(trace, 0, 3)!).step!.node, 3);
  const unplayed = { ...trace, replays: [] };
  assert.equal(indexOf(unplayed, 0, 3), -4);
  assert.equal(momentAt(unplayed, 0, -4).ran!.id, 3);
  assert.equal(indexOf(unplayed, 0, 0), null);
});

test("the stepper goes below 0 as far as there are operations", () => {
  const stepper = new Stepper();
  stepper.resize(3, -6);
  assert.equal(stepper.go(-99), true);
  assert.equal(stepper.index, -6);
  assert.equal(stepper.atStart, true);
  stepper.resize(3, 0);
  assert.equal(stepper.index, 0);
});

test("why there is nothing to replay", () => {
  const trace = { ...scalar(), replays: [] };
  assert.match(noReplay(trace), /gradients are those of one before/);
  for (const node of trace.nodes) node.grad = undefined;
  assert.match(noReplay(trace), /No gradients yet: they come with \w*\.?backward\(\)\./);
  assert.match(noReplay({ ...trace, status: "failed" }), /stopped before any gradient/);
  assert.match(noReplay({ ...trace, truncated: { nodes: 9 } }), /only counted/);
  const many = trace.nodes.map((node) => ({ ...node, name: "h", shape: [2] }));
  assert.match(noReplay({ ...trace, nodes: many }), /with h\.sum\(\)\.backward\(\)/);
  const one = many.map((node) => ({ ...node, shape: [1], name: "h".repeat(50) }));
  assert.match(noReplay({ ...trace, nodes: one }), /with h{20}…h{19}\.backward\(\)/);
  const none = trace.nodes.map((node) => ({ ...node, requires_grad: false }));
  assert.match(noReplay({ ...trace, nodes: none }), /nothing here asks for one/);
  const only = none.map((node, at) => (at ? node : { ...node, requires_grad: true }));
  assert.match(noReplay({ ...trace, nodes: only }), /nothing was computed from it/);
  const hidden = only.map((node) => ({ ...node, no_grad: node.kind === "operation" }));
  assert.match(noReplay({ ...trace, nodes: hidden }), /ran under no_grad, though a asks/);
  assert.match(noReplay({ ...trace, nodes: [] }), /No tensor was computed/);
});

test("what was changed in place since is shown as it was then", () => {
  const trace = scalar();
  const first = trace.nodes.find(({ kind }) => kind === "operation")!;
  const [leaf] = first.edges[0]!;
  first.given = { 0: { shape: [], values: [9] } };
  const before = [-leastIndex(trace, 0) - 1, -leastIndex(trace, 0)].map(
    (back) => momentAt(trace, 0, -back).values.get(leaf)?.values?.[0],
  );
  assert.deepEqual(before, [9, 9]);
  assert.equal(momentAt(trace, 0, -1).values.size, 0); // who ran last was given what is there now
  assert.equal(momentAt(trace, 0, 3).values.get(leaf)?.values?.[0], 9);
});

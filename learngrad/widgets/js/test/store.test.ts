import assert from "node:assert/strict";
import { test } from "node:test";
import { TraceStore } from "../core/store.ts";
import type { Delta } from "../core/types.ts";
import { scalar } from "./fixture.ts";

const delta = (from: number, to: number, change: Partial<Delta> = {}): Delta => ({
  type: "delta",
  status: "recording",
  from,
  to,
  ...change,
});

/** The fixture as a sequence of changes, one item each. */
function changes(): Delta[] {
  const { sources, nodes, replays } = scalar();
  const [replay] = replays;
  const found: Partial<Delta>[] = [
    { sources },
    ...nodes.map((node) => ({ nodes: [node] })),
    { replays: [{ index: 0, root: replay!.root, seed: replay!.seed }] },
    ...replay!.steps.map((step, index) => ({ steps: [{ replay: 0, index, step }] })),
  ];
  return found.map((change, at) => delta(at, at + 1, change));
}

test("changes one by one give the whole trace", () => {
  const store = new TraceStore();
  for (const change of changes()) assert.equal(store.apply(change), "applied");
  const { nodes, replays, sources } = scalar();
  assert.deepEqual(store.trace.nodes, nodes);
  assert.deepEqual(store.trace.replays, replays);
  assert.deepEqual(store.trace.sources, sources);
  assert.equal(store.node(6)!.name, "loss");
});

test("an old change is dropped and a gap is seen, and neither changes anything", () => {
  const store = new TraceStore();
  const all = changes();
  for (const change of all.slice(0, 4)) store.apply(change);
  const before = structuredClone(store.trace);
  assert.equal(store.apply(all[2]!), "old");
  assert.equal(store.apply(all[6]!), "gap");
  assert.deepEqual(store.trace, before);
  assert.equal(store.apply(all[4]!), "applied");
});

test("a snapshot mends a gap; an older one is dropped", () => {
  const store = new TraceStore();
  const newest = { ...scalar(), revision: 50 };
  assert.equal(store.replace(newest), "applied");
  assert.equal(store.replace({ ...scalar(), revision: 40 }), "old");
  assert.equal(store.apply(delta(50, 51, { status: "done" })), "applied");
  assert.equal(store.trace.status, "done");
});

test("a node that comes again replaces the one known", () => {
  const store = new TraceStore({ ...scalar(), revision: 5 });
  const [node] = scalar().nodes;
  store.apply(delta(5, 6, { nodes: [{ ...node!, version: 3 }] }));
  assert.equal(store.trace.nodes.length, 7);
  assert.equal(store.node(0)!.version, 3);
});

test("a step past a hole or of an unknown replay is a gap", () => {
  const store = new TraceStore({ ...scalar(), revision: 5 });
  const step = scalar().replays[0]!.steps[0]!;
  assert.equal(store.apply(delta(5, 6, { steps: [{ replay: 0, index: 9, step }] })), "gap");
  assert.equal(store.apply(delta(5, 6, { steps: [{ replay: 3, index: 0, step }] })), "gap");
});

test("a recording whose kernel is gone has ended, until more of it is heard", () => {
  const store = new TraceStore();
  for (const change of changes()) store.apply(change);
  store.leave();
  assert.deepEqual([store.trace.status, store.trace.error], ["failed", "the end of its kernel"]);
  assert.equal(store.apply(delta(store.revision, store.revision + 1)), "applied");
  assert.deepEqual([store.trace.status, store.trace.error], ["recording", undefined]);
  store.leave();
  const same = { ...scalar(), status: "recording" as const, revision: store.revision };
  assert.equal(store.replace(same), "applied"); // it was only busy
  assert.deepEqual([store.trace.status, store.trace.error], ["recording", undefined]);
  assert.equal(store.replace({ ...same }), "old");
  store.leave();
  assert.equal(same.status, "recording");
  store.apply(delta(store.revision, store.revision + 1, { status: "done" }));
  store.leave();
  assert.equal(store.trace.status, "done");
});

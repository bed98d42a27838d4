import assert from "node:assert/strict";
import { test } from "node:test";
import { fold } from "../core/fold.ts";
import { looksAt, looksOf } from "../core/legend.ts";
import { atRest, leastIndex, momentAt } from "../core/replay.ts";
import { shown } from "../core/shown.ts";
import type { Trace } from "../core/types.ts";
import { scalar } from "./fixture.ts";

/** What the legend explains at an index, and at any. */
function legend(trace: Trace, index: number): [now: string[], ever: string[]] {
  const folded = fold(trace.nodes);
  const looks = looksOf(trace, shown(folded, trace.nodes, new Set(folded.groups.keys())));
  const moment = trace.replays.length || index < 0 ? momentAt(trace, 0, index) : atRest(trace);
  return [[...looksAt(looks, moment)].sort(), [...looks.keys()].sort()];
}

test("a legend explains what flows where it flows", () => {
  const trace = scalar();
  for (const node of trace.nodes) node.status = "ok";
  const [before, ever] = legend(trace, leastIndex(trace, 0));
  assert.deepEqual(
    before,
    ["constant", "leaf", "operation"].filter((kind) => ever.includes(kind)),
  );
  assert.ok(legend(trace, -1)[0].includes("lg-feeding"));
  assert.ok(!legend(trace, -1)[0].includes("lg-flowed"));
  assert.ok(!legend(trace, 0)[0].includes("lg-feeding"));
  assert.ok(!legend(trace, 0)[0].includes("lg-flowed"));
  assert.ok(legend(trace, 1)[0].includes("lg-flowed"));
});

test("a mark is explained from when on it is there", () => {
  const trace = scalar();
  const ops = trace.nodes.filter(({ kind }) => kind === "operation");
  for (const node of trace.nodes) node.status = "ok";
  ops[0]!.status = "freed";
  ops.at(-1)!.view = true;
  const steps = trace.replays[0]!.steps;
  const freed = steps.findIndex(({ node }) => node === ops[0]!.id) + 1;
  assert.ok(legend(trace, 0)[1].includes("freed"));
  assert.ok(!legend(trace, freed - 1)[0].includes("freed"));
  assert.ok(legend(trace, freed)[0].includes("freed"));
  assert.ok(!legend(trace, leastIndex(trace, 0))[0].includes("view"));
  assert.ok(legend(trace, -1)[0].includes("view"));
});

test("pictures are explained where there are some, and gradients' once they arrive", () => {
  const trace = scalar();
  assert.ok(!legend(trace, 1)[1].some((look) => look.startsWith("lg-seen")));
  const [leaf] = trace.nodes;
  leaf!.preview = { shape: [5], values: [1, 2, 3, 4, 5] };
  assert.ok(legend(trace, 0)[0].includes("lg-seen-value"));
  assert.ok(!legend(trace, 0)[0].includes("lg-seen-gradient"));
  const count = trace.replays[0]!.steps.length;
  assert.ok(legend(trace, count)[0].includes("lg-seen-gradient"));
});

test("where nothing was replayed, no gradient is said to flow", () => {
  const trace = { ...scalar(), replays: [] };
  assert.ok(!legend(trace, 0)[1].includes("lg-flowed"));
});

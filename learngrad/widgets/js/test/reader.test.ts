import assert from "node:assert/strict";
import { test } from "node:test";
import { LIMITS, readTrace, TraceProblem } from "../core/reader.ts";
import type { Trace } from "../core/types.ts";
import { scalar } from "./fixture.ts";

const refused = (change: (trace: Trace) => void, message: RegExp) => {
  const trace = scalar();
  change(trace);
  assert.throws(
    () => readTrace(trace),
    (error: Error) => {
      assert.ok(error instanceof TraceProblem, String(error));
      assert.match(error.message, message);
      return true;
    },
  );
};

test("a recorded trace is read, as data and as text", () => {
  assert.equal(readTrace(scalar()).nodes.length, 7);
  assert.equal(readTrace(JSON.stringify(scalar())).replays[0]!.steps.length, 7);
});

test("what is not a trace is refused in words", () => {
  assert.throws(() => readTrace("{"), /not valid JSON/);
  assert.throws(() => readTrace([]), /JSON object is expected/);
  assert.throws(() => readTrace({ schema: "other" }), /not a learngrad trace/);
});

test("a newer version is refused", () => {
  refused((trace) => {
    trace.version = 2;
  }, /reads up to 1: update it/);
});

test("too many nodes, too long texts and too much nesting are refused", () => {
  refused((trace) => {
    trace.nodes = Array.from({ length: LIMITS.nodes + 1 }, () => trace.nodes[0]!);
  }, /20001 nodes/);
  refused((trace) => {
    trace.nodes[0]!.name = "x".repeat(10_001);
  }, /text of 10001 characters/);
  refused((trace) => {
    trace.sources[0]!.text = "x".repeat(200_001);
  }, /text of 200001/);
  refused((trace) => {
    let nest: unknown = 1;
    for (let depth = 0; depth < 100; depth++) nest = [nest];
    (trace as unknown as Record<string, unknown>).more = nest;
  }, /nested too deeply/);
});

test("what called a node is a list of lines in sources of the trace", () => {
  const trace = scalar();
  trace.nodes[2]!.callers = [[trace.sources[0]!.id, 3, 3]];
  assert.equal(readTrace(trace), trace);
  for (const callers of [[[99, 3, 3]], [[0, 3]], [[0, 3, -1]], ["x"], 5])
    refused((trace) => {
      (trace.nodes[2] as { callers: unknown }).callers = callers;
    }, /what called it/);
});

test("a source may be long where a name may not", () => {
  const trace = scalar();
  trace.sources[0]!.text = "x\n".repeat(50_000);
  assert.equal(readTrace(trace), trace);
});

test("graphs that are none are refused: duplicates, cycles, unknown nodes", () => {
  refused((trace) => {
    trace.nodes[1]!.id = 0;
  }, /two nodes have the number 0/);
  refused((trace) => {
    trace.nodes[2]!.edges[0] = [2, 0];
  }, /not made before it/);
  refused((trace) => {
    trace.nodes[2]!.edges[0] = [5, 0];
  }, /not made before it/);
  refused((trace) => {
    trace.nodes = trace.nodes.slice(1);
  }, /which is not in the trace/);
  refused((trace) => {
    trace.replays[0]!.root = 99;
  }, /node 99/);
  refused((trace) => {
    trace.replays[0]!.steps[0]!.node = 99;
  }, /not in the trace/);
  refused((trace) => {
    trace.replays[0]!.steps[0]!.contributions[0]!.to = [99, 0];
  }, /reaches node 99/);
});

test("values that do not fit their shape are refused", () => {
  refused((trace) => {
    trace.nodes[0]!.preview!.values = [1, 2];
  }, /do not fit its shape/);
  refused((trace) => {
    trace.nodes[0]!.preview!.values = ["<b>" as never];
  }, /do not fit its shape/);
  refused((trace) => {
    trace.nodes[0]!.preview = { shape: [9, 9], tile: { rows: 2, columns: 2, values: [1] } };
  }, /tile that does not fit/);
  refused((trace) => {
    trace.nodes[0]!.preview!.values = [Number.NaN];
  }, /not finite/);
});

test("unknown members are kept and ignored", () => {
  const trace = { ...scalar(), later: { anything: [1, 2] } };
  assert.equal(readTrace(trace), trace);
});

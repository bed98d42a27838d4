import assert from "node:assert/strict";
import { test } from "node:test";
import { FlowStore, HEADS, KINDS, type Message, stuck } from "../core/flow.ts";
import {
  decades,
  extent,
  heights,
  quantile,
  ratioAt,
  ridge,
  shade,
  tenTo,
} from "../core/flow-shape.ts";
import { tones } from "../core/flow-tone.ts";
import { atRest } from "../core/replay.ts";
import type { Trace } from "../core/types.ts";
import { cases } from "./cases.ts";

interface Case {
  said: string;
  message: Message;
  buffers: string[];
  shades: [number | "NaN" | "Infinity", number | null][];
  extent: [number, number];
  heights: number[];
  ridge: string;
}

const given = cases<Case>("../descent/flow_cases.json");
const bytes = (text: string) => {
  const { buffer, byteOffset, byteLength } = Buffer.from(text, "base64");
  return new DataView(buffer, byteOffset, byteLength);
};
const buffers = given.buffers.map(bytes);

function store(): FlowStore {
  const made = new FlowStore();
  assert.equal(made.put(given.message, buffers), true);
  return made;
}

test("what Python packed is read, and said as Python says it", () => {
  const flow = store();
  const last = flow.moments.at(-1)!;
  assert.equal(flow.describe(last), given.said);
  assert.equal(flow.describe(undefined), "No step was seen yet.");
  assert.ok(flow.of(last, 0, "weights: count") > 0);
  assert.ok(Number.isNaN(flow.of(last, 0, "no such column")));
});

test("colours, the bins shown, and ridges are those of the static picture", () => {
  for (const [against, colour] of given.shades) assert.equal(shade(Number(against)), colour);
  const flow = store();
  const last = flow.moments.at(-1)!;
  assert.deepEqual([...extent(flow, [last], "gradients")], given.extent);
  const found = heights(flow.bins(last, last.order[0]!, "gradients"), [0, 56]);
  assert.ok(found.every((height, at) => Math.abs(height - given.heights[at]!) < 1e-6));
  assert.equal(ridge([0, 0.5, 1], 30, 10, 10), given.ridge);
});

const HEAD = { order: [0], said: [[0, "healthy"]] as [number, string][] };

function message(start: number, numbers: number[]): [Message, DataView[]] {
  const size = given.message.columns.length;
  return [
    {
      ...given.message,
      start,
      end: numbers.at(-1)! + 1,
      rows: [{ label: "a", layer: "Linear", bend: "" }],
      moments: numbers.map((number) => ({ ...HEAD, number, step: number })),
    },
    numbers.flatMap(() => [
      new DataView(new Float32Array(size).fill(1).buffer),
      new DataView(new Uint8Array(KINDS.length * 56).buffer),
    ]),
  ];
}

test("what is known is dropped, a hole is refused, a whole takes the place of all", () => {
  const flow = new FlowStore();
  assert.equal(flow.put(...message(0, [0, 1])), true);
  assert.equal(flow.put(...message(0, [0])), true);
  assert.equal(flow.put(...message(5, [5])), false);
  assert.equal(flow.put(...message(2, [4])), true);
  assert.deepEqual(
    flow.moments.map(({ step }) => step),
    [0, 1, 4],
  );
  assert.equal(flow.put(...message(0, [0, 3, 6])), true);
  assert.deepEqual(
    flow.moments.map(({ step }) => step),
    [0, 3, 6],
  );
});

test("of many moments as many are kept as in Python, and the newest", () => {
  const flow = new FlowStore();
  for (let at = 0; at < 1000; at++) {
    flow.put(...message(at, [at]));
    assert.equal(flow.moments.at(-1)!.step, at);
    assert.ok(flow.moments.length <= 120);
  }
  assert.ok(flow.moments.length > 60);
  assert.equal(flow.moments[0]!.step, 0);
});

test("the table has a column for each head", () => {
  const flow = store();
  for (const row of flow.table(flow.moments.at(-1)!)) assert.equal(row.length, HEADS.length);
  assert.match(flow.table(flow.moments.at(-1)!)[0]!.at(-2)!, /% saturated$/);
});

test("what is stuck is told as a share", () => {
  const flow = new FlowStore();
  const [head, parts] = message(0, [0]);
  const put = (name: string, value: number) =>
    parts[0]!.setFloat32(4 * head.columns.indexOf(name), value, true);
  for (const name of ["dead", "units", "saturated"]) put(name, Number.NaN);
  const told = () => {
    const made = new FlowStore();
    made.put(head, parts);
    return stuck(made, made.moments[0]!, 0);
  };
  assert.equal(told().text, "");
  put("saturated", 0.004);
  assert.equal(told().text, "< 1 % saturated");
  put("saturated", 0.614);
  assert.equal(told().text, "61 % saturated");
  put("dead", 37);
  put("units", 64);
  assert.deepEqual(told(), { share: 37 / 64, text: "37 of 64 dead" });
  assert.equal(flow.moments.length, 0);
});

test("quantiles lie within their bin", () => {
  const bins = new Uint8Array(56);
  assert.equal(quantile(bins, 0.5), null);
  bins[10] = 255;
  assert.equal(quantile(bins, 0.5), 10.5);
  bins[20] = 255;
  assert.equal(quantile(bins, 0.25), 10.5);
  assert.equal(quantile(bins, 0.75), 20.5);
  assert.equal(quantile(bins, 1), 21);
});

test("decades leave room for their names", () => {
  const ticks = decades(-40, [0, 56], 6);
  assert.deepEqual(
    ticks.map(({ text }) => text),
    ["10⁻¹²", "10⁻⁹", "10⁻⁶", "10⁻³", "1", "10³"],
  );
  assert.ok(ticks.every(({ at }) => at >= 0 && at <= 1));
  assert.deepEqual([tenTo(1), tenTo(-12), tenTo(0)], ["10", "10⁻¹²", "1"]);
});

test("a ratio lies on its scale, the rule of thumb in the middle", () => {
  assert.equal(ratioAt(1e-3), 0.5);
  assert.equal(ratioAt(0), 0);
  assert.equal(ratioAt(Number.POSITIVE_INFINITY), 1);
  assert.ok(Math.abs(ratioAt(1e-6)) < 1e-9 && Math.abs(ratioAt(1) - 1) < 1e-9);
});

function traceOf(program: (node: (id: number, shape: number[], grad: number[]) => void) => void) {
  const nodes: unknown[] = [];
  program((id, shape, grad) =>
    nodes.push({ id, kind: "parameter", grad: { shape, values: grad } }),
  );
  return { nodes, replays: [] } as unknown as Trace;
}

test("a graph's nodes have the colours of a flow, against the output's gradient", () => {
  const trace = traceOf((node) => {
    node(1, [2], [3e-6, -4e-6]);
    node(2, [2], [0, 0]);
    node(3, [2], [0.03, 0.04]);
    node(4, [2], [3, 4]);
    node(5, [], [1]);
    node(6, [2], [Number.NaN, 1]);
  });
  trace.nodes.pop();
  const found = tones(trace, 0, atRest(trace));
  assert.deepEqual(
    [...found].map(([id, { colour }]) => [id, colour]),
    [
      [1, 0],
      [2, 0],
      [3, 2],
      [4, 4],
      [5, 3],
    ],
  );
  assert.deepEqual(
    [...found.values()].map(({ said }) => said),
    [
      "gradient 1e6× smaller than at the output",
      "gradient 0",
      "gradient 100× smaller than at the output",
      "gradient about as large as at the output",
      "gradient 3.5× smaller than at the output",
    ],
  );
});

test("of single numbers the loss is the output; what is no number has no colour", () => {
  const trace = traceOf((node) => {
    node(1, [], [1e4]);
    node(2, [], [Number.NaN]);
    node(3, [], [1]);
  });
  const found = tones(trace, 0, atRest(trace));
  assert.deepEqual([...found.keys()], [1, 3]);
  assert.deepEqual(found.get(1), { colour: 8, said: "gradient 10000× larger than at the output" });
});

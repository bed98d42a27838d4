import assert from "node:assert/strict";
import { test } from "node:test";
import { instance } from "@viz-js/viz";
import { box } from "../core/box.ts";
import { follow, near, revealed, stageHeight, whole, zoomed } from "../core/camera.ts";
import { toDot } from "../core/dot.ts";
import { fold, isGroup } from "../core/fold.ts";
import { heat } from "../core/heat.ts";
import { readLayout } from "../core/layout.ts";
import { arrow, ease, halfway, lengthen, type Point } from "../core/morph.ts";
import { pieces } from "../core/python.ts";
import { groupBox, shown, titleWidth } from "../core/shown.ts";
import { excerpt, expression, holding, route } from "../core/source.ts";
import type { Caller, TraceNode } from "../core/types.ts";
import { scalar } from "./fixture.ts";

const sizes = (node: TraceNode) => box(node, null);

/** The DOT of nodes with these groups open. */
function dotOf(nodes: TraceNode[], open = new Set<string>()): string {
  const nodeOf = (id: number) => nodes.find((node) => node.id === id)!;
  return toDot(shown(fold(nodes), nodes, open), {
    box: (item) => (isGroup(item) ? groupBox(item, nodeOf) : sizes(nodeOf(item))),
    title: (frame) => titleWidth(frame, nodeOf),
  });
}

test("DOT holds numbers only: no name reaches Graphviz's language", () => {
  const { nodes } = scalar();
  for (const node of nodes) {
    node.name = '"]; evil [label="x';
    node.op = "<table>";
    node.sign = "\\N";
  }
  assert.doesNotMatch(dotOf(nodes), /evil|table|\\N/);
});

test("edges to nodes that are not drawn are left out", () => {
  const { nodes } = scalar();
  const dot = dotOf(nodes.slice(4));
  assert.doesNotMatch(dot, /2 -> 4/);
  assert.match(dot, /4 -> 5/);
});

test("Graphviz's answer becomes a layout: operands above results, every edge with its slot", async () => {
  const { nodes } = scalar();
  const viz = await instance();
  const result = viz.render(dotOf(nodes), { format: "json0" });
  assert.equal(result.status, "success");
  const layout = readLayout(JSON.parse(result.output!));
  assert.equal(Object.keys(layout.nodes).length, 7);
  assert.equal(layout.edges.length, 8);
  for (const node of nodes) {
    const [x, y, width, height] = layout.nodes[node.id]!;
    const wanted = sizes(node);
    assert.ok(Math.abs(width - wanted.width) <= 1 && height === wanted.height);
    assert.ok(x - width / 2 >= -1 && x + width / 2 <= layout.width + 1);
    for (const edge of node.edges) if (edge) assert.ok(layout.nodes[edge[0]]![1] < y);
  }
  for (const { from, to, points } of layout.edges) {
    assert.equal(points.length % 3, 1);
    const [[, start], [, end]] = [points[0]!, points.at(-1)!];
    const [[, top], [, bottom, , height]] = [layout.nodes[from[0]]!, layout.nodes[to]!];
    assert.ok(start > top && Math.abs(end - (bottom - height / 2)) < 3);
  }
  const twice = layout.edges.filter(({ to }) => to === 3);
  assert.deepEqual(twice.map(({ operand }) => operand).sort(), [0, 1]);
});

const curve: Point[] = [
  [0, 0],
  [0, 10],
  [0, 20],
  [0, 30],
];

test("a lengthened curve is the same curve", () => {
  const longer = lengthen(curve, 10);
  assert.equal(longer.length, 10);
  assert.deepEqual([longer[0], longer.at(-1)], [curve[0], curve.at(-1)]);
  for (const [x, y] of longer) assert.ok(x === 0 && y >= 0 && y <= 30);
  assert.deepEqual(halfway(longer)[0], 0);
  assert.deepEqual(halfway(curve), [0, 15]);
});

test("an arrow ends at the box and its wire before it", () => {
  const [wire, tip] = arrow(curve, 6);
  assert.match(wire, /^M0,0C0,10 0,20 0,24$/);
  assert.match(tip, /^M0,30L/);
  assert.deepEqual(arrow([]), ["", ""]);
});

test("time eases from 0 to 1", () => {
  assert.deepEqual([ease(0), ease(0.5), ease(1)], [0, 0.5, 1]);
});

const stage = { width: 600, height: 400 };

test("a small drawing is centred and larger, a large one readable with its focus in view", () => {
  const small = whole({ width: 200, height: 100 }, stage);
  assert.equal(small.scale, 1.25);
  assert.equal(small.x, (600 - 250) / 2);
  const tall = { width: 300, height: 9000 };
  const camera = follow(tall, stage, [150, 8000]);
  const y = camera.y + 8000 * camera.scale;
  assert.ok(camera.scale > 0.8 && y > 0 && y < 400);
  assert.ok(follow(tall, stage, [150, 10]).y > 0);
});

test("a drawing that is seen whole, but small, can be seen in its own size", () => {
  const tall = { width: 300, height: 560 };
  assert.ok(follow(tall, stage, null).scale < 0.7);
  assert.equal(near(tall, stage, null).scale, 1);
  const huge = { width: 300, height: 9000 };
  assert.equal(near(huge, stage, null).scale, follow(huge, stage, null).scale);
  const small = { width: 200, height: 100 };
  assert.deepEqual(near(small, stage, null), whole(small, stage));
});

test("zooming keeps the point under the pointer", () => {
  const before = { scale: 1, x: 10, y: 20 };
  const after = zoomed(before, 2, [100, 100]);
  assert.equal(after.x + ((100 - before.x) / before.scale) * after.scale, 100);
  assert.equal(zoomed(before, 1e9, [0, 0]).scale, 4);
});

test("what is in view already does not move", () => {
  const camera = { scale: 1, x: 0, y: 0 };
  assert.equal(revealed(camera, stage, [300, 200]), camera);
  assert.equal(revealed(camera, stage, [300, 2000]).y, -1800);
});

test("the stage is as high as the drawing, within bounds", () => {
  assert.equal(stageHeight({ width: 100, height: 10 }, 600, [200, 500]), 200);
  assert.equal(stageHeight({ width: 100, height: 9999 }, 600, [200, 500]), 500);
});

test("the marked columns are characters, also after wide ones", () => {
  const trace = scalar();
  const place = { source: 0, line: 1, column: 4, end_line: 1, end_column: 9, text: "" };
  trace.sources = [{ id: 0, label: "cell 1", first: 1, text: "🐱 = a * b\nnext" }];
  const found = excerpt(trace, place)!;
  assert.deepEqual(
    found.lines[0]!.parts,
    ["🐱 = ", "a * b", ""].map((_, at) => ["🐱 = ", "a * b", ""][at]),
  );
  assert.equal(found.lines[1]!.current, false);
});

test("an expression over several lines is no name", () => {
  const trace = scalar();
  const node = trace.nodes[4]!;
  assert.equal(expression(trace, node), "c + a * a");
  node.src!.end_line += 1;
  assert.equal(expression(trace, node), "");
});

test("what made a node, and what called that", () => {
  const trace = {
    ...scalar(),
    sources: [1, 2].map((id) => ({ id, label: `cell ${id}`, first: 1, text: "" })),
  };
  const { src } = scalar().nodes[4]!;
  const made = { src: { ...src!, source: 1 } };
  assert.equal(route(trace, made), "cell 1");
  assert.equal(route(trace, { ...made, callers: [[1, 9, 9]] }), "cell 1, called from line 9");
  const callers: Caller[] = [
    [2, 3, 4],
    [2, 8, 8],
  ];
  const far = "cell 1, called from line 3 of cell 2";
  assert.equal(route(trace, { ...made, callers }), `${far}, from line 8 of cell 2`);
  callers.push([1, 20, 20]);
  assert.equal(route(trace, { ...made, callers }), `${far}, …, from line 20`);
  const own: Caller = [1, src!.line, src!.line];
  assert.equal(route(trace, { ...made, callers: [own] }), "cell 1");
  assert.equal(route(trace, { src: null, callers }), "");
  trace.sources[0]!.label = "far/".repeat(500);
  assert.ok(route(trace, made).length <= 60);
});

test("a function's line is one of its cell's, too", () => {
  const sources = [
    { id: 0, label: "cell 1", first: 1, text: "import x\ndef f():\n    return 1\nf()" },
    { id: 1, label: "cell 1", first: 2, text: "def f():\n    return 1" },
    { id: 2, label: "cell 2", first: 2, text: "def f():\n    return 1" },
    { id: 3, label: "cell 1", first: 1, text: "what was in it before\n\n    return 2" },
  ];
  assert.deepEqual([...holding(sources, 0, 3)], [0, 1]);
  assert.deepEqual([...holding(sources, 1, 3)], [0, 1]);
  assert.deepEqual([...holding(sources, 0, 4)], [0]);
  assert.deepEqual([...holding(sources, 9, 1)], []);
});

test("a place whose source is missing shows its own line", () => {
  const trace = { ...scalar(), sources: [] };
  const found = excerpt(trace, { ...trace.nodes[4]!.src!, text: "d = c + a * a" })!;
  assert.equal(found.lines.length, 1);
  assert.equal(excerpt(trace, null), null);
});

test("coloured pieces are the line again", () => {
  const line = "for x in f('a # b', 1):  # why";
  const found = pieces(line);
  assert.equal(found.map(([text]) => text).join(""), line);
  assert.deepEqual(
    found.filter(([, look]) => look).map(([text, look]) => [text, look]),
    [
      ["for", "word"],
      ["in", "word"],
      ["'a # b'", "text"],
      ["# why", "comment"],
    ],
  );
});

test("a heat tile scales by the largest size, and shows what is no number", () => {
  const grid = heat({ shape: [2, 2], values: [1, -2, "NaN", 0] })!;
  assert.deepEqual(
    grid.cells.map(({ strength }) => strength),
    [0.5, -1, 0, 0],
  );
  assert.deepEqual(
    grid.cells.map(({ bad }) => bad),
    [false, false, true, false],
  );
  assert.equal(grid.columns, 2);
  assert.equal(heat({ shape: [40], values: Array(40).fill(0) })!.columns, 16);
  assert.equal(heat({ shape: [0], values: [] }), null);
  const tile = { rows: 8, columns: 8, values: Array(64).fill(1) };
  assert.equal(heat({ shape: [99, 99], tile })!.sampled, true);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { fold, type Group, type Item, isGroup } from "../core/fold.ts";
import { Folding, MOST_DRAWN } from "../core/folding.ts";
import { search } from "../core/search.ts";
import {
  groupBox,
  groupTitle,
  opening,
  shown,
  titleWidth,
  turnIn,
  turnsOf,
} from "../core/shown.ts";
import { split, withFar } from "../core/spans.ts";
import type { Trace, TraceNode } from "../core/types.ts";
import { cases } from "./cases.ts";
import { scalar } from "./fixture.ts";

interface Case {
  name: string;
  nodes: TraceNode[];
  most: number;
  tree: unknown;
  open: string[];
  boxes: unknown[];
  frames: unknown[];
  edges: unknown[];
  turns: unknown[];
}

const CASES = cases<Case[]>("fold_cases.json");

for (const { name, nodes, most, ...wanted } of CASES)
  test(`folded as in Python: ${name}`, () => {
    const byId = new Map(nodes.map((node) => [node.id, node]));
    const nodeOf = (id: number) => byId.get(id);
    const tree = (group: Group): unknown => [
      group.key,
      group.kind === "root" ? "" : groupTitle(group, nodeOf),
      group.operations,
      group.leaves,
      group.items.map((item) => (isGroup(item) ? tree(item) : item)),
    ];
    const folded = fold(nodes);
    assert.deepEqual(tree(folded.root), wanted.tree);
    const open = opening(folded, most);
    assert.deepEqual([...open].sort(), wanted.open);
    const drawn = shown(folded, nodes, open);
    const boxOf = (item: Item) => {
      if (!isGroup(item)) return item;
      const { lines, width } = groupBox(item, nodeOf);
      return [item.key, ...lines, width];
    };
    assert.deepEqual(drawn.boxes.map(boxOf), wanted.boxes);
    const frames = drawn.frames.map((frame) => [
      frame.key,
      drawn.round(frame)?.key ?? "",
      titleWidth(frame, nodeOf),
    ]);
    assert.deepEqual(frames, wanted.frames);
    const edges = drawn.edges.map(({ from, slot, to, operand }) =>
      JSON.stringify([`${from}`, slot, `${to}`, operand]),
    );
    assert.deepEqual(edges.sort(), wanted.edges.map((edge) => JSON.stringify(edge)).sort());
    const ran = nodes.filter(({ kind }) => kind === "operation");
    const turns = ran.map(({ id }) => [id, turnsOf(folded.root, id)]);
    assert.deepEqual(
      turns.filter(([, said]) => said),
      wanted.turns,
    );
    const parts = drawn.edges.flatMap((edge) => edge.parts);
    assert.equal(new Set(parts).size, parts.length);
  });

const nodesOf = (name: string) => CASES.find((one) => one.name === name)!.nodes;

/** A line of so many operations, all of them alike or none. */
const line = (count: number, unlike = false): TraceNode[] =>
  Array.from({ length: count }, (_, id) => ({
    ...scalar().nodes[3]!,
    id,
    op: unlike ? `op${id}` : "mul",
    edges: id ? [[id - 1, 0]] : [],
    scope: [],
    src: null,
  }));

test("a group is opened and closed, and stays so while the graph grows", () => {
  const folding = new Folding();
  folding.update(line(200));
  const [key] = folding.shown.boxes.filter(isGroup).map((group) => group.key);
  assert.equal(folding.shown.boxes.length, 2);
  assert.equal(folding.toggle(key!), 0);
  assert.ok(folding.isOpen(key!));
  assert.equal(folding.shown.boxes.length, 1 + 20);
  folding.update(line(210));
  assert.equal(folding.shown.boxes.length, 1 + 21);
  assert.equal(folding.toggle(key!), 0);
  assert.equal(folding.shown.boxes.length, 2);
});

test("all is opened as far as there is room, and closed", () => {
  const folding = new Folding();
  folding.update(line(300));
  assert.equal(folding.openAll(), true);
  assert.equal(folding.shown.boxes.length, 300);
  folding.closeAll();
  assert.equal(folding.shown.boxes.length, 2);
  folding.update(line(20_000, true));
  assert.equal(folding.openAll(), false);
  assert.ok(folding.shown.boxes.length <= MOST_DRAWN);
});

test("a loop is folded as a whole, read turn by turn, and opened again", () => {
  const folding = new Folding();
  folding.update(nodesOf("a sum that begins with a plain 0"));
  const boxes = () => folding.shown.boxes.length;
  const whole = boxes();
  assert.equal(folding.repeats, "open");
  folding.toggleRepeats();
  assert.equal(folding.repeats, "closed");
  const [repeat] = folding.shown.boxes.filter(isGroup);
  assert.equal(repeat!.count, 8);
  folding.toggle(repeat!.key);
  assert.equal(folding.shown.boxes.filter(isGroup).length, 8);
  folding.toggle(folding.shown.boxes.filter(isGroup)[2]!.key);
  assert.deepEqual(
    folding.shown.frames.map(({ kind }) => kind),
    ["repeat", "turn"],
  );
  assert.equal(turnIn(repeat!, (repeat!.items[2] as Group).last), 3);
  folding.toggleRepeats();
  assert.equal(folding.toggleRepeats(), 0);
  assert.equal(boxes(), whole);
});

test("whatever is open, each operation lights one box, and in a repeat one of its turns", () => {
  for (const { nodes, most } of CASES) {
    const folded = fold(nodes);
    const repeats = [...folded.groups.values()].filter(({ kind }) => kind === "repeat");
    const all = new Set(folded.groups.keys());
    const states = [all, opening(folded, most), new Set<string>()];
    for (const repeat of repeats) {
      states.push(new Set([...all].filter((key) => key !== repeat.key)));
      const turns = repeat.items.filter(isGroup).map(({ key }) => key);
      states.push(new Set([...all].filter((key) => !turns.slice(1).includes(key))));
    }
    for (const open of states) {
      const { at, boxes } = shown(folded, nodes, open);
      const drawn = new Set(boxes.map((box) => (isGroup(box) ? box.key : box)));
      for (const { id, kind } of nodes) {
        const lit = at.get(id)!;
        assert.ok(drawn.has(lit));
        const group = typeof lit === "string" ? folded.groups.get(lit)! : null;
        if (kind !== "operation" || group?.kind !== "repeat") continue;
        const said = turnsOf(folded.root, id).split(", ");
        const turn = turnIn(group, id);
        assert.ok(said.some((one) => one.endsWith(` ${turn} of ${group.count}`)));
      }
    }
  }
});

test("of finished layouts the one is taken in which a group is open, or closed", () => {
  const nodes = nodesOf("a loop over lines begins closed");
  const folded = fold(nodes);
  const [key] = [...folded.groups.keys()];
  const bare = { width: 1, height: 1, edges: [] };
  const spot = [0, 0, 1, 1] as [number, number, number, number];
  const all = Object.fromEntries(nodes.map(({ id }) => [id, spot]));
  const folding = new Folding([
    { ...bare, nodes: { [key!]: spot } },
    { ...bare, nodes: all, frames: { [key!]: spot } },
  ]);
  folding.update(nodes);
  assert.equal(folding.repeats, "closed");
  assert.ok(folding.shown.boxes.length < 10);
  folding.toggle(key!);
  assert.equal(folding.repeats, "open");
  assert.equal(folding.shown.boxes.length, nodes.length);
  const turn = folded.groups.get(key!)!.items[0] as Group;
  assert.equal(folding.canToggle(turn.key), false);
  assert.equal(folding.canToggle(key!), true);
  folding.closeAll();
  folding.reveal(nodes.at(-2)!.id);
  assert.equal(folding.shown.at.get(nodes.at(-2)!.id), nodes.at(-2)!.id);
});

test("what would draw too much stays closed and says how much it would be", () => {
  const folding = new Folding();
  folding.update(line(60 * 60, true));
  folding.openAll();
  let refused = 0;
  for (let round = 0; round < 60 && !refused; round++) {
    const closed = folding.shown.boxes.find(isGroup);
    if (!closed) break;
    refused = folding.toggle(closed.key);
  }
  assert.ok(refused > MOST_DRAWN);
  assert.ok(folding.shown.boxes.length <= MOST_DRAWN);
});

test("a node is shown by opening what it is in", () => {
  const folding = new Folding();
  folding.update(line(20_000));
  assert.notEqual(folding.shown.at.get(12_345), 12_345);
  folding.reveal(12_345);
  assert.equal(folding.shown.at.get(12_345), 12_345);
  assert.ok(folding.shown.boxes.length <= MOST_DRAWN);
});

test("with a finished layout the groups that it has as boxes are closed, and nothing is opened", () => {
  const nodes = nodesOf("an unrolled loop");
  const folding = new Folding([{ width: 1, height: 1, edges: [], nodes: { r1_1: [0, 0, 1, 1] } }]);
  folding.update(nodes);
  assert.equal(folding.folds, false);
  assert.deepEqual(
    folding.shown.boxes.filter(isGroup).map(({ key }) => key),
    ["r1_1"],
  );
});

test("edges across very many ranks are drawn over the layout; each box keeps its shortest", () => {
  const nodes = line(300);
  for (const node of nodes.slice(2)) node.edges.push([0, 0]);
  const folded = fold(nodes);
  const drawn = shown(folded, nodes, new Set(folded.groups.keys()));
  const [near, far] = split(drawn);
  assert.equal(near.length + far.length, drawn.edges.length);
  assert.ok(far.length > 100 && far.every(({ from }) => from === 0));
  assert.equal(split({ edges: near })[1].length, 0);
  const places = Object.fromEntries(nodes.map(({ id }) => [id, [0, 50 * id, 20, 20]]));
  const layout = { width: 1, height: 1, nodes: places, edges: [] } as never;
  const curve = withFar(layout, far).edges[0]!.points;
  assert.deepEqual([curve[0], curve.at(-1)![1]], [[0, 10], 50 * (far[0]!.to as number) - 10]);
});

test("a node is found by name, operation, module, line and shape; all words must fit", () => {
  const trace: Trace = scalar();
  const place = { source: 0, column: 0, end_line: 4, end_column: 3, text: "h = x @ W" };
  trace.nodes[3] = {
    ...trace.nodes[3]!,
    ...{ name: "hidden", sign: "@", op: "matmul", shape: [32, 10] },
    scope: [{ path: "encoder.0", class: "Linear", call: 1 }],
    src: { ...place, line: 3 },
  };
  const id = trace.nodes[3]!.id;
  for (const query of ["hid", "MATMUL @", "encoder linear", "line 4", "32×10", "x @ w"])
    assert.ok(search(trace, query).includes(id), query);
  assert.ok(!search(trace, "line 5 hidden").includes(id));
  assert.deepEqual(search(trace, "hidden nowhere"), []);
  assert.deepEqual(search(trace, "  "), []);
});

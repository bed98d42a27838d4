// How large cells are, and how much of a number stands in them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { heat } from "../core/heat.ts";
import { brief, cells as widthOf } from "../core/text.ts";
import { blocksOf, sheetWords } from "../core/tiles/blocks.ts";
import { forwardScene } from "../core/tiles/scene.ts";
import type { Scalar, Trace } from "../core/types.ts";
import { Names } from "../core/words.ts";
import { heatSize, measured } from "../views/tile-size.ts";
import { cases } from "./cases.ts";

const { whole } = cases<Record<"whole", Record<string, Trace>>>("tile_cases.json");

test("a value in the panel has its numbers, fewer digits, or none: never a part of one", () => {
  const values = [3.397e-12, -1.853e-11, 2.825e-11, 2.682e-12];
  const grid = heat({ shape: [2, 2], values })!;
  const seen = new Set<string | null>();
  for (let room = 400; room > 20; room -= 1) {
    const { width, texts } = heatSize(grid, room);
    seen.add(texts);
    if (!texts) continue;
    assert.ok(grid.columns * (width + 1) - 1 <= room, `${room} px`);
    for (const cell of grid.cells) assert.ok(6.4 * widthOf(cell[texts]) + 4 <= width, cell[texts]);
  }
  assert.deepEqual([...seen], ["text", "brief", null]);
});

test("shades become as narrow as their room", () => {
  const grid = heat({ shape: [1, 64], values: Array(64).fill(1) })!;
  for (const room of [600, 300, 130])
    assert.ok(grid.columns * (heatSize(grid, room).width + 1) - 1 <= room, `${room} px`);
  assert.equal(heatSize(grid, 600).width, 7);
});

test("a number for a narrow cell", () => {
  const cases: [Scalar, string][] = [
    [3.397e-12, "3.4e−12"],
    [-0.0004125, "−0.00041"],
    [1234.56, "1235"],
    [12.345, "12.3"],
    ["NaN", "NaN"],
    ["-Infinity", "−∞"],
    [true, "True"],
  ];
  for (const [value, text] of cases) assert.equal(brief(value), text);
});

test("round a corner the captions are counted, too", () => {
  const trace = structuredClone(whole.matmul!);
  const product = trace.nodes.find(({ op }) => op === "matmul")!;
  // What is narrow itself may have much said of it.
  const [left, above] = product.edges.map((edge) => trace.nodes[edge![0]]!);
  left!.preview = { shape: [2, 3], values: [1, 2, 3, 4, 5, 6].map((one) => -one * 1.2345e-8) };
  above!.preview = { shape: [3, 1], values: [1, 2, 3] };
  product.preview = { shape: [2, 1], values: [-1.728e-7, -3.951e-7] };
  product.shape = [2, 1];
  above!.shape = [3, 1];
  const scene = forwardScene(product, new Names(trace))!;
  assert.equal(scene.corner, true);
  const blocks = blocksOf(scene);
  const wordOf = (at: number) =>
    Math.max(
      ...sheetWords(scene.sheets[at]!)
        .join(" ")
        .split(" ")
        .map((word) => 6.6 * widthOf(word)),
    );
  let written = 0;
  for (let room = 700; room >= 260; room -= 5) {
    const sizes = measured(scene, blocks, room);
    if (!sizes[0]!.write) continue;
    const across = blocks.map(([block], at) => block!.rows[0]!.length * (sizes[at]!.width + 1));
    const columns = Math.max(across[0]!, wordOf(1)) + Math.max(across[2]!, wordOf(2));
    assert.ok(columns + 14 <= room - 50, `${columns} of ${room} px`);
    written += 1;
  }
  assert.ok(written > 0);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  along,
  backToFront,
  cut,
  fieldOf,
  lowest,
  progress,
  readSurface,
  Scale,
  type Surface,
  tableOf,
  turned,
} from "../core/surface.ts";

const buffer = (numbers: number[]) => new DataView(Float64Array.from(numbers).buffer);
const axis = (label: string, low = -1, high = 1) => ({ label, words: label, ends: [low, high] });
const STATUS = { done: 9, total: 25, seconds: 3, running: true };

function surface(state: Record<string, unknown> = {}): Surface {
  return readSurface({
    axes: [axis("α"), axis("β", 0, 4)],
    side: 3,
    finest: 5,
    size: 2410,
    values: buffer([4, 3, 4, 2, 1, 2, 5, Number.NaN, 5]),
    center: [0, 2],
    here: 1,
    words: "words",
    slice: "slice",
    how: "how",
    problem: "",
    status: STATUS,
    way: { steps: 2, last: 7, seen: 0.5 },
    places: buffer([-1, 0, 0, 2]),
    ...state,
  });
}

test("a surface is read; one that is not whole is refused with what is wrong", () => {
  assert.equal(surface().values.length, 9);
  assert.throws(() => surface({ values: buffer([1, 2]) }), /2 points, not 9/);
  assert.throws(() => surface({ axes: [] }), /one or two axes/);
  assert.throws(() => surface({ axes: [axis("α", 1, 1), axis("β")] }), /no ends/);
  assert.throws(() => surface({ side: 1e9 }), /cannot be drawn/);
  assert.ok(Number.isNaN(surface({ here: "nan" }).here));
});

test("the lowest point, and cuts through a point", () => {
  const field = fieldOf(surface())!;
  assert.deepEqual(lowest(field), { value: 1, at: [0, 2] });
  const across = cut(field, [0, 2], 0);
  assert.deepEqual([...across.values], [2, 1, 2]);
  assert.equal(along(across, 0.5), 1.5);
  assert.ok(Number.isNaN(along(across, 1.1)));
  assert.deepEqual([...cut(field, [-1, 2], 1).values], [4, 2, 5]);
  assert.equal(fieldOf(surface({ side: 0, values: buffer([]) })), null);
});

test("over one direction there is one row", () => {
  const line = surface({ axes: [axis("α")], values: buffer([3, 1, 2]), center: [0] });
  const field = fieldOf(line)!;
  assert.deepEqual([...cut(field, [0, 0], 0).values], [3, 1, 2]);
  assert.deepEqual(tableOf(line), {
    head: ["along the axis", "loss"],
    rows: [
      ["−1", "3"],
      ["0", "1"],
      ["1", "2"],
    ],
  });
});

test("the table has the highest row first, and says what is no number", () => {
  const { head, rows } = tableOf(surface());
  assert.deepEqual(head, ["", "−1", "0", "1"]);
  assert.deepEqual(rows[0], ["4", "5", "NaN", "5"]);
  assert.deepEqual(rows[2], ["0", "4", "3", "4"]);
});

test("how far it is, in words", () => {
  assert.equal(progress(surface()), "3 × 3 of 5 × 5 points, about 3 s left");
  const stopped = { ...STATUS, running: false };
  assert.equal(progress(surface({ status: stopped })), "3 × 3 of 5 × 5 points; stopped");
  const all = surface({ status: stopped, finest: 3 });
  assert.equal(progress(all), "3 × 3 points");
  const long = surface({ status: { ...STATUS, seconds: 600 } });
  assert.equal(progress(long), "3 × 3 of 5 × 5 points, about 10 min left");
});

test("a height is within the block, whatever the value", () => {
  const even = new Scale([0, 5, 10]);
  assert.deepEqual(
    [0, 5, 10, 99, Number.NaN, Number.POSITIVE_INFINITY].map((value) => even.share(value)),
    [0, 0.5, 1, 1, 1, 1],
  );
  const steep = Array.from({ length: 100 }, (_, k) => 10 ** (k / 10 - 3));
  const log = new Scale(steep, { values: [0.01, 1, 100], isLog: true });
  assert.equal(log.share(0), 0);
  assert.ok(log.share(1) > 0.2 && log.share(1) < 0.6);
  assert.equal(new Scale([2, 2]).share(2), 0);
});

test("turning by a quarter makes right into far", () => {
  const [x, , near] = turned([1, 0, 0], { round: 90, down: 0 });
  assert.ok(Math.abs(x) < 1e-12 && near < -0.99);
  assert.deepEqual(turned([0, 0, 1], { round: 30, down: 0 }), [0, 1, 0]);
  const above = turned([0.5, 0.25, 1], { round: 0, down: 90 });
  assert.ok(Math.abs(above[0] - 0.5) < 1e-12 && Math.abs(above[1] - 0.25) < 1e-12);
});

test("cells are painted from far to near, however it is turned", () => {
  for (const round of [-170, -100, -35, 10, 80, 130])
    for (const [order, axisAt] of backToFront(4, 4, { round, down: 30 }).map(
      (cells, k) => [cells, k] as const,
    )) {
      const depth = (cell: number) =>
        turned(axisAt ? [0, cell, 0] : [cell, 0, 0], { round, down: 30 })[2];
      const depths = order.map(depth);
      assert.deepEqual(
        depths,
        [...depths].sort((a, b) => a - b),
        `${round} ${axisAt}`,
      );
    }
});

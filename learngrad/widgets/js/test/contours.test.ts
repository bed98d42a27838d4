import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import {
  apart,
  bandOf,
  contour,
  type Field,
  levels,
  shadeOf,
  spot,
  ticks,
  valueAt,
} from "../core/contours.ts";

declare const CASES: string;
interface Case {
  name: string;
  rows: number;
  columns: number;
  values: (number | string)[];
  levels: number[];
  isLog: boolean;
  contours: {
    level: number | string;
    rings: number;
    lines: number;
    length: number;
    area: number;
  }[];
}
const cases = JSON.parse(readFileSync(`${CASES}/../descent/contour_cases.json`, "utf8")) as Case[];

function fieldOf({ rows, columns, values }: Case): Field {
  return { x: [0, columns - 1], y: [0, rows - 1], columns, rows, values: values.map(Number) };
}

function grid(f: (x: number, y: number) => number, size: number, count: number): Field {
  const at = (k: number) => -size + (2 * size * k) / (count - 1);
  const values = Float64Array.from({ length: count * count }, (_, k) =>
    f(at(k % count), at(Math.floor(k / count))),
  );
  return { x: [-size, size], y: [-size, size], columns: count, rows: count, values };
}

const points = (line: Float64Array) =>
  Array.from({ length: line.length / 2 }, (_, k) => [line[2 * k]!, line[2 * k + 1]!] as const);
const lengthOf = (line: Float64Array) =>
  points(line).reduce((sum, [x, y], k, all) => {
    const [before, above] = all[Math.max(0, k - 1)]!;
    return sum + Math.hypot(x - before, y - above);
  }, 0);
const areaOf = (ring: Float64Array) =>
  points(ring).reduce((sum, [x, y], k, all) => {
    const [next, above] = all[(k + 1) % all.length]!;
    return sum + (x * above - next * y) / 2;
  }, 0);
const total = (values: number[]) => values.reduce((sum, value) => sum + value, 0);

for (const one of cases)
  test(`levels and contours as Python finds them: ${one.name}`, () => {
    const field = fieldOf(one);
    assert.deepEqual(levels(field.values), { values: one.levels, isLog: one.isLog });
    for (const wanted of one.contours) {
      const { rings, lines } = contour(field, Number(wanted.level), one.isLog);
      assert.equal(rings.length, wanted.rings);
      assert.equal(lines.length, wanted.lines);
      assert.ok(Math.abs(total(lines.map(lengthOf)) - wanted.length) < 1e-4);
      assert.ok(Math.abs(total(rings.map(areaOf)) - wanted.area) < 1e-4);
    }
  });

test("a circle is where it should be", () => {
  const { lines, rings } = contour(
    grid((x, y) => x * x + y * y, 2, 101),
    1,
  );
  assert.equal(lines.length, 1);
  assert.equal(rings.length, 2);
  for (const [x, y] of points(lines[0]!)) assert.ok(Math.abs(Math.hypot(x, y) - 1) < 1e-3);
  assert.ok(Math.abs(areaOf(rings[0]!) + areaOf(rings[1]!) - (16 - Math.PI)) < 0.01);
});

test("a field that falls off a cliff has its levels where most of it is", () => {
  const { values } = levels([-1, ...Array(99).keys(), 1e9]);
  assert.ok(values.length > 3 && values.at(-1)! < 1000);
});

test("values between points, beside holes and outside", () => {
  const field: Field = { x: [0, 2], y: [0, 1], columns: 3, rows: 2, values: [0, 2, NaN, 4, 6, 8] };
  assert.equal(valueAt(field, 0.5, 0), 1);
  assert.equal(valueAt(field, 0.5, 0.5), 3);
  assert.equal(valueAt(field, 2, 1), 8);
  assert.ok(Number.isNaN(valueAt(field, 1.5, 0.5)));
  assert.ok(Number.isNaN(valueAt(field, 2.1, 0)));
});

test("bands and ticks", () => {
  const heights = { values: [1, 2, 5], isLog: true };
  assert.deepEqual(
    [0, 1, 3, 9].map((value) => bandOf(value, heights)),
    [0, 1, 2, 3],
  );
  const even = { values: [1, 2, 3], isLog: false };
  assert.deepEqual(
    [-9, 1, 1.5, 2.5, 3.25, 99].map((value) => shadeOf(value, even)),
    [0, 0.5, 1, 2, 2.75, 3],
  );
  assert.deepEqual(ticks(-1, 1, 4), [-1, -0.5, 0, 0.5, 1]);
  assert.deepEqual(ticks(0, 0.35), [0, 0.1, 0.2, 0.3]);
  assert.deepEqual(ticks(3, 3), []);
});

test("a label stands on the straight part, the right way up, and apart from others", () => {
  const line = Float64Array.from([0, 100, 200, 100, 200, 80]);
  const frame = [-50, 0, 400, 200] as const;
  const found = spot(line, 40, [], frame)!;
  assert.ok(found.x > 10 && found.x < 190);
  assert.equal(found.y, 100);
  assert.equal(spot(Float64Array.from([0, 0, 50, 0]), 40, [], frame), null);
  const back = spot(Float64Array.from([200, 100, 0, 100]), 40, [found], frame)!;
  assert.ok(Math.abs(back.angle) < 1e-9);
  assert.ok(Math.abs(back.x - found.x) > 40);
});

test("marks have as many digits as tell them apart, as in Python", () => {
  assert.deepEqual(apart([0.5, 1]), ["0.5", "1"]);
  assert.deepEqual(apart([2.305, 2.3055, 2.306]), ["2.305", "2.3055", "2.306"]);
  assert.deepEqual(apart([100.01, 100.02]), ["100.01", "100.02"]);
  assert.deepEqual(apart([-2e6, 0, 2e6]), ["−2e6", "0", "2e6"]);
  assert.deepEqual([apart([]), apart([2 / 3])], [[], ["0.6667"]]);
});

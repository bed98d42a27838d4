import assert from "node:assert/strict";
import { test } from "node:test";
import {
  CurveStore,
  firstBad,
  isShare,
  percent,
  reading,
  rows,
  type Series,
  standing,
  styles,
} from "../core/curves.ts";
import { columns, shape, thin } from "../core/thinning.ts";
import type { CurvesData } from "../core/types.ts";
import { cases } from "./cases.ts";

type Said = CurvesData & { said: string };

const { NaN: nan, POSITIVE_INFINITY: infinity } = Number;

function put(store: CurveStore, name: string, start: number, x: number[], y: number[], run = "") {
  const part = { name, run, start, end: start + x.length };
  return store.append(part, Float64Array.from(x), Float64Array.from(y));
}

/** All of a store's columns, as drawn in a window so wide that nothing is left out. */
function drawn(store: CurveStore, log = false) {
  const [low, high] = CurveStore.extent(store.series);
  const tracks = store.series.map((series) => ({ series, values: series.y.values }));
  return columns(tracks, { low, high, columns: 1000, log });
}

test("points are put at the end; those known are dropped, a hole is refused", () => {
  const store = new CurveStore();
  assert.equal(put(store, "loss", 0, [0, 1, 2], [3, 2, 1]), true);
  assert.equal(put(store, "loss", 0, [0, 1], [9, 9]), true);
  assert.equal(put(store, "loss", 3, [3], [0.5]), true);
  assert.equal(put(store, "loss", 9, [9], [9]), false);
  assert.deepEqual([...store.series[0]!.y.values], [3, 2, 1, 0.5]);
});

test("a whole that knows more takes the place of what was there", () => {
  const store = new CurveStore();
  put(store, "loss", 0, [0, 1, 2], [nan, 2, -9]);
  put(store, "loss", 0, [0, 1, 2, 3], [4, 3, 2, 1]);
  assert.deepEqual([...store.series[0]!.y.values], [4, 3, 2, 1]);
  assert.equal(store.series[0]!.low?.y, 1);
  assert.equal(firstBad(store), null);
});

test("what was thinned counts all that it stands for", () => {
  const store = new CurveStore();
  const part = { name: "loss", start: 0, end: 1_000_000 };
  store.append(part, Float64Array.from([0, 999_999]), Float64Array.from([2, 1]));
  assert.equal(store.count, 1_000_000);
  assert.match(store.describe(), /in 1,000,000 points/);
  assert.equal(put(store, "loss", 1_000_000, [1_000_000], [0]), true);
});

test("a column grows past its first size", () => {
  const store = new CurveStore();
  for (let at = 0; at < 1000; at++) put(store, "loss", at, [at], [1 / (1 + at)]);
  assert.equal(store.count, 1000);
  assert.equal(store.series[0]!.x.values[999], 999);
});

test("series with steps of their own share an axis; a step of another is no hole", () => {
  const store = new CurveStore();
  put(store, "loss", 0, [0, 1, 2, 3], [4, 3, 2, 1]);
  put(store, "val_loss", 0, [1, 3], [5, 4]);
  put(store, "loss", 0, [0, 5], [7, 6], "slow");
  assert.deepEqual(drawn(store).data, [
    [0, 1, 2, 3, 5],
    [4, 3, 2, 1, undefined],
    [undefined, 5, undefined, 4, undefined],
    [7, undefined, undefined, undefined, 6],
  ]);
});

test("what cannot be drawn breaks the line and is marked", () => {
  const store = new CurveStore();
  put(store, "loss", 0, [0, 1, 2, 3], [1, nan, -1, infinity]);
  assert.deepEqual(drawn(store).data[1], [1, null, -1, null]);
  assert.deepEqual(drawn(store, true).data[1], [1, null, null, null]);
  const marked = (log: boolean) => drawn(store, log).broken.map(({ x, y }) => [x, shape(y)]);
  assert.deepEqual(marked(false), [
    [1, "cross"],
    [3, "up"],
  ]);
  assert.deepEqual(marked(true), [
    [1, "cross"],
    [2, "down"],
    [3, "up"],
  ]);
  assert.deepEqual(firstBad(store), { name: "loss", x: 1, y: nan });
});

test("of a million points a screenful is left, with every peak and every break", () => {
  const size = 1_000_000;
  const [x, y] = [new Float64Array(size), new Float64Array(size)];
  for (let at = 0; at < size; at++) {
    x[at] = at;
    y[at] = Math.sin(at / 1e4);
  }
  y[123_456] = 50;
  y[654_321] = -50;
  y[777_777] = nan;
  const seen = { low: 0, high: size - 1, columns: 1000, log: false };
  const kept = thin(x, y, seen);
  assert.ok(kept.length <= 5 * 1001);
  assert.ok([0, 123_456, 654_321, 777_777, size - 1].every((at) => kept.includes(at)));
  assert.ok(kept.every((at, place) => place === 0 || at > kept[place - 1]!));
  const near = thin(x, y, { ...seen, low: 500, high: 700 });
  assert.deepEqual([near[0], near.at(-1), near.length], [499, 701, 203]);
});

test("many points at one step keep the last", () => {
  const store = new CurveStore();
  put(store, "loss", 0, [0, 1, 1, 2], [1, 2, 3, 4]);
  assert.deepEqual(drawn(store).data, [
    [0, 1, 2],
    [1, 3, 4],
  ]);
});

test("smoothing begins at the first value, goes on with new ones, and leaves out what is no number", () => {
  const store = new CurveStore();
  put(store, "loss", 0, [0, 1, 2], [4, nan, 2]);
  const series = store.series[0]!;
  assert.deepEqual([...series.smoothed(0.5)], [4, nan, (0.25 * 4 + 0.5 * 2) / 0.75]);
  put(store, "loss", 3, [3], [2]);
  assert.equal(series.smoothed(0.5)[3], (0.125 * 4 + 0.25 * 2 + 0.5 * 2) / 0.875);
  assert.deepEqual([...series.smoothed(0)], [4, nan, 2, 2]);
});

test("the nearest point is found from anywhere", () => {
  const store = new CurveStore();
  put(store, "loss", 0, [0, 10, 20], [1, 2, 3]);
  const near = (x: number) => store.series[0]!.nearest(x);
  assert.deepEqual([-5, 0, 4, 6, 15.1, 99].map(near), [0, 0, 0, 1, 2, 2]);
});

test("an axis has a length, whatever is on it", () => {
  const store = new CurveStore();
  assert.deepEqual(CurveStore.extent(store.series), [0, 1]);
  put(store, "loss", 0, [7], [1]);
  assert.deepEqual(CurveStore.extent(store.series), [7, 8]);
});

test("train and validation share a colour, runs share neither colour nor dash", () => {
  const store = new CurveStore();
  for (const name of ["loss", "val_loss", "test accuracy"]) put(store, name, 0, [0], [1]);
  for (const name of ["loss", "accuracy"]) put(store, name, 0, [0], [1], "slow");
  assert.deepEqual(styles(store.series), [
    { colour: 1, dash: 0 },
    { colour: 1, dash: 1 },
    { colour: 2, dash: 2 },
    { colour: 3, dash: 3 },
    { colour: 3, dash: 4 },
  ]);
  for (const name of ["loss", "accuracy"]) put(store, name, 0, [0], [1], "fast");
  assert.deepEqual(
    styles(store.series).map(({ dash }) => dash),
    [0, 1, 2, 0, 3, 0, 3],
  );
});

test("words are those of Python, and so is the table's sense", () => {
  for (const { said, ...data } of cases<Said[]>("../descent/curve_cases.json"))
    assert.equal(CurveStore.from(data).describe(), said);
  const store = new CurveStore();
  put(store, "accuracy", 0, [0, 1, 2], [0.5, nan, 0.25], "a");
  assert.deepEqual(rows(store), [
    ["accuracy (a)", "3", "0.5", "0.25", "highest 0.5, at 0", "1, first NaN at 1"],
  ]);
});

test("shares are told by their names", () => {
  for (const name of ["accuracy", "acc", "val_acc", "test accuracy"])
    assert.equal(isShare(name), true, name);
  for (const name of ["loss", "accumulated", "pace"]) assert.equal(isShare(name), false, name);
});

test("a share is read as its axis has it", () => {
  const store = new CurveStore();
  put(store, "accuracy", 0, [0, 1, 2], [0.05, 0.1563, nan]);
  put(store, "loss", 0, [0], [0.1563]);
  const [accuracy, loss] = store.series as [Series, Series];
  const factor = percent(store.series);
  assert.equal(reading(accuracy, 1, factor), "15.63 %");
  assert.equal(reading(accuracy, 1.2, factor), "15.63 % (at 1)");
  assert.equal(reading(accuracy, null, factor), "NaN");
  assert.equal(reading(loss, 0, factor), "0.1563");
  put(store, "val_accuracy", 0, [0], [87.5]); // logged in percent
  assert.equal(reading(store.series[2]!, 0, percent(store.series)), "87.5 %");
});

test("of a loop whose kernel is gone it is not said how long it takes", () => {
  const text = "2 of 10 epochs, 17 of 23 steps · 38 steps/s · 7 min 50 s left";
  assert.equal(standing(text, false), text);
  assert.equal(standing(text, true), "2 of 10 epochs, 17 of 23 steps");
  assert.equal(standing("46 steps in 1.2 s · 38 steps/s", true), "46 steps in 1.2 s · 38 steps/s");
});

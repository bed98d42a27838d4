import assert from "node:assert/strict";
import { test } from "node:test";
import { CurveStore, firstBad, isShare } from "../core/curves.ts";

test("points are put at the end; those known are dropped, a hole is refused", () => {
  const store = new CurveStore();
  assert.equal(store.append("loss", 0, [0, 1, 2], [3, 2, 1]), true);
  assert.equal(store.append("loss", 1, [1, 2, 3], [9, 9, 0.5]), true);
  assert.equal(store.append("loss", 9, [9], [9]), false);
  assert.deepEqual([...store.series[0]!.y.values], [3, 2, 1, 0.5]);
});

test("a column grows past its first size", () => {
  const store = new CurveStore();
  for (let at = 0; at < 1000; at++) store.append("loss", at, [at], [1 / (1 + at)]);
  assert.equal(store.count, 1000);
  assert.equal(store.series[0]!.x.values[999], 999);
});

test("series with steps of their own are joined by step, with holes", () => {
  const store = new CurveStore();
  store.append("loss", 0, [0, 1, 2, 3], [4, 3, 2, 1]);
  store.append("accuracy", 0, [1, 3], [0.5, 0.75]);
  assert.deepEqual(store.joined(), [
    [0, 1, 2, 3],
    [4, 3, 2, 1],
    [null, 0.5, null, 0.75],
  ]);
});

test("what cannot be drawn is a hole: no numbers, and on a log scale nothing below zero", () => {
  const store = new CurveStore();
  store.append("loss", 0, [0, 1, 2], [1, Number.NaN, -1]);
  assert.deepEqual(store.joined()[1], [1, null, -1]);
  assert.deepEqual(store.joined(true)[1], [1, null, null]);
  assert.deepEqual(firstBad(store), { name: "loss", x: 1, y: Number.NaN });
  assert.match(store.describe(), /loss went from 1 to −1 in 3 points\. At 1 it became NaN\./);
});

test("stored data with words for what is no number is read", () => {
  const store = CurveStore.from({ series: [{ name: "loss", x: [0, 1], y: ["Infinity", 2] }] });
  assert.deepEqual([...store.series[0]!.y.values], [Number.POSITIVE_INFINITY, 2]);
  assert.equal(new CurveStore().describe(), "No points yet.");
});

test("shares are told by their names", () => {
  for (const name of ["accuracy", "acc", "val_acc", "test accuracy"])
    assert.equal(isShare(name), true, name);
  for (const name of ["loss", "accumulated", "pace"]) assert.equal(isShare(name), false, name);
});

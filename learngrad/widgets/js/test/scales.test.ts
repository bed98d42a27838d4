// Ticks at any size: round, exact, and few enough to be read.
import assert from "node:assert/strict";
import { test } from "node:test";
import { decades, INCREMENTS, isPower, multiples } from "../core/scales.ts";

test("increments rise, and reach what a float64 holds", () => {
  assert.ok(INCREMENTS.every((one, at) => at === 0 || one > INCREMENTS[at - 1]!));
  assert.deepEqual([INCREMENTS[0], INCREMENTS.at(-1)], [1e-32, 5e307]);
});

test("multiples are round and without the rounding of a sum", () => {
  assert.deepEqual(multiples(0, 0.5, 0.1), [0, 0.1, 0.2, 0.3, 0.4, 0.5]);
  assert.deepEqual(multiples(-0.07, 0.08, 0.025), [-0.05, -0.025, 0, 0.025, 0.05, 0.075]);
  assert.deepEqual(multiples(0, 4e125, 1e125), [0, 1e125, 2e125, 3e125, 4e125]);
  assert.deepEqual(multiples(1e9, 1e9 + 0.25, 0.1), [1e9, 1e9 + 0.1, 1e9 + 0.2]);
  assert.ok(Object.is(multiples(-1, 1, 1)[1], 0)); // not −0
  assert.deepEqual(multiples(0, 1, 0), []);
});

test("a log scale has every digit of each power, exactly", () => {
  assert.deepEqual(
    decades(2e-3, 0.04),
    [2e-3, 3e-3, 4e-3, 5e-3, 6e-3, 7e-3, 8e-3, 9e-3, 0.01, 0.02, 0.03, 0.04],
  );
  const powers = decades(1e20, 4e28).filter(isPower);
  assert.deepEqual(powers, [1e20, 1e21, 1e22, 1e23, 1e24, 1e25, 1e26, 1e27, 1e28]);
});

test("of very many decades some have a tick", () => {
  assert.deepEqual(decades(1, 1e125), [1, 1e25, 1e50, 1e75, 1e100, 1e125]);
  assert.deepEqual(decades(1e-300, 1e300), [1e-300, 1e-200, 1e-100, 1, 1e100, 1e200, 1e300]);
});

test("what is a power of ten is one at any size", () => {
  for (const power of [1e-24, 1e-5, 1, 1000, 1e22, 1e23, 1e24, 1e300]) assert.ok(isPower(power));
  for (const other of [2e23, 1.1e24, 5]) assert.ok(!isPower(other));
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { momentAt } from "../core/replay.ts";
import { sentence, tableRows } from "../core/spoken.ts";
import { scalar, unbound } from "./fixture.ts";

const trace = scalar();

test("every step has a sentence with its numbers", () => {
  assert.match(sentence(trace, 0, 0), /loss begins with the gradient 1/);
  assert.equal(
    sentence(trace, 0, 5),
    "Step 5 of 7: multiply, c = a × b. The gradient arriving is 0.21. " +
      "To a: times the other input b, which is −3, gives −0.63; with 0.8399 already there that " +
      "makes 0.21. To b: times the other input a, which is 2, gives 0.42.",
  );
  assert.match(sentence(trace, 0, 6), /b is a leaf\. Its \.grad was empty and becomes 0\.42\./);
  assert.match(sentence({ ...trace, replays: [] }, 0, 0), /No backward replay/);
});

test("of several outputs each has its name", () => {
  const parts = unbound();
  assert.match(sentence(parts, 0, 1), /d = a × b.* To a: times the other input b, which is 3,/);
  assert.match(sentence(parts, 0, 2), /unbind, a, b = unbind\(s\)\. .* 3 at output 0 and 2 at/);
  assert.match(sentence(parts, 0, 2), /To s: the g of each part, stacked gives \[3, 2\]\.$/);
  const [, row] = tableRows(parts, (id) => momentAt(parts, 0, 3).gradients.get(id)!.value, 9);
  assert.equal(row!.gradient, "3 at output 0 and 2 at output 1");
});

test("the turn of a loop is said of operations, not of leaves", () => {
  const turnOf = () => "turn 2 of 9";
  assert.match(sentence(trace, 0, 5, turnOf), /^Step 5 of 7, turn 2 of 9: multiply, c = a × b\./);
  assert.match(sentence(trace, 0, 6, turnOf), /^Step 6 of 7: b is a leaf/);
  assert.match(sentence(trace, 0, -1, turnOf), /^Forward 5 of 5, turn 2 of 9: /);
});

test("un-broadcasting and adding to an older gradient are said", () => {
  const other = scalar();
  const { steps } = other.replays[0]!;
  steps[4]!.contributions[0]!.summed_from = [32, 10];
  steps[5]!.write!.before = { shape: [], values: [2] };
  assert.match(sentence(other, 0, 5), /summed from 32×10 to one number because a was broadcast/);
  assert.match(sentence(other, 0, 6), /Its \.grad was 2 and becomes 0\.42/);
});

test("a gradient that was given is not called a derivative", () => {
  assert.match(sentence(trace, 0, 0), /gradient 1: it changes one for one with itself\.$/);
  const other = scalar();
  other.replays[0]!.seed = { shape: [], values: [2] };
  assert.match(sentence(other, 0, 0), /begins with the gradient 2, which it was given\.$/);
});

test("going forward, a sentence says what went in and what came out", () => {
  assert.equal(sentence(trace, 0, -6), "Before the first of 5 operations.");
  assert.equal(
    sentence(trace, 0, -5),
    "Forward 1 of 5: multiply, c = a × b. From a = 2 and b = −3 comes −6.",
  );
  assert.match(sentence(trace, 0, -2), /^Forward 4 of 5:.* and 0\.5 comes −1\.$/);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { type Box, box } from "../core/box.ts";
import { number } from "../core/text.ts";
import type { Preview, Scalar, TraceNode } from "../core/types.ts";
import { cases } from "./cases.ts";

interface Case extends Box {
  name: string;
  node: TraceNode;
  grad: Preview | null;
}

test("numbers are written as the shared cases say", () => {
  const shared = cases<[Scalar, string][]>("number_cases.json");
  assert.ok(shared.length > 30);
  for (const [value, text] of shared) assert.equal(number(value), text, `of ${value}`);
});

for (const { name, node, grad, lines, width, height, shape } of cases<Case[]>("box_cases.json"))
  test(`box: ${name}`, () => {
    assert.deepEqual(box(node, grad), { lines, width, height, shape });
  });

import assert from "node:assert/strict";
import { test } from "node:test";
import { type Box, box } from "../core/box.ts";
import { type Glance, glance } from "../core/glance.ts";
import { number } from "../core/text.ts";
import type { Preview, Scalar, TraceNode } from "../core/types.ts";
import { cases } from "./cases.ts";

interface Case extends Box {
  name: string;
  node: TraceNode;
  grad: Preview | null;
}

test("numbers are written as the shared cases say", () => {
  const shared = cases<[Scalar, string, number?][]>("number_cases.json");
  assert.ok(shared.length > 30);
  for (const [value, text, digits] of shared)
    assert.equal(number(value, digits), text, `of ${value}`);
});

for (const { name, node, grad, ...made } of cases<Case[]>("box_cases.json"))
  test(`box: ${name}`, () => {
    assert.deepEqual(box(node, grad), made);
  });

interface Seen {
  name: string;
  preview: Preview;
  glance: Glance | null;
}

for (const { name, preview, glance: wanted } of cases<Seen[]>("glance_cases.json"))
  test(`at a glance: ${name}`, () => {
    assert.deepEqual(glance(preview), wanted);
  });

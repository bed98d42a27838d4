import type { Contribution, Trace } from "../core/types.ts";
import recorded from "./scalar.json";

/** loss = tanh(0.5 · (a·b + a·a)) at a = 2, b = −3, recorded with its backward replay. */
export const scalar = (): Trace => structuredClone(recorded) as unknown as Trace;

/** a, b = s.unbind(); d = a * b; d.backward(): two outputs, each with its own gradient. */
export function unbound(): Trace {
  const trace = scalar();
  const [leaf, , product] = structuredClone(trace.nodes);
  const one = (value: number) => ({ shape: [], values: [value] });
  const both = (a: number, b: number) => ({ shape: [2], values: [a, b] });
  const output = (value: number, name: string) => ({
    ...{ shape: [], dtype: "float32", name },
    preview: one(value),
  });
  const part = (operand: number, local: string, value: number): Contribution => ({
    ...{ operand, to: [1, operand], letter: "ab"[operand]!, local, numbers: String(value) },
    ...{ value: one(value), before: null, after: one(value) },
  });
  const stacked: Contribution = {
    ...{ operand: 0, to: [0, 0], letter: "x", local: "the g of each part, stacked", numbers: "" },
    ...{ value: both(3, 2), before: null, after: both(3, 2) },
  };
  trace.nodes = [
    { ...leaf!, id: 0, name: "s", shape: [2], preview: both(2, 3), grad: both(3, 2), src: null },
    {
      ...{ ...product!, id: 1, name: null, op: "unbind", sign: "unbind", src: null },
      ...{ edges: [[0, 0]], operands: ["x"], local: { x: stacked.local }, preview: one(2) },
      ...{ outputs: [output(2, "a"), output(3, "b")], grad: one(3) },
    },
    {
      ...{ ...product!, id: 2, name: "d", src: null, preview: one(6), grad: one(1) },
      edges: [
        [1, 0],
        [1, 1],
      ],
    },
  ];
  trace.replays = [
    {
      ...{ root: 2, seed: one(1) },
      steps: [
        { node: 2, upstream: [one(1)], contributions: [part(0, "b", 3), part(1, "a", 2)] },
        { node: 1, upstream: [one(3), one(2)], contributions: [stacked] },
        {
          ...{ node: 0, upstream: [both(3, 2)], contributions: [] },
          write: { before: null, after: both(3, 2) },
        },
      ],
    },
  ];
  return trace;
}

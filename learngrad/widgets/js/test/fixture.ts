import type { Trace } from "../core/types.ts";
import recorded from "./scalar.json";

/** loss = tanh(0.5 · (a·b + a·a)) at a = 2, b = −3, recorded with its backward replay. */
export const scalar = (): Trace => structuredClone(recorded) as unknown as Trace;

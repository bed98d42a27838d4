// The nodes of a graph by the size of their gradients, in the colours of a flow: where it vanishes
// or explodes is seen where it happens.
import { shade } from "./flow-shape.ts";
import { atRest, type Moment, momentAt, type Shown } from "./replay.ts";
import { number } from "./text.ts";
import type { Preview, Trace } from "./types.ts";

export interface Tone {
  /** The number of its colour, from 0 to 8. */
  colour: number;
  said: string;
}

/** The root of the mean square of a gradient's known numbers; NaN where one is none. */
export function size({ values, tile }: Preview): number {
  const known = (values ?? tile?.values ?? []).map(Number);
  return Math.sqrt(known.reduce((sum, one) => sum + one * one, 0) / known.length);
}

/**
 * The size of the gradient at the output: at the last node before the loss that has one of more
 * than one number; in a graph of single numbers, at the loss itself.
 */
export function reference(gradients: Map<number, Shown>): number {
  const late = [...gradients].sort(([a], [b]) => b - a).map(([, { value }]) => value);
  const wide = late.find(({ shape }) => shape.reduce((a, b) => a * b, 1) > 1);
  const found = wide ?? late[0];
  return found ? size(found) : Number.NaN;
}

/** The tone of each node whose gradient has arrived at this moment of a replay. */
export function tones(trace: Trace, which: number, moment: Moment): Map<number, Tone> {
  const replay = trace.replays[which];
  const whole = replay ? momentAt(trace, which, replay.steps.length) : atRest(trace);
  const output = reference(whole.gradients);
  const found = new Map<number, Tone>();
  for (const [id, { value }] of moment.gradients) {
    const against = size(value) / output;
    const colour = shade(against);
    if (colour !== null) found.set(id, { colour, said: compared(against) });
  }
  return found;
}

/** `gradient 400× smaller than at the output`. */
export function compared(against: number): string {
  if (against === 0) return "gradient 0";
  const factor = against < 1 ? 1 / against : against;
  if (factor < 2) return "gradient about as large as at the output";
  const shown = number(Number.isFinite(factor) ? Number(factor.toPrecision(2)) : factor);
  return `gradient ${shown}× ${against < 1 ? "smaller" : "larger"} than at the output`;
}

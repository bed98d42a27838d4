// How a chart's axes are divided, and what stands at their ticks.
import type uPlot from "uplot";
import { apart } from "../core/contours.ts";
import { counted } from "../core/curves.ts";
import { decades, INCREMENTS, isPower, isWide, multiples } from "../core/scales.ts";

/** Pixels between two numbers upwards. */
const APART = 30;

/** The ticks of an axis upwards, and its lines across the drawing. */
export function upwards(isLog: boolean, line: string): Partial<uPlot.Axis> {
  const grid = { stroke: line, width: 1 };
  if (!isLog)
    return { grid, incrs: INCREMENTS, splits: (_, __, low, high, by) => multiples(low, high, by) };
  return {
    // A line for each power of ten; the lines between them would be a thicket.
    grid: { ...grid, filter: (_, splits) => splits.map((one) => (isPower(one) ? one : null)) },
    incrs: INCREMENTS,
    splits: (_, __, low, high) => decades(low, high),
    // Of very many decades the ticks are chosen already: each has room for its number.
    space: (_, __, low, high) => (isWide(low, high) ? 0.1 : APART),
  };
}

/** Steps are whole numbers: between two of them there is nothing to name, and nothing before one. */
export const wholeOnly = (plot: uPlot, splits: number[]) => {
  const xs = plot.data[0];
  if (!xs.length) return splits.map(() => null);
  const whole = [xs[0], xs[xs.length >> 1], xs.at(-1)].every(Number.isInteger);
  return splits.map((split) => (!whole || Number.isInteger(split) ? split : null));
};

/** The width of an axis upwards: more, where its numbers are long. */
export const wideEnough = (_: uPlot, texts: string[] | null) =>
  Math.max(54, 14 + 6.2 * Math.max(0, ...(texts ?? []).map(({ length }) => length)));

export const stepTexts = (_: uPlot, ticks: (number | null)[]) =>
  ticks.map((tick) => (tick === null ? "" : counted(tick)));

export const tickTexts = (_: uPlot, ticks: (number | null)[]) => {
  const texts = apart(ticks.filter((tick) => tick !== null));
  return ticks.map((tick) => (tick === null ? "" : texts.shift()!));
};

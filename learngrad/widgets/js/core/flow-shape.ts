// The shapes that a flow is drawn with: ridges, bands over time, ticks, and colours by gradient.
// The rules for a ridge and a colour stand in learngrad/descent/flow_picture.py.
import type { FlowStore, Kind, Moment } from "./flow.ts";

/** The bins [low, high) that are shown. */
export type Extent = readonly [low: number, high: number];

/**
 * The colour of a gradient by its size to that at the output: 0 for 10,000 times smaller, 4 for
 * alike, 8 for 10,000 times larger; null where there is none.
 */
export function shade(against: number): number | null {
  if (Number.isNaN(against)) return null;
  if (against === 0) return 0;
  return 4 + Math.max(-4, Math.min(4, Math.round(Math.log10(against))));
}

/** The bins that have something in them in any of the moments, and at least four decades. */
export function extent(store: FlowStore, moments: readonly Moment[], kind: Kind): Extent {
  let [low, high, size] = [Number.POSITIVE_INFINITY, 0, 0];
  for (const moment of moments)
    for (const row of moment.order) {
      const bins = store.bins(moment, row, kind);
      size = bins.length;
      const first = bins.findIndex((bin) => bin > 0);
      if (first < 0) continue;
      low = Math.min(low, first);
      high = Math.max(high, bins.findLastIndex((bin) => bin > 0) + 1);
    }
  if (!high) return [26, 44];
  while (high - low < 14) {
    low = Math.max(0, low - 1);
    high = Math.min(size, high + 1);
  }
  return [Math.max(0, low - 2), Math.min(size, high + 2)];
}

/** How high a ridge is at each bin: the root of its share, which is smoothed over its neighbours. */
export function heights(bins: Uint8Array, [low, high]: Extent): number[] {
  const share = (at: number) => ((bins[at] ?? 0) / 255) ** 2;
  return Array.from({ length: high - low }, (_, at) => {
    const k = low + at;
    return Math.sqrt(share(k - 1) / 4 + share(k) / 2 + share(k + 1) / 4);
  });
}

/** A smooth outline of a ridge that is `width` wide, up to `tall` high over `base`. */
export function ridge(shares: number[], width: number, base: number, tall: number): string {
  const step = width / shares.length;
  const at = (k: number): [number, number] => [
    (k + 0.5) * step,
    base - tall * Math.min(1, shares[k] ?? 0),
  ];
  const put = (value: number) => value.toFixed(1);
  const last = at(shares.length - 1)[0];
  let path = `M${put(step / 2)},${put(base)}`;
  for (let k = 0; k < shares.length; k++) {
    const [x, y] = at(k);
    const [right, next] = k + 1 < shares.length ? at(k + 1) : [last, base];
    path += `Q${put(x)},${put(y)} ${put((x + right) / 2)},${put((y + next) / 2)}`;
  }
  return `${path}L${put(last)},${put(base)}Z`;
}

/** Where, in bins, this share of a histogram's values lies below; null for an empty one. */
export function quantile(bins: Uint8Array, share: number): number | null {
  const shares = Array.from(bins, (bin) => (bin / 255) ** 2);
  const whole = shares.reduce((sum, one) => sum + one, 0);
  if (!whole) return null;
  let below = 0;
  for (let at = 0; at < shares.length; at++) {
    const next = below + shares[at]! / whole;
    if (next >= share && shares[at]) return at + (share - below) / (shares[at]! / whole);
    below = next;
  }
  return shares.length;
}

export interface Tick {
  /** From 0 at the left to 1 at the right. */
  at: number;
  text: string;
}

/** Decades between two bins, no more than `most` of them. */
export function decades(lowest: number, [low, high]: Extent, most: number): Tick[] {
  const [first, last] = [Math.log10(2) * (lowest + low), Math.log10(2) * (lowest + high)];
  const every = Math.max(1, Math.ceil((last - first) / most));
  const ticks: Tick[] = [];
  for (let power = Math.ceil(first); power <= last; power++)
    if (power % every === 0)
      ticks.push({ at: (power - first) / (last - first), text: tenTo(power) });
  return ticks;
}

const RAISED = new Map([..."-0123456789"].map((digit, at) => [digit, "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"[at]!]));

/** 10⁻³, and 1 and 10 as they are. */
export function tenTo(power: number): string {
  if (power === 0) return "1";
  if (power === 1) return "10";
  return `10${[...String(power)].map((digit) => RAISED.get(digit)).join("")}`;
}

/** A good update by weights, as in learngrad/descent/flow_words.py: the middle of its scale. */
export const GUIDE = 1e-3;
/** Where a ratio lies on the scale from 1e-6 to 1: from 0 to 1. */
export function ratioAt(ratio: number): number {
  const powers = Math.log10(Math.max(ratio, 1e-300) / GUIDE);
  return Math.max(0, Math.min(1, 0.5 + powers / 6));
}

// Where a plot's y axis has ticks: round numbers of any size. The chart's own end at 1e32, and add
// up what was rounded.

/** What may stand between two ticks: all that a float64 holds, down to what is drawn as level. */
export const INCREMENTS = Array.from({ length: 340 }, (_, at) =>
  [1, 2, 2.5, 5].map((share) => Number(`${share}e${at - 32}`)),
).flat();

/** Beyond this, either way, nothing is drawn but an arrow: the axis' ends have to be numbers, too. */
export const LARGEST = 1e300;

/** Whole multiples of an increment; none where there is none. */
export function multiples(low: number, high: number, by: number): number[] {
  const found: number[] = [];
  for (let at = Math.ceil(low / by - 1e-9); at <= high / by + 1e-9; at++) {
    // What follows from counting in `by`, but without its rounding: 3 · 0.1 is 0.3.
    found.push(Number((at * by).toPrecision(15)) + 0);
    if (found.length > MOST) return [];
  }
  return found;
}
const MOST = 1_000;

/** Decades up to which each has its ticks; of more than that, some powers of ten have one. */
const DECADES = 12;
/** Ticks of that many, and how many powers of ten lie between two of them. */
const FEW = 6;
const STRIDES = [2, 3, 5, 10, 20, 25, 50, 100, 150];

export const isWide = (low: number, high: number) => Math.log10(high) - Math.log10(low) > DECADES;

/** The ticks of a log scale: 1, 2, … 9 of each power of ten, or every so manieth power of ten. */
export function decades(low: number, high: number): number[] {
  const [first, last] = [Math.floor(Math.log10(low)), Math.ceil(Math.log10(high))];
  const wide = isWide(low, high);
  const every = wide ? STRIDES.find((one) => one * FEW >= last - first)! : 1;
  const shares = wide ? [1] : [1, 2, 3, 4, 5, 6, 7, 8, 9];
  const found: number[] = [];
  for (let power = Math.ceil(first / every) * every; power <= last; power += every)
    for (const share of shares) {
      // Read, not worked out: 10 ** 23 is not 1e23.
      const tick = Number(`${share}e${power}`);
      if (tick >= low * (1 - 1e-9) && tick <= high * (1 + 1e-9)) found.push(tick);
    }
  return found;
}

export const isPower = (value: number) => /^1e/.test(value.toExponential());

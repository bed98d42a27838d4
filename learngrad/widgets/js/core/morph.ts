// The arithmetic of growing smoothly: curves of equal length, what lies between, how time eases.
export type Point = [x: number, y: number];
/** How things get to their places: each is given the time from 0 to 1. */
export type Moves = ((t: number) => void)[];

/** Slow, fast, slow; 0 to 1. */
export const ease = (t: number) => (t < 0.5 ? 4 * t ** 3 : 1 - (-2 * t + 2) ** 3 / 2);

export const mix = (from: number, to: number, t: number) => from + (to - from) * t;

export const mixPoints = (from: Point[], to: Point[], t: number): Point[] =>
  to.map(([x, y], at) => [mix(from[at]![0], x, t), mix(from[at]![1], y, t)]);

/** The same Bezier curve with at least as many points (1 + 3 a segment): its last segments halved. */
export function lengthen(points: Point[], count: number): Point[] {
  const longer = points.slice();
  while (longer.length < count && longer.length >= 4) {
    const at = longest(longer);
    const [a, b, c, d] = longer.slice(at, at + 4) as [Point, Point, Point, Point];
    longer.splice(at, 4, ...halve(a, b, c, d));
  }
  return longer;
}

function longest(points: Point[]): number {
  let best = 0;
  let most = -1;
  for (let at = 0; at + 3 < points.length; at += 3) {
    const [a, d] = [points[at]!, points[at + 3]!];
    const size = Math.hypot(d[0] - a[0], d[1] - a[1]);
    if (size > most) [best, most] = [at, size];
  }
  return best;
}

const middle = (a: Point, b: Point): Point => [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2];

function halve(a: Point, b: Point, c: Point, d: Point): Point[] {
  const [ab, bc, cd] = [middle(a, b), middle(b, c), middle(c, d)];
  const [abc, bcd] = [middle(ab, bc), middle(bc, cd)];
  return [a, ab, abc, middle(abc, bcd), bcd, cd, d];
}

/** A path through the curve that stops short of its tip by `short` pixels, and the tip's triangle. */
export function arrow(points: Point[], short = 7, half = 3.4): [wire: string, tip: string] {
  const end = points.at(-1);
  const toward = points.at(-2);
  if (!end || !toward) return ["", ""];
  let [dx, dy] = [end[0] - toward[0], end[1] - toward[1]];
  const size = Math.hypot(dx, dy) || 1;
  [dx, dy] = [dx / size, dy / size];
  const neck: Point = [end[0] - dx * short, end[1] - dy * short];
  const all = [...points.slice(0, -1), neck].map(([x, y]) => `${fixed(x)},${fixed(y)}`);
  const wire = `M${all[0]}C${all.slice(1).join(" ")}`;
  const corner = (side: number) =>
    `${fixed(neck[0] - dy * half * side)},${fixed(neck[1] + dx * half * side)}`;
  return [wire, `M${fixed(end[0])},${fixed(end[1])}L${corner(1)} ${corner(-1)}Z`];
}

/** The point halfway along a curve, by its middle segment. */
export function halfway(points: Point[]): Point {
  const segments = (points.length - 1) / 3;
  const at = Math.floor(segments / 2) * 3;
  if (segments % 2 === 0) return points[at]!;
  const [a, b, c, d] = points.slice(at, at + 4) as [Point, Point, Point, Point];
  return halve(a, b, c, d)[3]!;
}

const fixed = (value: number) => String(Math.round(value * 10) / 10);

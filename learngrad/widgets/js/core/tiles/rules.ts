// What elementwise operations do with numbers: their values and their local derivatives. An
// operation that is missing here is followed all the same, with the numbers of the trace alone.

interface Rule {
  value: (...x: number[]) => number;
  /** For each operand, from the operands and the result. */
  local: ((x: number[], out: number) => number)[];
}

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
/** The share of the greater of two; equal ones have half each. */
const share = (a: number, b: number) => (a > b ? 1 : a === b ? 0.5 : 0);

const one = (value: (x: number) => number, local: (x: number, out: number) => number): Rule => ({
  value,
  local: [([x], out) => local(x!, out)],
});

const two = (
  value: (a: number, b: number) => number,
  a: (a: number, b: number, out: number) => number,
  b: (a: number, b: number, out: number) => number,
): Rule => ({
  value,
  local: [([x, y], out) => a(x!, y!, out), ([x, y], out) => b(x!, y!, out)],
});

export const RULES: Record<string, Rule> = {
  add: two(
    (a, b) => a + b,
    () => 1,
    () => 1,
  ),
  sub: two(
    (a, b) => a - b,
    () => 1,
    () => -1,
  ),
  mul: two(
    (a, b) => a * b,
    (_, b) => b,
    (a) => a,
  ),
  div: two(
    (a, b) => a / b,
    (_, b) => 1 / b,
    (a, b) => -a / (b * b),
  ),
  pow: two(
    (a, b) => a ** b,
    (a, b) => b * a ** (b - 1),
    (a, _, out) => out * Math.log(a),
  ),
  maximum: two(Math.max, share, (a, b) => share(b, a)),
  minimum: two(Math.min, (a, b) => share(b, a), share),
  atan2: two(
    Math.atan2,
    (a, b) => b / (a * a + b * b),
    (a, b) => -a / (a * a + b * b),
  ),
  hypot: two(
    Math.hypot,
    (a, _, out) => a / out,
    (_, b, out) => b / out,
  ),
  leakyrelu: two(
    (x, slope) => (x > 0 ? x : slope * x),
    (x, slope) => (x > 0 ? 1 : slope),
    () => Number.NaN,
  ),
  neg: one(
    (x) => -x,
    () => -1,
  ),
  clone: one(
    (x) => x,
    () => 1,
  ),
  cast: one(
    (x) => x,
    () => 1,
  ),
  abs: one(Math.abs, Math.sign),
  relu: one(
    (x) => (x > 0 ? x : 0),
    (x) => (x > 0 ? 1 : 0),
  ),
  exp: one(Math.exp, (_, out) => out),
  exp2: one(
    (x) => 2 ** x,
    (_, out) => out * Math.LN2,
  ),
  log: one(Math.log, (x) => 1 / x),
  log2: one(Math.log2, (x) => 1 / (x * Math.LN2)),
  log1p: one(Math.log1p, (x) => 1 / (1 + x)),
  sqrt: one(Math.sqrt, (_, out) => 1 / (2 * out)),
  rsqrt: one(
    (x) => 1 / Math.sqrt(x),
    (_, out) => -(out ** 3) / 2,
  ),
  reciprocal: one(
    (x) => 1 / x,
    (_, out) => -out * out,
  ),
  sin: one(Math.sin, Math.cos),
  cos: one(Math.cos, (x) => -Math.sin(x)),
  tan: one(Math.tan, (_, out) => 1 + out * out),
  tanh: one(Math.tanh, (_, out) => 1 - out * out),
  sigmoid: one(sigmoid, (_, out) => out * (1 - out)),
  silu: one(
    (x) => x * sigmoid(x),
    (x) => sigmoid(x) * (1 + x * (1 - sigmoid(x))),
  ),
  logsigmoid: one(
    (x) => -Math.log1p(Math.exp(-x)),
    (x) => sigmoid(-x),
  ),
};

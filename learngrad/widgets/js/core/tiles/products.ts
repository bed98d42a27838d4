// Matrix products and convolutions: each element is a sum of products.
import { ravel, sizeOf, unravel } from "./kept.ts";
import { type Family, type Operation, sigma } from "./op.ts";
import type { Entry, Place, Source } from "./trail.ts";

/** A vector stands for a matrix of one row (left) or one column (right). */
const asRows = (shape: number[]) => (shape.length === 1 ? [1, ...shape] : shape);
const asColumns = (shape: number[]) => (shape.length === 1 ? [...shape, 1] : shape);

/** The sizes of a product [..., i, k] @ [..., k, j], without the ones that vectors lack. */
function sizes(op: Operation) {
  const [a, b] = [asRows(op.shapes[0]!), asColumns(op.shapes[1]!)];
  const batch = broadcast(a.slice(0, -2), b.slice(0, -2));
  return { a, b, out: [...batch, a.at(-2)!, b.at(-1)!], inner: a.at(-1)! };
}

export function broadcast(a: number[], b: number[]): number[] {
  const [long, short] = a.length >= b.length ? [a, b] : [b, a];
  const lead = long.length - short.length;
  return long.map((size, d) => {
    const other = d < lead ? 1 : short[d - lead]!;
    return size === 1 ? other : size;
  });
}

/** The index of a batch in an operand that may have fewer or smaller dimensions. */
const within = (batch: number[], shape: number[]) => {
  const own = shape.slice(0, -2);
  const lead = batch.length - own.length;
  return own.map((size, d) => (size === 1 ? 0 : batch[lead + d]!));
};

/** Drops from an index what a vector does not have. */
function written(op: Operation, of: 0 | 1 | "out" | "g", index: (number | string)[]): string {
  const [left, right] = [op.shapes[0]!.length === 1, op.shapes[1]!.length === 1];
  let own = index;
  if (of === 0 ? left : of !== 1 && left) own = own.filter((_, d) => d !== own.length - 2);
  if (of === 1 ? right : of !== 0 && right) own = own.slice(0, -1);
  return op.text(of, own);
}

const matmul: Family = {
  layout: "corner",
  forward(op, at) {
    const { a, b, out, inner } = sizes(op);
    const index = unravel(at, out);
    const [i, j] = index.slice(-2) as [number, number];
    const [of, by] = [within(index.slice(0, -2), a), within(index.slice(0, -2), b)];
    const row = ravel([...of, i, 0], a);
    const terms = op.known(0, (place) =>
      place >= row && place < row + inner
        ? [
            { of: 0, at: place },
            { of: 1, at: ravel([...by, place - row, j], b) },
          ]
        : null,
    );
    const rule = `${sigma(["k"])}${written(op, 0, [...of, i, "k"])} · ${written(op, 1, [...by, "k", j])}`;
    return { rule, terms, count: inner };
  },
  backward(op, operand, at) {
    const { a, b, out } = sizes(op);
    const own = operand ? b : a;
    const other = operand ? a : b;
    const index = unravel(at, own);
    const [row, column] = index.slice(-2) as [number, number];
    const batches = sizeOf(out.slice(0, -2)) / Math.max(1, sizeOf(own.slice(0, -2)));
    const terms = op.known("g", (place) => {
      const to = unravel(place, out);
      const [i, j] = to.slice(-2) as [number, number];
      const batch = to.slice(0, -2);
      const mine = operand ? j === column : i === row;
      if (!mine || !same(within(batch, own), index.slice(0, -2))) return null;
      const met = operand ? [i, row] : [column, j];
      return [
        { of: "g", at: place },
        { of: operand ? 0 : 1, at: ravel([...within(batch, other), ...met], other) },
      ];
    });
    const lead = batches > 1 ? ["…"] : index.slice(0, -2);
    const rest = other.length > 2 ? lead : [];
    const rule = operand
      ? `${sigma(["i"])}${written(op, 0, [...rest, "i", row])} · ${written(op, "g", [...lead, "i", column])}`
      : `${sigma(["j"])}${written(op, "g", [...lead, row, "j"])} · ${written(op, 1, [...rest, column, "j"])}`;
    const count = batches * (operand ? out.at(-2)! : out.at(-1)!);
    const flipped = operand
      ? terms.map(({ factors }) => ({ factors: [...factors].reverse() }))
      : terms;
    return { rule, terms: flipped, count };
  },
};

const same = (a: number[], b: number[]) => a.every((size, d) => size === b[d]);

/** x [..., k] times the weight [j, k] transposed, and a bias [j]. */
const linear: Family = {
  layout: "corner",
  forward(op, at) {
    const [inner, width] = [op.shapes[1]![1]!, op.shapes[1]![0]!];
    const [row, j] = [Math.floor(at / width), at % width];
    const terms = op.known(0, (place) =>
      Math.floor(place / inner) === row
        ? [
            { of: 0, at: place },
            { of: 1, at: j * inner + (place % inner) },
          ]
        : null,
    );
    const lead = unravel(at, op.out).slice(0, -1);
    let rule = `${sigma(["k"])}${op.text(0, [...lead, "k"])} · ${op.text(1, [j, "k"])}`;
    if (!op.shapes[2]) return { rule, terms, count: inner };
    terms.push({ factors: [{ of: 2, at: j }] });
    rule += ` + ${op.text(2, [j])}`;
    return { rule, terms, count: inner + 1 };
  },
  backward(op, operand, at) {
    const [inner, width] = [op.shapes[1]![1]!, op.shapes[1]![0]!];
    const height = sizeOf(op.out) / Math.max(1, width);
    const place = unravel(at, op.shapes[operand]!);
    const many = op.out.length > 2 ? ["…"] : [];
    const batch = op.out.length > 1 ? [...many, "i"] : [];
    const sum = batch.length ? sigma(["i"]) : "";
    if (operand === 0) {
      const row = Math.floor(at / inner);
      const k = at % inner;
      const terms = op.known("g", (from) =>
        Math.floor(from / width) === row
          ? [
              { of: "g", at: from },
              { of: 1, at: (from % width) * inner + k },
            ]
          : null,
      );
      const rule = `${sigma(["j"])}${op.text("g", [...place.slice(0, -1), "j"])} · ${op.text(1, ["j", k])}`;
      return { rule, terms, count: width };
    }
    const [j, k] = place as [number, number];
    const terms = op.known("g", (from) => {
      if (from % width !== j) return null;
      const factor: Entry = { of: "g", at: from };
      return operand === 2
        ? [factor]
        : [factor, { of: 0, at: Math.floor(from / width) * inner + k }];
    });
    const g = op.text("g", [...batch, j]);
    const rule = operand === 2 ? `${sum}${g}` : `${sum}${g} · ${op.text(0, [...batch, k])}`;
    return { rule, terms, count: height };
  },
};

/** How windows lie on an input; one number a dimension. */
export interface Geometry {
  size: number[];
  kernel: number[];
  stride: number[];
  before: number[];
  dilation: number[];
  out: number[];
  groups: number;
}

/** Places of a kernel, over all channels: more are not gone through. */
const MOST_PLACES = 50_000;

/** The geometry of an operation; null where the trace does not have it all, or in earnest. */
export function geometryOf(op: Operation): Geometry | null {
  const given = op.option<Partial<Geometry>>("g");
  const lists = [
    given?.size,
    given?.kernel,
    given?.stride,
    given?.before,
    given?.dilation,
    given?.out,
  ];
  const dims = given?.size?.length ?? 0;
  const fits = (one: unknown) =>
    Array.isArray(one) && one.length === dims && one.every((x) => Number.isSafeInteger(x));
  if (!given || !dims || !lists.every(fits)) return null;
  const g = { ...(given as Geometry), groups: given.groups ?? 1 };
  const channels = Math.max(1, ...(op.shapes[1]?.slice(0, 2) ?? []));
  const small = sizeOf(g.kernel) * channels <= MOST_PLACES && g.stride.every((s) => s > 0);
  return small && Number.isSafeInteger(g.groups) && g.groups > 0 ? g : null;
}

/** Where in the input a place of the kernel lies in a window; null in the padding. */
export function seen(g: Geometry, window: number[], place: number[]): number[] | null {
  const at = window.map((w, d) => w * g.stride[d]! - g.before[d]! + place[d]! * g.dilation[d]!);
  return at.every((p, d) => p >= 0 && p < g.size[d]!) ? at : null;
}

/** The window that sees an element of the input with this place of its kernel, if there is one. */
export function seeing(g: Geometry, at: number[], place: number[]): number[] | null {
  const window = at.map((p, d) => (p + g.before[d]! - place[d]! * g.dilation[d]!) / g.stride[d]!);
  return window.every((w, d) => Number.isInteger(w) && w >= 0 && w < g.out[d]!) ? window : null;
}

/** All places of a kernel. */
export const placesOf = (sizes: number[]) =>
  Array.from({ length: sizeOf(sizes) }, (_, at) => unravel(at, sizes));

/** Which of its tensors has the windows and which the elements: of a convolution or its transpose. */
interface Roles {
  /** The tensor over which the kernel slides, and the one with an element for each window. */
  wide: number | "out";
  narrow: number | "out";
}

const shapeOf = (op: Operation, of: number | "out") => op.shape(of);
const arriving = (of: number | "out"): Place => (of === "out" ? "g" : of);

/** Σ over a window of what it sees times the kernel; element [n, o, ...window] of the narrow one. */
function gathered(op: Operation, g: Geometry, roles: Roles, at: number, grad: boolean): Source {
  const [n, o, ...window] = unravel(at, shapeOf(op, roles.narrow)) as [number, number, ...number[]];
  const weight = op.shapes[1]!;
  const wide = grad ? arriving(roles.wide) : (roles.wide as number);
  const first = Math.floor(o / (weight[0]! / g.groups)) * weight[1]!;
  const terms: { factors: Entry[] }[] = [];
  for (let c = 0; c < weight[1]!; c += 1)
    for (const place of placesOf(g.kernel)) {
      const from = seen(g, window, place);
      if (!from) continue;
      terms.push({
        factors: [
          { of: wide, at: ravel([n, first + c, ...from], shapeOf(op, roles.wide)) },
          { of: 1, at: ravel([o, c, ...place], weight) },
        ],
      });
    }
  const names = [op.name(wide), op.name(1)];
  const padded = terms.length < weight[1]! * sizeOf(g.kernel) ? ", 0 in the padding" : "";
  return { rule: `Σ ${names.join(" · ")} over its window${padded}`, terms, count: terms.length };
}

/** Σ over the windows that see an element: element [n, c, ...at] of the wide one. */
function scattered(op: Operation, g: Geometry, roles: Roles, at: number, grad: boolean): Source {
  const [n, c, ...place] = unravel(at, shapeOf(op, roles.wide)) as [number, number, ...number[]];
  const weight = op.shapes[1]!;
  const narrow = grad ? arriving(roles.narrow) : (roles.narrow as number);
  const group = Math.floor(c / weight[1]!);
  const each = weight[0]! / g.groups;
  const terms: { factors: Entry[] }[] = [];
  for (let o = group * each; o < (group + 1) * each; o += 1)
    for (const k of placesOf(g.kernel)) {
      const window = seeing(g, place, k);
      if (!window) continue;
      terms.push({
        factors: [
          { of: narrow, at: ravel([n, o, ...window], shapeOf(op, roles.narrow)) },
          { of: 1, at: ravel([o, c % weight[1]!, ...k], weight) },
        ],
      });
    }
  const rule = `Σ ${op.name(narrow)} · ${op.name(1)} over the windows that see it`;
  return { rule, terms, count: terms.length };
}

/** Σ over all windows of what a place of the kernel met times what arrived there. */
function kernels(op: Operation, g: Geometry, roles: Roles, at: number): Source {
  const [o, c, ...place] = unravel(at, op.shapes[1]!) as [number, number, ...number[]];
  const first = Math.floor(o / (op.shapes[1]![0]! / g.groups)) * op.shapes[1]![1]!;
  const [narrow, wide] = [arriving(roles.narrow), arriving(roles.wide)];
  const shape = shapeOf(op, roles.narrow);
  const terms = op.known(narrow, (from) => {
    const [n, channel, ...window] = unravel(from, shape) as [number, number, ...number[]];
    const met = channel === o ? seen(g, window, place) : null;
    if (!met) return null;
    const other = ravel([n, first + c, ...met], shapeOf(op, roles.wide));
    return [
      { of: narrow, at: from },
      { of: wide, at: other },
    ];
  });
  // Windows in which this place of the kernel is not in the padding.
  const fitting = g.out.map((count, d) => {
    const shift = g.before[d]! - place[d]! * g.dilation[d]!;
    const last = Math.floor((g.size[d]! - 1 + shift) / g.stride[d]!);
    return Math.max(
      0,
      Math.min(count - 1, last) - Math.max(0, Math.ceil(shift / g.stride[d]!)) + 1,
    );
  });
  const own = op.text(1, [o, c, ...place]);
  const rule = `Σ ${op.name(narrow)} · ${op.name(wide)} where ${own} brought them together`;
  return { rule, terms, count: shape[0]! * sizeOf(fitting) };
}

/** The bias is added in every window of its channel. */
function biased(op: Operation, at: number): Source {
  const terms = op.known("g", (from) =>
    unravel(from, op.out)[1] === at ? [{ of: "g", at: from }] : null,
  );
  const rule = `Σ ${op.text("g", [":", at, ...op.out.slice(2).map(() => ":")])}`;
  return { rule, terms, count: sizeOf(op.out) / Math.max(1, op.out[1]!) };
}

const convolution = (roles: Roles): Family => ({
  forward(op, at) {
    const g = geometryOf(op);
    if (!g) return null;
    const source =
      roles.narrow === "out"
        ? gathered(op, g, roles, at, false)
        : scattered(op, g, roles, at, false);
    if (!op.shapes[2]) return source;
    const channel = unravel(at, op.out)[1]!;
    source.terms.push({ factors: [{ of: 2, at: channel }] });
    return {
      ...source,
      rule: `${source.rule} + ${op.text(2, [channel])}`,
      count: source.count + 1,
    };
  },
  backward(op, operand, at) {
    const g = geometryOf(op);
    if (!g) return null;
    if (operand === 2) return biased(op, at);
    if (operand === 1) return kernels(op, g, roles, at);
    return roles.narrow === "out"
      ? scattered(op, g, roles, at, true)
      : gathered(op, g, roles, at, true);
  },
});

export const PRODUCTS: Record<string, Family> = {
  matmul,
  linear,
  conv: convolution({ wide: 0, narrow: "out" }),
  convtranspose: convolution({ wide: "out", narrow: 0 }),
};

// A colour and a shape for each optimiser, the same on the map, over the losses and beside its name.
import { s } from "./dom.ts";

/** Outlines within a circle of radius 1, one for each of eight. */
const SHAPES: [number, number][][] = [
  [],
  [
    [-0.85, -0.85],
    [0.85, -0.85],
    [0.85, 0.85],
    [-0.85, 0.85],
  ],
  [
    [0, -1.15],
    [1.05, 0.8],
    [-1.05, 0.8],
  ],
  [
    [0, -1.2],
    [1.2, 0],
    [0, 1.2],
    [-1.2, 0],
  ],
  [
    [0, 1.15],
    [1.05, -0.8],
    [-1.05, -0.8],
  ],
  plus(1.15, 0.42),
  star(),
  [
    [-1.1, 0],
    [-0.55, -1],
    [0.55, -1],
    [1.1, 0],
    [0.55, 1],
    [-0.55, 1],
  ],
];

function plus(long: number, wide: number): [number, number][] {
  const corner: [number, number][] = [
    [wide, -long],
    [wide, -wide],
    [long, -wide],
  ];
  const turned = [0, 1, 2, 3].map((quarter) =>
    corner.map(([x, y]) => {
      let at: [number, number] = [x, y];
      for (let turn = 0; turn < quarter; turn++) at = [-at[1], at[0]];
      return at;
    }),
  );
  return turned.flat();
}

function star(): [number, number][] {
  return Array.from({ length: 10 }, (_, at): [number, number] => {
    const radius = at % 2 ? 0.55 : 1.3;
    const angle = (at * Math.PI) / 5;
    return [radius * Math.sin(angle), -radius * Math.cos(angle)];
  });
}

/** The outline of the shape of so manieth optimiser, around a place. */
export function outline(which: number, x: number, y: number, radius: number): string {
  const corners = SHAPES[which % SHAPES.length]!;
  if (!corners.length)
    return (
      `M${x - radius},${y}a${radius},${radius} 0 1 0 ${2 * radius},0` +
      `a${radius},${radius} 0 1 0 ${-2 * radius},0z`
    );
  const points = corners.map(
    ([across, down]) => `${(x + radius * across).toFixed(2)},${(y + radius * down).toFixed(2)}`,
  );
  return `M${points.join("L")}z`;
}

/** The shape on a canvas, with an edge that stands out from what is below. */
export function mark(
  pen: CanvasRenderingContext2D,
  which: number,
  [x, y]: readonly [number, number],
  radius: number,
  fill: string,
  edge: string,
): void {
  const shape = new Path2D(outline(which, x, y, radius));
  pen.lineJoin = "round";
  pen.strokeStyle = edge;
  pen.lineWidth = 3;
  pen.stroke(shape);
  pen.fillStyle = fill;
  pen.fill(shape);
}

/** A cross: here it was lost. */
export function cross(
  pen: CanvasRenderingContext2D,
  [x, y]: readonly [number, number],
  colour: string,
  halo: string,
): void {
  const size = 5;
  const shape = new Path2D(
    `M${x - size},${y - size}l${2 * size},${2 * size}m0,${-2 * size}l${-2 * size},${2 * size}`,
  );
  pen.lineCap = "round";
  for (const [style, width] of [
    [halo, 6],
    [colour, 2.5],
  ] as const) {
    pen.strokeStyle = style;
    pen.lineWidth = width;
    pen.stroke(shape);
  }
}

/** The shape beside a name. */
export function swatch(which: number): SVGSVGElement {
  return s(
    "svg",
    { viewBox: "0 0 16 16", class: "lg-mark", "aria-hidden": "true" },
    s("path", { d: outline(which, 8, 8, 5) }),
  );
}

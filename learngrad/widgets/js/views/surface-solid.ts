// The surface in space: cells painted from far to near, to be turned by dragging or by keys.
import { type Field, type Levels, shadeOf } from "../core/contours.ts";
import { backToFront, coordinate, Scale, type Turn, turned } from "../core/surface.ts";
import { number } from "../core/text.ts";
import { disc, type Inks, inks, prepared } from "./contour.ts";
import { h } from "./dom.ts";

type Point = readonly [number, number];
type Corner = readonly [number, number, number];

const START: Turn = { round: -35, down: 38 };
const HEIGHT = 0.85;
/** Degrees a pixel of dragging, and a key. */
const [DRAG, KEY] = [0.5, 5];
/** Lines along the surface, from edge to edge. */
const WIRES = 8;

export class SolidView {
  readonly element = h("div", { class: "lg-solid" });
  turn: Turn = { ...START };
  readonly #canvas = h("canvas", { "aria-hidden": "true" });
  readonly #changed: () => void;
  #dragged: { x: number; y: number } | null = null;

  constructor(changed: () => void) {
    this.#changed = changed;
    this.element.append(this.#canvas);
    this.element.addEventListener("pointerdown", (event) => {
      this.#dragged = { x: event.clientX, y: event.clientY };
      this.element.setPointerCapture(event.pointerId);
    });
    this.element.addEventListener("pointermove", (event) => {
      if (!this.#dragged) return;
      const [x, y] = [event.clientX - this.#dragged.x, event.clientY - this.#dragged.y];
      this.#dragged = { x: event.clientX, y: event.clientY };
      this.#by(x * DRAG, y * DRAG);
    });
    for (const end of ["pointerup", "pointercancel"] as const)
      this.element.addEventListener(end, () => {
        this.#dragged = null;
      });
  }

  /** Turns by a key; says whether it was one for it. */
  key(key: string, far: boolean): boolean {
    const step = KEY * (far ? 3 : 1);
    const moves: Record<string, () => void> = {
      ArrowLeft: () => this.#by(-step, 0),
      ArrowRight: () => this.#by(step, 0),
      ArrowUp: () => this.#by(0, -step),
      ArrowDown: () => this.#by(0, step),
      Home: () => {
        this.turn = { ...START };
        this.#changed();
      },
    };
    moves[key]?.();
    return key in moves;
  }

  #by(round: number, down: number): void {
    this.turn = {
      round: ((((this.turn.round + round + 180) % 360) + 360) % 360) - 180,
      down: Math.min(90, Math.max(0, this.turn.down + down)),
    };
    this.#changed();
  }

  draw(
    field: Field,
    heights: Levels,
    labels: readonly [string, string],
    way: readonly Point[],
    at: Point | null,
    lossAt: (point: Point) => number,
  ): void {
    const pen = prepared(this.#canvas, this.element);
    if (!pen) return;
    const ink = inks(this.element);
    const scale = new Scale(field.values, heights);
    const { clientWidth: width, clientHeight: height } = this.element;
    const size = Math.min(width / 3.3, height / 2.45);
    const see = (corner: Corner): Point => {
      const [across, up] = turned([corner[0], corner[1], corner[2] * HEIGHT], this.turn);
      return [width / 2 + across * size, height * 0.5 - (up - 0.3) * size];
    };
    const name = this.#floor(pen, see, field, labels, ink);
    this.#cells(pen, see, field, heights, scale, ink);
    name();
    this.#upright(pen, see, scale, ink);
    const lift = ([x, y]: Point): Corner => [
      share(x, field.x),
      share(y, field.y),
      scale.share(lossAt([x, y])),
    ];
    const seen = way.filter((point) => !Number.isNaN(lossAt(point)));
    this.#way(
      pen,
      seen.map((point) => see(lift(point))),
      ink,
    );
    if (at && Number.isFinite(lossAt(at))) disc(pen, see(lift(at)), 4.5, ink.ink, ink.halo);
  }

  #cells(
    pen: CanvasRenderingContext2D,
    see: (corner: Corner) => Point,
    field: Field,
    heights: Levels,
    scale: Scale,
    ink: Inks,
  ): void {
    const { columns, rows, values } = field;
    const corner = (column: number, row: number): Corner => [
      (2 * column) / (columns - 1) - 1,
      (2 * row) / (rows - 1) - 1,
      scale.share(values[row * columns + column]!),
    ];
    const [across, up] = backToFront(columns, rows, this.turn);
    const wire = Math.max(1, Math.round((columns - 1) / WIRES));
    const strong: [Point, Point][] = [];
    for (const row of up)
      for (const column of across) {
        const places = [
          [column, row],
          [column + 1, row],
          [column + 1, row + 1],
          [column, row + 1],
        ] as const;
        const around = places.map(([c, r]) => values[r * columns + c]!);
        if (!around.every(Number.isFinite)) continue;
        const corners = places.map(([c, r]) => corner(c, r));
        const [a, b, c, d] = corners.map(see) as [Point, Point, Point, Point];
        const mean = around.reduce((sum, value) => sum + value, 0) / 4;
        const colour = ink.band(shadeOf(mean, heights), heights.values.length, shade(corners));
        pen.fillStyle = pen.strokeStyle = colour;
        pen.lineWidth = 0.7;
        pen.beginPath();
        pen.moveTo(...a);
        for (const point of [b, c, d]) pen.lineTo(...point);
        pen.closePath();
        pen.fill();
        pen.stroke();
        strong.length = 0;
        if (row % wire === 0) strong.push([a, b]);
        if (row + 1 === rows - 1) strong.push([d, c]);
        if (column % wire === 0) strong.push([a, d]);
        if (column + 1 === columns - 1) strong.push([b, c]);
        if (!strong.length) continue;
        pen.strokeStyle = ink.line;
        pen.globalAlpha = 0.45;
        pen.beginPath();
        for (const [from, to] of strong) {
          pen.moveTo(...from);
          pen.lineTo(...to);
        }
        pen.stroke();
        pen.globalAlpha = 1;
      }
  }

  #way(pen: CanvasRenderingContext2D, placed: Point[], ink: Inks): void {
    if (!placed.length) return;
    pen.save();
    pen.lineJoin = pen.lineCap = "round";
    pen.beginPath();
    placed.forEach((point, k) => {
      if (k) pen.lineTo(...point);
      else pen.moveTo(...point);
    });
    for (const [style, width] of [
      [ink.halo, 5],
      [ink.series(4), 2.25],
    ] as const) {
      pen.strokeStyle = style;
      pen.lineWidth = width;
      pen.stroke();
    }
    disc(pen, placed[0]!, 4.5, ink.halo, ink.series(4));
    disc(pen, placed.at(-1)!, 5.5, ink.series(4), ink.halo);
    pen.restore();
  }

  /**
   * The edges of the ground, with the numbers of the axes at the two that are near. Returns what
   * writes their names, which may be long: over the surface.
   */
  #floor(
    pen: CanvasRenderingContext2D,
    see: (corner: Corner) => Point,
    field: Field,
    labels: readonly [string, string],
    ink: Inks,
  ): () => void {
    const corners: Corner[] = [
      [-1, -1, 0],
      [1, -1, 0],
      [1, 1, 0],
      [-1, 1, 0],
    ];
    pen.strokeStyle = ink.rule;
    pen.lineWidth = 1;
    pen.beginPath();
    corners.forEach((corner, k) => {
      const place = see(corner);
      if (k) pen.lineTo(...place);
      else pen.moveTo(...place);
    });
    pen.closePath();
    pen.stroke();
    pen.font = `12px ${ink.font}`;
    pen.textBaseline = "middle";
    pen.textAlign = "center";
    const center = see([0, 0, 0]);
    const write = (text: string, at: Corner, out: Point, far: number, colour: string) => {
      const [x, y] = see(at);
      const half = pen.measureText(text).width / 2;
      const by = far + Math.abs(out[0]) * half;
      const room = pen.canvas.clientWidth - half - 4;
      const place: Point = [Math.min(room, Math.max(half + 4, x + out[0] * by)), y + out[1] * by];
      pen.strokeStyle = ink.halo;
      pen.lineWidth = 3;
      pen.strokeText(text, ...place);
      pen.fillStyle = colour;
      pen.fillText(text, ...place);
    };
    const names: (() => void)[] = [];
    const side = (axis: 0 | 1, at: number, ends: readonly [number, number], label: string) => {
      const corner = (along: number): Corner => (axis ? [at, along, 0] : [along, at, 0]);
      const [from, to] = [see(corner(-1)), see(corner(1))];
      // Away from the edge, on the side where the surface is not.
      const size = Math.hypot(to[0] - from[0], to[1] - from[1]) || 1;
      let out: Point = [(from[1] - to[1]) / size, (to[0] - from[0]) / size];
      if (out[0] * (from[0] - center[0]) + out[1] * (from[1] - center[1]) < 0)
        out = [-out[0], -out[1]];
      write(coordinate(ends[0]), corner(-0.92), out, 12, ink.faint);
      write(coordinate(ends[1]), corner(0.92), out, 12, ink.faint);
      names.push(() => write(label, corner(0), out, 26, ink.ink));
    };
    const near = (corner: Corner) => turned(corner, this.turn)[2];
    side(0, near([0, -1, 0]) > near([0, 1, 0]) ? -1 : 1, field.x, labels[0]);
    side(1, near([-1, 0, 0]) > near([1, 0, 0]) ? -1 : 1, field.y, labels[1]);
    return () => {
      for (const write of names) write();
    };
  }

  /** The edge that is farthest to the left, with the lowest and the highest loss. */
  #upright(
    pen: CanvasRenderingContext2D,
    see: (corner: Corner) => Point,
    scale: Scale,
    ink: Inks,
  ): void {
    const feet: Corner[] = [
      [-1, -1, 0],
      [1, -1, 0],
      [1, 1, 0],
      [-1, 1, 0],
    ];
    const foot = feet.reduce((a, b) => (see(b)[0] < see(a)[0] ? b : a));
    const [low, high] = [see(foot), see([foot[0], foot[1], 1])];
    if (low[1] - high[1] < 24) return;
    pen.strokeStyle = pen.fillStyle = ink.faint;
    pen.lineWidth = 1;
    pen.beginPath();
    pen.moveTo(...low);
    pen.lineTo(...high);
    pen.stroke();
    pen.textAlign = "right";
    pen.fillText(number(Number(scale.low.toPrecision(3))), low[0] - 8, low[1] - 4);
    pen.fillText(number(Number(scale.high.toPrecision(3))), high[0] - 8, high[1]);
    pen.fillStyle = ink.ink;
    pen.fillText("loss", high[0] - 8, (low[1] + high[1]) / 2);
  }
}

const share = (value: number, [low, high]: readonly [number, number]) =>
  (2 * (value - low)) / (high - low) - 1;

/** How light a cell is: the light comes from the upper left. */
function shade([a, b, , d]: Corner[]): number {
  const [east, north] = [(b![2] - a![2]) / (b![0] - a![0]), (d![2] - a![2]) / (d![1] - a![1])];
  const size = Math.hypot(east, north, 1);
  return Math.min(1.06, Math.max(0.72, 0.62 + 0.42 * ((0.5 * east - 0.35 * north + 1) / size)));
}

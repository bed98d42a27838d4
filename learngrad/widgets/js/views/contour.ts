// A map of a field: bands, lines with their heights, axes; and above it a canvas for what moves.
// The map is drawn when the field, the size or the theme changes, what moves with each `over()`.
import {
  apart,
  contour,
  type Field,
  type Levels,
  levels,
  type Spot,
  spot,
  ticks,
  valueAt,
} from "../core/contours.ts";
import contourCss from "./contour.css";
import { h } from "./dom.ts";
import { adopt } from "./theme.ts";

type Point = readonly [number, number];

export interface MapOptions {
  /** Names of the axes; without them there are no axes, for small maps. */
  labels?: readonly [string, string];
  /** Draws what moves, in CSS pixels, clipped to the map. */
  over?: (pen: CanvasRenderingContext2D, map: ContourMap) => void;
}

const STOPS = 5;
const MARGIN = { left: 54, right: 12, top: 10, bottom: 40 };
const LABEL = 12;
/** Pixels of a character, about. */
const WIDE = 6.4;

export class ContourMap {
  readonly element = h("div", { class: "lg-contour" });
  /** The heights of the lines, after the first drawing. */
  levels: Levels = { values: [], isLog: false };
  readonly #ground = h("canvas", { "aria-hidden": "true" });
  readonly #above = h("canvas", { "aria-hidden": "true" });
  readonly #options: MapOptions;
  readonly #observer = new ResizeObserver(() => this.draw());
  #field: Field | null = null;
  /** Left and right of the map: more, where the numbers beside it are long. */
  #margin: [number, number] = [MARGIN.left, MARGIN.right];
  /** The size and the colours that the ground was drawn in. */
  #drawnAs = "";
  readonly #later = new Later(this.element, () => this.draw());

  constructor(options: MapOptions = {}) {
    this.#options = options;
    this.element.append(this.#ground, this.#above);
    adopt(document.body, "contour", contourCss);
    this.#observer.observe(this.element);
  }

  get field(): Field | null {
    return this.#field;
  }

  /** Other names for the axes. */
  name(labels: readonly [string, string]): void {
    if (labels.join() === this.#options.labels?.join()) return;
    this.#options.labels = labels;
    this.draw();
  }

  /** Another field, or the same with new values; its levels, where they are known already. */
  show(field: Field | null, heights?: Levels): void {
    this.#field = field;
    this.levels = field ? (heights ?? levels(field.values)) : { values: [], isLog: false };
    this.draw();
  }

  // ---- places, in CSS pixels from the upper left corner of `element`

  /** Left, top, right and bottom of the map within its axes. */
  get frame(): [number, number, number, number] {
    const { clientWidth: width, clientHeight: height } = this.element;
    if (!this.#options.labels) return [0, 0, width, height];
    const [left, right] = this.#margin;
    return [left, MARGIN.top, width - right, height - MARGIN.bottom];
  }

  /** Where a point of the field is drawn. */
  place([x, y]: Point): [number, number] {
    const [left, top, right, bottom] = this.frame;
    const { x: across, y: up } = this.#field ?? { x: [0, 1], y: [0, 1] };
    return [
      left + ((x - across[0]) / (across[1] - across[0])) * (right - left),
      bottom - ((y - up[0]) / (up[1] - up[0])) * (bottom - top),
    ];
  }

  /** The point of the field at a place; it may lie outside. */
  at([px, py]: Point): [number, number] {
    const [left, top, right, bottom] = this.frame;
    const { x: across, y: up } = this.#field ?? { x: [0, 1], y: [0, 1] };
    return [
      across[0] + ((px - left) / (right - left)) * (across[1] - across[0]),
      up[0] + ((bottom - py) / (bottom - top)) * (up[1] - up[0]),
    ];
  }

  /** The point of the field under a pointer. */
  under(event: MouseEvent): [number, number] {
    const { left, top } = this.element.getBoundingClientRect();
    return this.at([event.clientX - left, event.clientY - top]);
  }

  /** The field's value there, NaN outside and beside a hole. */
  value([x, y]: Point): number {
    return this.#field ? valueAt(this.#field, x, y) : Number.NaN;
  }

  // ---- drawing

  /** All anew: the field, the size or the theme is another. */
  draw(): void {
    const pen = prepared(this.#ground, this.element);
    this.#later.unless(pen !== null);
    if (!pen) return;
    this.#drawnAs = this.#look();
    this.#margin = this.#room();
    if (this.#field) this.#drawField(pen, this.#field);
    this.over();
  }

  /** Marks for the axis across and for the one upwards. */
  #marks(): [number[], number[]] {
    const [left, top, right, bottom] = this.frame;
    const { x, y } = this.#field ?? { x: [0, 1], y: [0, 1] };
    return [
      ticks(x[0], x[1], Math.max(2, Math.floor((right - left) / 80))),
      ticks(y[0], y[1], Math.max(2, Math.floor((bottom - top) / 45))),
    ];
  }

  /** The margins that the marks' numbers need. */
  #room(): [number, number] {
    const [across, up] = this.#marks().map((marks) => apart(marks).map(({ length }) => length));
    return [
      Math.max(MARGIN.left, 22 + WIDE * Math.max(...up!)),
      Math.max(MARGIN.right, 2 + (WIDE / 2) * (across!.at(-1) ?? 0)),
    ];
  }

  #look(): string {
    const { clientWidth, clientHeight } = this.element;
    const look = getComputedStyle(this.element);
    const colours = ["field-0", "ink"].map((name) => look.getPropertyValue(`--lg-${name}`));
    return [clientWidth, clientHeight, devicePixelRatio, ...colours].join();
  }

  /** What moves, anew; and the ground, where it could not be drawn when it should have been. */
  over(): void {
    // A page between two themes may have no layout, and a theme's colours may come late.
    if (this.element.clientWidth && this.#look() !== this.#drawnAs) {
      this.draw();
      return;
    }
    const pen = prepared(this.#above, this.element);
    if (!pen || !this.#options.over) return;
    const [left, top, right, bottom] = this.frame;
    pen.beginPath();
    pen.rect(left, top, right - left, bottom - top);
    pen.clip();
    this.#options.over(pen, this);
  }

  destroy(): void {
    this.#observer.disconnect();
    this.#later.stop();
    this.element.remove();
  }

  #drawField(pen: CanvasRenderingContext2D, field: Field): void {
    const ink = inks(this.element);
    const [left, top, right, bottom] = this.frame;
    const heights = this.levels;
    pen.save();
    pen.beginPath();
    pen.rect(left, top, right - left, bottom - top);
    pen.clip();
    this.#hatch(pen, ink);
    const found = [Number.NEGATIVE_INFINITY, ...heights.values].map((level) =>
      contour(field, level, heights.isLog),
    );
    found.forEach(({ rings }, band) => {
      pen.fillStyle = ink.band(band, heights.values.length);
      pen.beginPath();
      for (const ring of rings) this.#trace(pen, ring, true);
      pen.fill("evenodd");
    });
    pen.strokeStyle = ink.line;
    pen.lineWidth = 1;
    pen.globalAlpha = 0.55;
    pen.beginPath();
    for (const { lines } of found.slice(1)) for (const line of lines) this.#trace(pen, line, false);
    pen.stroke();
    pen.globalAlpha = 1;
    if (this.#options.labels)
      this.#heights(
        pen,
        heights.values,
        found.slice(1).map(({ lines }) => lines),
        ink,
      );
    pen.restore();
    if (this.#options.labels) this.#axes(pen, ink);
  }

  #trace(pen: CanvasRenderingContext2D, line: Float64Array, close: boolean): void {
    for (let k = 0; k < line.length; k += 2) {
      const [x, y] = this.place([line[k]!, line[k + 1]!]);
      if (k) pen.lineTo(x, y);
      else pen.moveTo(x, y);
    }
    if (close) pen.closePath();
  }

  /** What shows where there is no number. */
  #hatch(pen: CanvasRenderingContext2D, ink: Inks): void {
    const [left, top, right, bottom] = this.frame;
    pen.strokeStyle = ink.broken;
    pen.lineWidth = 1.5;
    pen.globalAlpha = 0.6;
    pen.beginPath();
    for (let at = left - (bottom - top); at < right; at += 9) {
      pen.moveTo(at, bottom);
      pen.lineTo(at + bottom - top, top);
    }
    pen.stroke();
    pen.globalAlpha = 1;
  }

  #heights(
    pen: CanvasRenderingContext2D,
    values: number[],
    found: Float64Array[][],
    ink: Inks,
  ): void {
    pen.font = `${LABEL}px ${ink.font}`;
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.lineJoin = "round";
    const taken: Spot[] = [];
    const texts = apart(values);
    texts.forEach((text, at) => {
      const width = pen.measureText(text).width + 8;
      const lines = found[at]!.map((line) => this.#pixels(line)).sort(
        (a, b) => b.length - a.length,
      );
      for (const line of lines.slice(0, 3)) {
        const place = spot(line, width, taken, this.frame);
        if (!place) continue;
        taken.push(place);
        pen.save();
        pen.translate(place.x, place.y);
        pen.rotate(place.angle);
        pen.strokeStyle = ink.band(at + 0.5, values.length);
        pen.lineWidth = 4;
        pen.strokeText(text, 0, 0);
        pen.fillStyle = ink.line;
        pen.fillText(text, 0, 0);
        pen.restore();
        break;
      }
    });
  }

  #pixels(line: Float64Array): Float64Array {
    const placed = new Float64Array(line.length);
    for (let k = 0; k < line.length; k += 2) placed.set(this.place([line[k]!, line[k + 1]!]), k);
    return placed;
  }

  #axes(pen: CanvasRenderingContext2D, ink: Inks): void {
    const [left, top, right, bottom] = this.frame;
    const [across, up] = this.#options.labels!;
    pen.strokeStyle = ink.faint;
    pen.lineWidth = 1;
    pen.strokeRect(left - 0.5, top - 0.5, right - left + 1, bottom - top + 1);
    pen.font = `${LABEL}px ${ink.font}`;
    pen.fillStyle = ink.faint;
    pen.textBaseline = "middle";
    pen.beginPath();
    const marks = this.#marks();
    const [numbers, heights] = marks.map(apart);
    for (const [k, x] of marks[0].entries()) {
      const [at] = this.place([x, 0]);
      pen.moveTo(at, bottom);
      pen.lineTo(at, bottom + 4);
      pen.textAlign = "center";
      pen.fillText(numbers![k]!, at, bottom + 12);
    }
    for (const [k, y] of marks[1].entries()) {
      const [, at] = this.place([0, y]);
      pen.moveTo(left, at);
      pen.lineTo(left - 4, at);
      pen.textAlign = "right";
      pen.fillText(heights![k]!, left - 8, at);
    }
    pen.stroke();
    pen.fillStyle = ink.ink;
    pen.textAlign = "center";
    pen.fillText(across, (left + right) / 2, bottom + 30);
    pen.save();
    pen.translate(10, (top + bottom) / 2);
    pen.rotate(-Math.PI / 2);
    pen.fillText(up, 0, 0);
    pen.restore();
  }
}

/**
 * Tries a drawing again that found no room: while JupyterLab changes its theme the page has no layout,
 * and when it is back as it was nobody is told.
 */
export class Later {
  readonly #element: Element;
  readonly #draw: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #tries = 0;

  constructor(element: Element, draw: () => void) {
    this.#element = element;
    this.#draw = draw;
  }

  /** It was drawn, or is to be tried again; not what is hidden, and not for ever. */
  unless(drawn: boolean): void {
    this.stop();
    this.#tries = drawn ? 0 : this.#tries + 1;
    if (drawn || this.#tries > 25 || !this.#element.isConnected) return;
    if (!this.#element.closest("[hidden]")) this.#timer = setTimeout(this.#draw, 200);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}

/** A way over the map: a line with a halo that stays visible on every band, its first point a ring. */
export function drawPath(
  pen: CanvasRenderingContext2D,
  points: readonly Point[],
  map: ContourMap,
  colour: string,
  halo: string,
): void {
  if (!points.length) return;
  const placed = points.map((point) => map.place(point));
  pen.save();
  pen.lineJoin = pen.lineCap = "round";
  pen.beginPath();
  placed.forEach(([x, y], at) => {
    if (at) pen.lineTo(x, y);
    else pen.moveTo(x, y);
  });
  for (const [style, width] of [
    [halo, 5],
    [colour, 2.25],
  ] as const) {
    pen.strokeStyle = style;
    pen.lineWidth = width;
    pen.stroke();
  }
  disc(pen, placed[0]!, 4.5, halo, colour);
  // A way that has left the map has its end at the edge.
  const [left, top, right, bottom] = map.frame;
  const [x, y] = placed.at(-1)!;
  const end = [Math.min(right, Math.max(left, x)), Math.min(bottom, Math.max(top, y))] as const;
  disc(pen, end, 5.5, colour, halo);
  pen.restore();
}

/** A filled circle with an edge. */
export function disc(
  pen: CanvasRenderingContext2D,
  [x, y]: Point,
  radius: number,
  fill: string,
  edge: string,
): void {
  pen.beginPath();
  pen.arc(x, y, radius, 0, 2 * Math.PI);
  pen.fillStyle = fill;
  pen.fill();
  pen.strokeStyle = edge;
  pen.lineWidth = 2;
  pen.stroke();
}

/** The colours of a map, as the theme has them now. */
export interface Inks {
  line: string;
  /** Thin lines behind a drawing. */
  rule: string;
  faint: string;
  ink: string;
  halo: string;
  broken: string;
  font: string;
  /** The colour of a band (from 0) above so many levels, lighter or darker by a factor. */
  band(band: number, levels: number, light?: number): string;
  /** One of the six colours of runs and curves, from 0. */
  series(at: number): string;
}

export function inks(element: Element): Inks {
  const look = getComputedStyle(element);
  const colour = (name: string) => look.getPropertyValue(`--lg-${name}`).trim();
  const stops = Array.from({ length: STOPS }, (_, at) => channels(colour(`field-${at}`)));
  return {
    line: colour("field-line"),
    rule: colour("line"),
    faint: colour("faint"),
    ink: colour("ink"),
    halo: colour("halo"),
    broken: colour("failed-line"),
    font: colour("ui") || "sans-serif",
    band: (band, count, light = 1) =>
      `rgb(${blend(stops, count ? band / count : 0)
        .map((channel) => Math.round(channel * light))
        .join(" ")})`,
    series: (at) => colour(`series-${(at % 6) + 1}`),
  };
}

function channels(hex: string): number[] {
  return [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16));
}

/** The colour so far, 0 to 1, along the stops. */
function blend(stops: number[][], share: number): number[] {
  const at = Math.min(Math.max(share, 0), 1) * (stops.length - 1);
  const from = Math.min(Math.floor(at), stops.length - 2);
  return stops[from]!.map((low, channel) =>
    Math.round(low + (stops[from + 1]![channel]! - low) * (at - from)),
  );
}

/** A canvas as large as its element, cleared, in CSS pixels; null where it has no size. */
export function prepared(
  canvas: HTMLCanvasElement,
  element: HTMLElement,
): CanvasRenderingContext2D | null {
  const { clientWidth, clientHeight } = element;
  if (!clientWidth || !clientHeight) return null;
  const scale = devicePixelRatio || 1;
  const [width, height] = [Math.round(clientWidth * scale), Math.round(clientHeight * scale)];
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  const pen = canvas.getContext("2d");
  if (!pen) return null;
  pen.reset();
  pen.scale(scale, scale);
  return pen;
}

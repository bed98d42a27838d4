// The loss along one line: a curve for each axis, through the point that is read.
import { apart, ticks } from "../core/contours.ts";
import { along, type Cut, type Scale } from "../core/surface.ts";
import { disc, inks, prepared } from "./contour.ts";
import { h } from "./dom.ts";

const MARGIN = { left: 54, right: 14, top: 12, bottom: 40 };

export interface SliceMarks {
  label: string;
  /** Where it is read. */
  at: number;
  /** Where the parameters are, and their loss. */
  center: number;
  here: number;
}

export class SliceChart {
  readonly element = h("div", { class: "lg-slice" });
  readonly #canvas = h("canvas", { "aria-hidden": "true" });
  #ends: readonly [number, number] = [0, 1];

  constructor() {
    this.element.append(this.#canvas);
  }

  /** The number of the axis under a pointer, and whether it lies on the chart. */
  under(event: MouseEvent): number {
    const { left, width } = this.element.getBoundingClientRect();
    const inner = width - MARGIN.left - MARGIN.right;
    const share = (event.clientX - left - MARGIN.left) / inner;
    return this.#ends[0] + Math.min(1, Math.max(0, share)) * (this.#ends[1] - this.#ends[0]);
  }

  /** Draws a cut; `scale` is that of all the surface, so that two cuts compare. */
  draw(cut: Cut, scale: Scale, isLog: boolean, marks: SliceMarks): void {
    const pen = prepared(this.#canvas, this.element);
    if (!pen) return;
    this.#ends = cut.ends;
    const ink = inks(this.element);
    const { clientWidth, clientHeight } = this.element;
    const [left, top] = [MARGIN.left, MARGIN.top];
    const [right, bottom] = [clientWidth - MARGIN.right, clientHeight - MARGIN.bottom];
    const across = (x: number) =>
      left + ((x - cut.ends[0]) / (cut.ends[1] - cut.ends[0])) * (right - left);
    const up = (value: number) => bottom - scale.share(value) * (bottom - top - 8);
    pen.font = `12px ${ink.font}`;
    pen.textBaseline = "middle";
    pen.lineWidth = 1;
    pen.strokeStyle = ink.rule;
    pen.fillStyle = ink.faint;
    pen.textAlign = "right";
    const heights = marksUp(scale, isLog, Math.max(2, Math.floor((bottom - top) / 36)));
    const texts = apart(heights);
    for (const [k, height] of heights.entries()) {
      const y = Math.round(up(height)) + 0.5;
      pen.beginPath();
      pen.moveTo(left, y);
      pen.lineTo(right, y);
      pen.stroke();
      pen.fillText(texts[k]!, left - 8, y);
    }
    pen.textAlign = "center";
    const marked = ticks(...cut.ends, Math.max(2, Math.floor((right - left) / 80)));
    const numbers = apart(marked);
    marked.forEach((x, k) => {
      pen.fillText(numbers[k]!, across(x), bottom + 12);
    });
    pen.fillStyle = ink.ink;
    pen.fillText(marks.label, (left + right) / 2, bottom + 28);
    pen.save();
    pen.translate(12, (top + bottom) / 2);
    pen.rotate(-Math.PI / 2);
    pen.fillText("loss", 0, 0);
    pen.restore();

    pen.strokeStyle = ink.faint;
    pen.setLineDash([3, 3]);
    pen.beginPath();
    pen.moveTo(across(marks.at), top);
    pen.lineTo(across(marks.at), bottom);
    pen.stroke();
    pen.setLineDash([]);

    this.#curve(pen, cut, across, up, ink.series(0));
    this.#broken(pen, cut, across, top, ink.broken);
    if (Number.isFinite(marks.here))
      disc(pen, [across(marks.center), up(marks.here)], 4, ink.halo, ink.series(4));
    const read = along(cut, marks.at);
    if (Number.isFinite(read)) disc(pen, [across(marks.at), up(read)], 5, ink.series(0), ink.halo);
  }

  #curve(
    pen: CanvasRenderingContext2D,
    { ends, values }: Cut,
    across: (x: number) => number,
    up: (value: number) => number,
    colour: string,
  ): void {
    pen.strokeStyle = colour;
    pen.lineWidth = 2.25;
    pen.lineJoin = "round";
    pen.beginPath();
    let drawing = false;
    values.forEach((value, k) => {
      const x = across(ends[0] + ((ends[1] - ends[0]) * k) / (values.length - 1));
      if (!Number.isFinite(value)) drawing = false;
      else if (drawing) pen.lineTo(x, up(value));
      else {
        pen.moveTo(x, up(value));
        drawing = true;
      }
    });
    pen.stroke();
  }

  /** A cross at the top where there is no number. */
  #broken(
    pen: CanvasRenderingContext2D,
    { ends, values }: Cut,
    across: (x: number) => number,
    top: number,
    colour: string,
  ): void {
    pen.strokeStyle = colour;
    pen.lineWidth = 1.5;
    pen.beginPath();
    values.forEach((value, k) => {
      if (Number.isFinite(value)) return;
      const x = across(ends[0] + ((ends[1] - ends[0]) * k) / (values.length - 1));
      pen.moveTo(x - 4, top);
      pen.lineTo(x + 4, top + 8);
      pen.moveTo(x + 4, top);
      pen.lineTo(x - 4, top + 8);
    });
    pen.stroke();
  }
}

/** Round heights within a scale: powers of ten where it is one of powers. */
export function marksUp({ low, high }: Scale, isLog: boolean, count: number): number[] {
  if (!isLog) return ticks(low, high, count);
  const [first, last] = [Math.ceil(Math.log10(low)), Math.floor(Math.log10(high))];
  const every = Math.max(1, Math.ceil((last - first + 1) / count));
  const found: number[] = [];
  for (let power = first; power <= last; power += every) found.push(Number(`1e${power}`));
  return found;
}

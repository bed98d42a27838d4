// The losses of a race, step by step: a line and a shape for each, and where the race stands now.
import { ticks } from "../core/contours.ts";
import { DASHES } from "../core/curves.ts";
import { type Axis, axis, isGone, marks, type Race, runs, share } from "../core/race.ts";
import { number } from "../core/text.ts";
import { prepared } from "./contour.ts";
import { h } from "./dom.ts";
import { cross, mark } from "./race-marks.ts";

const MARGIN = { left: 52, right: 14, top: 14, bottom: 34 };
/** Pixels of a sign before the lowest number. */
const SIGN = 8;

export class Losses {
  readonly element = h("div", { class: "lg-losses" });
  readonly #canvas = h("canvas", { "aria-hidden": "true" });
  readonly #observer = new ResizeObserver(() => this.#draw());
  #race: Race | null = null;
  #axis: Axis = { isLog: false, low: 0, high: 1 };
  #marks: ReturnType<typeof marks> = [];
  #step = 0;
  #hidden: ReadonlySet<string> = new Set();

  constructor(chosen: (step: number) => void) {
    this.element.append(this.#canvas);
    this.#observer.observe(this.element);
    const go = (event: PointerEvent) => chosen(this.#under(event));
    this.element.addEventListener("pointerdown", (event) => {
      this.element.setPointerCapture(event.pointerId);
      go(event);
    });
    this.element.addEventListener("pointermove", (event) => {
      if (this.element.hasPointerCapture(event.pointerId)) go(event);
    });
  }

  /** Another race: the axis suits it. */
  show(race: Race): void {
    this.#race = race;
    this.#axis = axis(race.walks);
    this.#marks = marks(this.#axis, race.walks);
  }

  at(step: number, hidden: ReadonlySet<string>): void {
    this.#step = step;
    this.#hidden = hidden;
    this.#draw();
  }

  destroy(): void {
    this.#observer.disconnect();
  }

  get #frame(): [number, number, number, number] {
    const { clientWidth, clientHeight } = this.element;
    const left = MARGIN.left + (this.#marks[0]?.text.startsWith("≤") ? SIGN : 0);
    return [left, MARGIN.top, clientWidth - MARGIN.right, clientHeight - MARGIN.bottom];
  }

  #under({ clientX }: PointerEvent): number {
    const [left, , right] = this.#frame;
    const steps = this.#race?.steps ?? 1;
    const at = clientX - this.element.getBoundingClientRect().left;
    return Math.min(Math.max(Math.round(((at - left) / (right - left)) * steps), 0), steps);
  }

  #draw(): void {
    const pen = prepared(this.#canvas, this.element);
    const race = this.#race;
    if (!pen || !race) return;
    const look = getComputedStyle(this.element);
    const colour = (name: string) => look.getPropertyValue(`--lg-${name}`).trim();
    const [left, top, right, bottom] = this.#frame;
    const across = (step: number) => left + (step / Math.max(1, race.steps)) * (right - left);
    const up = (loss: number) => bottom - share(this.#axis, loss) * (bottom - top);
    pen.font = `11px ${colour("ui") || "sans-serif"}`;
    this.#grid(pen, colour, across, up);
    const now = across(this.#step);
    pen.strokeStyle = colour("faint");
    pen.lineWidth = 1;
    pen.beginPath();
    pen.moveTo(now, top - 6);
    pen.lineTo(now, bottom);
    pen.stroke();
    race.walks.forEach((walk, which) => {
      if (this.#hidden.has(walk.name) || !runs(walk)) return;
      const shade = colour(`series-${(which % 6) + 1}`);
      const last = walk.loss.length - 1;
      const trace = (from: number, to: number) => {
        pen.beginPath();
        for (let at = from; at <= Math.min(to, last); at++) {
          const point = [across(at), up(walk.loss[at]!)] as const;
          // Above the picture there is no line: it would look like a level one.
          const above = at > from && Math.min(walk.loss[at]!, walk.loss[at - 1]!) > this.#axis.high;
          if (at === from || above) pen.moveTo(...point);
          else pen.lineTo(...point);
        }
        pen.stroke();
      };
      pen.strokeStyle = shade;
      pen.lineJoin = "round";
      pen.setLineDash(DASHES[which % DASHES.length]!);
      pen.lineWidth = 1.25;
      pen.globalAlpha = 0.35;
      trace(Math.min(this.#step, last), last);
      pen.globalAlpha = 1;
      pen.lineWidth = 2;
      trace(0, this.#step);
      pen.setLineDash([]);
      if (isGone(walk, this.#step)) {
        const at = across(walk.diverged!);
        cross(pen, [at, up(walk.loss[last]!)], colour("failed-line"), colour("ground"));
      } else {
        const at = Math.min(this.#step, last);
        const place = [across(at), up(walk.loss[at]!)] as const;
        mark(pen, which, place, 5, shade, colour("ground"));
      }
    });
  }

  #grid(
    pen: CanvasRenderingContext2D,
    colour: (name: string) => string,
    across: (step: number) => number,
    up: (loss: number) => number,
  ): void {
    const [left, , right, bottom] = this.#frame;
    pen.lineWidth = 1;
    pen.strokeStyle = colour("line");
    pen.fillStyle = colour("faint");
    pen.textBaseline = "middle";
    pen.textAlign = "right";
    for (const { value, text } of this.#marks) {
      const y = up(value);
      pen.beginPath();
      pen.moveTo(left, y);
      pen.lineTo(right, y);
      pen.stroke();
      pen.fillText(text, left - 7, y);
    }
    pen.textAlign = "center";
    const steps = this.#race!.steps;
    for (const step of ticks(0, steps, Math.max(2, Math.floor((right - left) / 80))))
      if (Number.isInteger(step)) pen.fillText(number(step), across(step), bottom + 12);
    pen.fillText(
      this.#axis.isLog ? "step  (loss on a log scale)" : "step",
      (left + right) / 2,
      bottom + 26,
    );
  }
}

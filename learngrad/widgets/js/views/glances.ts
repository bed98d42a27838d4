// The small pictures in a box: its value at a glance, and beside it its gradient's.
import { BETWEEN, type Box, FRAME, PAD_Y, padOf, TITLE_HEIGHT } from "../core/box.ts";
import { glance } from "../core/glance.ts";
import type { Preview } from "../core/types.ts";
import { s } from "./dom.ts";

export class Glances {
  readonly element = s("g", { class: "lg-glances", "aria-hidden": "true" });
  readonly #size: [width: number, height: number];
  #drawn: (Preview | null | undefined)[] = [];

  constructor(box: Box) {
    this.#size = box.picture!;
    const body = -box.height / 2 + PAD_Y + TITLE_HEIGHT;
    const middle = (body + box.height / 2 - PAD_Y) / 2;
    const y = middle - this.#size[1] / 2;
    const x = padOf(box.shape) + FRAME - box.width / 2;
    this.element.setAttribute("transform", `translate(${x} ${y})`);
  }

  /** Shows a value, and its gradient; null: none yet, undefined: it takes none. */
  show(value: Preview, gradient: Preview | null | undefined): void {
    const [known, last] = this.#drawn;
    if (this.#drawn.length && value === known && gradient === last) return;
    this.#drawn = [value, gradient];
    const pictures = [seen(value, this.#size, "value")];
    if (gradient !== undefined) {
      const second = seen(gradient, this.#size, gradient ? "gradient" : "absent");
      second.setAttribute("transform", `translate(${this.#size[0] + BETWEEN} 0)`);
      pictures.push(second);
    }
    this.element.replaceChildren(...pictures);
  }
}

export type Look = "value" | "gradient" | "absent";

/** A picture in its frame: with corners for a value, round for a gradient, dashed where there is
 * none yet. */
export function seen(
  preview: Preview | null,
  [width, height]: [number, number],
  look: Look,
): SVGGElement {
  const found = preview && glance(preview);
  const rx = look === "value" ? 0 : 4;
  const frame = { x: -FRAME, y: -FRAME, width: width + 2 * FRAME, height: height + 2 * FRAME, rx };
  return s(
    "g",
    { class: `lg-seen lg-seen-${look}` },
    s("rect", frame),
    ...Object.entries(found?.paths ?? {}).map(([shade, d]) =>
      s("path", { class: `lg-${shade}`, d, "stroke-width": found!.line }),
    ),
  );
}

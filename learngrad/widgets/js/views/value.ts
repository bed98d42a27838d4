// A value in the panel: a number, a few numbers, or a heat tile with its shape and span.
import { type Heat, heat } from "../core/heat.ts";
import { number, shapeText, spanText, writtenOut } from "../core/text.ts";
import type { Preview } from "../core/types.ts";
import { h } from "./dom.ts";
import { heatSize } from "./tile-size.ts";

/** The value as an element; "nothing yet" where there is none. */
export function valueElement(preview: Preview | null, none = "nothing yet"): HTMLElement {
  if (!preview) return h("span", { class: "lg-none" }, none);
  const written = writtenOut(preview, 4, 36);
  if (written) return h("b", {}, written);
  return h("span", { class: "lg-tile" }, heatElement(preview), caption(preview));
}

/** The shape of a value whose numbers stand elsewhere; a few numbers as they are. */
export function captionElement(preview: Preview): HTMLElement {
  const written = writtenOut(preview, 4, 36);
  return h("b", {}, written || shapeText(preview.shape));
}

/** What is drawn in each grid, and for how much room. */
const drawn = new WeakMap<Element, { grid: Heat; room: number }>();

/** Draws the grids of a panel for the room they have. A panel that gets a scroll bar is not `wider`
 * when that goes away again: else it would come and go for ever. */
export function fitValues(panel: HTMLElement, wider: boolean): void {
  for (const element of panel.querySelectorAll<HTMLElement>(".lg-heat")) {
    const { grid, room } = drawn.get(element)!;
    const now = element.closest(".lg-math")?.clientWidth;
    if (!now || now === room) continue;
    if (wider || now < room) drawHeat(element, grid, now);
  }
}

function heatElement(preview: Preview): HTMLElement | null {
  const grid = heat(preview);
  if (!grid) return null;
  const label = `${shapeText(preview.shape)}, ${spanText(preview)}`;
  const element = h("span", { class: "lg-heat", role: "img", "aria-label": label });
  drawHeat(element, grid, Infinity);
  return element;
}

function drawHeat(element: HTMLElement, grid: Heat, room: number): void {
  drawn.set(element, { grid, room });
  const { width, height, texts } = heatSize(grid, room);
  // Where letters are wider than they should be, a column is too.
  element.style.gridTemplateColumns = `repeat(${grid.columns}, minmax(${width}px, max-content))`;
  element.replaceChildren(
    ...grid.cells.map((one) => {
      const { text, strength, bad } = one;
      const cell = h("span", { title: text, class: bad ? "lg-bad" : null }, texts && one[texts]);
      cell.style.height = `${height}px`;
      const share = (8 + 92 * Math.abs(strength)).toFixed(0);
      const colour = strength < 0 ? "cold" : "warm";
      cell.style.backgroundColor = `color-mix(in srgb, var(--lg-${colour}) ${share}%, transparent)`;
      return cell;
    }),
  );
}

function caption(preview: Preview): HTMLElement {
  const tile = heat(preview)?.sampled ? preview.tile : undefined;
  const said = [
    shapeText(preview.shape),
    spanText(preview),
    typeof preview.mean === "number" && `mean ${number(preview.mean)}`,
    tile && `${tile.rows}×${tile.columns} of them shown`,
  ];
  return h("small", {}, ...said.map((line) => line && h("span", {}, line)));
}

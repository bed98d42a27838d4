// A value in the panel: a number, a few numbers, or a heat tile with its shape and span.
import { heat } from "../core/heat.ts";
import { cells, number, shapeText, spanText, writtenOut } from "../core/text.ts";
import type { Preview } from "../core/types.ts";
import { h } from "./dom.ts";

/** Width of a character in a cell. */
const DIGIT = 6.4;

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

function heatElement(preview: Preview): HTMLElement | null {
  const grid = heat(preview);
  if (!grid) return null;
  const side = Math.max(7, Math.min(13, Math.floor(208 / grid.columns)));
  const longest = Math.max(...grid.cells.map(({ text }) => cells(text)));
  const [width, height] = grid.written ? [Math.max(34, longest * DIGIT + 6), 20] : [side, side];
  const label = `${shapeText(preview.shape)}, ${spanText(preview)}`;
  const element = h("span", { class: "lg-heat", role: "img", "aria-label": label });
  element.style.gridTemplateColumns = `repeat(${grid.columns}, ${grid.written ? `minmax(0, ${width}px)` : `${width}px`})`;
  for (const { text, strength, bad } of grid.cells) {
    const cell = h("span", { title: text, class: bad ? "lg-bad" : null }, grid.written && text);
    cell.style.height = `${height}px`;
    const share = (8 + 92 * Math.abs(strength)).toFixed(0);
    const colour = strength < 0 ? "cold" : "warm";
    cell.style.backgroundColor = `color-mix(in srgb, var(--lg-${colour}) ${share}%, transparent)`;
    element.append(cell);
  }
  return element;
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

// A node's box as SVG, centred on the origin, for the picture and for the legend.
import {
  type Box,
  CELL,
  LINE_HEIGHT,
  PAD_Y,
  type Shape,
  TITLE_HEIGHT,
  titleParts,
} from "../core/box.ts";
import { cells } from "../core/text.ts";
import type { TraceNode } from "../core/types.ts";
import { s } from "./dom.ts";

/** Outline, and the second line of a parameter's double border. */
export function outline(shape: Shape, width: number, height: number): SVGElement[] {
  const [x, y] = [-width / 2, -height / 2];
  if (shape === "octagon") {
    const cut = Math.min(9, height / 3);
    const points = [
      [x + cut, y],
      [-x - cut, y],
      [-x, y + cut],
      [-x, -y - cut],
      [-x - cut, -y],
      [x + cut, -y],
      [x, -y - cut],
      [x, y + cut],
    ];
    return [s("polygon", { class: "lg-shape", points: points.join(" ") })];
  }
  const round = shape.includes("pill") ? Math.min(height / 2, 18) : 4;
  const rect = (inset: number, name: string) =>
    s("rect", {
      class: name,
      x: x + inset,
      y: y + inset,
      width: width - 2 * inset,
      height: height - 2 * inset,
      rx: Math.max(1, shape === "dashed-rectangle" ? 1 : round - inset),
    });
  const first = rect(0, "lg-shape");
  return shape === "double-pill" ? [first, rect(3, "lg-shape lg-inner")] : [first];
}

/** The ring around an active node. */
export function ring(shape: Shape, width: number, height: number): SVGElement {
  const round = shape.includes("pill") ? Math.min(height / 2, 18) + 5 : 8;
  return s("rect", {
    class: "lg-ring",
    x: -width / 2 - 5,
    y: -height / 2 - 5,
    width: width + 10,
    height: height + 10,
    rx: round,
  });
}

/** One line of a box's text. */
export function textLine(box: Box, at: number, name: string): SVGTextElement {
  const top = -box.height / 2 + PAD_Y;
  const y = at === 0 ? top + TITLE_HEIGHT / 2 : top + TITLE_HEIGHT + (at - 0.5) * LINE_HEIGHT;
  return s("text", { class: `${at === 0 ? "lg-line0" : "lg-line"} ${name}`, y });
}

/** Writes a line; one that is wider than its box (its text has changed) is set narrower. */
export function write(line: SVGTextElement, text: string, width: number): void {
  if (line.textContent === text) return;
  line.textContent = text;
  if (cells(text) * CELL > width - 12) {
    line.setAttribute("textLength", String(width - 14));
    line.setAttribute("lengthAdjust", "spacingAndGlyphs");
  } else line.removeAttribute("textLength");
}

/** Writes a title: the name stands out from what made it. */
export function writeTitle(line: SVGTextElement, node: TraceNode, text: string): void {
  if (line.textContent === text) return;
  const [name, sign] = titleParts(node);
  line.replaceChildren(name && sign ? name : text);
  if (name && sign) line.append(s("tspan", { class: "lg-by" }, ` = ${sign}`));
  line.classList.toggle("lg-plain", !name && !sign && node.kind === "constant");
}

// A node's box as SVG, centred on the origin, for the picture and for the legend.
import {
  type Box,
  CELL,
  LINE_HEIGHT,
  PAD_Y,
  padOf,
  picturesWidth,
  type Shape,
  TITLE_HEIGHT,
  titleParts,
} from "../core/box.ts";
import type { Mark } from "../core/legend.ts";
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
  if (shape === "card" || shape === "stack") return cards(shape === "stack" ? 2 : 1, width, height);
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

/** A closed group: a card with others behind it. */
function cards(behind: number, width: number, height: number): SVGElement[] {
  return Array.from({ length: behind + 1 }, (_, nth) => {
    const shift = (behind - nth) * Math.min(4, height / 8);
    const place = {
      x: -width / 2 + shift,
      y: -height / 2 + shift,
      width,
      height,
      rx: Math.min(7, height / 3),
    };
    return s("rect", { class: nth === behind ? "lg-shape" : "lg-shape lg-behind", ...place });
  });
}

const GLYPHS: Record<Mark["kind"], string> = {
  // Two sheets, one over the other; an arrow that comes back; an empty tray.
  view: "M-3.6-3.6H1.4V1.4H-3.6zM-1.4-1.4H3.6V3.6H-1.4z",
  changed: "M3.4-1.2A3.6 3.6 0 1 0 3.4 1.6M3.9-4V-1H.9",
  freed: "M-3-2V2.5H3V-2",
};

/** A mark as a small sign: on the upper edge from the right; what was freed, on the lower. */
export function badge({ kind }: Mark, nth: number, width: number, height: number): SVGElement {
  const freed = kind === "freed";
  const x = width / 2 - (freed ? 10 : 10 + 17 * nth);
  const y = freed ? height / 2 : -height / 2;
  return s(
    "g",
    { class: `lg-mark lg-mark-${kind}`, transform: `translate(${x} ${y})` },
    s("circle", { r: freed ? 5.5 : 7 }),
    s("path", { d: GLYPHS[kind] }),
  );
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

/** One line of a box's text; what stands beside pictures begins where they end. */
export function textLine(box: Box, at: number, name: string): SVGTextElement {
  const top = -box.height / 2 + PAD_Y;
  const body = box.height - 2 * PAD_Y - TITLE_HEIGHT;
  const air = box.picture ? (body - LINE_HEIGHT * (box.lines.length - 1)) / 2 : 0;
  const y = at === 0 ? top + TITLE_HEIGHT / 2 : top + TITLE_HEIGHT + air + (at - 0.5) * LINE_HEIGHT;
  const beside = at > 0 && box.picture;
  const x = beside ? box.width - padOf(box.shape) - roomOf(box, at) - box.width / 2 : null;
  const look = `${at === 0 ? "lg-line0" : "lg-line"}${beside ? " lg-beside" : ""} ${name}`;
  return s("text", { class: look, x, y });
}

/** How wide a line can be. */
export function roomOf({ width, shape, picture, lines }: Box, at: number): number {
  if (!at || !picture) return width - 14;
  return width - 2 * padOf(shape) - picturesWidth(picture, lines.length > 2);
}

/** Writes a line; one for which there is no room (its text has changed) is set narrower. */
export function write(line: SVGTextElement, text: string, room: number): void {
  if (line.textContent === text) return;
  line.textContent = text;
  if (cells(text) * CELL > room + 2) {
    line.setAttribute("textLength", String(room));
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

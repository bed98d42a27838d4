// Which part of the drawing is shown, and how large: arithmetic only.
export interface Camera {
  scale: number;
  x: number;
  y: number;
}

export interface Size {
  width: number;
  height: number;
}

export type Point = [x: number, y: number];

/** Down to this scale a drawing is shown whole; a larger one is shown in part, well readable. */
const SMALLEST_WHOLE = 0.62;
const READABLE = 0.85;
const HAIRLINE = 0.12;
export const MARGIN = 14;
const [SMALLEST, LARGEST] = [0.02, 4];

/** A small drawing on a large stage is shown larger, up to this: it is read from the back row. */
const ENLARGED = 1.25;

/** The largest scale at which the whole drawing is seen. */
export function wholeScale(drawing: Size, stage: Size): number {
  const across = (stage.width - 2 * MARGIN) / Math.max(1, drawing.width);
  const down = (stage.height - 2 * MARGIN) / Math.max(1, drawing.height);
  return clamp(Math.min(ENLARGED, across, down), SMALLEST, LARGEST);
}

/** The whole drawing, centred; of one that would be a hairline the part around `focus`. */
export function whole(drawing: Size, stage: Size, focus: Point | null = null): Camera {
  return at(Math.max(wholeScale(drawing, stage), HAIRLINE), drawing, stage, focus);
}

/** The whole drawing if it can be read like that; else readable, with `focus` in view. */
export function follow(drawing: Size, stage: Size, focus: Point | null): Camera {
  const all = wholeScale(drawing, stage);
  return at(all < SMALLEST_WHOLE ? READABLE : all, drawing, stage, focus);
}

/** As `follow`; what is seen whole there, but small, in its own size. */
export function near(drawing: Size, stage: Size, focus: Point | null): Camera {
  const all = wholeScale(drawing, stage);
  return at(all < SMALLEST_WHOLE ? READABLE : Math.max(all, 1), drawing, stage, focus);
}

/** Centred where it fits; where it does not, `focus` in the middle as far as the edges allow. */
function at(scale: number, drawing: Size, stage: Size, focus: Point | null): Camera {
  const camera = centred(drawing, stage, scale);
  const [fx, fy] = focus ?? [drawing.width / 2, 0];
  const { width, height } = stage;
  if (drawing.width * scale > width - 2 * MARGIN)
    camera.x = clamp(width / 2 - fx * scale, width - MARGIN - drawing.width * scale, MARGIN);
  if (drawing.height * scale > height - 2 * MARGIN)
    camera.y = clamp(height / 2 - fy * scale, height - MARGIN - drawing.height * scale, MARGIN);
  return camera;
}

function centred(drawing: Size, stage: Size, scale: number): Camera {
  return {
    scale,
    x: (stage.width - drawing.width * scale) / 2,
    y: (stage.height - drawing.height * scale) / 2,
  };
}

/** Larger or smaller around a point of the stage. */
export function zoomed(camera: Camera, factor: number, [px, py]: Point): Camera {
  const scale = clamp(camera.scale * factor, SMALLEST, LARGEST);
  const ratio = scale / camera.scale;
  return { scale, x: px - (px - camera.x) * ratio, y: py - (py - camera.y) * ratio };
}

/** Moved so far that the point is at least `edge` pixels inside; the same camera if it is already. */
export function revealed(camera: Camera, stage: Size, [px, py]: Point, edge = 60): Camera {
  const [x, y] = [camera.x + px * camera.scale, camera.y + py * camera.scale];
  const inside = x >= edge && x <= stage.width - edge && y >= edge && y <= stage.height - edge;
  if (inside) return camera;
  return {
    ...camera,
    x: camera.x + stage.width / 2 - x,
    y: camera.y + stage.height / 2 - y,
  };
}

/** How high the stage should be: the drawing at a readable scale, within bounds. */
export function stageHeight(drawing: Size, width: number, [least, most]: [number, number]): number {
  const across = (width - 2 * MARGIN) / Math.max(1, drawing.width);
  const scale = clamp(across, SMALLEST_WHOLE, 1);
  return Math.round(clamp(drawing.height * scale + 2 * MARGIN + 6, least, most));
}

const clamp = (value: number, low: number, high: number) => Math.max(low, Math.min(high, value));

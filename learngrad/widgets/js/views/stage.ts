// The window onto the drawing: how high it is, which part it shows, dragging and zooming.
import {
  type Camera,
  follow,
  near,
  revealed,
  type Size,
  stageHeight,
  whole,
  wholeScale,
  zoomed,
} from "../core/camera.ts";
import { mix } from "../core/morph.ts";
import { button, h, s } from "./dom.ts";

const HEIGHTS: [number, number] = [200, 520];

export class Stage {
  readonly canvas = s("svg", { class: "lg-canvas", role: "group" });
  readonly content = s("g");
  readonly buttons = h("div", { class: "lg-zoom lg-buttons" });
  /** Whether the last press was a drag and not a click. */
  dragged = false;
  /** `follow`: readable, what matters in view; `whole`: all of it; `near`: in its own size; `free`:
   * where the reader put it. */
  mode: "follow" | "whole" | "near" | "free" = "follow";
  #camera: Camera = { scale: 1, x: 0, y: 0 };
  #drawing: Size = { width: 1, height: 1 };
  #focus: [number, number] | null = null;
  #height = 0;
  #width = 0;
  readonly #place: HTMLElement;
  readonly #observer: ResizeObserver;
  readonly #stop = new AbortController();

  constructor(place: HTMLElement) {
    this.#place = place;
    this.canvas.append(this.content);
    this.buttons.append(
      button("minus", "zoom out", () => this.#zoom(1 / 1.25)),
      button("plus", "zoom in", () => this.#zoom(1.25)),
      button("fit", "show the whole graph, or a readable part of it", () => this.#toggleFit()),
    );
    place.append(this.canvas);
    this.#listen();
    this.#listenToPrinter();
    this.#observer = new ResizeObserver(() => this.#resized());
    this.#observer.observe(place);
  }

  /** The drawing has this size now; the stage grows with it and does not shrink while it grows. */
  resize(drawing: Size, fresh: boolean): void {
    this.#drawing = { width: drawing.width, height: drawing.height };
    if (fresh) this.#height = 0;
    this.#adjust();
  }

  #adjust(): void {
    const width = this.#place.clientWidth || 640;
    const wanted = stageHeight(this.#drawing, width, HEIGHTS);
    this.#height = Math.max(this.#height, wanted);
    this.#place.style.minHeight = `${this.#height}px`;
  }

  #resized(): void {
    const width = this.#place.clientWidth;
    if (width && width !== this.#width) {
      this.#width = width;
      this.#height = 0;
      this.#adjust();
    }
    this.refocus(this.#focus)(1);
  }

  #size(): Size {
    return {
      width: this.#place.clientWidth || 640,
      height: this.#place.clientHeight || this.#height || HEIGHTS[0],
    };
  }

  /** The way of the camera to where it should look now, as a function of time from 0 to 1. */
  refocus(focus: [number, number] | null): (t: number) => void {
    this.#focus = focus;
    const from = this.#camera;
    const to = this.#target(focus);
    return (t) =>
      this.#look({
        scale: mix(from.scale, to.scale, t),
        x: mix(from.x, to.x, t),
        y: mix(from.y, to.y, t),
      });
  }

  #target(focus: [number, number] | null): Camera {
    const size = this.#size();
    if (this.mode === "whole") return whole(this.#drawing, size, focus);
    if (this.mode === "free") return focus ? revealed(this.#camera, size, focus) : this.#camera;
    return (this.mode === "near" ? near : follow)(this.#drawing, size, focus);
  }

  #look(camera: Camera): void {
    this.#camera = camera;
    if (this.canvas.hasAttribute("viewBox")) return; // a printer sees all of it
    const { scale, x, y } = camera;
    this.content.setAttribute(
      "transform",
      `translate(${x.toFixed(2)} ${y.toFixed(2)}) scale(${scale.toFixed(4)})`,
    );
  }

  #zoom(factor: number, point?: [number, number]): void {
    const { width, height } = this.#size();
    this.mode = "free";
    this.#look(zoomed(this.#camera, factor, point ?? [width / 2, height / 2]));
  }

  /** What was held moves along, and is spread as far as the fingers are. */
  #drag(from: Grip, to: Grip): void {
    this.mode = "free";
    const { scale, x, y } = this.#camera;
    const moved = { scale, x: x + to.x - from.x, y: y + to.y - from.y };
    const { left, top } = this.canvas.getBoundingClientRect();
    const factor = from.spread && to.spread ? to.spread / from.spread : 1;
    this.#look(zoomed(moved, factor, [to.x - left, to.y - top]));
  }

  #toggleFit(): void {
    const small = wholeScale(this.#drawing, this.#size()) < this.#camera.scale - 0.001;
    this.mode = small ? "whole" : "near";
    this.refocus(this.#focus)(1);
  }

  #listen(): void {
    const { signal } = this.#stop;
    /** The fingers or the mouse that are down, and where. */
    const down = new Map<number, [number, number]>();
    let way = 0;
    this.canvas.addEventListener(
      "pointerdown",
      (event) => {
        if (event.button !== 0) return;
        if (!down.size) {
          this.dragged = false;
          way = 0;
        }
        down.set(event.pointerId, [event.clientX, event.clientY]);
      },
      { signal },
    );
    this.canvas.addEventListener(
      "pointermove",
      (event) => {
        const last = down.get(event.pointerId);
        if (!last) return;
        const now: [number, number] = [event.clientX, event.clientY];
        way += Math.abs(now[0] - last[0]) + Math.abs(now[1] - last[1]);
        if (way < 4) return;
        // Captured only now: a captured press would take the click away from the box under it.
        if (!this.dragged) this.canvas.setPointerCapture(event.pointerId);
        this.dragged = true;
        const before = grip(down);
        down.set(event.pointerId, now);
        this.#drag(before, grip(down));
      },
      { signal },
    );
    for (const name of ["pointerup", "pointercancel"] as const)
      this.canvas.addEventListener(name, ({ pointerId }) => down.delete(pointerId), { signal });
    // One finger up or down scrolls the page; two fingers are the drawing's.
    this.canvas.addEventListener(
      "touchstart",
      (event) => {
        if (event.touches.length > 1) event.preventDefault();
      },
      { signal, passive: false },
    );
    this.canvas.addEventListener(
      "wheel",
      (event) => {
        // A plain wheel scrolls the page; with a modifier, and as a pinch, it zooms.
        if (!event.ctrlKey && !event.metaKey) return;
        event.preventDefault();
        const box = this.canvas.getBoundingClientRect();
        this.#zoom(Math.exp(-event.deltaY * 0.004), [
          event.clientX - box.left,
          event.clientY - box.top,
        ]);
      },
      { signal, passive: false },
    );
  }

  /** On paper the whole drawing is shown, in light colours, as large as the page has room for. */
  #listenToPrinter(): void {
    const { signal } = this.#stop;
    let dark: Element | null = null;
    const begin = () => {
      const { width, height } = this.#drawing;
      this.canvas.setAttribute("viewBox", `-4 -4 ${width + 8} ${height + 8}`);
      this.content.removeAttribute("transform");
      dark = this.canvas.closest(".lg-dark");
      dark?.classList.remove("lg-dark");
    };
    const end = () => {
      this.canvas.removeAttribute("viewBox");
      dark?.classList.add("lg-dark");
      this.#look(this.#camera);
    };
    addEventListener("beforeprint", begin, { signal });
    addEventListener("afterprint", end, { signal });
  }

  destroy(): void {
    this.#stop.abort();
    this.#observer.disconnect();
  }
}

/** The middle of what is held, and how far two fingers are apart; 0 for one. */
interface Grip {
  x: number;
  y: number;
  spread: number;
}

function grip(down: Map<number, [number, number]>): Grip {
  const points = [...down.values()];
  const [first, second] = points as [[number, number], [number, number]?];
  const mean = (axis: 0 | 1) => points.reduce((sum, at) => sum + at[axis], 0) / points.length;
  const spread = second ? Math.hypot(second[0] - first[0], second[1] - first[1]) : 0;
  return { x: mean(0), y: mean(1), spread };
}

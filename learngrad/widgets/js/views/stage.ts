// The window onto the drawing: how high it is, which part it shows, dragging and zooming.
import {
  type Camera,
  follow,
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
  /** `follow`: readable, what matters in view; `whole`: all of it; `free`: where the reader put it. */
  mode: "follow" | "whole" | "free" = "follow";
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
    return follow(this.#drawing, size, focus);
  }

  #look(camera: Camera): void {
    this.#camera = camera;
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

  #toggleFit(): void {
    const small = wholeScale(this.#drawing, this.#size()) < this.#camera.scale - 0.001;
    this.mode = small ? "whole" : "follow";
    this.refocus(this.#focus)(1);
  }

  #listen(): void {
    const { signal } = this.#stop;
    let last: [number, number] | null = null;
    let way = 0;
    this.canvas.addEventListener(
      "pointerdown",
      (event) => {
        this.dragged = false;
        if (event.button !== 0) return;
        last = [event.clientX, event.clientY];
        way = 0;
      },
      { signal },
    );
    this.canvas.addEventListener(
      "pointermove",
      (event) => {
        if (!last) return;
        const [dx, dy] = [event.clientX - last[0], event.clientY - last[1]];
        way += Math.abs(dx) + Math.abs(dy);
        if (way < 4) return;
        // Captured only now: a captured press would take the click away from the box under it.
        if (!this.dragged) this.canvas.setPointerCapture(event.pointerId);
        this.dragged = true;
        this.mode = "free";
        last = [event.clientX, event.clientY];
        const { scale, x, y } = this.#camera;
        this.#look({ scale, x: x + dx, y: y + dy });
      },
      { signal },
    );
    for (const name of ["pointerup", "pointercancel"] as const)
      this.canvas.addEventListener(
        name,
        () => {
          last = null;
        },
        { signal },
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

  destroy(): void {
    this.#stop.abort();
    this.#observer.disconnect();
  }
}

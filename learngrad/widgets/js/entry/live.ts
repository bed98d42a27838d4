// The views of one model. A drawing outlives its output: when the notebook renders an output anew
// (as it does when a static picture is stored beside the live one), the same drawing moves over,
// with its step, its zoom and its focus.
import type { View } from "./model.ts";

interface Held<V extends View> {
  view: V;
  /** The element of the rendering that owns it now; only its clean-up ends the view. */
  owner: HTMLElement;
  /** Whether it has ever been in the page: one that never was is not an orphan but new. */
  seen: boolean;
  focused: HTMLElement | null;
  stop: () => void;
}

export class Views<V extends View> {
  readonly #held = new Set<Held<V>>();
  readonly #make: () => V;

  constructor(make: () => V) {
    this.#make = make;
  }

  /** Renders into `el`: an orphaned drawing if there is one, else a new one. Returns the clean-up. */
  render(el: HTMLElement): () => void {
    const orphan = [...this.#held].find(({ view, seen }) => seen && !view.root.isConnected);
    const held = orphan ?? this.#hold(this.#make(), el);
    held.owner = el;
    el.append(held.view.root);
    if (orphan) this.#refocus(orphan);
    return () => {
      if (held.owner !== el) return;
      held.stop();
      held.view.destroy();
      this.#held.delete(held);
    };
  }

  update(problem = ""): void {
    for (const { view } of this.#held) {
      view.complain?.(problem);
      view.update();
    }
  }

  #hold(view: V, owner: HTMLElement): Held<V> {
    const { root } = view;
    const held: Held<V> = { view, owner, seen: false, focused: null, stop: () => {} };
    const observer = new ResizeObserver(() => {
      held.seen ||= root.isConnected;
    });
    observer.observe(root);
    root.addEventListener("focusin", (event) => {
      held.focused = event.target as HTMLElement;
    });
    root.addEventListener("focusout", () => {
      // Taken out of the page is not left by the reader.
      if (root.isConnected) held.focused = null;
    });
    held.stop = () => observer.disconnect();
    this.#held.add(held);
    return held;
  }

  /** Gives the focus back once the new place is in the page, unless it is elsewhere by then. */
  #refocus({ view, focused }: Held<V>): void {
    if (!focused) return;
    requestAnimationFrame(() => {
      const { activeElement, body } = document;
      const lost = activeElement === null || activeElement === body;
      if (lost && view.root.isConnected) focused.focus({ preventScroll: true });
    });
  }
}

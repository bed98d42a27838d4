// The views of one model. A drawing outlives its output: when the notebook renders an output anew
// (as it does when a static picture is stored with the live one), the same drawing moves over,
// with its step, its zoom and its focus.
import type { View, WidgetModel } from "./model.ts";
import { fillSlots, isGone } from "./slots.ts";

interface Held<V extends View> {
  view: V;
  /** The element of the rendering that owns it now; only its clean-up ends the view. */
  owner: Node;
  /** Whether it has ever been in the page: one that never was is not an orphan but new. */
  seen: boolean;
  /** What has the focus in it, and when it last lost it to nothing. */
  focused: HTMLElement | null;
  lost: number;
  stop: () => void;
}

/** Milliseconds within which a drawing that was taken out is put back elsewhere. */
const JUST_NOW = 300;

export class Views<V extends View> {
  readonly #held = new Set<Held<V>>();
  readonly #make: () => V;

  constructor(make: () => V) {
    this.#make = make;
  }

  /** Renders into `el`: an orphaned drawing if there is one, else a new one. Returns the clean-up. */
  render(el: HTMLElement | ShadowRoot): () => void {
    const orphan = [...this.#held].find(({ owner, seen }) => seen && isGone(owner));
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

  #hold(view: V, owner: Node): Held<V> {
    const { root } = view;
    const held: Held<V> = { view, owner, seen: false, focused: null, lost: 0, stop: () => {} };
    const observer = new ResizeObserver(() => {
      held.seen ||= root.isConnected;
    });
    observer.observe(root);
    root.addEventListener("focusin", (event) => {
      held.focused = event.target as HTMLElement;
    });
    root.addEventListener("focusout", ({ relatedTarget }) => {
      // Lost to nothing may mean: taken out of the page, and soon to be back in another place.
      if (relatedTarget) held.focused = null;
      held.lost = performance.now();
    });
    held.stop = () => observer.disconnect();
    this.#held.add(held);
    return held;
  }

  /** Gives the focus back once the new place is in the page, unless it is elsewhere by then. */
  #refocus({ view, focused, lost }: Held<V>): void {
    if (!focused || performance.now() - lost > JUST_NOW) return;
    requestAnimationFrame(() => {
      const { activeElement, body } = document;
      const lost = activeElement === null || activeElement === body;
      if (lost && view.root.isConnected) focused.focus({ preventScroll: true });
    });
  }
}

/** What a widget's module gives to anywidget: drawings in the slots of its name, and wherever else. */
export function widget<L extends { views: Views<View> }>(make: (model: WidgetModel) => L) {
  // anywidget hands a new proxy of the model to each call, so what belongs together has a name.
  const lives = new Map<string, L>();
  const name = (model: WidgetModel) => String(model.get("uid"));
  const liveOf = (model: WidgetModel): L => {
    const live = lives.get(name(model)) ?? make(model);
    lives.set(name(model), live);
    return live;
  };
  return {
    initialize({ model }: { model: WidgetModel }): () => void {
      const live = liveOf(model);
      const stop = fillSlots(name(model), (place) => live.views.render(place));
      return () => {
        stop();
        lives.delete(name(model));
      };
    },
    render({ model, el }: { model: WidgetModel; el: HTMLElement }): () => void {
      return liveOf(model).views.render(el);
    },
  };
}

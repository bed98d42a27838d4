// One animation at a time: a new one snaps the running one to its end first.
import { ease } from "../core/morph.ts";

const MORPH = 320;
/** New things of one layout appear one after another, in the order they were made. */
const [STAGGER, STAGGER_IN_ALL, FADE] = [45, 700, 220];

export class Motion {
  #finish: (() => void) | null = null;
  #fades: Animation[] = [];

  /** Snaps what runs to its end. */
  finish(): void {
    this.#finish?.();
  }

  /** Runs to the end of `step`, which is given the time from 0 to 1. */
  run(step: (t: number) => void): Promise<void> {
    this.finish();
    return new Promise((resolve) => {
      let frame = 0;
      const began = performance.now();
      const end = () => {
        if (this.#finish !== end) return;
        this.#finish = null;
        cancelAnimationFrame(frame);
        clearTimeout(late);
        step(1);
        resolve();
      };
      const tick = (now: number) => {
        const t = Math.min(1, (now - began) / MORPH);
        if (t >= 1) return end();
        step(ease(Math.max(0, t)));
        frame = requestAnimationFrame(tick);
      };
      // A page in the background gets no frames.
      const late = setTimeout(end, MORPH * 3);
      this.#finish = end;
      frame = requestAnimationFrame(tick);
    });
  }

  fadeIn(element: Element, delay = 0): void {
    this.#fades.push(
      element.animate([{ opacity: 0 }, { opacity: 1 }], {
        duration: FADE,
        delay,
        fill: "backwards",
        easing: "ease-out",
      }),
    );
  }

  /** Ends when nothing fades in any more. */
  async settled(): Promise<void> {
    const late = new Promise((resolve) => setTimeout(resolve, STAGGER_IN_ALL + 2 * FADE));
    await Promise.race([late, Promise.allSettled(this.#fades.map(({ finished }) => finished))]);
    this.#fades = [];
  }
}

/** How long each of so many waits for the one before it. */
export const stagger = (count: number) => Math.min(STAGGER, STAGGER_IN_ALL / Math.max(1, count));

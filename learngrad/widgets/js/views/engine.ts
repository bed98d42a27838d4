// How a view finds the layout engine, which another widget carries.
import { readLayout } from "../core/layout.ts";
import type { LayoutEngine } from "./drawing.ts";

export const ENGINE = Symbol.for("learngrad.engine");
export const READY = "learngrad-engine-ready";
const PATIENCE = 15_000;

export interface Engines {
  [ENGINE]?: Promise<(dot: string) => unknown>;
}

/** An engine that waits for the widget that carries it: `wake` asks for that widget. */
export function sharedEngine(wake: () => Promise<unknown>): LayoutEngine {
  return async (dot) => {
    const found = (globalThis as Engines)[ENGINE] ?? (await arrival(wake));
    return readLayout((await found)(dot));
  };
}

async function arrival(wake: () => Promise<unknown>): Promise<(dot: string) => unknown> {
  const page = globalThis as Engines;
  let stop = () => {};
  const ready = new Promise<void>((resolve, reject) => {
    const late = setTimeout(
      () => reject(new Error("the layout engine did not arrive; run the cell again")),
      PATIENCE,
    );
    addEventListener(READY, () => resolve(), { once: true });
    stop = () => clearTimeout(late);
  });
  try {
    await Promise.all([page[ENGINE] ? undefined : ready, wake()]);
  } finally {
    stop();
    removeEventListener(READY, () => {});
  }
  return page[ENGINE]!;
}

// Graphviz in WebAssembly, sent to the browser once a kernel by a widget nobody sees.
import { instance } from "@viz-js/viz";
import { ENGINE, type Engines, READY } from "../views/engine.ts";

const page = globalThis as typeof globalThis & Engines;

export default {
  initialize() {
    // Whoever came first serves every kernel of this page.
    page[ENGINE] ??= instance().then((viz) => (dot: string) => {
      const result = viz.render(dot, { format: "json0" });
      if (result.status !== "success")
        throw new Error(result.errors.map(({ message }) => message).join("; "));
      return JSON.parse(result.output);
    });
    dispatchEvent(new Event(READY));
  },
  render() {},
};

// Opens a page without a kernel: the same views, drawn from the data that the page carries.
import { readSheet } from "../core/predict.ts";
import { readTrace } from "../core/reader.ts";
import { TraceStore } from "../core/store.ts";
import type { CurvesData, Layout } from "../core/types.ts";
import { h } from "../views/dom.ts";
import { GraphView } from "../views/graph.ts";
import { adopt } from "../views/theme.ts";

interface PageData {
  trace?: unknown;
  /** The graph as it begins, and with all groups open where that is another. */
  layouts?: Layout[] | null;
  questions?: unknown;
  curves?: CurvesData | null;
}

/** Fills the page once it is there; `plot` draws curves, in a page that has some. */
export function open(plot?: (curves: CurvesData) => HTMLElement): void {
  if (document.readyState === "loading")
    addEventListener("DOMContentLoaded", () => fill(plot), { once: true });
  else fill(plot);
}

function fill(plot?: (curves: CurvesData) => HTMLElement): void {
  const script = document.getElementById("learngrad-data");
  const graph = document.getElementById("learngrad-graph");
  const curves = document.getElementById("learngrad-curves");
  adopt(document.body);
  try {
    const data = JSON.parse(script?.textContent || "{}") as PageData;
    if (graph && data.trace) {
      const store = new TraceStore(readTrace(data.trace));
      const sheet = data.questions ? readSheet(data.questions) : null;
      const begin = sheet ? "forward" : "start";
      const view = new GraphView(store, { layouts: data.layouts ?? null, begin, sheet });
      graph.replaceChildren(view.root);
    }
    if (curves && plot && data.curves?.series.length) curves.replaceChildren(plot(data.curves));
  } catch (error) {
    const said = h("p", { class: "lg-error" }, `This page's data cannot be shown: ${error}`);
    (graph ?? curves ?? document.body).append(h("div", { class: "lg-root" }, said));
  }
}

// The graph as an anywidget: merges what the kernel sends and draws it in every output that shows it.
import { readSheet } from "../core/predict.ts";
import { readTrace } from "../core/reader.ts";
import { TraceStore } from "../core/store.ts";
import type { Delta } from "../core/types.ts";
import { sharedEngine } from "../views/engine.ts";
import { GraphView } from "../views/graph.ts";
import { Views, widget } from "./live.ts";
import type { WidgetModel } from "./model.ts";
import { tell } from "./tell.ts";

/** A gap asks for a snapshot, once in this many milliseconds: a busy kernel answers late. */
const ASK_AGAIN = 2_000;
/** A kernel that may be gone is, if a recording is not heard of for so many milliseconds. */
const SILENT = 1_500;

class Live {
  readonly store = new TraceStore();
  readonly views: Views<GraphView>;
  readonly #model: WidgetModel;
  #asked = Number.NEGATIVE_INFINITY;
  #problem = "";
  #silent = 0;

  constructor(model: WidgetModel) {
    this.#model = model;
    const engine = sharedEngine(() => wakeEngine(model));
    this.views = new Views(() => {
      const asked = model.get("questions");
      const sheet = asked ? readSheet(asked) : null;
      const begin = model.get("begin") === "forward" ? "forward" : sheet ? "start" : "end";
      const colour = model.get("colour") === "gradient" ? "gradient" : null;
      const view = new GraphView(this.store, { engine, begin, sheet, colour });
      view.complain(this.#problem);
      return view;
    });
    model.on("change:snapshot", () => this.snapshot());
    model.on("msg:custom", (content) => this.#heard(content as Delta));
    model.on("comm_live_update", () => this.#unsure());
    this.snapshot();
  }

  snapshot(): void {
    clearTimeout(this.#silent);
    const data = this.#model.get("snapshot");
    if (data === null || data === undefined) return;
    try {
      this.store.replace(readTrace(data));
      this.#problem = "";
    } catch (error) {
      this.#problem = (error as Error).message;
    }
    this.views.update(this.#problem);
  }

  #heard(message: Delta): void {
    if (message?.type !== "delta") return;
    clearTimeout(this.#silent);
    const outcome = this.store.apply(message);
    if (outcome === "applied") this.views.update(this.#problem);
    else if (outcome === "gap") this.#ask();
  }

  /** The kernel has come or gone: where it records, it is heard. */
  #unsure(): void {
    clearTimeout(this.#silent);
    this.#silent = window.setTimeout(() => {
      this.store.leave();
      this.views.update(this.#problem);
    }, SILENT);
  }

  #ask(): void {
    const now = performance.now();
    if (now - this.#asked < ASK_AGAIN) return;
    this.#asked = now;
    tell(this.#model, { type: "snapshot" });
  }
}

/** The engine is a widget of its own, so that its megabyte is sent once; asking for it wakes it. */
async function wakeEngine(model: WidgetModel): Promise<void> {
  const reference = String(model.get("engine") ?? "");
  await model.widget_manager.get_model(reference.replace(/^(IPY_MODEL_|anywidget:)/, ""));
}

export default widget((model) => new Live(model));

// Live curves as an anywidget: points come as binary buffers and are put at the end.
import { floats } from "../core/buffers.ts";
import { CurveStore, type Part, type Status } from "../core/curves.ts";
import { PlotView } from "../views/plot.ts";
import { Views, widget } from "./live.ts";
import type { WidgetModel } from "./model.ts";
import { ask, tell } from "./tell.ts";

interface Points {
  type: "points";
  series: Part[];
  status: Status;
}
interface State {
  series: (Omit<Part, "start"> & { x: DataView; y: DataView })[];
  status: Status;
}

const ASK_AGAIN = 2_000;

class Live {
  readonly store = new CurveStore();
  readonly views: Views<PlotView>;
  readonly #model: WidgetModel;
  #asked = Number.NEGATIVE_INFINITY;

  constructor(model: WidgetModel) {
    this.#model = model;
    const send = (order: object) => ask(model, order) || this.#gone();
    const host = { send, ...interrupting(model) };
    const title = String(model.get("title") || "Descent");
    this.views = new Views(() => new PlotView(this.store, title, host));
    model.on("change:state", () => this.#state());
    model.on("msg:custom", (content, buffers) => this.#heard(content as Points, buffers));
    model.on("comm_live_update", () => this.#unsure());
    this.#state();
    // A page that was reloaded knows what was there when a state was last set.
    if (model.get("live")) this.#ask();
  }

  #state(): void {
    const state = this.#model.get("state") as State | null;
    if (!state) return;
    this.store.gone = false;
    for (const { x, y, ...part } of state.series)
      this.store.append({ ...part, start: 0 }, floats(x), floats(y));
    this.store.status = state.status;
    this.views.update();
  }

  #heard(message: Points, buffers: DataView[]): void {
    if (message?.type !== "points") return;
    let whole = true;
    message.series.forEach((part, at) => {
      const known = this.store.append(part, floats(buffers[2 * at]!), floats(buffers[2 * at + 1]!));
      whole &&= known;
    });
    this.store.status = message.status;
    this.store.gone = false;
    if (!whole) this.#ask();
    this.views.update();
  }

  /** The kernel has come or gone: where it answers, it is there. */
  #unsure(): void {
    this.#gone();
    tell(this.#model, { type: "snapshot" });
  }

  #gone(): void {
    this.store.gone = true;
    this.views.update();
  }

  #ask(): void {
    const now = performance.now();
    if (now - this.#asked < ASK_AGAIN) return;
    this.#asked = now;
    tell(this.#model, { type: "snapshot" });
  }
}

/** The notebook's own interrupt, where a page has it at hand. */
function interrupting(model: WidgetModel): { interrupt?: () => void } {
  const kernel = model.widget_manager?.kernel;
  return kernel?.interrupt ? { interrupt: () => void kernel.interrupt!() } : {};
}

export default widget((model) => new Live(model));

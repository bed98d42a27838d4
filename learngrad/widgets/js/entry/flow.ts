// What flows through a network as an anywidget: moments come as binary buffers, in order.
import { FlowStore, type Message } from "../core/flow.ts";
import { FlowView } from "../views/flow.ts";
import { Views, widget } from "./live.ts";
import type { WidgetModel } from "./model.ts";
import { tell } from "./tell.ts";

type State = Message & { buffers: DataView[] };

const ASK_AGAIN = 2_000;

class Live {
  readonly store = new FlowStore();
  readonly views: Views<FlowView>;
  readonly #model: WidgetModel;
  #asked = Number.NEGATIVE_INFINITY;

  constructor(model: WidgetModel) {
    this.#model = model;
    const title = String(model.get("title") || "Gradient flow");
    this.views = new Views(() => new FlowView(this.store, title));
    model.on("change:state", () => this.#state());
    model.on("msg:custom", (content, buffers) => this.#heard(content as Message, buffers));
    this.#state();
  }

  #state(): void {
    const state = this.#model.get("state") as State | null;
    if (!state) return;
    this.store.put(state, state.buffers);
    this.views.update();
  }

  #heard(message: Message & { type?: string }, buffers: DataView[]): void {
    if (message?.type !== "moments") return;
    if (!this.store.put(message, buffers)) this.#ask();
    this.views.update();
  }

  #ask(): void {
    const now = performance.now();
    if (now - this.#asked < ASK_AGAIN) return;
    this.#asked = now;
    tell(this.#model, { type: "snapshot" });
  }
}

export default widget((model) => new Live(model));

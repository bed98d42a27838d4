// A loss surface as an anywidget: what the kernel knows comes as state, what moves as messages.
import { floats } from "../core/buffers.ts";
import { readSurface, type Status, type Surface, type Way } from "../core/surface.ts";
import { SurfaceView } from "../views/surface.ts";
import { Views, widget } from "./live.ts";
import type { WidgetModel } from "./model.ts";
import { tell } from "./tell.ts";

interface News {
  type: "news";
  status: Status;
  way: Way | null;
}

class Live {
  readonly views: Views<SurfaceView>;
  readonly #model: WidgetModel;
  #surface: Surface | null = null;
  #problem = "";

  constructor(model: WidgetModel) {
    this.#model = model;
    this.views = new Views(() => {
      const ask = (type: string) => () => void (tell(model, { type }) || this.#gone());
      const actions = { cancel: ask("cancel"), refine: ask("refine") };
      const title = String(model.get("title") || "Loss surface");
      const view = new SurfaceView(() => this.#surface, actions, title);
      view.complain(this.#problem);
      return view;
    });
    model.on("change:state", () => this.#state());
    model.on("msg:custom", (content, buffers) => this.#heard(content as News, buffers));
    this.#state();
  }

  #state(): void {
    const state = this.#model.get("state") as Record<string, unknown> | null;
    if (!state) return;
    try {
      this.#surface = readSurface(state);
      this.#problem = this.#surface.problem;
    } catch (error) {
      this.#problem = (error as Error).message;
    }
    this.views.update(this.#problem);
  }

  #gone(): void {
    this.#problem = "no kernel: this is what it had computed";
    this.views.update(this.#problem);
  }

  #heard(news: News, buffers: DataView[]): void {
    if (news?.type !== "news" || !this.#surface) return;
    const { status, way } = news;
    this.#surface = { ...this.#surface, status, way, places: floats(buffers[0]) };
    this.views.update(this.#problem);
  }
}

export default widget((model) => new Live(model));

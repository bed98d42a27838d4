// The module of every view. It is small, since a page keeps a copy of it for each widget there ever
// was: what draws is the front, which comes once a kernel in a widget of its own.
import type { WidgetModel } from "./model.ts";

const FRONTS = Symbol.for("learngrad.fronts");
const PATIENCE = 15_000;

interface Context {
  model: WidgetModel;
  el: HTMLElement;
}
type Widget = {
  [call in "initialize" | "render"]: (context: Context) => () => void;
};
type Views = Record<string, Widget>;

interface Front {
  /** What the front has brought, once it has. */
  views: Promise<Views>;
  arrive: (views: Views) => void;
}

/** The front of the version that a model names. */
export function frontOf(model: WidgetModel): Front {
  const page = globalThis as typeof globalThis & { [FRONTS]?: Map<string, Front> };
  page[FRONTS] ??= new Map();
  const version = String(model.get("version"));
  const known = page[FRONTS].get(version);
  if (known) return known;
  let arrive: Front["arrive"] = () => {};
  const views = new Promise<Views>((resolve) => {
    arrive = resolve;
  });
  const made = { views, arrive };
  page[FRONTS].set(version, made);
  return made;
}

/** The widget of this model's kind; asking for the front's model wakes it. */
async function widgetOf(model: WidgetModel): Promise<Widget> {
  const reference = String(model.get("front")).replace(/^(IPY_MODEL_|anywidget:)/, "");
  let late: ReturnType<typeof setTimeout> | undefined;
  const missed = new Promise<never>((_, reject) => {
    late = setTimeout(
      () => reject(new Error("learngrad's front end did not arrive; run the cell again")),
      PATIENCE,
    );
  });
  model.widget_manager.get_model(reference).catch(() => {}); // the other notebook's will do, too
  const views = await Promise.race([frontOf(model).views, missed]);
  clearTimeout(late);
  return views[String(model.get("kind"))]!;
}

export default {
  initialize: async (context: Context) => (await widgetOf(context.model)).initialize(context),
  render: async (context: Context) => (await widgetOf(context.model)).render(context),
};

// What draws the views, sent to the browser once a kernel by a widget nobody sees.
import flow from "./flow.ts";
import graph from "./graph.ts";
import type { WidgetModel } from "./model.ts";
import plot from "./plot.ts";
import race from "./race.ts";
import surface from "./surface.ts";
import { frontOf } from "./view.ts";

export default {
  initialize({ model }: { model: WidgetModel }) {
    // The first of this version serves every kernel of the page.
    frontOf(model).arrive({ flow, graph, plot, race, surface });
  },
  render() {},
};

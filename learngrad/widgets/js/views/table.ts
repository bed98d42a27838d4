// The graph as a table: a twin of the drawing for a screen reader, and what stands in for it where
// it cannot be drawn.
import type { Moment } from "../core/replay.ts";
import { tableRows } from "../core/spoken.ts";
import type { Trace } from "../core/types.ts";
import { summary } from "../core/words.ts";
import { h } from "./dom.ts";

const HEADS = ["node", "from", "value", "gradient", "line"] as const;
const MOST_ROWS = 500;

export class NodeTable {
  readonly element = h("div", {
    class: "lg-words",
    tabindex: 0,
    role: "group",
    "aria-label": "table of the nodes",
    hidden: true,
  });
  #body = h("tbody");

  /** Writes it as of a moment; `why` is why there is no drawing. */
  show(trace: Trace, moment: Moment, why: string): void {
    const active = moment.step?.node ?? moment.ran?.id;
    const rows = tableRows(trace, (id) => moment.gradients.get(id)?.value ?? null, MOST_ROWS);
    this.#body = h(
      "tbody",
      {},
      ...rows.map((row) => {
        const now = row.id === active;
        return h(
          "tr",
          { class: now ? "lg-active" : null, "aria-current": now ? "step" : null },
          ...HEADS.map((head, at) =>
            at ? h("td", {}, row[head]) : h("th", { scope: "row" }, row[head]),
          ),
        );
      }),
    );
    const heads = HEADS.map((head) => h("th", { scope: "col" }, head));
    const more = trace.nodes.length - MOST_ROWS;
    this.element.replaceChildren(
      ...(why ? [h("p", { class: "lg-error" }, why)] : []),
      h(
        "table",
        {},
        h("caption", {}, summary(trace)),
        h("thead", {}, h("tr", {}, ...heads)),
        this.#body,
      ),
      ...(more > 0 ? [h("p", { class: "lg-note" }, `… and ${more} more nodes`)] : []),
    );
    this.#reveal();
  }

  /** Scrolls the table alone, so far that the active row is seen. */
  #reveal(): void {
    const row = this.#body.querySelector<HTMLElement>(".lg-active");
    if (!row || this.element.hidden) return;
    const [{ top, bottom }, frame] = [
      row.getBoundingClientRect(),
      this.element.getBoundingClientRect(),
    ];
    if (top < frame.top || bottom > frame.bottom)
      this.element.scrollTop += (top + bottom - frame.top - frame.bottom) / 2;
  }
}

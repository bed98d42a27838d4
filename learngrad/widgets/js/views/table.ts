// The graph without a drawing: what it is in words, and a table of its nodes.
import type { Moment } from "../core/replay.ts";
import { valueText } from "../core/text.ts";
import type { Trace } from "../core/types.ts";
import { type Names, nodeTitle, summary, valueWords } from "../core/words.ts";
import { h } from "./dom.ts";

const HEADS = ["", "what", "value", "gradient"];
const MOST_ROWS = 500;

export function nodeTable(trace: Trace, moment: Moment, names: Names, why: string): HTMLElement {
  const rows = trace.nodes.slice(0, MOST_ROWS).map((node) => {
    const grad = moment.gradients.get(node.id)?.value;
    const needs = node.requires_grad ? "none yet" : "";
    return h(
      "tr",
      { class: moment.step?.node === node.id ? "lg-active" : null },
      h("td", {}, node.status === "failed" ? "failed" : node.kind),
      h("td", {}, h("code", {}, node.name ? nodeTitle(trace, node) : names.of(node.id))),
      h("td", {}, node.status === "failed" ? (node.error ?? "") : valueWords(node)),
      h("td", {}, grad ? valueText(grad) : needs),
    );
  });
  const more = trace.nodes.length - MOST_ROWS;
  return h(
    "div",
    { class: "lg-words" },
    why && h("p", { class: "lg-error" }, why),
    h("p", {}, summary(trace)),
    h(
      "table",
      {},
      h("thead", {}, h("tr", {}, ...HEADS.map((head) => h("th", { scope: "col" }, head)))),
      h("tbody", {}, ...rows),
    ),
    more > 0 && h("p", { class: "lg-note" }, `… and ${more} more nodes`),
  );
}

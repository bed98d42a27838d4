// Where the parts of the graph view stand.
import { h } from "./dom.ts";

/** The title, what is said beside it, and to the right the buttons. */
export function headOf(title: string, note: HTMLElement, ...buttons: HTMLElement[]): HTMLElement {
  const name = h("span", { class: "lg-title" }, h("i", { class: "lg-dot" }), title);
  return h("div", { class: "lg-head" }, name, note, h("span", { class: "lg-gap" }), ...buttons);
}

/** The drawing with what belongs to it, and beside it, or below, the panel and the Python. */
export function bodyOf(main: HTMLElement[], side: HTMLElement[]): HTMLElement {
  const inner = h("div", { class: "lg-side-inner" }, ...side);
  return h(
    "div",
    { class: "lg-body" },
    h("div", { class: "lg-main" }, ...main),
    h("div", { class: "lg-side" }, inner),
  );
}

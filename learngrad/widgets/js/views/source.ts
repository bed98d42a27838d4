// The Python beside the graph, with the line and the columns that made a node marked.
import { pieces } from "../core/python.ts";
import { excerpt } from "../core/source.ts";
import type { Place, Source, Trace } from "../core/types.ts";
import { h } from "./dom.ts";

export class SourceView {
  readonly element = h("div", { class: "lg-source", hidden: true });
  readonly #name = h("div", { class: "lg-source-name" });
  readonly #list = h("ol");
  readonly #code = h("div", {
    class: "lg-code",
    tabindex: 0,
    role: "region",
    "aria-label": "Python source",
  });
  #shown = "";
  #source = -1;

  /** `point` is called with a source and a line that the pointer is over; null: over none. */
  constructor(point: (at: { source: number; line: number } | null) => void) {
    this.#list.addEventListener("pointerover", (event) => {
      const line = (event.target as Element).closest<HTMLElement>("li")?.dataset.line;
      point(line === undefined ? null : { source: this.#source, line: Number(line) });
    });
    this.#list.addEventListener("pointerleave", () => point(null));
    // It may be filled before it is in the page, or have become smaller.
    new ResizeObserver(() => this.#reveal()).observe(this.#code);
    this.#code.append(this.#list);
    this.element.append(this.#name, this.#code);
  }

  /** Marks a place; null unmarks and leaves the text. */
  show(trace: Trace, place: Place | null): void {
    const key = JSON.stringify([place, trace.sources.map(({ id, text }) => [id, text.length])]);
    if (key === this.#shown) return;
    this.#shown = key;
    const found = excerpt(trace, place) ?? plain(trace.sources[0]);
    this.element.hidden = !found;
    if (!found) return;
    this.#source = place?.source ?? trace.sources[0]?.id ?? -1;
    this.#name.textContent = found.label;
    this.#list.replaceChildren(
      ...found.lines.map(({ number, parts, current }) =>
        h(
          "li",
          {
            "data-line": number,
            class: current ? "lg-current" : null,
            "aria-current": current ? "true" : null,
          },
          ...coloured(parts[0]),
          parts[1] && h("mark", {}, ...coloured(parts[1])),
          ...coloured(parts[2]),
          "\u200b",
        ),
      ),
    );
    this.#reveal();
  }

  /** Lights the lines of a node that the pointer is over; null puts them out. */
  hint(place: Place | null): void {
    const here = place?.source === this.#source ? place : null;
    for (const item of this.#list.children) {
      const line = Number((item as HTMLElement).dataset.line);
      item.classList.toggle("lg-hint", !!here && line >= here.line && line <= here.end_line);
    }
  }

  /** Scrolls the list alone: the notebook stays where it is. */
  #reveal(): void {
    const line = this.#list.querySelector<HTMLElement>(".lg-current");
    if (!line) return;
    const { top, bottom } = line.getBoundingClientRect();
    const frame = this.#code.getBoundingClientRect();
    if (top < frame.top + 4) this.#code.scrollTop -= frame.top - top + 40;
    else if (bottom > frame.bottom - 4) this.#code.scrollTop += bottom - frame.bottom + 40;
  }
}

function plain(source: Source | undefined) {
  if (!source) return null;
  const nowhere = { line: -1, end_line: -1, column: 0, end_column: 0, text: "" };
  return excerpt({ sources: [source] } as Trace, { ...nowhere, source: source.id });
}

const coloured = (text: string) =>
  pieces(text).map(([part, look]) => (look ? h("span", { class: `lg-${look}` }, part) : part));

// The Python beside the graph, with the line and the columns that made a node marked.
import { pieces } from "../core/python.ts";
import { excerpt, type Made, route } from "../core/source.ts";
import type { Place, Source, Trace } from "../core/types.ts";
import { h } from "./dom.ts";

/** A line of a source, as the reader points at it. */
export interface Spot {
  source: number;
  line: number;
}

export interface Reading {
  /** The pointer is over a line, or (`held`) the focus on it; null: over none. */
  point(at: Spot | null, held: boolean): void;
  /** A line was chosen. */
  choose(at: Spot): void;
}

export class SourceView {
  readonly element = h("div", { class: "lg-source", hidden: true });
  readonly #name = h("div", { class: "lg-source-name" });
  readonly #list = h("ol");
  readonly #code = h("div", {
    class: "lg-code",
    tabindex: 0,
    role: "group",
    "aria-label":
      "Python source: Up and Down arrow go from line to line, Enter shows what one made",
  });
  readonly #reading: Reading;
  #trace: Trace | null = null;
  /** What is marked, and the source that is shown. */
  #made: Made | null = null;
  #shown = "";
  #source = -1;

  constructor(reading: Reading) {
    this.#reading = reading;
    this.#list.addEventListener("pointerover", (event) => reading.point(this.#at(event), false));
    this.#list.addEventListener("pointerleave", () => reading.point(null, false));
    this.#list.addEventListener("focusin", (event) => reading.point(this.#at(event), true));
    this.#list.addEventListener("focusout", () => reading.point(null, false));
    this.#list.addEventListener("click", (event) => this.#press(event));
    this.#code.addEventListener("keydown", (event) => this.#key(event));
    // It may be filled before it is in the page, or have become smaller.
    new ResizeObserver(() => this.#reveal(".lg-current")).observe(this.#code);
    this.#code.append(this.#list);
    this.element.append(this.#name, this.#code);
  }

  #at(event: Event): Spot | null {
    const line = (event.target as Element).closest<HTMLElement>("li")?.dataset.line;
    return line === undefined ? null : { source: this.#source, line: Number(line) };
  }

  /** Up and Down, Home and End go from line to line; Enter chooses one. */
  #key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const lines = [...this.#list.children] as HTMLElement[];
    const held = lines.indexOf(event.target as HTMLElement);
    const current = lines.findIndex((line) => line.classList.contains("lg-current"));
    const to = {
      ArrowDown: held < 0 ? Math.max(current, 0) : held + 1,
      ArrowUp: held < 0 ? Math.max(current, 0) : held - 1,
      Home: 0,
      End: lines.length - 1,
    }[event.key];
    const at = event.key === "Enter" ? this.#at(event) : null;
    if (to === undefined && !at) return;
    event.preventDefault();
    event.stopPropagation();
    if (at) this.#reading.choose(at);
    else this.#focus(lines[Math.max(0, Math.min(to!, lines.length - 1))]);
  }

  #focus(line: HTMLElement | undefined): void {
    line?.focus({ preventScroll: true });
    this.#reveal("li:focus");
  }

  /** A click that selects text is none. */
  #press(event: MouseEvent): void {
    const at = this.#at(event);
    if (at && getSelection()?.isCollapsed !== false) this.#reading.choose(at);
  }

  /** Marks what made a node; null unmarks and leaves the text. */
  show(trace: Trace, made: Made | null): void {
    this.#trace = trace;
    this.#made = made;
    this.#code.style.height = "";
    this.#fill(made, true);
  }

  #fill(made: Made | null, marked: boolean): void {
    const trace = this.#trace!;
    const place = made?.src ?? null;
    const key = JSON.stringify([
      place,
      made?.callers,
      trace.sources.map(({ id, text }) => [id, text.length]),
    ]);
    if (key === this.#shown) return;
    this.#shown = key;
    const shown = marked ? place : null;
    const found = excerpt(trace, shown) ?? plain(source(trace, place));
    this.element.hidden = !found;
    if (!found) return;
    const held = this.#list.querySelector<HTMLElement>("li:focus")?.dataset.line;
    this.#source = source(trace, place)?.id ?? -1;
    this.#name.textContent = (made && route(trace, made)) || found.label;
    this.#list.replaceChildren(
      ...found.lines.map(({ number, parts, current }) =>
        h(
          "li",
          {
            "data-line": number,
            tabindex: -1,
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
    // The line that had the focus is another element now.
    if (held) this.#focus(this.#list.querySelector<HTMLElement>(`[data-line="${held}"]`)!);
    else this.#reveal(".lg-current");
  }

  /** Lights the lines of a node that the pointer is over, of whatever file; null puts them out. */
  hint(made: Made | null): void {
    const place = made?.src;
    const other = place && place.source !== this.#source;
    const back = !place && this.#made?.src?.source !== this.#source;
    // What is around stays where it is.
    if (other) this.#code.style.height = `${this.#code.offsetHeight}px`;
    if (back) this.#code.style.height = "";
    if (other || back) this.#fill(place ? made : this.#made, !place);
    for (const item of this.#list.children) {
      const line = Number((item as HTMLElement).dataset.line);
      item.classList.toggle("lg-hint", !!place && line >= place.line && line <= place.end_line);
    }
    if (other) this.#reveal(".lg-hint");
  }

  /** Scrolls the list alone: the notebook stays where it is. */
  #reveal(which: string): void {
    const line = this.#list.querySelector<HTMLElement>(which);
    if (!line) return;
    const { top, bottom } = line.getBoundingClientRect();
    const frame = this.#code.getBoundingClientRect();
    if (top < frame.top + 4) this.#code.scrollTop -= frame.top - top + 40;
    else if (bottom > frame.bottom - 4) this.#code.scrollTop += bottom - frame.bottom + 40;
  }
}

/** Where a place is; the first source where it is nowhere. */
const source = (trace: Trace, place: Place | null) =>
  trace.sources.find(({ id }) => id === place?.source) ?? trace.sources[0];

function plain(source: Source | undefined) {
  if (!source) return null;
  const nowhere = { line: -1, end_line: -1, column: 0, end_column: 0, text: "" };
  return excerpt({ sources: [source] } as Trace, { ...nowhere, source: source.id });
}

const coloured = (text: string) =>
  pieces(text).map(([part, look]) => (look ? h("span", { class: `lg-${look}` }, part) : part));

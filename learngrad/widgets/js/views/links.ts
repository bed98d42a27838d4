// Three ways to the same thing: a box, its line of Python, its term of the formula. Where the pointer
// or the focus is on one, the others light up.
import type { TraceNode } from "../core/types.ts";
import linked from "./linked.css";
import { SourceView, type Spot } from "./source.ts";
import { Terms } from "./terms.ts";
import { adopt } from "./theme.ts";

/** More names than this are not read out. */
const MOST_SAID = 5;

export interface Linked {
  nodes(): TraceNode[];
  /** What a node is called in the panel. */
  called(id: number): string;
  /** Lights boxes. */
  hint(ids: Set<number>): void;
  /** Chooses one of the boxes that a line made. */
  choose(found: number[], one: number): void;
  told(text: string): void;
}

export class Links {
  readonly source = new SourceView({
    point: (at, held) => this.#pointAtLine(at, held),
    choose: (at) => this.#chooseLine(at),
  });
  readonly #terms = new Terms();
  readonly #panel: HTMLElement;
  readonly #linked: Linked;

  constructor(panel: HTMLElement, linkedTo: Linked) {
    this.#panel = panel;
    this.#linked = linkedTo;
    adopt(document.body, "linked", linked);
  }

  /** A box: its line, and what the panel says of it, light up. */
  pointAtNode(id: number | null): void {
    const node = id === null ? undefined : this.#linked.nodes().find((one) => one.id === id);
    this.source.hint(node?.src ?? null);
    for (const part of this.#panel.querySelectorAll<HTMLElement>(".lg-part[data-to]"))
      part.classList.toggle("lg-hint", part.dataset.to === String(id));
    this.#terms.show(this.#panel, node ? this.#linked.called(node.id) : null);
  }

  /** A line: what it made lights up, and is read out where the line has the focus. */
  #pointAtLine(at: Spot | null, held: boolean): void {
    const made = at ? this.#madeAt(at) : [];
    this.#linked.hint(new Set(made));
    if (!at || !held) return;
    const names = made.slice(0, MOST_SAID).map((id) => this.#linked.called(id));
    const more = made.length > MOST_SAID ? ` and ${made.length - MOST_SAID} more` : "";
    const said = names.length ? `made ${names.join(", ")}${more}` : "itself made nothing";
    this.#linked.told(`Line ${at.line} ${said}.`);
  }

  #madeAt({ source, line }: Spot): number[] {
    return this.#linked
      .nodes()
      .filter(({ src }) => src?.source === source && src.line <= line && line <= src.end_line)
      .map(({ id }) => id);
  }

  #chooseLine(at: Spot): void {
    const made = this.#madeAt(at);
    const last = made.at(-1);
    if (last !== undefined) this.#linked.choose(made, last);
  }

  destroy(): void {
    this.#terms.show(this.#panel, null);
  }
}

// Three ways to the same thing: a box, its line of Python, its term of the formula. Where the pointer
// or the focus is on one, the others light up.
import { holding } from "../core/source.ts";
import type { Trace, TraceNode } from "../core/types.ts";
import linked from "./linked.css";
import { SourceView, type Spot } from "./source.ts";
import { Terms } from "./terms.ts";
import { adopt } from "./theme.ts";

/** More names than this are not read out. */
const MOST_SAID = 5;

export interface Linked {
  trace(): Trace;
  /** What a node is called in the panel. */
  called(id: number): string;
  /** All that the formulas in the panel may call it: of several outputs, each. */
  terms(node: TraceNode): string[];
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
    const node = id === null ? undefined : this.#linked.trace().nodes.find((one) => one.id === id);
    this.source.hint(node ?? null);
    for (const part of this.#panel.querySelectorAll<HTMLElement>(".lg-part[data-to]"))
      part.classList.toggle("lg-hint", part.dataset.to === String(id));
    this.#terms.show(this.#panel, node ? this.#linked.terms(node) : []);
  }

  /** A line: what it made lights up, and is read out where the line has the focus. */
  #pointAtLine(at: Spot | null, held: boolean): void {
    const { made, called } = at ? this.#madeAt(at) : { made: [], called: [] };
    this.#linked.hint(new Set([...made, ...called]));
    if (!at || !held) return;
    const said = [
      made.length ? `made ${this.#list(made)}` : "",
      called.length ? `called what made ${this.#list(called)}` : "",
    ].filter(Boolean);
    this.#linked.told(`Line ${at.line} ${said.join(", and ") || "made no node"}.`);
  }

  #list(ids: number[]): string {
    const names = ids.slice(0, MOST_SAID).map((id) => this.#linked.called(id));
    return names.join(", ") + (ids.length > MOST_SAID ? ` and ${ids.length - MOST_SAID} more` : "");
  }

  /** What a line made itself, and what was made in functions that it called. */
  #madeAt({ source, line }: Spot): { made: number[]; called: number[] } {
    const made: number[] = [];
    const called: number[] = [];
    const { nodes, sources } = this.#linked.trace();
    const holds = holding(sources, source, line);
    const here = (at: number, from: number, to: number) =>
      from <= line && line <= to && holds.has(at);
    for (const { id, src, callers } of nodes)
      if (src && here(src.source, src.line, src.end_line)) made.push(id);
      else if (callers?.some((caller) => here(...caller))) called.push(id);
    return { made, called };
  }

  #chooseLine(at: Spot): void {
    const { made: own, called } = this.#madeAt(at);
    const made = own.length ? own : called;
    const last = made.at(-1);
    if (last !== undefined) this.#linked.choose(made, last);
  }

  destroy(): void {
    this.#terms.show(this.#panel, []);
  }
}

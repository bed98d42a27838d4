// The graph as a table in the drawing's place: where it cannot be drawn, or the reader likes it better.
import type { Moment } from "../core/replay.ts";
import type { Trace } from "../core/types.ts";
import { button } from "./dom.ts";
import { NodeTable } from "./table.ts";

export class AsTable {
  readonly button: HTMLButtonElement;
  readonly #table = new NodeTable();
  /** Why there is no drawing; null where there is one. */
  undrawn: string | null = null;

  constructor(changed: () => void) {
    this.button = button("table", "the graph as a table (T)", () => {
      this.button.ariaPressed = String(this.button.ariaPressed !== "true");
      changed();
    });
    this.button.ariaPressed = "false";
  }

  get element(): HTMLElement {
    return this.#table.element;
  }

  /** Shows the table, or the stage. */
  show(root: HTMLElement, stage: HTMLElement, trace: Trace, moment: Moment): void {
    const shown = this.undrawn !== null || this.button.ariaPressed === "true";
    stage.hidden = shown;
    this.element.hidden = !shown;
    this.button.hidden = this.undrawn !== null;
    if (shown) this.#table.show(trace, moment, this.undrawn ?? "");
    if (shown) root.dataset.words = "true";
    else delete root.dataset.words;
  }
}

// Numbers of a step without tiles: values that are shown in shades, as tables.
import { heat } from "../core/heat.ts";
import { writtenOut } from "../core/text.ts";
import { Kept } from "../core/tiles/kept.ts";
import type { Preview } from "../core/types.ts";
import { h, say } from "./dom.ts";
import { sheetTable, tableRegion } from "./tile-words.ts";

/** A value, and what it is called. */
export type Named = [name: string, preview: Preview | null];

export class NumberTables {
  readonly root: HTMLElement;
  readonly #tables: HTMLElement;
  readonly #button = h("button", { type: "button", class: "lg-t-as-table" });

  constructor(values: Named[], pressed: () => void) {
    const sheets = values.flatMap(([name, preview]) =>
      preview ? [{ name, preview, kept: new Kept(preview) }] : [],
    );
    this.#tables = tableRegion("the numbers as tables", sheets.map(sheetTable));
    this.#button.addEventListener("click", pressed);
    this.root = h("div", {}, h("div", { class: "lg-t-foot" }, this.#button), this.#tables);
  }

  draw(asTable: boolean): void {
    say(this.#button, asTable ? "without tables" : "numbers as tables");
    this.#tables.hidden = !asTable;
  }

  /** A table is as wide as its numbers. */
  fit(): void {}
}

/** Whether not all of a value's numbers can be read where it is shown. */
export const inShades = ([, preview]: Named) =>
  !!preview && !!heat(preview) && !writtenOut(preview, 4, 36);

// Finding a node: a field that opens, what it finds one after the other.
import { button, h, say } from "./dom.ts";

export interface Finding {
  /** The numbers of what a query finds. */
  search(query: string): number[];
  /** Shows all that was found, and one of them. */
  show(found: number[], one: number | null): void;
  /** The field was closed; the focus goes back. */
  closed(): void;
}

export class Finder {
  readonly button = button("search", "find a node (/)", () => this.toggle());
  readonly element = h("div", {
    class: "lg-finder",
    role: "group",
    "aria-label": "find",
    hidden: true,
  });
  readonly #field = h("input", {
    type: "search",
    placeholder: "name, operation, module, line 7",
    "aria-label": "find a node: Enter goes to the next, Escape ends",
    spellcheck: "false",
  });
  readonly #count = h("span", { class: "lg-note", role: "status" });
  readonly #finding: Finding;
  #found: number[] = [];
  #at = 0;

  constructor(finding: Finding) {
    this.#finding = finding;
    this.button.setAttribute("aria-expanded", "false");
    const back = button("up", "the one before (Shift+Enter)", () => this.#go(-1));
    const on = button("down", "the next (Enter)", () => this.#go(1));
    this.element.append(this.#field, this.#count, back, on);
    this.#field.addEventListener("input", () => this.#look());
    this.#field.addEventListener("keydown", (event) => {
      event.stopPropagation();
      if (event.key === "Enter") this.#go(event.shiftKey ? -1 : 1);
      else if (event.key === "Escape") this.toggle();
      else return;
      event.preventDefault();
    });
  }

  /** Opens the field, or closes it. */
  toggle(): void {
    const open = this.element.hidden;
    this.element.hidden = !open;
    this.button.setAttribute("aria-expanded", String(open));
    this.#field.value = "";
    this.#look();
    if (open) this.#field.focus({ preventScroll: true });
    else this.#finding.closed();
  }

  #look(): void {
    this.#found = this.#finding.search(this.#field.value);
    this.#at = 0;
    this.#show();
  }

  #go(way: 1 | -1): void {
    if (!this.#found.length) return;
    this.#at = (this.#at + way + this.#found.length) % this.#found.length;
    this.#show();
  }

  #show(): void {
    const { length } = this.#found;
    const said = length ? `${this.#at + 1} of ${length}` : this.#field.value ? "nothing" : "";
    say(this.#count, said);
    this.#finding.show(this.#found, this.#found[this.#at] ?? null);
  }
}

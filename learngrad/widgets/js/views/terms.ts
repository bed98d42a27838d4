// The name of a node that the pointer is over, lit wherever a formula has it.
/** One for the page, however often this is loaded: its ranges may lie in any view. */
const light = typeof Highlight === "undefined" ? null : known();

function known(): Highlight {
  const found = CSS.highlights.get("lg-term") ?? new Highlight();
  CSS.highlights.set("lg-term", found);
  return found;
}

export class Terms {
  #ranges: Range[] = [];

  /** Lights names in the formulas of a panel; without any, what is lit is put out. */
  show(panel: HTMLElement, names: string[]): void {
    for (const range of this.#ranges) light?.delete(range);
    this.#ranges = light ? names.flatMap((name) => [...found(panel, name)]) : [];
    for (const range of this.#ranges) light!.add(range);
  }
}

const FORMULAS = ".lg-math, .lg-to code, .lg-what, .lg-value .lg-label";

function* found(panel: HTMLElement, name: string): Generator<Range> {
  const literal = name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  // A name is not part of a longer one; of `b.T` it is the first.
  const whole = new RegExp(`(?<![\\p{L}\\p{N}_.])${literal}(?![\\p{L}\\p{N}_(])`, "gu");
  const seen = new Set<Node>();
  for (const formula of panel.querySelectorAll(FORMULAS)) {
    const texts = document.createTreeWalker(formula, NodeFilter.SHOW_TEXT);
    for (let text = texts.nextNode(); text; text = texts.nextNode()) {
      if (seen.has(text)) continue;
      seen.add(text);
      for (const { index } of text.textContent!.matchAll(whole)) {
        const range = new Range();
        range.setStart(text, index);
        range.setEnd(text, index + name.length);
        yield range;
      }
    }
  }
}

// What a trace had no room for: counted by operation and line, as a list that opens.
import { signName } from "../core/shown.ts";
import { elide, thousands } from "../core/text.ts";
import type { Trace } from "../core/types.ts";
import { h, say } from "./dom.ts";

export class Rest {
  readonly element = h("details", { class: "lg-rest", hidden: true });
  readonly #summary = h("summary");
  readonly #list = h("ul");
  #shown = "";

  constructor() {
    this.element.append(this.#summary, this.#list);
  }

  show({ truncated }: Trace): void {
    const rest = truncated?.rest ?? [];
    const key = JSON.stringify(rest);
    if (key === this.#shown) return;
    this.#shown = key;
    this.element.hidden = rest.length === 0;
    say(this.#summary, `${thousands(truncated?.nodes ?? 0)} more operations ran: which`);
    this.#list.replaceChildren(
      ...rest.map(({ sign, count, src }) => {
        const place = src ? ` in line ${src.line}: ${elide(src.text ?? "", 60)}` : "";
        return h("li", {}, `${thousands(count)} × ${elide(signName(sign), 24)}${place}`);
      }),
    );
  }
}

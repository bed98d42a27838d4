// The plot's legend: a button for each curve shows and hides it, and tells its value.
import { counted, DASHES, percent, reading, type Series, styles } from "../core/curves.ts";
import { elide } from "../core/text.ts";
import { h, s, say } from "./dom.ts";

export class Key {
  readonly element = h("div", { class: "lg-key", role: "group", "aria-label": "curves" });
  readonly #step = h("span", { class: "lg-note lg-reading" });
  readonly #values: HTMLElement[] = [];
  readonly #lines: SVGElement[] = [];
  readonly #hidden: Set<Series>;
  readonly #changed: () => void;

  constructor(hidden: Set<Series>, changed: () => void) {
    this.#hidden = hidden;
    this.#changed = changed;
    this.element.append(this.#step);
  }

  /** Each curve's value at a step, or its newest. */
  update(series: Series[], x: number | null): void {
    const looks = styles(series);
    for (let at = this.#values.length; at < series.length; at++)
      this.#add(series[at]!, looks[at]!.colour);
    // With many series a metric is dashed alike in all runs, and so the first ones otherwise.
    looks.forEach(({ dash }, at) => {
      const line = this.#lines[at]!;
      const dashes = DASHES[dash]!.join(" ") || "none";
      if (line.getAttribute("stroke-dasharray") !== dashes)
        line.setAttribute("stroke-dasharray", dashes);
    });
    const newest = series.reduce((most, one) => Math.max(most, one.x.values.at(-1)!), -Infinity);
    const step = x ?? newest;
    say(this.#step, series.length ? `step ${counted(step)}` : "");
    const factor = percent(series);
    series.forEach((one, at) => {
      say(this.#values[at]!, reading(one, x, factor));
    });
  }

  #add(series: Series, colour: number): void {
    const line = s("path", { d: "M0 6h26" });
    const swatch = s(
      "svg",
      { viewBox: "0 0 26 12", class: `lg-s${colour}`, "aria-hidden": "true" },
      line,
    );
    const value = h("span", { class: "lg-value-now" });
    const button = h(
      "button",
      { type: "button", "aria-pressed": "true", title: "show or hide" },
      swatch,
      h("span", {}, elide(series.label, 60)),
      value,
    );
    button.addEventListener("click", () => {
      const hide = !this.#hidden.has(series);
      if (hide) this.#hidden.add(series);
      else this.#hidden.delete(series);
      button.setAttribute("aria-pressed", String(!hide));
      this.#changed();
    });
    this.#values.push(value);
    this.#lines.push(line);
    this.element.append(button);
  }
}

// The nine colours of a gradient's size, and what they mean.
import { h } from "./dom.ts";
import css from "./flow-tone.css";
import { adopt } from "./theme.ts";

/** Makes the colours available in the page. */
export const adoptTones = () => adopt(document.body, "tones", css);

/** What the colours mean, as entries of a legend. */
export function toneKey(): HTMLElement[] {
  const swatches = Array.from({ length: 9 }, (_, at) =>
    h("i", { class: `lg-swatch lg-g${at}`, "aria-hidden": "true" }),
  );
  return [
    h("span", {}, "colour: gradient against that at the output"),
    h("span", { class: "lg-tones" }, "10,000× smaller", ...swatches, "10,000× larger"),
  ];
}

// A page without a kernel that has one view of a descent.
import { h } from "../views/dom.ts";
import { adopt } from "../views/theme.ts";

/** Draws what the page carries under `kind` in its place, once the page is there. */
export function alone<Data>(kind: string, draw: (data: Data) => HTMLElement): void {
  const start = () => {
    const place = document.getElementById(`learngrad-${kind}`)!;
    adopt(document.body);
    try {
      const text = document.getElementById("learngrad-data")?.textContent;
      place.replaceChildren(draw((JSON.parse(text!) as Record<string, Data>)[kind]!));
    } catch (error) {
      const said = h("p", { class: "lg-error" }, `This page's data cannot be shown: ${error}`);
      place.append(h("div", { class: "lg-root" }, said));
    }
  };
  if (document.readyState === "loading")
    addEventListener("DOMContentLoaded", start, { once: true });
  else start();
}

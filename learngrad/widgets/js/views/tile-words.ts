// What is said of a followed element, to the eye and to the ear, and the tiles as tables.
import { number, shapeText } from "../core/text.ts";
import type { Scene, Sheet } from "../core/tiles/scene.ts";
import { aloud, signed, type Trail } from "../core/tiles/trail.ts";
import { h } from "./dom.ts";

/** An element and where it comes from, for the ear. */
export function sentence(scene: Scene, at: number, trail: Trail): string {
  const whole = [trail.rule, trail.numbers && missing(trail)].filter(Boolean).join(", that is ");
  return `${scene.name(at)}: ${aloud(whole)}, gives ${number(trail.value)}.`;
}

/** The formula with numbers and, where terms are not kept, what they add. */
function missing({ numbers, rest, terms, count }: Trail): string {
  if (rest === null) return numbers;
  const others = count - terms.length;
  const added = rest < 0 ? `(${number(rest)})` : number(rest);
  return `${numbers} + ${added} from ${others} ${others === 1 ? "term" : "terms"} not kept`;
}

/** The formula of an element, in letters and with numbers. */
export function told(name: string, trail: Trail): HTMLElement[] {
  const lines = [h("p", {}, h("b", {}, name), " = ", trail.rule)];
  const result = h("b", { class: "lg-t-result" }, number(trail.value));
  if (trail.agrees === false)
    lines.push(h("p", {}, "= ", result), note("More went into it than the trace keeps."));
  else if (trail.numbers && trail.numbers !== number(trail.value))
    lines.push(h("p", {}, `= ${missing(trail)} = `, result));
  else lines.push(h("p", {}, "= ", result));
  if (trail.rest !== null)
    lines.push(note(`${trail.terms.length} of its ${trail.count} terms are kept.`));
  return lines;
}

/** What the element had before, and what it has with this. */
export function addedUp(scene: Scene, at: number, trail: Trail): HTMLElement[] {
  const [before, after] = [scene.before?.at(at), scene.after?.at(at)];
  if (before === undefined || after === undefined) return [];
  const sum = `${number(before)} + ${signed(number(trail.value))} = `;
  return [h("p", {}, `with what was there: ${sum}`, h("b", {}, number(after)))];
}

const note = (text: string) => h("p", { class: "lg-facts" }, text);

/** The same as tables: the terms of the followed element, and each tensor. */
export function tables(scene: Scene, at: number, trail: Trail): HTMLElement {
  const terms = trail.terms.length ? [termTable(scene, scene.name(at), trail)] : [];
  return tableRegion("the tiles as tables", [...terms, ...scene.sheets.map(sheetTable)]);
}

/** Tables one below the other, which scroll. */
export const tableRegion = (label: string, all: HTMLElement[]) =>
  h("div", { class: "lg-t-tables", tabindex: 0, role: "group", "aria-label": label }, ...all);

function termTable(scene: Scene, name: string, trail: Trail): HTMLElement {
  const sheets = new Map(scene.sheets.map((one) => [one.of, one]));
  const rows = trail.terms.map(({ factors, text, value }) =>
    h(
      "tr",
      {},
      h(
        "th",
        { scope: "row" },
        factors
          .map(({ of, at }) => (sheets.get(of)?.name ?? "") + (sheets.get(of)?.kept.text(at) ?? ""))
          .join(" · "),
      ),
      h("td", {}, text),
      h("td", {}, number(value)),
    ),
  );
  return h(
    "table",
    {},
    h("caption", {}, `${name}: what it is made of`),
    h("thead", {}, head(["term", "with numbers", "gives"])),
    h("tbody", {}, ...rows),
  );
}

const head = (names: string[]) =>
  h("tr", {}, ...names.map((name) => (name ? h("th", { scope: "col" }, name) : h("td"))));

/** A sheet's numbers, with those of its rows and columns. */
export function sheetTable({
  name,
  kept,
  preview,
}: Pick<Sheet, "name" | "kept" | "preview">): HTMLElement {
  const width = kept.shape.at(-1) ?? 1;
  const flat = kept.shape.length < 2;
  const row = (at: number) => (flat ? "[:]" : kept.text(at * width).replace(/, 0\]$/, ", :]"));
  return h(
    "table",
    {},
    h("caption", {}, `${name}, ${shapeText(preview.shape)}`),
    h("thead", {}, head(["", ...kept.columns.map((column) => String(column))])),
    h(
      "tbody",
      {},
      ...kept.rows.map((at) =>
        h(
          "tr",
          {},
          h("th", { scope: "row" }, row(at)),
          ...kept.columns.map((column) => h("td", {}, number(kept.at(at * width + column)!))),
        ),
      ),
    ),
  );
}

// A view's sheet is adopted by the page and stays: it may style no other view's parts.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

declare const SHEETS: string;

/** Whose the sheets are. */
const VIEWS: Record<string, string[]> = {
  graph: ["stage", "panel", "groups", "glances", "linked", "predict", "tiles"],
  curves: ["plot", "training"],
  race: ["race"],
  surface: ["surface"],
  flow: ["flow"],
  several: ["style", "words", "contour", "flow-tone"],
};
/** A view's own root, also where it stands within another view; a box of the graph. */
const ROOTS = ["lg-plot", "lg-race", "lg-surface", "lg-flow", "lg-node"];
/** Those that are there from the first view on, whichever it is (`theme.ts`): they change nothing. */
const EVER = ["style", "stage", "panel", "words", "plot"];

const read = (sheet: string) =>
  readFileSync(join(SHEETS, `${sheet}.css`), "utf8").replace(/\/\*[\s\S]*?\*\//g, "");

/** The selectors of a sheet, each alone. */
function selectors(sheet: string): string[] {
  const heads = [...read(sheet).matchAll(/([^{}]+)\{/g)].map(([, head]) => head!.trim());
  return heads
    .filter((head) => !/^(@|from|to|\d)/.test(head))
    .flatMap((head) => head.split(/,(?![^(]*\))/))
    .map((one) => one.trim());
}

/** The classes of a selector but those that every view has. */
const classes = (selector: string) =>
  [...selector.matchAll(/\.(lg-[\w-]+)/g)]
    .map(([, name]) => name!)
    .filter((name) => name !== "lg-root" && name !== "lg-dark");

test("every sheet is somebody's", () => {
  const there = readdirSync(SHEETS).filter((name) => name.endsWith(".css"));
  const known = Object.values(VIEWS).flat();
  assert.deepEqual(known.map((name) => `${name}.css`).sort(), there.sort());
});

test("what another view has, too, is styled within a part that only this one has", () => {
  const owners = new Map<string, Set<string>>();
  for (const [view, sheets] of Object.entries(VIEWS))
    for (const name of sheets.flatMap((sheet) => selectors(sheet).flatMap(classes)))
      owners.set(name, (owners.get(name) ?? new Set()).add(view));
  const isShared = (name: string) => owners.get(name)!.size > 1 && !ROOTS.includes(name);
  const theirs = Object.entries(VIEWS).flatMap(([view, all]) => (view === "several" ? [] : all));
  const late = theirs.filter((sheet) => !EVER.includes(sheet));
  const bare = late.flatMap((sheet) =>
    selectors(sheet)
      .filter((selector) => classes(selector).some(isShared))
      .filter((selector) => classes(selector).every(isShared))
      .map((selector) => `${sheet}.css: ${selector}`),
  );
  assert.deepEqual(bare, []);
});

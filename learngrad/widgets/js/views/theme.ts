// Styles without a <style> element (a strict content policy allows these) and the dark theme.
import panel from "./panel.css";
import plot from "./plot.css";
import stage from "./stage.css";
import style from "./style.css";
import words from "./words.css";

/** What graphs and curves look like; other views bring sheets of their own. */
const css = [style, stage, panel, words, plot].join("\n");

const STYLES = Symbol.for("learngrad.styles");

/** Makes a style sheet available where `element` stands: in the page or in a shadow tree. */
export function adopt(element: Node, name = "views", text: string = css): void {
  const root = element.getRootNode();
  const places = new Set<DocumentOrShadowRoot>([document]);
  if (root instanceof ShadowRoot) places.add(root);
  for (const place of places) adoptIn(place, name, text);
}

function adoptIn(place: DocumentOrShadowRoot, name: string, text: string): void {
  const holder = place as DocumentOrShadowRoot & {
    [STYLES]?: Map<string, [string, CSSStyleSheet]>;
  };
  holder[STYLES] ??= new Map();
  const known = holder[STYLES].get(name);
  if (known?.[0] === text) return;
  const sheet = known?.[1] ?? new CSSStyleSheet();
  sheet.replaceSync(text);
  if (!known) place.adoptedStyleSheets = [...place.adoptedStyleSheets, sheet];
  holder[STYLES].set(name, [text, sheet]);
}

/** Makes all our style sheets available in a shadow tree. */
export function dress(place: ShadowRoot): void {
  const holder = document as Document & { [STYLES]?: Map<string, [string, CSSStyleSheet]> };
  place.adoptedStyleSheets = [...(holder[STYLES]?.values() ?? [])].map(([, sheet]) => sheet);
}

/** Whether the page is dark now: what its host says comes before what the system prefers. */
export function isDark(): boolean {
  const { body, documentElement } = document;
  const lab = body.dataset.jpThemeLight;
  if (lab !== undefined) return lab === "false";
  if (body.classList.contains("vscode-dark") || body.classList.contains("vscode-high-contrast"))
    return true;
  if (body.classList.contains("vscode-light")) return false;
  const own = documentElement.dataset.theme;
  if (own === "dark" || own === "light") return own === "dark";
  return matchMedia("(prefers-color-scheme: dark)").matches;
}

/** Keeps `lg-dark` on the root in step with the page; returns the clean-up. */
export function followTheme(root: HTMLElement, changed?: () => void): () => void {
  const query = matchMedia("(prefers-color-scheme: dark)");
  const update = () => {
    const dark = isDark();
    if (dark === root.classList.contains("lg-dark")) return;
    root.classList.toggle("lg-dark", dark);
    changed?.();
  };
  const watcher = new MutationObserver(() => update());
  const options = {
    attributes: true,
    attributeFilter: ["class", "data-jp-theme-light", "data-theme"],
  };
  watcher.observe(document.body, options);
  watcher.observe(document.documentElement, options);
  query.addEventListener("change", update);
  update();
  return () => {
    watcher.disconnect();
    query.removeEventListener("change", update);
  };
}

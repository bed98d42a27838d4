// Small helpers. Text only ever enters through text nodes: a name cannot become markup.

type Child = Node | string | null | undefined | false;
type Attributes = Record<string, string | number | boolean | null | undefined>;

const SVG = "http://www.w3.org/2000/svg";

/** An HTML element with attributes and children; `class` is an attribute like any other. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  return fill(document.createElement(tag), attributes, children);
}

/** An SVG element. */
export function s<K extends keyof SVGElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: Child[]
): SVGElementTagNameMap[K] {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

function fill<E extends Element>(element: E, attributes: Attributes, children: Child[]): E {
  for (const [name, value] of Object.entries(attributes))
    if (value !== null && value !== undefined && value !== false)
      element.setAttribute(name, value === true ? "" : String(value));
  element.append(...children.filter((child): child is Node | string => !!child || child === ""));
  return element;
}

/** Sets text where it differs: an unchanged node is not laid out again. */
export function say(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

const ICONS = {
  start: "M2 2h2v10H2zM12 2v10L5 7z",
  back: "M11 2v10L3 7z",
  forward: "M3 2v10l8-5z",
  end: "M10 2h2v10h-2zM2 2v10l7-5z",
  pause: "M3 2h3v10H3zM8 2h3v10H8z",
  stop: "M3 3h8v8H3z",
  plus: "M6 2h2v4h4v2H8v4H6V8H2V6h4z",
  minus: "M2 6h10v2H2z",
  bars: "M1 8h3v4H1zM5.5 5h3v7h-3zM10 2h3v10h-3z",
  table: "M1 2h12v3H1zM1 6h5v2H1zM8 6h5v2H8zM1 10h5v2H1zM8 10h5v2H8z",
  search:
    "M6 1a5 5 0 1 0 3 9l3.3 3.3 1.4-1.4L10.4 8.6A5 5 0 0 0 6 1zM6 3a3 3 0 1 1 0 6a3 3 0 1 1 0-6z",
  open: "M1 1h12v12H1zM3 3v8h8V3zM6 4h2v2h2v2H8v2H6V8H4V6h2z",
  close: "M1 1h12v12H1zM3 3v8h8V3zM4 6h6v2H4z",
  loop: "M1 4h9v9H1zM3 6v5h5V6zM4 1h9v9h-2V3H4z",
  turn: "M2 1h4v4H2zM8 9h4v4H8zM3 6h2v4h2v2H3z",
  up: "M7 3l5 7H2z",
  down: "M7 11L2 4h10z",
  fit: "M2 2h4v2H4v2H2zM8 2h4v4h-2V4H8zM2 8h2v2h2v2H2zM10 8h2v4H8v-2h2z",
};
export type Icon = keyof typeof ICONS;

export function icon(name: Icon): SVGSVGElement {
  return s("svg", { viewBox: "0 0 14 14", "aria-hidden": "true" }, s("path", { d: ICONS[name] }));
}

/** A button that says what it does, to eyes and to screen readers. */
export function button(name: Icon, label: string, press: () => void): HTMLButtonElement {
  const made = h("button", { type: "button", title: label, "aria-label": label }, icon(name));
  made.addEventListener("click", press);
  return made;
}

export const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

// The lines of Python a node came from.
import { clean } from "./text.ts";
import type { Place, Trace, TraceNode } from "./types.ts";

export interface Line {
  number: number;
  /** The text before, in and after what is marked; all of it in the first where nothing is. */
  parts: [before: string, marked: string, after: string];
  current: boolean;
}

export interface Excerpt {
  label: string;
  lines: Line[];
}

/** The source around a node, with what made it marked; null where none is known. */
export function excerpt(trace: Trace, place: Place | null): Excerpt | null {
  if (!place) return null;
  const source = trace.sources.find(({ id }) => id === place.source);
  const text = source?.text ?? place.text;
  const first = source?.first ?? place.line;
  const lines = text
    .replace(/\n$/, "")
    .split("\n")
    .map((line, at) => mark(line, first + at, place));
  return { label: source?.label ?? "", lines };
}

function mark(text: string, number: number, place: Place): Line {
  const current = number >= place.line && number <= place.end_line;
  if (!current) return { number, parts: [text, "", ""], current };
  // Python counts columns in bytes of UTF-8 in its syntax tree, the trace in characters.
  const characters = [...text];
  const from = number === place.line ? place.column : indent(text);
  const to = number === place.end_line ? place.end_column : characters.length;
  const cut = (a: number, b?: number) => characters.slice(a, b).join("");
  return { number, parts: [cut(0, from), cut(from, to), cut(to)], current };
}

const indent = (text: string) => text.length - text.trimStart().length;

/** The expression that made a node, on one line; empty where it is unknown or runs over lines. */
export function expression(trace: Trace, node: TraceNode): string {
  const place = node.src;
  if (!place || place.line !== place.end_line) return "";
  const line = excerpt(trace, place)?.lines.find(({ current }) => current);
  return telling(clean(line?.parts[1] ?? "").trim());
}

/** `learngrad.show(model, x)` asked for the graph, and does not say what was computed. */
export const telling = (text: string) => (/^(?:\w+\.)?(?:show|step)\(/.test(text) ? "" : text);

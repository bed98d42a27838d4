// The lines of Python a node came from.
import { clean, elide } from "./text.ts";
import type { Caller, Place, Source, Trace, TraceNode } from "./types.ts";

/** Characters of a file's name. */
const LONGEST = 60;

/** What a node says of the Python that made it. */
export type Made = Pick<TraceNode, "src" | "callers">;

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
  return { label: elide(source?.label ?? "", LONGEST), lines };
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

/**
 * Where a node was made and where that was called from, as "cell 2, called from line 9 of cell 4".
 * Of many calls the first is told and the last, which is the one that the reader wrote to be run.
 */
export function route(trace: Trace, { src, callers = [] }: Made): string {
  const label = (id: number) =>
    elide(trace.sources.find((source) => source.id === id)?.label ?? "", LONGEST);
  const here = src ? label(src.source) : "";
  if (!src || !here) return "";
  // A lambda's call may be all that is on its line.
  const calls = callers.filter(([id, line]) => line !== src.line || label(id) !== here);
  const [first, last] = [calls[0], calls.at(-1)];
  if (!first || !last) return here;
  const at = ([id, line]: Caller) => `line ${line}${label(id) === here ? "" : ` of ${label(id)}`}`;
  const more = calls.length > 2 ? ", …" : "";
  return `${here}, called from ${at(first)}${more}${first === last ? "" : `, from ${at(last)}`}`;
}

/** The sources that have a line: a function's text is also part of its cell's. */
export function holding(sources: Source[], source: number, line: number): Set<number> {
  const text = ({ first, text }: Source) => text.split("\n")[line - first];
  const asked = sources.find(({ id }) => id === source);
  return new Set(
    asked &&
      sources
        .filter((one) => one.label === asked.label && text(one) === text(asked))
        .map(({ id }) => id),
  );
}

/** The expression that made a node, on one line; empty where it is unknown or runs over lines. */
export function expression(trace: Trace, node: TraceNode): string {
  const place = node.src;
  if (!place || place.line !== place.end_line) return "";
  const line = excerpt(trace, place)?.lines.find(({ current }) => current);
  return telling(clean(line?.parts[1] ?? "").trim());
}

/** `learngrad.show(model, x)` asked for the graph, and does not say what was computed. */
export const telling = (text: string) => (/^(?:\w+\.)?(?:show|step)\(/.test(text) ? "" : text);

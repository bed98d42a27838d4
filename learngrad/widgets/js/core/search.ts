// Finding a node by what a person knows of it: its name, operation, module, line or shape.
import { shapeText } from "./text.ts";
import type { Trace, TraceNode } from "./types.ts";

/** The nodes that have every word of a query somewhere, in order; `line 7` is one word. */
export function search(trace: Trace, query: string): number[] {
  const words = (query.toLowerCase().match(/line\s*\d+|\S+/g) ?? []).map((word) =>
    word.replace(/^line\s*/, "line "),
  );
  if (!words.length) return [];
  return trace.nodes
    .filter((node) => {
      const texts = about(node);
      return words.every((word) =>
        word.startsWith("line ") ? texts.includes(word) : texts.some((text) => text.includes(word)),
      );
    })
    .map(({ id }) => id);
}

function about({ name, op, sign, kind, scope, src, shape, error }: TraceNode): string[] {
  const modules = (scope ?? []).flatMap(({ path, class: made }) => [path, made]);
  const lines: string[] = [];
  if (src) for (let at = src.line; at <= src.end_line; at++) lines.push(`line ${at}`);
  const own = [name, op, sign, kind, src?.text, error, shape && shapeText(shape)];
  return [...own, ...modules, ...lines].filter((text) => !!text).map((text) => text!.toLowerCase());
}

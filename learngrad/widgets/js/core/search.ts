// Finding a node by what a person knows of it: its name, operation, module, line or shape.
import { shapeText } from "./text.ts";
import type { Trace, TraceNode } from "./types.ts";

/** The nodes that have every word of a query somewhere, in order; `line 7` is one word. */
export function search(trace: Trace, query: string): number[] {
  const words = (query.toLowerCase().match(/line\s*\d+|\S+/g) ?? []).map((word) =>
    word.replace(/^line\s*(?=\d)/, "line "),
  );
  if (!words.length) return [];
  return trace.nodes
    .filter((node) => {
      const texts = about(node);
      return words.every((word) => at(node, word) ?? texts.some((text) => text.includes(word)));
    })
    .map(({ id }) => id);
}

/** Whether a node was made at `line 7`; nothing where the word is another. */
function at({ src }: TraceNode, word: string): boolean | undefined {
  if (!word.startsWith("line ")) return undefined;
  const line = Number(word.slice("line ".length));
  return !!src && src.line <= line && line <= src.end_line;
}

function about({ name, op, sign, kind, scope, src, shape, error }: TraceNode): string[] {
  const modules = (scope ?? []).flatMap(({ path, class: made }) => [path, made]);
  const own = [name, op, sign, kind, src?.text, error, shape && shapeText(shape)];
  return [...own, ...modules].filter((text) => !!text).map((text) => text!.toLowerCase());
}

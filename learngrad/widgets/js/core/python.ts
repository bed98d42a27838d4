// Just enough of Python to colour a line: keywords, strings, comments.
export type Piece = [text: string, look: "" | "word" | "text" | "comment"];

const KEYWORDS = new Set(
  (
    "False None True and as assert async await break class continue def del elif else except " +
    "finally for from global if import in is lambda nonlocal not or pass raise return try while " +
    "with yield"
  ).split(" "),
);
const TOKEN =
  /#.*|[rbfuRBFU]{0,2}(?:"""|'''|"(?:[^"\\]|\\.)*"?|'(?:[^'\\]|\\.)*'?)|[\p{L}_][\p{L}\p{N}_]*|\s+|./gu;

/** The line in pieces, each with how it looks; together they are the line again. */
export function pieces(line: string): Piece[] {
  const found: Piece[] = [];
  for (const [token] of line.matchAll(TOKEN)) {
    const look = lookOf(token);
    const last = found.at(-1);
    if (last && last[1] === look) last[0] += token;
    else found.push([token, look]);
  }
  return found;
}

function lookOf(token: string): Piece[1] {
  if (token.startsWith("#")) return "comment";
  if (/["']/.test(token)) return "text";
  return KEYWORDS.has(token) ? "word" : "";
}

// Short lines that say how much there is and where in it one stands.
import { elide, thousands } from "../core/text.ts";
import type { Trace } from "../core/types.ts";
import { endedBy, forwardPlace } from "../core/words.ts";

/** How the drawing is walked, for who does not see it. */
export const HOW =
  "Up and Down arrow go from box to box, Enter chooses one or opens and closes a group, " +
  "slash finds one, T shows them as a table.";

/** How many nodes there are; `drawn` is what is said of how they are drawn. */
export function noteText(trace: Trace, drawn: string): string {
  const count = trace.nodes.length;
  const more = trace.truncated?.nodes;
  const cut = more ? `, ${thousands(more)} more not recorded` : "";
  const nodes = `${thousands(count)} ${count === 1 ? "node" : "nodes"}${drawn}${cut}`;
  if (trace.status === "recording") return `recording · ${nodes}`;
  if (trace.status !== "failed") return nodes;
  const beside = trace.error && !trace.nodes.some((node) => endedBy(trace, node));
  return `stopped by ${beside ? elide(trace.error ?? "", 60) : "an error"} · ${nodes}`;
}

/** Where an index lies in a replay. */
export function placeText(trace: Trace, which: number, index: number): string {
  const steps = trace.replays[which]?.steps.length ?? 0;
  if (index >= 0 && steps) return `step ${index} of ${steps}`;
  const [done, count] = forwardPlace(trace, which, Math.min(index, -1));
  if (!count) return "no step";
  return `forward ${done} of ${count}`;
}

// What the shapes and colours mean: only those that occur.
import type { Shape } from "../core/box.ts";
import type { Trace } from "../core/types.ts";
import { h, s } from "./dom.ts";
import { outline } from "./shapes.ts";

interface Entry {
  kind: string;
  shape: Shape;
  text: string;
  occurs: (trace: Trace) => boolean;
}

const some = (kind: string) => (trace: Trace) =>
  trace.nodes.some((node) => node.kind === kind && node.status !== "failed");

const ENTRIES: Entry[] = [
  { kind: "leaf", shape: "pill", text: "leaf you made", occurs: some("leaf") },
  {
    kind: "parameter",
    shape: "double-pill",
    text: "parameter",
    occurs: some("parameter"),
  },
  {
    kind: "buffer",
    shape: "dashed-pill",
    text: "buffer",
    occurs: some("buffer"),
  },
  {
    kind: "constant",
    shape: "dashed-rectangle",
    text: "constant",
    occurs: some("constant"),
  },
  {
    kind: "operation",
    shape: "rectangle",
    text: "operation",
    occurs: some("operation"),
  },
  {
    kind: "operation lg-failed",
    shape: "octagon",
    text: "failed here",
    occurs: (trace) => trace.nodes.some((node) => node.status === "failed"),
  },
];

export class Legend {
  readonly element = h("div", {
    class: "lg-legend",
    role: "group",
    "aria-label": "legend",
    hidden: true,
  });
  #shown = "";

  show(trace: Trace, forward: boolean): void {
    const entries = ENTRIES.filter((entry) => entry.occurs(trace));
    const replayed = trace.replays.length > 0;
    const key = entries.map(({ kind }) => kind).join() + replayed + forward;
    if (key === this.#shown) return;
    this.#shown = key;
    this.element.hidden = entries.length === 0;
    this.element.replaceChildren(
      ...entries.map(({ kind, shape, text }) => {
        const group = s("g", { class: `lg-node lg-${kind}`, transform: "translate(13 8)" });
        group.append(...outline(shape, 24, 14));
        return h("span", {}, s("svg", { "aria-hidden": "true" }, group), text);
      }),
      ...(forward ? [h("span", {}, flow("lg-feeding"), "value flowing forward")] : []),
      ...(replayed ? [h("span", {}, flow("lg-flowed"), "gradient flowing back")] : []),
    );
  }
}

const flow = (way: string) =>
  s(
    "svg",
    { "aria-hidden": "true" },
    s(
      "g",
      { class: `lg-edge ${way}` },
      s("path", { class: "lg-wire", d: "M2 8H18" }),
      s("path", { class: "lg-tip", d: "M25 8l-8-4v8z" }),
    ),
  );

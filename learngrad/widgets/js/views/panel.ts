// What happens at a step, spelled out: the gradient arriving, each local derivative with its
// numbers, the contribution, and how it adds up. Without a step: what a chosen node is.
import { replayedBy, rootSlot } from "../core/replay.ts";
import { shapeText, writtenOut } from "../core/text.ts";
import { backwardScene, forwardScene, numberMade } from "../core/tiles/scene.ts";
import type { Contribution, Preview, Replay, Step, Trace, TraceNode } from "../core/types.ts";
import {
  bracketed,
  type Call,
  derivation,
  isWhole,
  type Names,
  nodeTitle,
  operandsOf,
  scalar,
  signed,
  valueWords,
} from "../core/words.ts";
import { h } from "./dom.ts";
import { told } from "./tile-words.ts";
import type { Tiles } from "./tiles.ts";
import { captionElement, valueElement } from "./value.ts";

/** The panel's content at a step of a replay. */
export function stepPanel(
  trace: Trace,
  replay: Replay,
  step: Step,
  names: Names,
  tiles: Tiles,
): HTMLElement[] {
  tiles.begin();
  const node = names.node(step.node)!;
  const call = names.at(step, replay);
  const root = call(replay.root, rootSlot(replay));
  const head = [kicker(node), h("p", { class: "lg-what" }, nodeTitle(trace, node))];
  if (step.write) return [...head, writing(step.write, names.of(node.id), tiles)];
  const scenes = step.contributions.map((part) => backwardScene(step, part, names, call));
  const drawn = scenes.some(Boolean);
  const whole = drawn || step.contributions.some(({ local }) => isWhole(local));
  const arriving = step.upstream.map((preview, slot) => {
    // The tiles show it beside what it is multiplied with.
    const value = drawn && preview ? captionElement(preview) : valueElement(preview, "none");
    return row(
      step.upstream.length > 1 ? `arriving at output ${slot}` : "gradient arriving",
      math(...(whole ? ["g", "="] : []), fraction(root, call(node.id, slot)), "=", value),
    );
  });
  const parts = step.contributions.map((part, at) =>
    partElement(step, part, names, call, root, scenes[at] ? tiles.show(scenes[at]) : null),
  );
  return [...head, ...arriving, ...parts];
}

/** Before the first step. */
export function openingPanel(replay: Replay, names: Names, refused: string): HTMLElement[] {
  const root = bracketed(names.brief(replay.root, rootSlot(replay)));
  // A gradient of one's own is no derivative of the root by itself: that is 1.
  const own = !!replay.seed && scalar(replay.seed) !== 1;
  const seed = valueElement(replay.seed, "1");
  const what = h("p", { class: "lg-what" }, `${root}.backward(${own ? "gradient" : ""})`);
  if (refused)
    return [
      h("div", { class: "lg-kicker" }, "no step"),
      what,
      h("p", { class: "lg-error" }, refused),
    ];
  return [
    h("div", { class: "lg-kicker" }, "before the first step"),
    what,
    row(
      "it begins with",
      own ? math("gradient", "=", seed) : math(fraction(root, root), "=", seed),
    ),
    h(
      "p",
      { class: "lg-facts" },
      `Each step takes the gradient that has arrived at a node, multiplies it by the node's local ` +
        `derivative, and passes the product on to its inputs.`,
    ),
    h(
      "p",
      { class: "lg-facts" },
      "The right arrow key makes a step, Space plays them all; the left one goes back through the " +
        "operations themselves.",
    ),
  ];
}

/** An operation that has just run, going forward: what went in and what came out. */
export function forwardPanel(
  trace: Trace,
  node: TraceNode,
  names: Names,
  tiles: Tiles,
): HTMLElement[] {
  tiles.begin();
  const scene = forwardScene(node, names);
  const made = scene ? null : numberMade(node, names);
  const used = operandsOf(node, names).map(([name, value]) =>
    row(name, math(value ? valueElement(value) : "a plain value"), "lg-value"),
  );
  const gives = node.preview ? valueElement(node.preview) : valueWords(node);
  const on = node.requires_grad
    ? "It is written on the tape: a gradient will be asked for."
    : "It is not written on the tape: nothing that goes in needs a gradient.";
  return [
    kicker(node),
    h("p", { class: "lg-what" }, nodeTitle(trace, node)),
    scene
      ? h("div", { class: "lg-part lg-fore" }, tiles.show(scene))
      : h("div", { class: "lg-part lg-fore" }, h("div", { class: "lg-to" }, "from"), ...used),
    ...(node.status === "failed"
      ? [h("p", { class: "lg-error" }, node.error ?? "It failed.")]
      : [
          ...(made ? [h("div", { class: "lg-t-told" }, ...told(made.name, made.trail))] : []),
          ...(scene || made ? [] : [row("comes", math(gives), "lg-value")]),
          h("p", { class: "lg-facts" }, on),
        ]),
  ];
}

/** Before the first operation. */
export function beginningPanel(count: number): HTMLElement[] {
  return [
    h("div", { class: "lg-kicker" }, "before the first operation"),
    h("p", { class: "lg-what" }, "forward"),
    h(
      "p",
      { class: "lg-facts" },
      `${count} operation${count === 1 ? "" : "s"} will run, each from values that are there already.`,
    ),
  ];
}

/** What a chosen node can be used for. */
export function nodeActions(
  stop: boolean,
  go: () => void,
  run: () => void,
  toggle: () => void,
): HTMLElement {
  const made = (text: string, title: string, press: () => void, pressed?: boolean) => {
    const one = h("button", { type: "button", title, "aria-pressed": pressed?.toString() }, text);
    one.addEventListener("click", press);
    return one;
  };
  return h(
    "div",
    { class: "lg-buttons lg-actions", role: "group", "aria-label": "with this node" },
    made("Go to its step", "Go to its step (G)", go),
    made("Run to here", "Play until its step (R)", run),
    made("Stop here", "Playing stops at its step (B)", toggle, stop),
  );
}

/** About a node the reader chose, or about the newest one. */
export function nodePanel(
  trace: Trace,
  node: TraceNode,
  grad: Preview | null,
  which: number,
): HTMLElement[] {
  const by = replayedBy(trace, which, node.id);
  const facts = [
    ["value", node.preview ? valueElement(node.preview) : valueWords(node)],
    ...gradientFacts(node, grad),
    ["dtype", node.device === "cpu" ? node.dtype : `${node.dtype} on ${node.device}`],
    ["module", scopeText(node)],
    ["changed in place", node.version ? `${node.version} times` : ""],
  ] as const;
  return [
    kicker(node),
    h("p", { class: "lg-what" }, nodeTitle(trace, node)),
    ...(node.error ? [h("p", { class: "lg-error" }, node.error)] : []),
    ...(node.status === "failed"
      ? []
      : facts
          .filter(([, value]) => value)
          .map(([label, value]) => row(label, math(value), label === "value" ? "lg-value" : ""))),
    ...(by && node.kind === "operation"
      ? [h("p", { class: "lg-facts" }, `Backward ${by} went through it, this one does not.`)]
      : []),
    ...(node.status === "freed"
      ? [
          h(
            "p",
            { class: "lg-facts" },
            "What it had saved for its gradient was freed by backward(): to go through it once more, " +
              "that one needs retain_graph=True.",
          ),
        ]
      : []),
  ];
}

/** The gradient of a node; of several outputs, that of each. */
function gradientFacts(node: TraceNode, grad: Preview | null): [string, HTMLElement | string][] {
  if (!node.requires_grad) return [["gradient", "needs none"]];
  if (!grad?.each) return [["gradient", valueElement(grad, "none yet")]];
  return grad.each.map((one, slot) => [
    `gradient of ${node.outputs?.[slot]?.name ?? `output ${slot}`}`,
    valueElement(one, "none yet"),
  ]);
}

function kicker(node: TraceNode): HTMLElement {
  const said = [
    node.kind === "operation" ? `operation ${calledAs(node)}` : node.kind,
    node.shape ? shapeText(node.shape) : "",
    scopeText(node),
  ];
  return h("div", { class: "lg-kicker" }, said.filter(Boolean).join(" · "));
}

/** An operation by the word in its box; where that is a sign, by the word for it. */
const calledAs = ({ sign, op }: TraceNode) => (/^[a-z ]+$/i.test(sign) ? sign : (op ?? ""));

function scopeText(node: TraceNode): string {
  const inner = node.scope.at(-1);
  return inner ? `${inner.class}${inner.path ? ` ${inner.path}` : ""}` : "";
}

function partElement(
  step: Step,
  part: Contribution,
  names: Names,
  call: Call,
  root: string,
  tiles: HTMLElement | null,
): HTMLElement {
  const derived = derivation(step, part, names, call);
  const { of, by, whole } = derived;
  // The tiles put the numbers in, element by element.
  const chain = tiles ? derived.chain.slice(0, 1) : derived.chain;
  const value = tiles ? captionElement(part.value) : valueElement(part.value);
  const gives = math(...between(chain), "=", value);
  const rows = whole
    ? tiles
      ? []
      : [row("contribution", gives)]
    : !chain.length
      ? [row("contribution", math("what its backward() gives", "=", value))]
      : [
          row("local derivative", math(fraction(of, by), "=", ...between(chain))),
          row("contribution", product(step, part, chain, value)),
        ];
  if (tiles) rows.push(tiles);
  if (part.summed_from)
    rows.push(
      row(
        "summed",
        `${shapeText(part.summed_from)} → ${shapeText(part.value.shape)}, because ${by} was ` +
          "used once for each",
      ),
    );
  rows.push(row("adds up", sum(fraction(root, by), part.before, part.value, part.after)));
  const twice = step.contributions.filter(({ to }) => `${to}` === `${part.to}`).length > 1;
  return h(
    "div",
    { class: "lg-part", "data-to": part.to[0], "data-operand": part.operand },
    h(
      "div",
      { class: "lg-to" },
      "to ",
      h("code", {}, by),
      twice && h("span", { class: "lg-note" }, ` as operand ${part.operand + 1}`),
      tiles && whole && gives,
    ),
    ...rows,
  );
}

/** Upstream times local: with numbers where both are numbers, in words where they are arrays. */
function product(step: Step, part: Contribution, chain: string[], value: HTMLElement): HTMLElement {
  const up = step.upstream.find(Boolean) ?? null;
  if (scalar(up) !== null && scalar(part.value) !== null)
    return math(valueElement(up), "×", bracketed(chain.at(-1) ?? ""), "=", value);
  return math("g ×", bracketed(chain[0] ?? ""), "=", value);
}

function sum(of: HTMLElement, before: Preview | null, value: Preview, after: Preview): HTMLElement {
  const [first, added, total] = [before && few(before), few(value), few(after)];
  if (!before)
    return total
      ? math(of, "=", valueElement(null), "+", h("b", {}, signed(added)), "=", h("b", {}, total))
      : math(of, "=", valueElement(null), "+ contribution");
  if (first && added && total)
    return math(of, "=", h("b", {}, first), "+", h("b", {}, signed(added)), "=", h("b", {}, total));
  return math(of, "= before + contribution =", valueElement(after));
}

/** A few numbers as text; nothing where there are more. */
const few = (preview: Preview) => writtenOut(preview, 4, 36);

function writing(
  { before, after }: NonNullable<Step["write"]>,
  name: string,
  tiles: Tiles,
): HTMLElement {
  return h(
    "div",
    { class: "lg-part" },
    h("div", { class: "lg-to" }, h("code", {}, `${name}.grad`), " is written"),
    row("it was", math(valueElement(before, "None"))),
    row("it becomes", math(valueElement(after))),
    ...tiles.numbers([
      [`${name}.grad before`, before],
      [`${name}.grad`, after],
    ]),
    h(
      "p",
      { class: "lg-facts" },
      before
        ? "Gradients add up over backward() calls until they are set to None or zero."
        : "Everything that arrived has been added up; an optimiser may now use it.",
    ),
  );
}

const between = (items: string[]) => items.flatMap((item, at) => (at ? ["=", item] : [item]));

function row(label: string, content: HTMLElement | string, look = ""): HTMLElement {
  return h("div", { class: `lg-row ${look}` }, h("span", { class: "lg-label" }, label), content);
}

function math(...parts: (HTMLElement | string)[]): HTMLElement {
  return h(
    "span",
    { class: "lg-math" },
    ...parts.map((part) => (typeof part === "string" ? h("span", {}, part) : part)),
  );
}

/** A derivative as a fraction: ∂loss over ∂a. */
export function fraction(of: string, by: string): HTMLElement {
  const label = `derivative of ${of} by ${by}`;
  return h(
    "span",
    { class: "lg-frac", role: "img", "aria-label": label },
    h("span", {}, `∂${bracketed(of)}`),
    h("span", {}, `∂${bracketed(by)}`),
  );
}

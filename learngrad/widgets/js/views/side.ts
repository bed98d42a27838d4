// Beside the drawing, or below it: the panel of the step, or of what was chosen.
import type { Question } from "../core/predict.ts";
import { forwardSteps, type Moment, noReplay } from "../core/replay.ts";
import type { Trace, TraceNode } from "../core/types.ts";
import { type Call, type Names, refusal } from "../core/words.ts";
import { h } from "./dom.ts";
import { beginningPanel, forwardPanel, nodePanel, openingPanel, stepPanel } from "./panel.ts";
import type { SourceView } from "./source.ts";
import { Tiles } from "./tiles.ts";
import { fitValues } from "./value.ts";

/** What is to be told of. */
export interface Matter {
  trace: Trace;
  /** The number of the replay. */
  which: number;
  moment: Moment;
  names: Names;
  node(id: number): TraceNode | undefined;
  chosen: TraceNode | undefined;
  /** What can be done with the chosen node. */
  actions(id: number): HTMLElement[];
  question: Question | null | undefined;
}

export class Side {
  readonly panel = h("div", { class: "lg-panel", role: "group", "aria-label": "this step" });
  readonly tiles = new Tiles(() => this.panel.clientWidth);
  readonly #root: HTMLElement;
  #matter: Matter | null = null;
  #width = 0;
  #tallest = 0;
  /** The panel's width for which its values were drawn. */
  #fitted = 0;

  constructor(root: HTMLElement) {
    this.#root = root;
    new ResizeObserver(() => this.#fit()).observe(this.panel);
  }

  /** Tells where the replay stands, in the panel and in the Python. */
  show(matter: Matter, source: SourceView): void {
    this.#matter = matter;
    const { trace, moment, chosen, question } = matter;
    const replay = trace.replays[matter.which];
    const last = focused(this.#root);
    const held = this.panel.contains(last);
    const failed = trace.nodes.find((node) => node.status === "failed");
    const latest = trace.status === "recording" ? trace.nodes.at(-1) : undefined;
    const resting = !replay && moment.index === 0;
    const node = chosen ?? (resting ? (failed ?? latest) : undefined);
    this.panel.hidden = !!question && !node;
    this.panel.replaceChildren(...this.#parts(matter, node));
    const { step, ran, index } = moment;
    const asked = question && !question.nodes ? matter.node(question.node) : undefined;
    const made = matter.node(step?.node ?? replay?.root ?? trace.nodes.at(-1)?.id ?? -1);
    const stands = ran ?? (index < 0 ? undefined : made); // before the first line, none is marked
    source.show(trace, node ?? asked ?? stands ?? null);
    this.panel.scrollTop = 0;
    this.#fit();
    this.#keepHeight();
    // What had the focus is gone: the keys go on with its successor.
    if (!held || this.panel.contains(focused(this.#root))) return;
    const next = last?.hasAttribute("aria-pressed") ? "[aria-pressed]" : "[role=grid]";
    const successor = this.panel.querySelector<HTMLElement>(next) ?? this.#root;
    successor.focus({ preventScroll: true });
  }

  /** What the formulas in the panel call a node. */
  called(id: number): string {
    const { moment, names } = this.#matter!;
    return moment.ran ? names.of(id) : this.#call()(id);
  }

  /** All that they may call it: of several outputs, each. */
  terms({ id, outputs = [] }: TraceNode): string[] {
    const call = this.#call();
    return [...new Set([call(id), ...outputs.map((_, slot) => call(id, slot))])];
  }

  #call(): Call {
    const { trace, which, moment, names, chosen } = this.#matter!;
    const replay = trace.replays[which];
    if (moment.ran && !chosen) return names.within(moment.ran);
    if (!moment.step || !replay || chosen) return (id) => names.of(id);
    return names.at(moment.step, replay);
  }

  #parts(matter: Matter, node: TraceNode | undefined): HTMLElement[] {
    const { trace, which, moment, names, chosen } = matter;
    const { step, ran, index, gradients } = moment;
    const replay = trace.replays[which];
    if (node) {
      const gradient = gradients.get(node.id)?.value ?? null;
      const about = nodePanel(trace, node, gradient, which);
      if (!chosen) return about;
      this.tiles.begin();
      const name = names.of(node.id);
      const numbers = this.tiles.numbers([
        [name, node.preview],
        [`gradient of ${name}`, gradient],
      ]);
      return [...about, ...numbers, ...matter.actions(chosen.id)];
    }
    if (ran) return forwardPanel(trace, ran, names, this.tiles);
    if (index < 0) return beginningPanel(forwardSteps(trace, which).length);
    if (replay && step) return stepPanel(trace, replay, step, names, this.tiles);
    return replay ? openingPanel(replay, names, refusal(trace, which)) : hint(trace);
  }

  /** Numbers are written where they have room. */
  #fit(): void {
    const { offsetWidth } = this.panel;
    fitValues(this.panel, offsetWidth > this.#fitted);
    this.#fitted = offsetWidth;
  }

  /** Below the graph the panel does not shrink while the reader steps: nothing jumps. */
  #keepHeight(): void {
    const { clientWidth } = this.#root;
    if (clientWidth !== this.#width) this.#tallest = 0;
    this.#width = clientWidth;
    this.#tallest = Math.max(this.#tallest, this.panel.offsetHeight);
    this.panel.style.setProperty("--lg-tallest", `${this.#tallest}px`);
    // What scrolls can be reached by keys.
    const scrolls = this.panel.scrollHeight > this.panel.clientHeight;
    this.panel.toggleAttribute("tabindex", scrolls);
    if (scrolls) this.panel.tabIndex = 0;
  }
}

/** What has the focus where `element` stands: in the page or in a shadow tree. */
const focused = (element: HTMLElement) =>
  (element.getRootNode() as Document | ShadowRoot).activeElement ?? null;

function hint(trace: Trace): HTMLElement[] {
  const text =
    trace.status === "recording"
      ? "Operations appear here as they run."
      : `${noReplay(trace)}${trace.nodes.length ? " Click a box to see how it was made." : ""}`;
  return [h("p", { class: "lg-facts" }, text)];
}

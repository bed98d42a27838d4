// The whole view: head, drawing, panel, Python, replay, legend. Draws from a TraceStore and knows
// no kernel; whoever owns it says when the trace has changed.
import { tones } from "../core/flow-tone.ts";
import type { Sheet } from "../core/predict.ts";
import {
  atRest,
  forwardSteps,
  indexOf,
  leastIndex,
  type Moment,
  momentAt,
  Stepper,
} from "../core/replay.ts";
import { search } from "../core/search.ts";
import { sentence } from "../core/spoken.ts";
import { thousands } from "../core/text.ts";
import type { Layout, Trace, TraceNode } from "../core/types.ts";
import { type Store, UNKNOWN } from "../core/veil.ts";
import { forwardPlace, Names, summary } from "../core/words.ts";
import { Controls } from "./controls.ts";
import { button, h, say } from "./dom.ts";
import { Drawing, type LayoutEngine } from "./drawing.ts";
import { Finder } from "./finder.ts";
import { adoptTones, toneKey } from "./flow-tone.ts";
import { Legend } from "./legend.ts";
import { Links } from "./links.ts";
import {
  beginningPanel,
  forwardPanel,
  nodeActions,
  nodePanel,
  openingPanel,
  stepPanel,
} from "./panel.ts";
import type { Picture } from "./picture.ts";
import { Predict } from "./predict.ts";
import { Rest } from "./rest.ts";
import { NodeTable } from "./table.ts";
import { adopt, followTheme } from "./theme.ts";
import { Tiles } from "./tiles.ts";

/** How the drawing is walked, for who does not see it. */
const HOW =
  "Up and Down arrow go from box to box, Enter chooses one or opens and closes a group, " +
  "slash finds one, T shows them as a table.";

export interface GraphOptions {
  /** Makes layouts; absent where a finished one is given. */
  engine?: LayoutEngine;
  /** Finished layouts, each for other groups open, the first for how it begins; null: there is none,
   * so words and a table stand in for the drawing. */
  layouts?: Layout[] | null;
  /** Where it stands at first: at the end (as a live replay does), at the replay's beginning, or
   * before the first operation. */
  begin?: "end" | "start" | "forward";
  /** Questions that stand before steps: each is shown when it has been answered. */
  sheet?: Sheet | null;
  /** Whether boxes are coloured by the size of their gradients at first. */
  colour?: "gradient" | null;
}

export class GraphView {
  readonly root = h("div", {
    class: "lg-root",
    tabindex: 0,
    role: "group",
    "aria-label": "computation graph and its backward replay",
    // JupyterLab's shortcuts stay out of the view's keys.
    "data-lm-suppress-shortcuts": "true",
    "data-ready": "false",
  });
  /** What may be seen, and everything. */
  readonly #store: Store;
  readonly #whole: Store;
  readonly #predict: Predict | null;
  /** How many values were hidden when the boxes were last written. */
  #hidden = 0;
  readonly #options: GraphOptions;
  readonly #drawing: Drawing;
  readonly #picture: Picture;
  readonly #stepper = new Stepper();
  readonly #controls: Controls;
  readonly #legend = new Legend();
  readonly #rest = new Rest();
  readonly #note = h("span", { class: "lg-note" });
  readonly #table = new NodeTable();
  readonly #asTable = button("table", "the graph as a table (T)", () => this.#toggleTable());
  readonly #asTones = button("bars", "colour by the size of the gradient (H)", () =>
    this.#toggleTones(),
  );
  readonly #tones = h("div", { class: "lg-legend", hidden: true });
  readonly #finder = new Finder({
    search: (query) => search(this.#store.trace, query),
    show: (found, one) => this.#find(found, one),
    closed: () => this.root.focus({ preventScroll: true }),
  });
  readonly #panel = h("div", { class: "lg-panel", role: "region", "aria-label": "this step" });
  readonly #live = h("div", { class: "lg-hush", role: "status", "aria-live": "polite" });
  readonly #tiles = new Tiles(() => this.#panel.clientWidth);
  readonly #links = new Links(this.#panel, {
    nodes: () => this.#store.trace.nodes,
    called: (id) => this.#called(id),
    hint: (ids) => this.#picture.hint(ids),
    choose: (found, one) => this.#find(found, one),
    told: (text) => say(this.#live, text),
  });
  readonly #complaint = h("p", { class: "lg-error lg-complaint", role: "alert" });
  readonly #cleanups: (() => void)[] = [];
  readonly #stops = new Set<number>();
  #names: Names;
  #moment: Moment;
  #replay = 0;
  #chosen: number | null = null;
  #stale = false;
  #width = 0;
  #tallest = 0;
  /** Why there is no drawing; null where there is one. */
  #undrawn: string | null = null;

  constructor(store: Store, options: GraphOptions) {
    this.#whole = store;
    this.#options = options;
    this.#predict = options.sheet ? this.#asking(options.sheet) : null;
    this.#store = this.#predict?.veil(store, () => this.#replay) ?? store;
    this.#names = new Names(this.#store.trace);
    this.#moment = atRest(this.#store.trace);
    this.#stepper.following = (options.begin ?? "end") === "end";
    const { engine, layouts } = options;
    this.#drawing = new Drawing(this.root, {
      ...{ store: this.#store, whole: this.#whole, engine, layouts },
      moment: () => this.#now(),
      drawn: (why) => this.#showDrawn(why),
      told: (text) => say(this.#live, text),
      choose: (id) => this.#pick(id),
      point: (id) => this.#links.pointAtNode(id),
    });
    this.#picture = this.#drawing.picture;
    this.#controls = new Controls(this.#stepper, {
      moved: () => this.#moved(),
      shown: () => this.#state(),
      allow: (index) => this.#predict?.allow(this.#replay, index) ?? index,
      stops: (index) => this.#stopsAt(index),
      place: (index) => this.#place(index),
    });
    this.#build();
    adopt(document.body);
    this.#cleanups.push(followTheme(this.root));
    // Out of the page there is no room to draw for; the observer calls when it is there.
    const observer = new ResizeObserver(() =>
      this.#stale ? this.update() : void this.#drawing.draw(),
    );
    observer.observe(this.root);
    this.#cleanups.push(() => observer.disconnect());
    this.#cleanups.push(() => this.#tiles.begin());
    this.root.addEventListener("keydown", (event) => this.#key(event));
    this.#controls.choice.addEventListener("change", () => this.#choseReplay());
    this.update();
    if (options.begin === "forward") this.#controls.go(this.#stepper.least);
  }

  #build(): void {
    const head = h("div", { class: "lg-head" });
    const title = h("span", { class: "lg-title" }, h("i", { class: "lg-dot" }), "Graph");
    this.#asTable.setAttribute("aria-pressed", "false");
    this.#asTones.setAttribute("aria-pressed", String(this.#options.colour === "gradient"));
    this.#tones.append(...toneKey());
    adoptTones();
    const gap = h("span", { class: "lg-gap" });
    const { tools, stage } = this.#drawing;
    head.append(title, this.#note, gap, this.#finder.button, this.#asTable, this.#asTones, tools);
    head.append(this.#picture.stage.buttons);
    const main = h("div", { class: "lg-main" });
    main.append(this.#finder.element, stage, this.#table.element);
    main.append(this.#rest.element, this.#controls.element, this.#legend.element, this.#tones);
    const inner = h("div", { class: "lg-side-inner" });
    inner.append(...(this.#predict ? [this.#predict.element] : []));
    inner.append(this.#panel, this.#links.source.element);
    const body = h("div", { class: "lg-body" }, main, h("div", { class: "lg-side" }, inner));
    this.root.append(head, this.#complaint, body, this.#live, this.#tiles.live);
  }

  /** What asks before it shows: at first up to where the view begins. */
  #asking(sheet: Sheet): Predict {
    const forward = this.#options.begin === "forward";
    const first = (which: number) => (forward ? leastIndex(this.#whole.trace, which) : 0);
    return new Predict(sheet, first, {
      go: (index) => this.#controls.go(index),
      next: () => this.#controls.go(this.#stepper.index + 1),
      restart: () => this.#controls.go(first(this.#replay)),
      ended: () => this.#stepper.atEnd,
      changed: () => this.#asked(),
    });
  }

  /** A question has come or gone: what it is about is marked, unless that is what is asked. */
  #asked(): void {
    const question = this.#predict?.asking;
    this.root.dataset.asking = String(!!question);
    this.#chosen = null;
    const about = question && !question.nodes ? question.node : null;
    this.#picture.choose(about);
    this.#revealed();
    this.#write();
    if (about !== null) this.#drawing.show(about);
  }

  /** More may be seen than before, or less: of values that were hidden, the boxes are written anew. */
  #revealed(): void {
    const { trace } = this.#store;
    this.#names = new Names(trace);
    this.#moment = this.#now();
    this.#picture.mark(this.#moment);
    const hidden = trace.nodes.filter(({ preview }) => preview === UNKNOWN).length;
    if (hidden === this.#hidden) return;
    this.#hidden = hidden;
    this.#drawing.anew();
  }

  /** The trace has changed, or the view has just been made: draw what is new. */
  update(): void {
    // Out of the page nothing is written: the observer calls when it is back.
    this.#stale = !this.root.isConnected && this.root.dataset.status !== undefined;
    if (this.#stale) return;
    const { trace } = this.#store;
    this.#names = new Names(trace);
    this.#follow(trace);
    this.#moment = this.#now();
    this.#write();
    void this.#drawing.draw();
  }

  /** Shows what is wrong with what was sent; nothing where all is well. */
  complain(problem: string): void {
    say(this.#complaint, problem);
  }

  /** The newest replay is shown as long as the reader has not taken over. */
  #follow(trace: Trace): void {
    const newest = Math.max(0, trace.replays.length - 1);
    if (this.#stepper.following) this.#replay = newest;
    this.#resize(trace);
    const { choice } = this.#controls;
    if (choice.options.length !== trace.replays.length)
      choice.replaceChildren(
        ...trace.replays.map((replay, at) =>
          h("option", { value: at }, `backward ${at + 1}: ${this.#names.of(replay.root)}`),
        ),
      );
    choice.hidden = trace.replays.length < 2;
    choice.value = String(this.#replay);
  }

  #resize(trace: Trace): void {
    const count = trace.replays[this.#replay]?.steps.length ?? 0;
    // While it runs the program goes forward by itself.
    const least = trace.status === "recording" && !count ? 0 : leastIndex(trace, this.#replay);
    this.#stepper.resize(count, least);
  }

  /** Where an index lies, in words. */
  #place(index: number): string {
    const { trace } = this.#store;
    if (index >= 0 && this.#stepper.count) return `step ${index} of ${this.#stepper.count}`;
    const [done, count] = forwardPlace(trace, this.#replay, Math.min(index, -1));
    return `forward ${done} of ${count}`;
  }

  /** Whether the reader asked for a stop at this index. */
  #stopsAt(index: number): boolean {
    const { step, ran } = momentAt(this.#store.trace, this.#replay, index);
    return this.#stops.has(step?.node ?? ran?.id ?? -1);
  }

  #now(): Moment {
    return momentAt(this.#store.trace, this.#replay, this.#stepper.index);
  }

  /** Everything but the drawing. */
  #write(): void {
    const { trace } = this.#store;
    say(this.#note, this.#noteText(trace));
    this.#rest.show(trace);
    this.#legend.show(trace, this.#drawing.shown, this.#moment);
    this.#picture.stage.canvas.setAttribute("aria-label", `${summary(trace)} ${HOW}`);
    this.#controls.show();
    this.#tone(trace);
    this.#tell(trace);
    this.#state();
  }

  /** Boxes in the colours of their gradients, if the reader wants them. */
  #tone(trace: Trace): void {
    const shown = this.#asTones.ariaPressed === "true";
    const found = shown ? tones(trace, this.#replay, this.#moment) : new Map();
    this.#asTones.hidden = !trace.replays.length && !trace.nodes.some(({ grad }) => grad);
    this.#tones.hidden = found.size === 0;
    this.#picture.tone(found);
  }

  #toggleTones(): void {
    this.#asTones.ariaPressed = String(this.#asTones.ariaPressed !== "true");
    this.#tone(this.#store.trace);
  }

  #noteText(trace: Trace): string {
    const count = trace.nodes.length;
    const more = trace.truncated?.nodes;
    const cut = more ? `, ${thousands(more)} more not recorded` : "";
    const nodes = `${thousands(count)} ${count === 1 ? "node" : "nodes"}${this.#drawing.said}${cut}`;
    if (trace.status === "recording") return `recording · ${nodes}`;
    return trace.status === "failed" ? `stopped by an error · ${nodes}` : nodes;
  }

  /** Panel, Python and the spoken sentence of where the replay stands. */
  #tell(trace: Trace): void {
    const replay = trace.replays[this.#replay];
    const held = this.#panel.contains(focused(this.root));
    const failed = trace.nodes.find((node) => node.status === "failed");
    const chosen = this.#chosen === null ? undefined : this.#store.node(this.#chosen);
    const latest = trace.status === "recording" ? trace.nodes.at(-1) : undefined;
    const resting = !replay && this.#moment.index === 0;
    const node = chosen ?? (resting ? (failed ?? latest) : undefined);
    const { step, ran, index } = this.#moment;
    const question = this.#predict?.asking;
    this.#panel.hidden = !!question && !node;
    if (node)
      this.#panel.replaceChildren(
        ...nodePanel(trace, node, this.#gradient(node)),
        ...(chosen ? this.#actions(chosen.id) : []),
      );
    else if (ran)
      this.#panel.replaceChildren(...forwardPanel(trace, ran, this.#names, this.#tiles));
    else if (index < 0)
      this.#panel.replaceChildren(...beginningPanel(forwardSteps(trace, this.#replay).length));
    else if (replay && step)
      this.#panel.replaceChildren(...stepPanel(trace, replay, step, this.#names, this.#tiles));
    else if (replay) this.#panel.replaceChildren(...openingPanel(replay, this.#names));
    else this.#panel.replaceChildren(...hint(trace));
    const asked = question && !question.nodes ? this.#store.node(question.node) : undefined;
    const made = this.#store.node(step?.node ?? replay?.root ?? newest(trace));
    const stands = ran ?? (index < 0 ? undefined : made); // before the first line, none is marked
    const about = node ?? asked ?? stands;
    this.#links.source.show(trace, about?.src ?? null);
    this.#panel.scrollTop = 0;
    this.#keepHeight();
    // What had the focus is gone: the keys go on with its successor.
    if (held && !this.#panel.contains(focused(this.root)))
      (this.#panel.querySelector<HTMLElement>("[role=grid]") ?? this.root).focus({
        preventScroll: true,
      });
  }

  /** Below the graph the panel does not shrink while the reader steps: nothing jumps. */
  #keepHeight(): void {
    const { clientWidth } = this.root;
    if (clientWidth !== this.#width) this.#tallest = 0;
    this.#width = clientWidth;
    this.#tallest = Math.max(this.#tallest, this.#panel.offsetHeight);
    this.#panel.style.setProperty("--lg-tallest", `${this.#tallest}px`);
    // What scrolls can be reached by keys.
    const scrolls = this.#panel.scrollHeight > this.#panel.clientHeight;
    this.#panel.toggleAttribute("tabindex", scrolls);
    if (scrolls) this.#panel.tabIndex = 0;
  }

  /** What the panel's formulas call a node. */
  #called(id: number): string {
    const { step } = this.#moment;
    const replay = this.#store.trace.replays[this.#replay];
    if (!step || !replay || this.#chosen !== null) return this.#names.of(id);
    return this.#names.at(step, replay.root)(id);
  }

  #gradient(node: TraceNode) {
    return this.#moment.gradients.get(node.id)?.value ?? null;
  }

  /** The view's state, for whoever looks from outside. */
  #state(): void {
    const { trace } = this.#store;
    Object.assign(this.root.dataset, {
      index: String(this.#stepper.index),
      steps: String(this.#stepper.count),
      nodes: String(trace.nodes.length),
      revision: String(trace.revision),
      status: trace.status,
      playing: String(this.#controls.playing),
    });
  }

  /** Where the graph cannot be drawn, or the reader likes it better: its nodes as a table. */
  #showDrawn(why: string | null): void {
    this.#undrawn = why;
    this.#showTable();
    const { trace } = this.#store;
    say(this.#note, this.#noteText(trace));
    this.#legend.show(trace, this.#drawing.shown, this.#moment);
  }

  #showTable(): void {
    const shown = this.#undrawn !== null || this.#asTable.ariaPressed === "true";
    this.#drawing.stage.hidden = shown;
    this.#table.element.hidden = !shown;
    this.#asTable.hidden = this.#undrawn !== null;
    if (shown) this.#table.show(this.#store.trace, this.#moment, this.#undrawn ?? "");
    if (shown) this.root.dataset.words = "true";
    else delete this.root.dataset.words;
  }

  #toggleTable(): void {
    this.#asTable.ariaPressed = String(this.#asTable.ariaPressed !== "true");
    this.#showTable();
  }

  /** The replay has moved: no layout, only marks and words. */
  #moved(): void {
    this.#chosen = null;
    this.#picture.choose(null);
    this.#moment = this.#now();
    if (this.#predict) {
      this.#revealed();
      this.#predict.moved();
    }
    this.#picture.mark(this.#moment);
    this.#picture.reveal(this.#moment);
    this.#showTable();
    this.#write();
    const { trace } = this.#store;
    const turnOf = (id: number) => this.#drawing.turnOf(id);
    say(this.#live, sentence(trace, this.#replay, this.#stepper.index, turnOf));
  }

  /** What the reader can do with a node that has a step. */
  #actions(id: number): HTMLElement[] {
    if (indexOf(this.#store.trace, this.#replay, id) === null) return [];
    return [
      nodeActions(
        this.#stops.has(id),
        () => this.#goTo(id),
        () => this.#runTo(id),
        () => this.#toggleStop(id),
      ),
    ];
  }

  #goTo(id: number): void {
    const index = indexOf(this.#store.trace, this.#replay, id);
    if (index === null) return;
    this.#controls.go(index);
    if (this.#chosen !== null) this.#moved(); // it stood there already
    this.root.focus({ preventScroll: true });
  }

  #runTo(id: number): void {
    const index = indexOf(this.#store.trace, this.#replay, id);
    if (index === null) return;
    this.#choose(null);
    this.#controls.playTo(index);
    this.root.focus({ preventScroll: true });
  }

  #toggleStop(id: number): void {
    if (!this.#stops.delete(id)) this.#stops.add(id);
    this.#picture.stopAt(this.#stops);
    const { trace } = this.#store;
    const said = this.#stops.has(id) ? "stops" : "no longer stops";
    say(this.#live, `Playing ${said} at ${this.#names.of(id)}.`);
    const held = this.root.contains(document.activeElement) && document.activeElement;
    this.#tell(trace);
    if (held && !held.isConnected)
      this.#panel.querySelector<HTMLElement>("[aria-pressed]")?.focus({ preventScroll: true });
  }

  /** What was looked for lights up; the one in question is chosen and looked at. */
  #find(found: number[], one: number | null): void {
    this.#picture.hint(new Set(found));
    if (one !== null) this.#drawing.show(one);
    if (one !== null || this.#chosen !== null) this.#choose(one);
  }

  /** The reader points at a box: an answer, if that is asked for. */
  #pick(id: number | null): void {
    if (id === null || !this.#predict?.takes(id)) this.#choose(id);
  }

  #choose(id: number | null): void {
    this.#controls.pause();
    this.#chosen = id;
    this.#picture.choose(id);
    this.#write();
  }

  #choseReplay(): void {
    this.#replay = Number(this.#controls.choice.value);
    this.#stepper.following = false;
    this.#resize(this.#store.trace);
    this.#controls.go(0);
    this.#moved();
  }

  #key(event: KeyboardEvent): void {
    const taken =
      event.key === "Escape"
        ? this.#escape()
        : this.#picture.key(event) || this.#letterKey(event) || this.#controls.key(event);
    if (!taken) return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** T; and keys for the chosen node, the one with the focus, or the one whose turn it is. */
  #letterKey(event: KeyboardEvent): boolean {
    if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return false;
    if ((event.target as Element).closest("select, input, .lg-code")) return false;
    if (event.key.toLowerCase() === "h" && !this.#asTones.hidden) {
      this.#toggleTones();
      return true;
    }
    if (event.key.toLowerCase() === "t" && this.#undrawn === null) {
      this.#toggleTable();
      return true;
    }
    const drawing = {
      "/": () => this.#finder.toggle(),
      e: () => this.#drawing.openAll(),
      c: () => this.#drawing.closeAll(),
      l: () => this.#drawing.toggleRepeats(),
      o: () => this.#drawing.turn(),
    }[event.key.toLowerCase()];
    if (drawing && this.#undrawn === null) {
      drawing();
      return true;
    }
    const focused = (event.target as Element).closest<SVGGElement>(".lg-node")?.dataset.id;
    const { step, ran } = this.#moment;
    const id = this.#chosen ?? (focused ? Number(focused) : (step?.node ?? ran?.id));
    const does = { g: this.#goTo, r: this.#runTo, b: this.#toggleStop }[event.key.toLowerCase()];
    if (id === undefined || !does) return false;
    does.call(this, id);
    return true;
  }

  #escape(): boolean {
    if (this.#chosen === null) return false;
    this.#choose(null);
    return true;
  }

  destroy(): void {
    this.#controls.pause();
    this.#links.destroy();
    this.#drawing.destroy();
    for (const clean of this.#cleanups) clean();
    this.root.remove();
  }
}

/** What has the focus where `element` stands: in the page or in a shadow tree. */
const focused = (element: HTMLElement) =>
  (element.getRootNode() as Document | ShadowRoot).activeElement ?? null;

const newest = (trace: Trace) => trace.nodes.at(-1)?.id ?? -1;

function hint(trace: Trace): HTMLElement[] {
  const last = trace.nodes.findLast((node) => node.kind === "operation");
  const call = last?.name ? `${last.name}.backward()` : "backward()";
  const text =
    trace.status === "recording"
      ? "Operations appear here as they run."
      : `No gradients yet: they come with ${call}. Click a box to see how it was made.`;
  return [h("p", { class: "lg-facts" }, text)];
}

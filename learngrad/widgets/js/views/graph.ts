// The whole view: head, drawing, panel, Python, replay, legend. Draws from a TraceStore and knows
// no kernel; whoever owns it says when the trace has changed.
import type { Sheet } from "../core/predict.ts";
import { atRest, leastIndex, type Moment, momentAt, newest, Stepper } from "../core/replay.ts";
import { search } from "../core/search.ts";
import { sentence } from "../core/spoken.ts";
import type { Layout, Trace } from "../core/types.ts";
import { type Store, UNKNOWN } from "../core/veil.ts";
import { Names, summary } from "../core/words.ts";
import { bodyOf, headOf } from "./arrange.ts";
import { AsTable } from "./as-table.ts";
import { Controls } from "./controls.ts";
import { h, say } from "./dom.ts";
import { Drawing, type LayoutEngine } from "./drawing.ts";
import { Errands } from "./errands.ts";
import { Finder } from "./finder.ts";
import { Legend } from "./legend.ts";
import { Links } from "./links.ts";
import type { Picture } from "./picture.ts";
import { Predict } from "./predict.ts";
import { Rest } from "./rest.ts";
import { HOW, noteText, placeText } from "./said.ts";
import { Side } from "./side.ts";
import { adopt, followTheme } from "./theme.ts";
import { Toning } from "./toning.ts";

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
  readonly #asTable = new AsTable(() => this.#showTable());
  readonly #toning: Toning;
  readonly #finder = new Finder({
    search: (query) => search(this.#store.trace, query),
    show: (found, one) => this.#find(found, one),
    closed: () => this.root.focus({ preventScroll: true }),
  });
  readonly #side = new Side(this.root);
  readonly #live = h("div", { class: "lg-hush", role: "status", "aria-live": "polite" });
  readonly #links = new Links(this.#side.panel, {
    trace: () => this.#store.trace,
    called: (id) => this.#side.called(id),
    terms: (node) => this.#side.terms(node),
    hint: (ids) => this.#picture.hint(ids),
    choose: (found, one) => this.#find(found, one),
    told: (text) => say(this.#live, text),
  });
  readonly #complaint = h("p", { class: "lg-error lg-complaint", role: "alert" });
  readonly #cleanups: (() => void)[] = [];
  readonly #errands = new Errands({
    trace: () => this.#store.trace,
    which: () => this.#replay,
    go: (index) => this.#goTo(index),
    playTo: (index) => this.#runTo(index),
    stops: (all, id) => this.#showStops(all, id),
  });
  #names: Names;
  #moment: Moment;
  #replay = 0;
  #chosen: number | null = null;
  #stale = false;

  constructor(store: Store, options: GraphOptions) {
    this.#whole = store;
    this.#options = options;
    this.#predict = options.sheet ? this.#asking(options.sheet) : null;
    this.#store = this.#predict?.veil(store, () => this.#replay) ?? store;
    this.#names = new Names(this.#store.trace);
    this.#moment = atRest(this.#store.trace);
    this.#stepper.following = (options.begin ?? "end") === "end";
    this.#toning = new Toning(options.colour === "gradient", () => this.#tone(this.#store.trace));
    const { engine, layouts } = options;
    this.#drawing = new Drawing(this.root, {
      ...{ store: this.#store, whole: this.#whole, engine, layouts },
      moment: () => this.#now(),
      drawn: (why) => this.#showDrawn(why),
      told: (text) => say(this.#live, text),
      // An answer, if a box is asked for.
      choose: (id) => void ((id !== null && this.#predict?.takes(id)) || this.#choose(id)),
      point: (id) => this.#links.pointAtNode(id),
    });
    this.#picture = this.#drawing.picture;
    this.#controls = new Controls(this.#stepper, {
      moved: () => this.#moved(),
      shown: () => this.#state(),
      allow: (index) => this.#predict?.allow(this.#replay, index) ?? index,
      stops: (index) => this.#errands.stopsAt(index),
      place: (index) => placeText(this.#store.trace, this.#replay, index),
    });
    this.#build();
    adopt(document.body);
    // Out of the page there is no room to draw for; the observer calls when it is there.
    const grown = () => (this.#stale ? this.update() : void this.#drawing.draw());
    const observer = new ResizeObserver(grown);
    observer.observe(this.root);
    this.#cleanups.push(followTheme(this.root), () => observer.disconnect());
    this.root.addEventListener("keydown", (event) => this.#key(event));
    this.#controls.choice.addEventListener("change", () => this.#choseReplay());
    this.update();
    if (options.begin === "forward") this.#controls.go(this.#stepper.least);
  }

  #build(): void {
    const { tools, stage } = this.#drawing;
    const buttons = [this.#finder.button, this.#asTable.button, this.#toning.button, tools];
    const asked = this.#predict ? [this.#predict.element] : [];
    const below = [this.#rest, this.#controls, this.#legend].map(({ element }) => element);
    this.root.append(
      headOf("Graph", this.#note, ...buttons, this.#picture.stage.buttons),
      this.#complaint,
      bodyOf(
        [this.#finder.element, stage, this.#asTable.element, ...below, this.#toning.key],
        [...asked, this.#side.panel, this.#links.source.element],
      ),
      ...[this.#live, this.#side.tiles.live],
    );
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
    if (this.#stepper.following) this.#replay = newest(trace);
    this.#resize(trace);
    this.#controls.offer(
      trace.replays.map(({ root }) => this.#names.of(root)),
      this.#replay,
    );
  }

  #resize(trace: Trace): void {
    const count = trace.replays[this.#replay]?.steps.length ?? 0;
    // While it runs the program goes forward by itself.
    const least = trace.status === "recording" && !count ? 0 : leastIndex(trace, this.#replay);
    this.#stepper.resize(count, least);
  }

  #now(): Moment {
    return momentAt(this.#store.trace, this.#replay, this.#stepper.index);
  }

  #explain(trace: Trace): void {
    say(this.#note, noteText(trace, this.#drawing.said));
    this.#legend.show(trace, this.#drawing.shown, this.#moment);
  }

  /** Everything but the drawing. */
  #write(): void {
    const { trace } = this.#store;
    this.#explain(trace);
    this.#rest.show(trace);
    this.#picture.stage.canvas.setAttribute("aria-label", `${summary(trace)} ${HOW}`);
    this.#controls.show();
    this.#tone(trace);
    this.#tell(trace);
    this.#state();
  }

  /** Boxes in the colours of their gradients, if the reader wants them. */
  #tone(trace: Trace): void {
    this.#picture.tone(this.#toning.at(trace, this.#replay, this.#moment));
  }

  /** Panel and Python of where the replay stands. */
  #tell(trace: Trace): void {
    const matter = {
      ...{ trace, which: this.#replay, moment: this.#moment, names: this.#names },
      node: (id: number) => this.#store.node(id),
      chosen: this.#chosen === null ? undefined : this.#store.node(this.#chosen),
      actions: (id: number) => this.#errands.actions(id),
      question: this.#predict?.asking,
    };
    this.#side.show(matter, this.#links.source);
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
    this.#asTable.undrawn = why;
    this.#showTable();
    this.#explain(this.#store.trace);
  }

  #showTable(): void {
    this.#asTable.show(this.root, this.#drawing.stage, this.#store.trace, this.#moment);
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
    const turnOf = (id: number) => this.#drawing.turnOf(id);
    say(this.#live, sentence(this.#store.trace, this.#replay, this.#stepper.index, turnOf));
  }

  #goTo(index: number): void {
    this.#controls.go(index);
    if (this.#chosen !== null) this.#moved(); // it stood there already
    this.root.focus({ preventScroll: true });
  }

  #runTo(index: number): void {
    this.#choose(null);
    this.#controls.playTo(index);
    this.root.focus({ preventScroll: true });
  }

  #showStops(all: ReadonlySet<number>, id: number): void {
    this.#picture.stopAt(all);
    const said = all.has(id) ? "stops" : "no longer stops";
    say(this.#live, `Playing ${said} at ${this.#names.of(id)}.`);
    this.#tell(this.#store.trace);
  }

  /** What was looked for lights up; the one in question is chosen and looked at. */
  #find(found: number[], one: number | null): void {
    this.#picture.hint(new Set(found));
    if (one !== null) this.#drawing.show(one);
    if (one !== null || this.#chosen !== null) this.#choose(one);
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
    const key = event.key.toLowerCase();
    if (key === "h" && !this.#toning.button.hidden) {
      this.#toning.button.click();
      return true;
    }
    const drawing = {
      t: () => this.#asTable.button.click(),
      "/": () => this.#finder.toggle(),
      e: () => this.#drawing.openAll(),
      c: () => this.#drawing.closeAll(),
      l: () => this.#drawing.toggleRepeats(),
      o: () => this.#drawing.turn(),
    }[key];
    if (drawing && this.#asTable.undrawn === null) {
      drawing();
      return true;
    }
    const focused = (event.target as Element).closest<SVGGElement>(".lg-node")?.dataset.id;
    const { step, ran } = this.#moment;
    const id = this.#chosen ?? (focused ? Number(focused) : (step?.node ?? ran?.id));
    return id !== undefined && this.#errands.key(key, id);
  }

  #escape(): boolean {
    if (this.#chosen === null) return false;
    this.#choose(null);
    return true;
  }

  destroy(): void {
    this.#controls.pause();
    this.#links.destroy();
    this.#side.tiles.begin();
    this.#drawing.destroy();
    for (const clean of this.#cleanups) clean();
    this.root.remove();
  }
}

// When the graph is laid out and drawn: one layout at a time, and what changed meanwhile right after.
import { box } from "../core/box.ts";
import { type Orientation, toDot } from "../core/dot.ts";
import { type Group, isGroup } from "../core/fold.ts";
import { Folding, MOST_DRAWN } from "../core/folding.ts";
import { atRest, type Moment } from "../core/replay.ts";
import { groupBox, groupTitle, type Shown, titleWidth, turnsOf } from "../core/shown.ts";
import { split, withFar } from "../core/spans.ts";
import type { Layout, Trace, TraceNode } from "../core/types.ts";
import type { Store } from "../core/veil.ts";
import { button, h, say } from "./dom.ts";
import css from "./groups.css";
import { Picture } from "./picture.ts";
import { adopt } from "./theme.ts";

/** Lays out a graph given in DOT; rejects where there is no layout engine. */
export type LayoutEngine = (dot: string) => Promise<Layout>;

export interface Drawer {
  /** What may be seen, and everything. */
  store: Store;
  whole: Store;
  engine?: LayoutEngine;
  /** Finished layouts, each for other groups open; null: there is none, and no drawing. */
  layouts?: Layout[] | null;
  moment(): Moment;
  /** There is a drawing (null), or not, and why. */
  drawn(why: string | null): void;
  /** Says aloud what has happened to the drawing. */
  told(text: string): void;
  choose(id: number | null): void;
  point(id: number | null): void;
}

export class Drawing {
  readonly stage = h("div", { class: "lg-stage" });
  readonly picture: Picture;
  /** What opens and closes all, and turns the drawing. */
  readonly tools = h("div", { class: "lg-buttons", role: "group", "aria-label": "drawing" });
  readonly #folds = [
    button("open", "open all groups (E)", () => this.openAll()),
    button("close", "close all groups (C)", () => this.closeAll()),
  ];
  readonly #loops = button("loop", "fold what repeats (L)", () => this.toggleRepeats());
  readonly #empty = h("div", { class: "lg-empty" });
  readonly #drawer: Drawer;
  readonly #folding: Folding;
  readonly #root: HTMLElement;
  #orientation: Orientation = "TB";
  #folded = -1;
  /** The revision that is drawn; less: draw again. */
  #drawn = -1;
  #busy = false;
  #over = false;

  constructor(root: HTMLElement, drawer: Drawer) {
    this.#root = root;
    this.#drawer = drawer;
    this.#folding = new Folding(drawer.layouts ?? null);
    this.picture = new Picture(this.stage, {
      choose: drawer.choose,
      point: drawer.point,
      toggle: (key) => this.toggle(key),
    });
    const turn = button("turn", "top to bottom, or left to right (O)", () => this.turn());
    this.tools.append(...this.#folds, this.#loops);
    if (!drawer.layouts) this.tools.append(turn);
    this.stage.append(this.#empty);
    adopt(document.body, "groups", css);
  }

  get shown(): Shown {
    this.#fold();
    return this.#folding.shown;
  }

  /** How much of the graph is drawn, in words; nothing where that is all of it. */
  get said(): string {
    const { boxes, at } = this.shown;
    if (boxes.length >= at.size) return "";
    return boxes.length === 1 ? ", folded into one box" : `, drawn as ${boxes.length} boxes`;
  }

  #fold(): void {
    const { trace, revision } = this.#drawer.whole;
    if (this.#folded === revision) return;
    this.#folded = revision;
    this.#folding.update(visible(trace));
  }

  /** Draws again though the trace is the same: what may be seen has changed, or what is open. */
  anew(): void {
    this.#drawn = -1;
    void this.draw();
  }

  toggle(key: string): void {
    const group = this.#folding.groups.get(key);
    if (!group || !this.#folding.canToggle(key)) return;
    const title = groupTitle(group, (id) => this.#drawer.whole.node(id));
    const many = this.#folding.toggle(key);
    const open = this.#folding.isOpen(key) ? "open" : "closed";
    if (many) this.#refuse(title, many);
    else this.#changed(`${title}, ${open}.`, key);
  }

  #refuse(title: string, count: number): void {
    const room = `and there is room for ${MOST_DRAWN}: close other groups first.`;
    this.#drawer.told(`${title} stays closed: open it would make ${count} boxes, ${room}`);
  }

  openAll(): void {
    const all = this.#folding.openAll();
    this.#changed(all ? "All groups are open." : "All groups are open for which there is room.");
  }

  closeAll(): void {
    this.#folding.closeAll();
    this.#changed("All groups are closed.");
  }

  /** Closes what repeats; pressed again, opens it. */
  toggleRepeats(): void {
    const { repeats } = this.#folding;
    if (repeats === "none") return;
    const many = this.#folding.toggleRepeats();
    if (many) this.#refuse("What repeats", many);
    else this.#changed(repeats === "open" ? "What repeats is closed." : "What repeats is open.");
  }

  /** In which turns of what repeats an operation runs, in words. */
  turnOf(id: number): string {
    this.#fold();
    return turnsOf(this.#folding.root, id);
  }

  turn(): void {
    if (this.#drawer.layouts) return;
    this.#orientation = this.#orientation === "TB" ? "LR" : "TB";
    const way = this.#orientation === "TB" ? "from top to bottom" : "from left to right";
    this.#changed(`The graph goes ${way}.`);
  }

  #changed(said: string, key?: string): void {
    if (key) this.picture.lookAt(key, true);
    this.#drawer.told(said);
    this.anew();
  }

  /** Opens what a node is in and looks at it; the focus stays where it is. */
  show(id: number): void {
    const { shown, folds } = this.#folding;
    const hidden = shown.at.get(id) !== id;
    this.picture.lookAt(id, false);
    if (hidden && folds) {
      this.#folding.reveal(id);
      this.anew();
    } else this.picture.reveal(this.#drawer.moment());
  }

  /** Lays out and draws; what changes meanwhile is drawn right after, in one go. */
  async draw(): Promise<void> {
    const { store } = this.#drawer;
    if (this.#busy || this.#over || !this.#root.isConnected) return;
    if (this.#drawn === store.revision) return;
    this.#busy = true;
    this.#root.dataset.ready = "false";
    try {
      while (!this.#over && this.#drawn !== store.revision) {
        this.#drawn = store.revision;
        this.#fold();
        const { shown } = this.#folding;
        this.#showTools();
        const layout = await this.#layOut();
        if (this.#over) return;
        this.#empty.hidden = shown.boxes.length > 0;
        const waiting = store.trace.status === "recording";
        say(this.#empty, waiting ? "Waiting for the first operation …" : "No operation ran here.");
        this.#drawer.drawn(layout ? null : "");
        // What may be seen of the same graph.
        const nodeOf = (id: number) => store.node(id);
        const closes = ({ key }: Group) => this.#folding.canToggle(key);
        if (layout && shown.boxes.length)
          await this.picture.show(layout, shown, nodeOf, this.#drawer.moment(), closes);
      }
    } catch (error) {
      this.#drawn = store.revision;
      this.#drawer.drawn(`The graph could not be laid out: ${(error as Error).message}`);
    } finally {
      this.#busy = false;
    }
    await this.picture.settled();
    if (!this.#busy && !this.#over) this.#root.dataset.ready = "true";
  }

  #showTools(): void {
    const { folds, repeats } = this.#folding;
    for (const one of this.#folds) one.hidden = !folds;
    this.#loops.hidden = repeats === "none";
    this.#loops.setAttribute("aria-pressed", String(repeats === "closed"));
  }

  async #layOut(): Promise<Layout | null> {
    const { layouts, engine, whole } = this.#drawer;
    if (layouts) return this.#folding.layout;
    if (layouts === null || !engine) return null;
    const { shown } = this.#folding;
    if (!shown.boxes.length) return { width: 1, height: 1, nodes: {}, edges: [] };
    const final = atRest(whole.trace).gradients;
    for (const [id, gradient] of this.#drawer.moment().gradients) final.set(id, gradient);
    const nodeOf = (id: number) => whole.node(id);
    const sizes = {
      box: (item: (typeof shown.boxes)[number]) =>
        isGroup(item) ? groupBox(item, nodeOf) : box(nodeOf(item)!, final.get(item)?.value ?? null),
      title: (frame: Parameters<typeof titleWidth>[0]) => titleWidth(frame, nodeOf),
    };
    const [near, far] = split(shown);
    return withFar(await engine(toDot({ ...shown, edges: near }, sizes, this.#orientation)), far);
  }

  destroy(): void {
    this.#over = true;
    this.picture.destroy();
  }
}

/** While it grows, a leaf waits for its first user: or it would jump from rank to rank. */
function visible({ nodes, status }: Trace): TraceNode[] {
  if (status !== "recording") return nodes;
  const used = new Set(nodes.flatMap((node) => node.edges.map((edge) => edge?.[0])));
  return nodes.filter((node) => node.kind === "operation" || used.has(node.id));
}

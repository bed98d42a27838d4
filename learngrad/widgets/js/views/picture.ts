// The drawing of the graph: frames, wires and boxes from a layout, growing smoothly, marked as a
// replay goes.
import type { Tone } from "../core/flow-tone.ts";
import type { Group } from "../core/fold.ts";
import type { Moves, Point } from "../core/morph.ts";
import type { Moment } from "../core/replay.ts";
import type { Shown } from "../core/shown.ts";
import type { Layout, Ref } from "../core/types.ts";
import { Boxes, type NodeOf, type Told } from "./boxes.ts";
import { calm } from "./dom.ts";
import { Frames } from "./frames.ts";
import { Motion, stagger } from "./motion.ts";
import { Stage } from "./stage.ts";
import { Wires } from "./wires.ts";

/** More moving boxes than this are set in place at once: a smooth crawl is worse than a jump. */
const MOST_MOVING = 300;
/** New boxes beyond this many are there at once, too. */
const MOST_FADING = 250;

export interface Pointing {
  /** A box was clicked; null: none. */
  choose(id: number | null): void;
  /** A closed group, or the handle of an open one. */
  toggle(key: string): void;
  /** The pointer is over a box, or the focus on it. */
  point(id: number | null): void;
}

export class Picture {
  readonly stage: Stage;
  readonly #frames = new Frames();
  readonly #wires = new Wires();
  readonly #boxes = new Boxes();
  readonly #motion = new Motion();
  readonly #told: { -readonly [key in keyof Told]: Told[key] } = {
    chosen: null,
    stops: new Set(),
    hints: new Set(),
    tones: new Map(),
  };
  readonly #pointing: Pointing;
  #marked: Moment | null = null;
  /** What to look at when the next layout is there: what was opened, closed or found. */
  #next: { ref: Ref; focus: boolean } | null = null;

  constructor(place: HTMLElement, pointing: Pointing) {
    this.stage = new Stage(place);
    this.#pointing = pointing;
    const { content, canvas } = this.stage;
    content.append(
      this.#frames.element,
      this.#wires.element,
      this.#boxes.element,
      this.#wires.tags,
    );
    canvas.addEventListener("click", (event) => {
      if (!this.stage.dragged) this.#press(event);
    });
    canvas.addEventListener("pointerover", (event) => pointing.point(idAt(event)));
    canvas.addEventListener("pointerleave", () => pointing.point(null));
    canvas.addEventListener("focusin", (event) => pointing.point(idAt(event)));
    canvas.addEventListener("focusout", () => pointing.point(null));
  }

  #press(event: Event): void {
    const key = keyAt(event);
    if (key) this.#pointing.toggle(key);
    else this.#pointing.choose(idAt(event));
  }

  /** Keys of a box that has the focus; says whether the key was one of them. */
  key(event: KeyboardEvent): boolean {
    const held = (event.target as Element).closest<SVGGElement>(".lg-node, .lg-handle");
    if (!held || event.ctrlKey || event.metaKey || event.altKey) return false;
    if (event.key === "Enter") this.#press(event);
    else if (event.key === "ArrowDown") this.#focusFrom(held, 1);
    else if (event.key === "ArrowUp") this.#focusFrom(held, -1);
    else return false;
    return true;
  }

  /** The focus goes to the next box or handle, or the one before; and stays at the ends. */
  #focusFrom(held: Element, way: 1 | -1): void {
    const all = [...this.#frames.order(), ...this.#boxes.order()].sort(([a], [b]) => a - b);
    const next = all[all.findIndex(([, element]) => element === held) + way];
    if (!next) return;
    next[1].focus({ preventScroll: true });
    this.stage.refocus(next[2])(1);
  }

  /** Looks at what stands for a group or a node once it is drawn; gives it the focus, too. */
  lookAt(ref: Ref, focus: boolean): void {
    this.#next = { ref, focus };
  }

  /** Nodes at which playing stops. */
  stopAt(ids: ReadonlySet<number>): void {
    this.#tell({ stops: ids });
  }

  /** Lights boxes that belong to what the pointer is over. */
  hint(ids: ReadonlySet<number>): void {
    if (ids.size || this.#told.hints.size) this.#tell({ hints: ids });
  }

  /** Colours boxes by their gradient (`core/flow-tone.ts`); an empty map takes the colours away. */
  tone(tones: ReadonlyMap<number, Tone>): void {
    if (tones.size || this.#told.tones.size) this.#tell({ tones });
  }

  /** Marks a box the reader chose; null unmarks. */
  choose(id: number | null): void {
    this.#tell({ chosen: id });
  }

  #tell(more: Partial<Told>): void {
    Object.assign(this.#told, more);
    if (this.#marked) this.#boxes.mark(this.#marked, this.#told, false);
  }

  get size(): number {
    return this.#boxes.size;
  }

  /** Draws a layout; what was there glides to its new place. Ends when all stands still. */
  async show(
    layout: Layout,
    shown: Shown,
    nodeOf: NodeOf,
    moment: Moment,
    closes: (group: Group) => boolean,
  ): Promise<void> {
    this.#motion.finish();
    const { canvas } = this.stage;
    const held = canvas.querySelector(":focus");
    const fresh = this.#boxes.size === 0;
    const moves: Moves = [
      ...this.#frames.place(layout, shown.frames, nodeOf, closes),
      ...this.#boxes.place(layout, shown, nodeOf, moment),
      ...this.#wires.place(layout.edges, shown, nodeOf),
    ];
    this.stage.resize(layout, fresh);
    this.mark(moment);
    const instant = calm() || document.hidden;
    const still = instant || fresh || moves.length > MOST_MOVING;
    this.#appear(!instant);
    const pan = this.stage.refocus(this.#focus(moment, layout));
    this.#arrive();
    // What had the focus is gone: keys must not go to the page.
    if (held && !canvas.querySelector(":focus"))
      canvas.closest<HTMLElement>(".lg-root")?.focus({ preventScroll: true });
    const step = (t: number) => {
      for (const move of moves) move(t);
      pan(t);
    };
    if (still) step(1);
    else await this.#motion.run(step);
    if (!still) this.#wires.tag(this.#marked ?? moment);
  }

  /** New boxes fade in, in the order they were made, each with the wires that lead to it. */
  #appear(animated: boolean): void {
    const groups = this.#boxes.fresh();
    const fades = animated && groups.length <= MOST_FADING;
    const wait = stagger(groups.length);
    const delays = new Map<string, number>();
    groups.forEach((group, at) => {
      delays.set(group.dataset.id ?? group.dataset.group!, at * wait);
    });
    for (const group of [...groups, ...this.#wires.fresh(), ...this.#frames.fresh()]) {
      group.classList.remove("lg-new");
      const { id, to, group: key } = group.dataset;
      if (fades) this.#motion.fadeIn(group, delays.get(id ?? to ?? key ?? "") ?? 0);
    }
  }

  /** Ends when nothing fades in any more. */
  settled(): Promise<void> {
    return this.#motion.settled();
  }

  /** Shows where a replay stands: classes and one line of text a box; nothing is laid out again. */
  mark(moment: Moment): void {
    const changes = this.#marked !== null;
    this.#marked = moment;
    this.#boxes.mark(moment, this.#told, changes);
    this.#wires.mark(moment);
  }

  /** Brings the active box into view where the drawing is larger than the stage. */
  reveal(moment: Moment): void {
    this.#motion.finish();
    const pan = this.stage.refocus(this.#focus(moment));
    if (calm() || document.hidden) pan(1);
    else void this.#motion.run(pan);
    this.#arrive();
  }

  #at(ref: Ref) {
    const box = typeof ref === "number" ? this.#boxes.of(ref) : this.#boxes.get(ref);
    return box ?? (typeof ref === "string" ? this.#frames.get(ref) : undefined);
  }

  /** Where the camera looks: with a layout, by where things will be. */
  #focus(moment: Moment, layout?: Layout): Point | null {
    const turn = moment.step?.node ?? moment.ran?.id ?? beginning(moment);
    const ref = this.#next?.ref ?? turn ?? this.#boxes.newest();
    const frame = typeof ref === "string" ? layout?.frames?.[ref] : undefined;
    if (frame) return [frame[0], Math.min(frame[1], frame[1] - frame[3] / 2 + 120)];
    const spot = layout?.nodes[ref];
    return spot ? [spot[0], spot[1]] : (this.#at(ref)?.at ?? null);
  }

  /** What was looked for has the focus. */
  #arrive(): void {
    if (this.#next?.focus) this.#at(this.#next.ref)?.element.focus({ preventScroll: true });
    this.#next = null;
  }

  destroy(): void {
    this.#motion.finish();
    this.stage.destroy();
  }
}

/** Before anything has run, the first that will. */
const beginning = ({ pending }: Moment): number | undefined => pending.values().next().value;

/** The node under a pointer, or with the focus. */
function idAt(event: Event): number | null {
  const group = (event.target as Element).closest<SVGGElement>(".lg-node[data-id]");
  return group ? Number(group.dataset.id) : null;
}

/** The closed group, or the handle of an open one. */
const keyAt = (event: Event) =>
  (event.target as Element).closest<SVGGElement>("[data-group]")?.dataset.group;

// Which groups of a growing graph are open: by size at first, then as the reader says.
import { type Fold, fold, type Group, isGroup } from "./fold.ts";
import { countShown, opening, type Shown, shown } from "./shown.ts";
import type { Layout, TraceNode } from "./types.ts";

/** A graph of no more boxes is shown whole at first. */
export const READABLE = 150;
/** More boxes than this are never drawn: too many to read, and slow to lay out. */
export const MOST_DRAWN = 800;

export class Folding {
  #fold: Fold = fold([]);
  #nodes: TraceNode[] = [];
  #open = new Set<string>();
  /** What the reader opened and closed. */
  readonly #said = new Map<string, boolean>();
  #shown: Shown | null = null;
  /** Finished layouts, each for other groups open; null where any may be. */
  readonly #layouts: Layout[] | null;
  #at = 0;

  /** With finished layouts, what is open is what they were made for; the first one at first. */
  constructor(layouts: Layout[] | null = null) {
    this.#layouts = layouts;
  }

  /** The nodes are others now; what the reader said of a group holds. */
  update(nodes: TraceNode[]): void {
    this.#nodes = nodes;
    this.#fold = fold(nodes);
    this.#refresh();
  }

  #refresh(): void {
    const { groups } = this.#fold;
    if (this.layout) {
      this.#open = new Set([...groups.keys()].filter((key) => !this.layout!.nodes[key]));
    } else {
      this.#open = opening(this.#fold, READABLE);
      for (const [key, open] of this.#said)
        if (open && groups.has(key)) this.#open.add(key);
        else this.#open.delete(key);
      if (countShown(this.#fold, this.#open) > MOST_DRAWN) {
        this.#said.clear();
        this.#open = opening(this.#fold, READABLE);
      }
    }
    this.#shown = null;
  }

  /** The finished layout for what is open. */
  get layout(): Layout | null {
    return this.#layouts?.[this.#at] ?? null;
  }

  get shown(): Shown {
    this.#shown ??= shown(this.#fold, this.#nodes, this.#open);
    return this.#shown;
  }

  get root(): Group {
    return this.#fold.root;
  }

  get groups(): ReadonlyMap<string, Group> {
    return this.#fold.groups;
  }

  isOpen(key: string): boolean {
    return this.#open.has(key);
  }

  /** Whether there is something to open and to close. */
  get folds(): boolean {
    return this.#fold.groups.size > 0 && (this.#layouts?.length ?? 2) > 1;
  }

  /** Whether a group can be opened, or closed. */
  canToggle(key: string): boolean {
    return !this.#layouts || this.#with(key, !this.isOpen(key)) >= 0;
  }

  /** Whether something repeats, and whether all of it that is drawn is closed. */
  get repeats(): "none" | "open" | "closed" {
    const all = this.#repeats();
    if (!all.some(({ key }) => this.canToggle(key))) return "none";
    const { frames } = this.shown;
    return all.some((one) => this.isOpen(one.key) && isDrawn(one, frames)) ? "open" : "closed";
  }

  #repeats = () => [...this.#fold.groups.values()].filter(({ kind }) => kind === "repeat");

  /** The finished layout in which a group is open, or closed; -1 where none is. */
  #with(key: string, open: boolean): number {
    const has = ({ nodes, frames }: Layout) => (open ? !!frames?.[key] : !!nodes[key]);
    return this.#layouts!.findIndex(has);
  }

  /** Opens or closes a group; says how many boxes would be too many, 0 where it was done. */
  toggle(key: string): number {
    if (this.#layouts) return this.#turnTo(this.#with(key, !this.isOpen(key)));
    const open = new Set(this.#open);
    const group = this.#fold.groups.get(key)!;
    if (open.has(key)) close(group, open);
    else {
      open.add(key);
      this.#openOnly(key, open);
    }
    return this.#try(open);
  }

  /** Closes what repeats, however deep; where all of it is closed, opens it whole. */
  toggleRepeats(): number {
    const opens = this.repeats === "closed";
    const all = this.#repeats();
    const isOpen = ({ frames }: Layout) => all.some(({ key }) => frames?.[key]);
    if (this.#layouts) return this.#turnTo(this.#layouts.findIndex((one) => isOpen(one) === opens));
    const open = new Set(this.#open);
    for (const group of all)
      if (!opens) close(group, open);
      else for (const key of [group.key, ...keysIn(group)]) open.add(key);
    return this.#try(open);
  }

  /** The finished layout with most boxes, or with fewest. */
  #mostOrLeast(most: boolean): number {
    const counts = this.#layouts!.map(({ nodes }) => Object.keys(nodes).length);
    return counts.indexOf(most ? Math.max(...counts) : Math.min(...counts));
  }

  /** Takes a finished layout for another. */
  #turnTo(at: number): number {
    if (at >= 0) this.#at = at;
    this.#refresh();
    return 0;
  }

  /** Opens just these, if that is not too much; else says how many boxes it would be. */
  #try(open: Set<string>): number {
    const [count, now] = [countShown(this.#fold, open), countShown(this.#fold, this.#open)];
    if (count > MOST_DRAWN && count > now) return count;
    this.#say(open);
    return 0;
  }

  /** A part or a turn that is all there is inside is opened too. */
  #openOnly(key: string, open: Set<string>): void {
    const inner = this.#fold.groups.get(key)!.items;
    const only = inner.length === 1 ? inner[0]! : null;
    if (only === null || !isGroup(only)) return;
    open.add(only.key);
    this.#openOnly(only.key, open);
  }

  /** Opens all, level by level, as far as there is room; says whether that was all. */
  openAll(): boolean {
    if (this.#layouts) return this.#turnTo(this.#mostOrLeast(true)) === 0;
    const open = new Set<string>();
    let level = this.#fold.root.items.filter(isGroup);
    while (level.length) {
      const wider = new Set([...open, ...level.map(({ key }) => key)]);
      if (countShown(this.#fold, wider) > MOST_DRAWN) break;
      for (const { key } of level) open.add(key);
      level = level.flatMap(({ items }) => items.filter(isGroup));
    }
    this.#say(open);
    return level.length === 0;
  }

  closeAll(): void {
    if (this.#layouts) this.#turnTo(this.#mostOrLeast(false));
    else this.#say(new Set());
  }

  /** Opens what a node is in; closes all else where there is no room for that. */
  reveal(id: number): void {
    if (this.#layouts) {
      this.#turnTo(this.#layouts.findIndex(({ nodes }) => nodes[id]));
      return;
    }
    const round: string[] = [];
    for (let at = this.#fold.home.get(id); at?.parent; at = at.parent) round.push(at.key);
    const open = new Set([...this.#open, ...round]);
    this.#say(countShown(this.#fold, open) > MOST_DRAWN ? new Set(round) : open);
  }

  #say(open: ReadonlySet<string>): void {
    const first = opening(this.#fold, READABLE);
    this.#said.clear();
    for (const key of this.#fold.groups.keys())
      if (open.has(key) !== first.has(key)) this.#said.set(key, open.has(key));
    this.#refresh();
  }
}

/** The keys of all groups in a group. */
function* keysIn(group: Group): Generator<string> {
  for (const item of group.items)
    if (isGroup(item)) {
      yield item.key;
      yield* keysIn(item);
    }
}

/** Closes a group. What is in a repeat is closed too: opened again, it is read turn by turn. */
function close(group: Group, open: Set<string>): void {
  open.delete(group.key);
  if (group.kind === "repeat") for (const key of keysIn(group)) open.delete(key);
}

/** Whether an open group has its frame: it does not stand in a closed one. */
const isDrawn = (group: Group, frames: Group[]) => frames.includes(group);

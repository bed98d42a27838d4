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
  readonly #layout: Layout | null;

  /** With a finished layout, what is open is what it was made for. */
  constructor(layout: Layout | null = null) {
    this.#layout = layout;
  }

  /** The nodes are others now; what the reader said of a group holds. */
  update(nodes: TraceNode[]): void {
    this.#nodes = nodes;
    this.#fold = fold(nodes);
    this.#refresh();
  }

  #refresh(): void {
    const { groups } = this.#fold;
    if (this.#layout) {
      this.#open = new Set([...groups.keys()].filter((key) => !this.#layout!.nodes[key]));
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

  get shown(): Shown {
    this.#shown ??= shown(this.#fold, this.#nodes, this.#open);
    return this.#shown;
  }

  get groups(): ReadonlyMap<string, Group> {
    return this.#fold.groups;
  }

  isOpen(key: string): boolean {
    return this.#open.has(key);
  }

  /** Whether there is something to open and to close. */
  get folds(): boolean {
    return this.#fold.groups.size > 0 && !this.#layout;
  }

  /** Opens or closes a group; says how many boxes would be too many, 0 where it was done. */
  toggle(key: string): number {
    const open = new Set(this.#open);
    const opens = !open.delete(key);
    if (opens) {
      open.add(key);
      this.#openOnly(key, open);
    }
    const count = countShown(this.#fold, open);
    if (opens && count > MOST_DRAWN) return count;
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
    this.#say(new Set());
  }

  /** Opens what a node is in; closes all else where there is no room for that. */
  reveal(id: number): void {
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

// The graph as a tree: module calls hold their operations, and what repeats is one group of turns.
// Pure and deterministic. The rule stands in learngrad/trace/fold.py; both sides are tested against
// tests/trace/fold_cases.json.
import type { TraceNode } from "./types.ts";

/** A repeat has at least so many turns, each of at most so many items, and so many operations. */
const [FEWEST_TURNS, LONGEST_TURN, LEAST_OPERATIONS] = [3, 64, 12];
/** So many turns are a repeat, however little each does; in a large graph it begins closed. */
export const MANY_TURNS = 8;
/** A group with more items than this has them in parts of ten, a hundred and so on. */
const FAN = 60;
/** Module calls nested deeper than this are one with the call round them. */
const DEEPEST = 20;

export type GroupKind = "root" | "module" | "repeat" | "turn" | "part";
/** An operation's number, or a group of operations. */
export type Item = number | Group;

export interface Group {
  /** The same for the same group, also when the trace has grown: letters, digits, underscore. */
  key: string;
  kind: GroupKind;
  /** A module's path and class. */
  path: string;
  class: string;
  /** Which call of the module; which turn of the repeat; with which item of the group a part begins. */
  number: number;
  /** How many turns a repeat has, or items a part. */
  count: number;
  items: Item[];
  /** Parameters, leaves and constants that are used only inside. */
  leaves: number[];
  /** How many operations are inside, however deep, and the first and the last of them. */
  operations: number;
  first: number;
  last: number;
  parent: Group | null;
  depth: number;
}

export interface Fold {
  root: Group;
  /** Every group but the root, by its key. */
  groups: Map<string, Group>;
  /** The group that each node stands in. */
  home: Map<number, Group>;
  /** How many edges are between the nodes. */
  edges: number;
}

export const isGroup = (item: Item): item is Group => typeof item !== "number";

type Nodes = Map<number, TraceNode>;

/** The tree of a trace's nodes. */
export function fold(nodes: TraceNode[]): Fold {
  const byId: Nodes = new Map(nodes.map((node) => [node.id, node]));
  const root = calls(nodes);
  dissolve(root, byId);
  const looks = new Looks(byId);
  looks.of(root);
  foldRepeats(root, looks);
  const edges = nodes.flatMap((node) => node.edges.filter((edge) => edge && byId.has(edge[0])));
  const folded: Fold = { root, groups: new Map(), home: new Map(), edges: edges.length };
  settle(root, folded);
  placeLeaves(nodes, byId, folded);
  return folded;
}

function group(kind: GroupKind, items: Item[], number = 0, path = "", name = ""): Group {
  const places = { operations: 0, first: 0, last: 0, parent: null, depth: 0 };
  const count = items.length;
  return { key: "", kind, path, class: name, number, count, items, leaves: [], ...places };
}

/** Operations in the module calls that ran them, in the order they ran. */
function calls(nodes: TraceNode[]): Group {
  const root = group("root", []);
  let stack = [root];
  for (const node of nodes) {
    if (node.kind !== "operation") continue;
    const scope = (node.scope ?? []).slice(0, DEEPEST);
    let depth = 0;
    while (depth < scope.length && depth + 1 < stack.length) {
      const [open, called] = [stack[depth + 1]!, scope[depth]!];
      if (open.path !== called.path || open.number !== called.call) break;
      depth += 1;
    }
    stack = stack.slice(0, depth + 1);
    for (const { path, class: name, call } of scope.slice(depth)) {
      const inner = group("module", [], call, path, name);
      stack.at(-1)!.items.push(inner);
      stack.push(inner);
    }
    stack.at(-1)!.items.push(node.id);
  }
  return root;
}

/** A module that is one operation and owns nothing needs no box round it. */
function dissolve(of: Group, byId: Nodes): void {
  of.items = of.items.map((item) => {
    if (!isGroup(item)) return item;
    dissolve(item, byId);
    const only = item.items[0]!;
    if (item.items.length > 1 || isGroup(only)) return item;
    return byId.get(only)!.edges.some((edge) => edge && isOwned(byId.get(edge[0]))) ? item : only;
  });
}

const isOwned = (node?: TraceNode) => node?.kind === "parameter" || node?.kind === "buffer";

interface Look {
  /** What looks the same has the same number. */
  number: number;
  /** Of an operation, where it is known. */
  source: number | null;
  line: number;
  end: number;
  operations: number;
}

/** What each item is made of, as numbers that can be compared. */
class Looks {
  readonly #byId: Nodes;
  readonly #numbers = new Map<string, number>();
  readonly #found = new Map<Item, Look>();

  constructor(byId: Nodes) {
    this.#byId = byId;
  }

  of(item: Item): Look {
    const known = this.#found.get(item);
    if (known) return known;
    const look = isGroup(item) ? this.#group(item) : this.#operation(this.#byId.get(item)!);
    this.#found.set(item, look);
    return look;
  }

  #operation({ op, src, status, edges }: TraceNode): Look {
    const place = src ? `${src.source}:${src.line}` : "";
    const number = this.#number(`${status === "failed" ? "!" : ""}${edges.length} ${place} ${op}`);
    const [source, line] = [src?.source ?? null, src?.line ?? 0];
    return { number, source, line, end: src?.end_line ?? line, operations: 1 };
  }

  #group({ class: name, items }: Group): Look {
    const inner = items.map((item) => this.of(item));
    const number = this.#number(`(${inner.map((look) => look.number).join()}) ${name}`);
    const operations = inner.reduce((sum, look) => sum + look.operations, 0);
    // Its lines are those of the module's own code, not of the loop.
    return { number, source: null, line: 0, end: 0, operations };
  }

  #number(text: string): number {
    const known = this.#numbers.get(text) ?? this.#numbers.size;
    this.#numbers.set(text, known);
    return known;
  }
}

function foldRepeats(of: Group, looks: Looks): void {
  for (const item of of.items) if (isGroup(item)) foldRepeats(item, looks);
  of.items = repeats(of.items, looks);
}

/** The items with each run of equal turns as one group, from left to right. */
function repeats(items: Item[], looks: Looks): Item[] {
  const all = items.map((item) => looks.of(item));
  const folded: Item[] = [];
  for (let at = 0; at < items.length; ) {
    const [period, turns] = longestRun(all, at);
    const turn = all.slice(at, at + period);
    const operations = turns * turn.reduce((sum, look) => sum + look.operations, 0);
    // A loop's turn begins with its first line: what stands before that leads into the loop.
    const leadsIn = turn.some((look) => isAbove(look, all[at]!));
    const few = turns < MANY_TURNS && operations < LEAST_OPERATIONS;
    if (turns < FEWEST_TURNS || few || leadsIn) {
      folded.push(items[at]!);
      at += 1;
      continue;
    }
    const inner: Item[] = [];
    for (let turn = 0; turn < turns; turn++, at += period)
      inner.push(
        period === 1
          ? items[at]!
          : group("turn", repeats(items.slice(at, at + period), looks), turn + 1),
      );
    folded.push(group("repeat", inner));
  }
  return folded;
}

/** Whether an operation ends above the line that another begins with. */
const isAbove = (one: Look, other: Look) =>
  one.source !== null && one.source === other.source && one.end < other.line;

/** How long the turn is that repeats from here over most items, and how often it comes. */
function longestRun(all: Look[], at: number): [period: number, turns: number] {
  let best: [number, number] = [1, 1];
  const most = Math.min(LONGEST_TURN, Math.floor((all.length - at) / FEWEST_TURNS));
  for (let period = 1; period <= most; period++) {
    let end = at + period;
    while (end < all.length && all[end]!.number === all[end - period]!.number) end += 1;
    const turns = Math.floor((end - at) / period);
    if (turns >= FEWEST_TURNS && turns * period > best[0] * best[1]) best = [period, turns];
  }
  return best;
}

/** Long lists in parts; then keys, counts and places for all groups. */
function settle(of: Group, folded: Fold): void {
  if (of.items.length > FAN) of.items = parts(of.items, of.kind === "part" ? of.number : 1);
  of.operations = 0;
  of.first = firstOf(of);
  if (of.parent) {
    of.depth = of.parent.depth + 1;
    of.key = `${of.kind[0]}${of.first}_${of.depth}`;
    folded.groups.set(of.key, of);
  }
  for (const item of of.items)
    if (isGroup(item)) {
      item.parent = of;
      settle(item, folded);
      of.operations += item.operations;
      of.last = item.last;
    } else {
      folded.home.set(item, of);
      of.operations += 1;
      of.last = item;
    }
}

function firstOf(of: Group): number {
  const item = of.items[0];
  return item === undefined ? 0 : isGroup(item) ? firstOf(item) : item;
}

function parts(items: Item[], from: number): Item[] {
  let size = 10;
  while (items.length > FAN * size) size *= 10;
  const made: Item[] = [];
  for (let at = 0; at < items.length; at += size)
    made.push(group("part", items.slice(at, at + size), from + at));
  return made;
}

/** Each leaf stands in the smallest group that holds all its users, but outside of turns that have
 * it in common, and outside of modules that it was handed to. */
function placeLeaves(nodes: TraceNode[], byId: Nodes, { root, home }: Fold): void {
  const inside = new Map<number, Group>();
  for (const { id, kind, edges } of nodes) {
    if (kind !== "operation") continue;
    for (const edge of edges) {
      if (!edge || byId.get(edge[0])?.kind === "operation") continue;
      const known = inside.get(edge[0]);
      const user = home.get(id)!;
      inside.set(edge[0], known ? common(known, user) : user);
    }
  }
  for (const node of nodes) {
    if (node.kind === "operation") continue;
    let held = inside.get(node.id) ?? root;
    let place = isOwned(node) ? held : outOf(held, node);
    // What was handed to one of the modules that repeat is not common to them.
    while (place === held && (place.kind === "repeat" || place.kind === "part")) {
      place = place.parent!;
      held = place;
    }
    place.leaves.push(node.id);
    home.set(node.id, place);
  }
}

function common(one: Group, other: Group): Group {
  let [a, b] = [one, other];
  while (a !== b) {
    if (a.depth >= b.depth) a = a.parent!;
    else b = b.parent!;
  }
  return a;
}

/** The group itself, or the one round the outermost module that the node was handed to. */
function outOf(place: Group, { scope }: TraceNode): Group {
  let found = place;
  for (let at: Group | null = place; at; at = at.parent) {
    const { kind, path, number } = at;
    const own = kind !== "module" || scope?.some((s) => s.path === path && s.call === number);
    if (!own) found = at.parent!;
  }
  return found;
}

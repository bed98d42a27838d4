// A race of optimisers as data: what the kernel ran, where each stands at a step, and what is said
// of it. learngrad/descent/race_words.py says the same; both are tested against
// tests/descent/race_cases.json.
import { type Field, ticks } from "./contours.ts";
import { elide, number } from "./text.ts";
import type { Scalar } from "./types.ts";

/** What can be turned about an optimiser. */
export interface Dial {
  name: string;
  scale: "log" | "linear" | "near 1" | "whole" | "flag";
  low: number;
  high: number;
  /** As it was given. */
  given: number;
  /** Whether it is turned often; others are shown on demand. */
  first: boolean;
}

export interface Walk {
  name: string;
  kind: string;
  dials: Dial[];
  /** As the kernel ran it. */
  settings: Record<string, number>;
  /** Before the first step and after each. */
  loss: ArrayLike<number>;
  /** x0, y0, x1, y1 …; null where a model is trained. */
  path: ArrayLike<number> | null;
  /** The step after which it was nowhere. */
  diverged: number | null;
  /** Why it does not run. */
  problem: string;
}

export type Place = readonly [number, number];

export interface Ground {
  name: string;
  about: string;
  field: Field;
  minima: Place[];
}

export interface Race {
  title: string;
  steps: number;
  /** Where the race that was run began. */
  start: Place | null;
  /** Where it began before anybody moved it. */
  begin: Place | null;
  ground: Ground | null;
  walks: Walk[];
}

/** A race as a page carries it: as `Race.to_dict` in Python gives it. */
export interface RaceData extends Pick<Race, "title" | "steps" | "start"> {
  ground:
    | (Pick<Ground, "name" | "about" | "minima"> & {
        domain: [Place, Place];
        size: number;
        values: Scalar[];
      })
    | null;
  walks: (Omit<Walk, "loss" | "path"> & { loss: Scalar[]; path: Scalar[] | null })[];
}

export function readRace({ title, steps, start, ground, walks }: RaceData): Race {
  const read = (values: Scalar[]) => Float64Array.from(values, Number);
  return {
    title,
    steps,
    start,
    begin: start,
    walks: walks.map(({ loss, path, ...walk }) => ({
      ...walk,
      loss: read(loss),
      path: path && read(path),
    })),
    ground: ground && {
      ...ground,
      field: {
        x: ground.domain[0],
        y: ground.domain[1],
        columns: ground.size,
        rows: ground.size,
        values: read(ground.values),
      },
    },
  };
}

/** Batches whose mean stands for a model's loss: that of one batch is chance. */
const BATCHES = 20;

/** A point as pictures show it. */
export const placeText = ([x, y]: Place) => `(${number(x)}, ${number(y)})`;

/** The loss after a step, or after the last one that was made; of a model a mean of batches. */
export function lossAt({ loss, path }: Walk, step: number): number {
  const at = Math.min(step, loss.length - 1);
  if (path) return loss[at]!;
  let sum = 0;
  const from = Math.max(0, at - BATCHES + 1);
  for (let i = from; i <= at; i++) sum += loss[i]!;
  return sum / (at - from + 1);
}

/** Where it is after a step, or was last. */
export function placeAt({ path }: Walk, step: number): Place | null {
  if (!path?.length) return null;
  const at = Math.min(step, path.length / 2 - 1);
  return [path[2 * at]!, path[2 * at + 1]!];
}

export const runs = ({ problem, loss }: Walk) => !problem && loss.length > 0;
export const isGone = ({ diverged }: Walk, step: number) => diverged !== null && diverged <= step;

/** By loss, the lowest first; then the lost, the last to go first; then who does not run. */
export function ranked(walks: Walk[], step: number): Walk[] {
  const group = (walk: Walk) => {
    if (walk.problem) return 2;
    return isGone(walk, step) || !walk.loss.length ? 1 : 0;
  };
  return [...walks].sort((a, b) => {
    if (group(a) !== group(b)) return group(a) - group(b);
    if (group(a) === 1) return (b.diverged ?? 0) - (a.diverged ?? 0);
    return group(a) === 0 ? lossAt(a, step) - lossAt(b, step) : 0;
  });
}

/** Who stands where after a step, in a sentence. */
export function board(walks: Walk[], step: number): string {
  const order = ranked(walks, step);
  const well = order.filter((walk) => runs(walk) && !isGone(walk, step));
  const values = well.map((walk) => number(lossAt(walk, step)));
  const said = well.map(({ name }, at) => `${short(name)} ${at ? "at" : "is at"} ${values[at]}`);
  if (well.length > 1 && values[0] !== values[1])
    said[0] = `${short(well[0]!.name)} leads with ${values[0]}`;
  const lost = order
    .filter((walk) => !walk.problem && isGone(walk, step))
    .map(({ name, diverged }) => `${short(name)} diverged at step ${diverged}`);
  const out = order
    .filter(({ problem }) => problem)
    .map(({ name }) => `${short(name)} does not run`);
  const count = step.toLocaleString("en-US");
  const when = step ? `After ${count} ${step === 1 ? "step" : "steps"}` : "At the start";
  return `${when}: ${[said.join(", "), ...lost, ...out].filter(Boolean).join("; ")}.`;
}

const short = (name: string) => elide(name, 40);

/** How far a place is from the nearest minimum; null where none is known. */
export function distance(at: Place | null, minima: Place[]): number | null {
  if (!at || !minima.length) return null;
  return Math.min(...minima.map(([x, y]) => Math.hypot(at[0] - x, at[1] - y)));
}

export const HEADS = ["optimiser", "settings", "loss", "lowest", "at", "to the minimum"];

/** The table's rows at a step: its words for each optimiser, in the order they were given. */
export function rows({ walks, ground }: Race, step: number): string[][] {
  return walks.map((walk) => {
    const { name, kind, problem, diverged, loss } = walk;
    const called = elide(kind === name ? name : `${name} (${kind})`, 60);
    const settings = walk.dials
      .filter(({ first }) => first)
      .map((dial) => `${label(dial.name)} ${valueText(walk.settings[dial.name] ?? dial.given)}`);
    if (!runs(walk)) return [called, settings.join(", "), problem || "nowhere", "", "", ""];
    const at = placeAt(walk, step);
    const far = distance(at, ground?.minima ?? []);
    const gone = isGone(walk, step);
    let best = 0;
    for (let i = 0; i <= Math.min(step, loss.length - 1); i++) if (loss[i]! < loss[best]!) best = i;
    return [
      called,
      settings.join(", "),
      gone ? `diverged at step ${diverged}` : number(lossAt(walk, step)),
      `${number(loss[best]!)}, at step ${best}`,
      at && !gone ? placeText(at) : "",
      far !== null && !gone ? number(far) : "",
    ];
  });
}

// ---- dials

const NAMES: Record<string, string> = { "betas.0": "β₁", "betas.1": "β₂" };

/** What a setting is called beside its slider. */
export const label = (name: string) => NAMES[name] ?? name.replace(/\.(\d)$/, "[$1]");
/** As it is written in Python. */
export const spelt = (name: string) => name.replace(/\.(\d)$/, "[$1]");
export const valueText = (value: number) => number(value);

const PER_DECADE = 20;
const FINE = 0.005;

/** How many places a slider has, less one. */
export function notches({ name, scale, low, high }: Dial): number {
  if (scale === "log") return Math.round(Math.log10(high / low) * PER_DECADE) + zero(name);
  if (scale === "near 1") return Math.round(-Math.log10(1 - high) * PER_DECADE);
  return scale === "linear" ? Math.round((high - low) / FINE) : Math.round(high - low);
}

/** All but a learning rate may be 0: their slider has one place more, at the lower end. */
const zero = (name: string) => (name === "lr" ? 0 : 1);

export function dialled(dial: Dial, place: number): number {
  const { name, scale, low, high } = dial;
  if (scale === "log") {
    const at = place - zero(name);
    return at < 0 ? 0 : twoDigits(low * (high / low) ** (at / (notches(dial) - zero(name))));
  }
  if (scale === "near 1") return Number((1 - twoDigits(10 ** (-place / PER_DECADE))).toFixed(6));
  return Number((low + place * (scale === "linear" ? FINE : 1)).toFixed(6));
}

/** The place nearest to a value. */
export function notch(dial: Dial, value: number): number {
  const { name, scale, low } = dial;
  let at = (value - low) / (scale === "linear" ? FINE : 1);
  if (scale === "log")
    at = value > 0 ? Math.max(0, Math.log10(value / low) * PER_DECADE) + zero(name) : 0;
  if (scale === "near 1") at = value < 1 ? -Math.log10(1 - value) * PER_DECADE : notches(dial);
  return Math.min(Math.max(Math.round(at), 0), notches(dial));
}

const twoDigits = (value: number) => Number(value.toPrecision(2));

// ---- the losses' axis

export interface Axis {
  isLog: boolean;
  low: number;
  high: number;
}

const DECADES = 12;
/** So many times the loss at the start is still shown: what climbs further has left the picture. */
const ABOVE = 30;

/** From where to where the losses are drawn: one that diverges does not squash the others. */
export function axis(walks: Walk[]): Axis {
  const drawn = walks.filter(runs);
  const first = Math.max(...drawn.map(({ loss }) => loss[0]!), Number.NEGATIVE_INFINITY);
  let [low, high, positive] = [first, first, Number.POSITIVE_INFINITY];
  for (const { loss } of drawn)
    for (let at = 0; at < loss.length; at++) {
      const value = loss[at]!;
      if (value < low) low = value;
      if (value > high) high = value;
      if (value > 0 && value < positive) positive = value;
    }
  if (!Number.isFinite(first)) return { isLog: false, low: 0, high: 1 };
  if (low >= 0 && first > 0) {
    const top = 10 ** Math.ceil(Math.log10(Math.min(high, ABOVE * first)) - 1e-9);
    const floor = Math.max(positive, top * 10 ** -DECADES);
    return { isLog: true, low: 10 ** Math.floor(Math.log10(floor) + 1e-9), high: top };
  }
  const bottom = Math.max(low, first - ABOVE * Math.max(Math.abs(first), 1));
  const top = Math.min(high, first + Math.max(Math.abs(first), first - bottom));
  const margin = 0.05 * (top - bottom || 1);
  return { isLog: false, low: bottom - margin, high: top + margin };
}

/** The ticks of the losses' axis; of one that ends above some losses the lower end says so. */
export function marks(
  { isLog, low, high }: Axis,
  walks: Walk[],
): { value: number; text: string }[] {
  const plain = (value: number) => ({ value, text: number(value) });
  if (!isLog) return ticks(low, high, 5).map(plain);
  const ends = [low, high].map((end) => Math.round(Math.log10(end))) as [number, number];
  const isCut = walks
    .filter(runs)
    .some(({ loss }) => Array.prototype.some.call(loss, (one) => one < low));
  const found = powers(...ends, isCut).map(plain);
  if (isCut) found[0]!.text = `≤ ${found[0]!.text}`;
  return found;
}

/** Powers of ten, seven of them at most, from the lower end or from the upper one. */
function powers(first: number, last: number, fromBelow: boolean): number[] {
  const every = Math.max(1, Math.ceil((last - first) / 6));
  const from = fromBelow ? first : first + ((last - first) % every);
  const found: number[] = [];
  for (let power = from; power <= last; power += every) found.push(Number(`1e${power}`));
  return found;
}

/** Where a loss stands on the axis: 0 at its lower end, 1 at the upper; never outside. */
export function share({ isLog, low, high }: Axis, value: number): number {
  const at = isLog
    ? (Math.log10(Math.max(value, low)) - Math.log10(low)) / (Math.log10(high) - Math.log10(low))
    : (value - low) / (high - low);
  return Math.min(Math.max(at, 0), 1);
}

// ---- asking the kernel

/** Sends the newest wish once the last one was answered: what came between is never asked for. */
export class Latest<T> {
  #next: T | null = null;
  #asked: number | null = null;
  #number = 0;
  readonly #send: (wish: T, number: number) => void;

  constructor(send: (wish: T, number: number) => void) {
    this.#send = send;
  }

  /** Whether an answer is waited for. */
  get isBusy(): boolean {
    return this.#asked !== null;
  }

  want(wish: T): void {
    if (this.#asked === null) this.#ask(wish);
    else this.#next = wish;
  }

  /** An answer has come; says whether it is the one that was waited for. */
  answered(number: number): boolean {
    if (number !== this.#asked) return false;
    this.#asked = null;
    const next = this.#next;
    this.#next = null;
    if (next !== null) this.#ask(next);
    return true;
  }

  /** No answer will come: the next wish is sent at once. */
  giveUp(): void {
    this.#asked = this.#next = null;
  }

  #ask(wish: T): void {
    this.#asked = ++this.#number;
    this.#send(wish, this.#asked);
  }
}

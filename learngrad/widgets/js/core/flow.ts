// What flows through a network while it learns: the moments that were seen, and what is said of them.
// What a moment is stands in learngrad/descent/flow_moment.py.
import { number, thousands } from "./text.ts";

export const KINDS = ["gradients", "activations", "weights", "weight gradients"] as const;
export type Kind = (typeof KINDS)[number];

/** Moments that are kept at most; the rule of `Flow.put`. */
const MOST = 120;

export interface Row {
  label: string;
  layer: string;
  bend: string;
}

/** How bad a row is, from 0 to 2, and why. */
export type Said = [level: number, why: string];

export interface Head {
  number: number;
  step: number;
  order: number[];
  said: Said[];
}

export interface Status {
  /** Of the loop's time, what watching takes. */
  share: number;
  steps: number;
}

/** What comes from the kernel beside the buffers: the moments that stand for [start, end). */
export interface Message {
  start: number;
  end: number;
  columns: string[];
  lowest: number;
  rows: Row[];
  moments: Head[];
  /** Null where nobody watches any more: in a page. */
  status: Status | null;
}

export interface Moment extends Head {
  numbers: Float32Array;
  bins: Uint8Array;
}

export class FlowStore {
  rows: Row[] = [];
  moments: Moment[] = [];
  status: Status | null = null;
  /** The power of two of the first bin. */
  lowest = 0;
  /** How many moments there were; fewer are kept. */
  end = 0;
  #columns = new Map<string, number>();
  #stride = 1;

  /** Puts moments at the end; what begins at 0 takes the place of all. False: some are missing. */
  put(message: Message, buffers: readonly DataView[]): boolean {
    if (message.end <= this.end) return true;
    if (message.start > this.end) return false;
    if (message.start === 0) this.moments = [];
    this.rows = message.rows;
    this.status = message.status;
    this.lowest = message.lowest;
    this.#columns = new Map(message.columns.map((name, at) => [name, at]));
    message.moments.forEach((head, at) => {
      if (head.number < this.end && message.start > 0) return;
      const numbers = new Float32Array(copy(buffers[2 * at]!));
      this.#keep({ ...head, numbers, bins: new Uint8Array(copy(buffers[2 * at + 1]!)) });
    });
    this.end = message.end;
    return true;
  }

  #keep(moment: Moment): void {
    const newest = this.moments.at(-1);
    if (newest && newest.number % this.#stride) this.moments.pop();
    this.moments.push(moment);
    while (this.moments.length > MOST) {
      this.#stride *= 2;
      this.moments = this.moments.filter((one) => !(one.number % this.#stride) || one === moment);
    }
  }

  get width(): number {
    return this.#columns.size;
  }

  /** A number of a row by its name; NaN where there is none. */
  of(moment: Moment, row: number, name: string): number {
    const at = this.#columns.get(name);
    return at === undefined ? Number.NaN : (moment.numbers[row * this.width + at] ?? Number.NaN);
  }

  /** The histogram of a row: 255 times the root of each bin's share. */
  bins(moment: Moment, row: number, kind: Kind): Uint8Array {
    const rows = moment.numbers.length / Math.max(1, this.width);
    const size = moment.bins.length / Math.max(1, rows * KINDS.length);
    const start = (row * KINDS.length + KINDS.indexOf(kind)) * size;
    return moment.bins.subarray(start, start + size);
  }

  /** The rows of a moment that are not healthy. */
  ill(moment: Moment): number[] {
    return moment.order.filter((row) => moment.said[row]![0] > 0);
  }

  /** As `Flow.describe` in Python. */
  describe(moment: Moment | undefined): string {
    if (!moment) return "No step was seen yet.";
    const ill = this.ill(moment);
    const count = moment.order.length;
    const begun = `Step ${thousands(moment.step)}: ${count} ${count === 1 ? "layer" : "layers"}, `;
    if (!ill.length) return `${begun}all healthy.`;
    const lines = ill.map((row) => `${this.rows[row]!.label}: ${moment.said[row]![1]}.`);
    return [`${begun}${ill.length} to look at.`, ...lines].join("\n");
  }

  /** The table's rows: names, sizes, how a row fares. */
  table(moment: Moment): string[][] {
    return moment.order.map((row) => {
      const { label, layer, bend } = this.rows[row]!;
      const of = (name: string) => this.of(moment, row, name);
      return [
        bend ? `${label} (${layer}, ${bend})` : `${label} (${layer})`,
        ...KINDS.map((kind) => short(of(`${kind}: size`))),
        short(of("against")),
        short(of("ratio")),
        stuck(this, moment, row).text,
        moment.said[row]![1],
      ];
    });
  }
}

export const HEADS = [
  "layer",
  ...KINDS,
  "gradients / output's",
  "update / weights",
  "stuck",
  "verdict",
];

/** Dead units or saturated outputs: their share, and in words; a share of NaN where there are none. */
export function stuck(
  store: FlowStore,
  moment: Moment,
  row: number,
): { share: number; text: string } {
  const [dead, units] = [store.of(moment, row, "dead"), store.of(moment, row, "units")];
  if (units > 0) return { share: dead / units, text: `${dead} of ${units} dead` };
  const flat = store.of(moment, row, "saturated");
  if (Number.isNaN(flat)) return { share: Number.NaN, text: "" };
  const percent = flat > 0 && flat < 0.01 ? "< 1" : String(Math.round(100 * flat));
  return { share: flat, text: `${percent} % saturated` };
}

/** Two digits; nothing for what is not there. */
export function short(value: number): string {
  if (Number.isNaN(value)) return "";
  return number(Number.isFinite(value) ? Number(value.toPrecision(2)) : value);
}

/** A copy, since a buffer may begin where no float may. */
function copy({ buffer, byteOffset, byteLength }: DataView): ArrayBuffer {
  return buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer;
}

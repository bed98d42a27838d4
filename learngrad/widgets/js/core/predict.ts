// Predict, then reveal: reads an answer, judges it, counts. The rules stand in
// learngrad/trace/answers.py, the questions are made in learngrad/trace/questions.py; both sides
// are tested against tests/trace/answer_cases.json.
import { number } from "./text.ts";

type Value = number | string | number[];

export interface Question {
  replay: number;
  /** The step that it stands before, as the replay counts; below 0 going forward. */
  index: number;
  /** Whose step it is. */
  node: number;
  kind: "number" | "shape" | "choice";
  ask: string;
  given: [label: string, value: string][];
  answer: Value;
  /** What each mistake that fits here leads to, with the key of its hint. */
  slips: [hint: string, value: Value][];
  /** What stands in a hint's braces. */
  names: Record<string, string>;
  choices?: [value: number | string, label: string][];
  /** Other answers that are right. */
  also?: (number | string)[];
  /** The choices are nodes, which can be pointed at. */
  nodes?: boolean;
  /** The hint where no mistake fits. */
  nudge?: string;
}

export interface Sheet {
  questions: Question[];
  hints: Record<string, string>;
}

/** A rough answer is right, but has too few digits; an unread one is none, or has too few digits to
 * be told from a mistake. Neither costs a try. */
export interface Verdict {
  kind: "right" | "wrong" | "rough" | "unread";
  hint: string;
}

/** Wrong answers after which the right one is shown. */
export const TRIES = 2;
const LONGEST = 100;
const NUMBER = "[+-]?(?:\\d+\\.?\\d*|\\.\\d+)(?:e[+-]?\\d{1,3})?";
const ONE = new RegExp(`^${NUMBER}$`);
const FRACTION = new RegExp(`^(${NUMBER})/(${NUMBER})$`);
const SHAPE = /^(?:torch\.|learngrad\.)?(?:size|shape)?\(?[[(]?([^[\]()]*)[\])]?\)?$/;
const SIGNS: Record<string, string> = { "−": "-", "–": "-", "⁄": "/", "÷": "/", ":": "/" };

/** A typed number and the size of its last digit; null where it is none. */
export function readNumber(typed: string): [value: number, unit: number] | null {
  let text = typed.slice(0, LONGEST).toLowerCase().replace(/\s+/g, "").replace(/^=+/, "");
  text = text.replace(/[−–⁄÷:]/g, (sign) => SIGNS[sign]!);
  if (!text.includes(".")) text = text.replaceAll(",", ".");
  if (ONE.test(text)) {
    const [mantissa = "", power] = text.split("e");
    const value = Number(text);
    const digits = mantissa.split(".")[1]?.length ?? 0;
    return Number.isFinite(value) ? [value, 10 ** (Number(power ?? 0) - digits)] : null;
  }
  const parts = FRACTION.exec(text);
  const value = parts ? Number(parts[1]) / Number(parts[2]) : Number.NaN;
  return Number.isFinite(value) ? [value, 0] : null;
}

/** A typed shape; null where it is none. */
export function readShape(typed: string): number[] | null {
  const text = typed.slice(0, LONGEST).trim().toLowerCase();
  if (["scalar", "()", "[]", "one number"].includes(text)) return [];
  const inner = SHAPE.exec(text)?.[1];
  const parts = inner?.replace(/^[,; ]+|[,; ]+$/g, "").split(/[,;x×* ]+/) ?? [];
  return parts.length && parts.every((part) => /^[0-9]{1,9}$/.test(part))
    ? parts.map(Number)
    : null;
}

/** Whether an answer is right; if it is wrong, why, as far as a cause fits. */
export function judge(question: Question, typed: string, hints: Sheet["hints"]): Verdict {
  const said = (key: string) => filled(hints[key] ?? "", question.names);
  const { answer, kind, slips, nudge = `nudge-${kind}` } = question;
  const wrong = (key: string): Verdict => ({ kind: "wrong", hint: said(key) });
  if (kind === "choice") {
    if (typed === String(answer)) return { kind: "right", hint: "" };
    if (question.also?.some((one) => String(one) === typed))
      return { kind: "right", hint: said("also") };
    const slip = slips.find(([, value]) => String(value) === typed);
    if (slip) return wrong(slip[0]);
    const known = question.nodes || question.choices?.some(([value]) => String(value) === typed);
    return { kind: known ? "wrong" : "unread", hint: said(nudge) };
  }
  if (kind === "shape") {
    const shape = readShape(typed);
    if (!shape) return { kind: "unread", hint: said("unread-shape") };
    const is = (value: Value) => Array.isArray(value) && value.join() === shape.join();
    if (is(answer)) return { kind: "right", hint: "" };
    return wrong(slips.find(([, value]) => is(value))?.[0] ?? nudge);
  }
  const read = readNumber(typed);
  if (!read) return { kind: "unread", hint: said("unread-number") };
  if (near(read, Number(answer))) return { kind: "right", hint: "" };
  const keys = (typed: [number, number]) =>
    slips.filter(([, value]) => near(typed, Number(value))).map(([key]) => key);
  const fits = keys(read);
  // Nobody rounds to nothing.
  if (read[0] !== 0 && Math.abs(read[0] - Number(answer)) <= read[1] / 2)
    return fits.length
      ? { kind: "unread", hint: said("unsure") }
      : { kind: "rough", hint: said("rough") };
  // With few digits several mistakes may fit: none of them is told then.
  const [close] = keys([read[0], 0]);
  return wrong(close ?? (new Set(fits).size === 1 ? fits[0]! : nudge));
}

/** A hint with the learner's own names in it. */
const filled = (template: string, names: Record<string, string>) =>
  template.replace(/\{(\w+)\}/g, (_, name: string) =>
    Object.hasOwn(names, name) ? names[name]! : name,
  );

/** Whether a typed number is the truth: to half a percent, or to its digits and two percent. */
function near([value, unit]: [number, number], truth: number): boolean {
  const [off, size] = [Math.abs(value - truth), Math.abs(truth)];
  return off <= Math.max(0.005 * size, 1e-9) || off <= Math.min(unit / 2, 0.02 * size) * (1 + 1e-9);
}

/** The right answer, written out. */
export function told({ answer, kind, choices }: Question): string {
  if (kind === "number") return number(Number(answer));
  if (kind === "shape" && Array.isArray(answer))
    return `(${answer.join(", ")}${answer.length === 1 ? "," : ""})`;
  return choices?.find(([value]) => value === answer)?.[1] ?? String(answer);
}

/** The questions that stand before the steps of each replay, how far has been seen, and the score. */
export class Quiz {
  readonly hints: Sheet["hints"];
  readonly #sheet: Sheet;
  readonly #waiting = new Map<string, Question[]>();
  readonly #seen = new Map<number, number>();
  readonly #begin: (replay: number) => number;
  /** The question that stands now. */
  asking: Question | null = null;
  asked = 0;
  right = 0;
  first = 0;
  #wrong = 0;

  /** `begin` is how far a replay may be seen at first. */
  constructor(sheet: Sheet, begin: (replay: number) => number) {
    this.hints = sheet.hints;
    this.#sheet = sheet;
    this.#begin = begin;
    this.reset();
  }

  /** Every question stands again, and nothing counts any more. */
  reset(): void {
    this.#waiting.clear();
    this.#seen.clear();
    for (const question of this.#sheet.questions) {
      const key = `${question.replay}:${question.index}`;
      this.#waiting.set(key, [...(this.#waiting.get(key) ?? []), question]);
    }
    this.asking = null;
    this.asked = 0;
    this.right = 0;
    this.first = 0;
    this.#wrong = 0;
  }

  /** The furthest index of a replay that may be seen. */
  seen(replay: number): number {
    return this.#seen.get(replay) ?? this.#begin(replay);
  }

  /** How far somebody may go who wants to go to an index: to the next question, which then stands. */
  allow(replay: number, index: number): number {
    const last = this.asking;
    this.asking = null;
    let to = index;
    for (let at = this.seen(replay) + 1; at <= index && !this.asking; at++) {
      this.asking = this.#waiting.get(`${replay}:${at}`)?.[0] ?? null;
      if (this.asking) to = at - 1;
      else this.#seen.set(replay, at);
    }
    if (this.asking !== last) this.#wrong = 0;
    return to;
  }

  /** Everything up to an index has been seen, unasked. */
  skip(replay: number, index: number): void {
    this.asking = null;
    this.#seen.set(replay, Math.max(this.seen(replay), index));
  }

  /** Judges and counts an answer; `over` says whether its question is done with. */
  answer(typed: string): Verdict & { over: boolean } {
    const verdict = judge(this.asking!, typed, this.hints);
    if (verdict.kind === "right") {
      this.right += 1;
      if (!this.#wrong) this.first += 1;
    } else if (verdict.kind === "wrong") this.#wrong += 1;
    const over = verdict.kind === "right" || this.#wrong >= TRIES;
    if (over) this.giveUp();
    return { ...verdict, over };
  }

  /** The question is done with: it counts as asked, and is not asked again. */
  giveUp(): void {
    const { replay, index } = this.asking!;
    this.#waiting.get(`${replay}:${index}`)!.shift();
    this.asked += 1;
    this.asking = null;
    this.#wrong = 0;
  }

  /** How many questions are still to come before a step, the one that stands included. */
  left(replay: number, index: number): number {
    return this.#waiting.get(`${replay}:${index}`)?.length ?? 0;
  }

  /** The score in words. */
  score(): string {
    if (!this.asked) return "no question answered yet";
    const first = this.first < this.right ? `, ${this.first} at the first try` : "";
    return `${this.right} of ${this.asked} right${first}`;
  }
}

/** Reads what the kernel or a page sent along; what is no sheet is refused. */
export function readSheet(data: unknown): Sheet {
  const sheet = data as Sheet;
  const kinds = ["number", "shape", "choice"];
  const good =
    !!sheet?.hints &&
    Array.isArray(sheet.questions) &&
    sheet.questions.every(
      (one) =>
        kinds.includes(one.kind) &&
        Number.isInteger(one.index) &&
        Number.isInteger(one.replay) &&
        typeof one.ask === "string" &&
        Array.isArray(one.given) &&
        Array.isArray(one.slips) &&
        (one.kind !== "choice" || Array.isArray(one.choices)),
    );
  if (!good) throw new Error("The questions that came with this graph cannot be read.");
  return sheet;
}

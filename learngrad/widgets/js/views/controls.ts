// Buttons, slider, pace and keys of a replay, and its clock.
import type { Stepper } from "../core/replay.ts";
import { button, h, icon, say } from "./dom.ts";

/** A whole replay plays in about this long, but a step takes no less and no more than these. */
const [IN_ALL, LEAST, MOST] = [60_000, 140, 1_300];
const PACES = [0.25, 0.5, 1, 2, 4];

export interface Listener {
  /** The stepper has moved. */
  moved(): void;
  /** Buttons have changed: whether it plays, and how far it may go. */
  shown(): void;
  /** How far somebody may go who wants to go to an index. */
  allow(index: number): number;
  /** Whether playing stops at this index. */
  stops(index: number): boolean;
  /** Where an index lies, in words: "step 3 of 7". */
  place(index: number): string;
}

export class Controls {
  readonly element = h("div", { class: "lg-foot", hidden: true });
  readonly choice = h("select", { "aria-label": "which backward call", hidden: true });
  readonly #where = h("span", { class: "lg-where lg-note" });
  readonly #slider = h("input", {
    type: "range",
    class: "lg-slider",
    step: 1,
    "aria-label": "step",
  });
  readonly #pace = h("select", { class: "lg-pace", "aria-label": "pace", title: "pace" });
  readonly #start: HTMLButtonElement;
  readonly #back: HTMLButtonElement;
  readonly #play: HTMLButtonElement;
  readonly #forward: HTMLButtonElement;
  readonly #end: HTMLButtonElement;
  readonly #stepper: Stepper;
  readonly #listener: Listener;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #until = Number.POSITIVE_INFINITY;

  constructor(stepper: Stepper, listener: Listener) {
    this.#stepper = stepper;
    this.#listener = listener;
    this.#start = button("start", "to the start (Home)", () => this.#toStart());
    this.#back = button("back", "one step back (Left arrow)", () => this.go(stepper.index - 1));
    this.#play = button("forward", "play (Space)", () => this.toggle());
    this.#play.classList.add("lg-play");
    this.#forward = button("forward", "one step on (Right arrow)", () =>
      this.go(stepper.index + 1),
    );
    this.#end = button("end", "to the end (End)", () => this.go(stepper.count));
    const buttons = h("div", { class: "lg-buttons", role: "group", "aria-label": "replay" });
    buttons.append(this.#start, this.#back, this.#play, this.#forward, this.#end);
    this.#slider.addEventListener("input", () => this.go(this.#slider.valueAsNumber));
    this.#pace.append(...PACES.map((pace) => h("option", { value: pace }, `${pace}×`)));
    this.#pace.value = "1";
    this.element.append(buttons, this.#where, this.#slider, this.#pace, this.choice);
  }

  /** Which of several replays, by the names of what they begin at. */
  offer(roots: string[], which: number): void {
    if (this.choice.options.length !== roots.length)
      this.choice.replaceChildren(
        ...roots.map((root, at) => h("option", { value: at }, `backward ${at + 1}: ${root}`)),
      );
    this.choice.hidden = roots.length < 2;
    this.choice.value = String(which);
  }

  get playing(): boolean {
    return this.#timer !== undefined;
  }

  /** To a step, by hand: playing stops. */
  go(index: number): void {
    this.pause();
    if (this.#stepper.go(this.#listener.allow(this.#stepper.within(index)))) this.#listener.moved();
    this.show();
  }

  /** To before the backward pass; from there to before the first operation. */
  #toStart(): void {
    this.go(this.#stepper.index > 0 ? 0 : this.#stepper.least);
  }

  toggle(): void {
    if (this.playing) {
      this.pause();
      this.show();
      return;
    }
    const { atEnd, count, least } = this.#stepper;
    if (atEnd && this.#stepper.go(count ? 0 : least)) this.#listener.moved();
    this.#wait();
    this.show();
  }

  /** Plays until an index is reached; one that is behind is gone to at once. */
  playTo(index: number): void {
    this.pause();
    if (index > this.#stepper.index) {
      this.#until = index;
      this.#wait();
    } else if (this.#stepper.go(index)) this.#listener.moved();
    this.show();
  }

  #wait(): void {
    const steps = this.#stepper.count - this.#stepper.least;
    const each = Math.max(LEAST, Math.min(MOST, IN_ALL / Math.max(1, steps)));
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      const next = this.#stepper.index + 1;
      const to = this.#listener.allow(next);
      if (this.#stepper.go(to)) this.#listener.moved();
      const { index, atEnd } = this.#stepper;
      const goes = to === next && index < this.#until && !this.#listener.stops(index);
      if (!atEnd && goes) this.#wait();
      else this.pause();
      this.show();
    }, each / Number(this.#pace.value));
  }

  pause(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#until = Number.POSITIVE_INFINITY;
  }

  /** Buttons and place as they are now. */
  show(): void {
    const { index, count, least, atStart, atEnd } = this.#stepper;
    // Where nothing can be stepped there may be another replay to choose.
    this.element.hidden = count === least && this.choice.hidden;
    this.#play.disabled = this.#slider.disabled = count === least;
    const place = this.#listener.place(index);
    say(this.#where, place);
    this.#slide(index, count, least, place);
    this.#disable([this.#start, this.#back], atStart);
    this.#disable([this.#forward, this.#end], atEnd);
    this.#listener.shown();
    const label = this.playing ? "Pause" : atEnd && count ? "Replay" : "Play";
    if (this.#play.dataset.label === label) return;
    this.#play.dataset.label = label;
    this.#play.setAttribute("aria-label", `${label} (Space)`);
    this.#play.title = `${label} (Space)`;
    this.#play.replaceChildren(icon(this.playing ? "pause" : "forward"), label);
  }

  #slide(index: number, count: number, least: number, place: string): void {
    this.#slider.min = String(least);
    this.#slider.max = String(count);
    this.#slider.value = String(index);
    this.#slider.setAttribute("aria-valuetext", place);
    const part = (at: number) =>
      `${(((at - least) / Math.max(1, count - least)) * 100).toFixed(2)}%`;
    this.#slider.style.setProperty("--lg-at", part(index));
    this.#slider.style.setProperty("--lg-turn", part(Math.min(0, index)));
  }

  /** A button that would do nothing is greyed; where it has the focus, the focus moves to play. */
  #disable(buttons: HTMLButtonElement[], disabled: boolean): void {
    for (const one of buttons) {
      if (disabled && one.matches(":focus")) this.#play.focus();
      one.disabled = disabled;
    }
  }

  /** Keys of the view; says whether the key was one of them. */
  key(event: KeyboardEvent): boolean {
    const { index, count, least } = this.#stepper;
    if (event.ctrlKey || event.metaKey || event.altKey || count === least) return false;
    const target = event.target as HTMLElement;
    // These have a use for the keys themselves.
    if (target.closest("select, .lg-code, .lg-ask input")) return false;
    // Space and Enter on a button press the button.
    if (event.key === " " && target.closest("button")) return false;
    const moves: Record<string, () => void> = {
      ArrowRight: () => this.go(index + 1),
      ArrowLeft: () => this.go(index - 1),
      Home: () => this.#toStart(),
      End: () => this.go(count),
      " ": () => this.toggle(),
    };
    const move = moves[event.key];
    move?.();
    return move !== undefined;
  }
}

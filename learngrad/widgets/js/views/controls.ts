// Buttons and keys of a replay, its clock, and the sentence a screen reader hears.
import type { Stepper } from "../core/replay.ts";
import { button, h, icon, say } from "./dom.ts";

/** A whole replay plays in about this long, but a step takes no less and no more than these. */
const [IN_ALL, LEAST, MOST] = [60_000, 140, 1_300];

export class Controls {
  readonly element = h("div", { class: "lg-foot", hidden: true });
  readonly choice = h("select", { "aria-label": "which backward call", hidden: true });
  readonly #where = h("span", { class: "lg-where lg-note" });
  readonly #bar = h("i");
  readonly #start: HTMLButtonElement;
  readonly #back: HTMLButtonElement;
  readonly #play: HTMLButtonElement;
  readonly #forward: HTMLButtonElement;
  readonly #end: HTMLButtonElement;
  readonly #stepper: Stepper;
  readonly #moved: () => void;
  readonly #shown: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(stepper: Stepper, moved: () => void, shown: () => void) {
    this.#stepper = stepper;
    this.#moved = moved;
    this.#shown = shown;
    this.#start = button("start", "to the start (Home)", () => this.go(0));
    this.#back = button("back", "one step back (Left arrow)", () => this.go(stepper.index - 1));
    this.#play = button("forward", "play (Space)", () => this.toggle());
    this.#play.classList.add("lg-play");
    this.#forward = button("forward", "one step on (Right arrow)", () =>
      this.go(stepper.index + 1),
    );
    this.#end = button("end", "to the end (End)", () => this.go(stepper.count));
    const buttons = h("div", { class: "lg-buttons", role: "group", "aria-label": "replay" });
    buttons.append(this.#start, this.#back, this.#play, this.#forward, this.#end);
    const progress = h("div", { class: "lg-progress", "aria-hidden": "true" }, this.#bar);
    this.element.append(buttons, this.#where, progress, this.choice);
  }

  get playing(): boolean {
    return this.#timer !== undefined;
  }

  /** To a step, by hand: playing stops. */
  go(index: number): void {
    this.pause();
    if (this.#stepper.go(index)) this.#moved();
    this.show();
  }

  toggle(): void {
    if (this.playing) {
      this.pause();
      this.show();
      return;
    }
    if (this.#stepper.atEnd && this.#stepper.go(0)) this.#moved();
    this.#wait();
    this.show();
  }

  #wait(): void {
    const pace = Math.max(LEAST, Math.min(MOST, IN_ALL / Math.max(1, this.#stepper.count)));
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (this.#stepper.go(this.#stepper.index + 1)) this.#moved();
      if (!this.#stepper.atEnd) this.#wait();
      this.show();
    }, pace);
  }

  pause(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** Buttons and place as they are now. */
  show(): void {
    const { index, count, atEnd } = this.#stepper;
    this.element.hidden = count === 0;
    say(this.#where, `step ${index} of ${count}`);
    this.#bar.style.transform = `scaleX(${count ? index / count : 0})`;
    this.#disable([this.#start, this.#back], index === 0);
    this.#disable([this.#forward, this.#end], atEnd);
    this.#shown();
    const label = this.playing ? "Pause" : atEnd && count ? "Replay" : "Play";
    if (this.#play.dataset.label === label) return;
    this.#play.dataset.label = label;
    this.#play.setAttribute("aria-label", `${label} (Space)`);
    this.#play.title = `${label} (Space)`;
    this.#play.replaceChildren(icon(this.playing ? "pause" : "forward"), label);
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
    if (event.ctrlKey || event.metaKey || event.altKey || this.#stepper.count === 0) return false;
    const target = event.target as HTMLElement;
    // These have a use for the keys themselves.
    if (target.closest("select, .lg-code")) return false;
    // Space and Enter on a button press the button.
    if (event.key === " " && target.closest("button")) return false;
    const { index, count } = this.#stepper;
    const moves: Record<string, () => void> = {
      ArrowRight: () => this.go(index + 1),
      ArrowLeft: () => this.go(index - 1),
      Home: () => this.go(0),
      End: () => this.go(count),
      " ": () => this.toggle(),
    };
    const move = moves[event.key];
    move?.();
    return move !== undefined;
  }
}

// Play, pause, scrub and pace of a race.
import { button, calm, h, icon, say } from "./dom.ts";

/** Seconds that a race takes at pace 1. */
const IN_ALL = 8;
/** Where no motion is wanted, a race is played in so many jumps. */
const JUMPS = 16;
const PACES = [0.1, 0.25, 0.5, 1, 2, 4];

export class Transport {
  readonly element = h("div", { class: "lg-foot lg-transport" });
  /** Steps that are done, with a part of the next while it plays. */
  #at = 0;
  #steps = 1;
  #frame = 0;
  #last = 0;
  readonly #moved: () => void;
  readonly #where = h("span", { class: "lg-where lg-note" });
  readonly #slider = h("input", {
    type: "range",
    class: "lg-slider",
    min: 0,
    step: 1,
    "aria-label": "step",
  });
  readonly #pace = h("select", { "aria-label": "pace", title: "pace" });
  readonly #play = button("forward", "play (Space)", () => this.toggle());
  readonly #back: HTMLButtonElement;
  readonly #forward: HTMLButtonElement;

  constructor(moved: () => void) {
    this.#moved = moved;
    this.#play.classList.add("lg-play");
    this.#back = button("back", "one step back (Left arrow)", () => this.by(-1));
    this.#forward = button("forward", "one step on (Right arrow)", () => this.by(1));
    const buttons = h("div", { class: "lg-buttons", role: "group", "aria-label": "race" });
    buttons.append(
      button("start", "to the start (Home)", () => this.go(0)),
      this.#back,
      this.#play,
      this.#forward,
      button("end", "to the end (End)", () => this.go(this.#steps)),
    );
    this.#slider.addEventListener("input", () => this.go(this.#slider.valueAsNumber));
    this.#slider.style.setProperty("--lg-turn", "100%");
    this.#pace.append(...PACES.map((pace) => h("option", { value: pace }, `${pace}×`)));
    this.#pace.value = "1";
    this.element.append(buttons, this.#where, this.#slider, this.#pace);
  }

  get step(): number {
    if (!this.playing || !calm()) return Math.floor(this.#at);
    const jump = Math.max(1, this.#steps / JUMPS);
    return Math.floor(Math.floor(this.#at / jump) * jump);
  }

  get playing(): boolean {
    return this.#frame !== 0;
  }

  set steps(steps: number) {
    this.#steps = steps;
    this.#at = Math.min(this.#at, steps);
    this.#slider.max = String(steps);
  }

  go(step: number): void {
    this.pause();
    this.#at = Math.min(Math.max(step, 0), this.#steps);
    this.#moved();
  }

  by(steps: number): void {
    this.go(this.step + steps);
  }

  toggle(): void {
    if (this.playing) this.pause();
    else {
      if (this.step >= this.#steps) this.#at = 0;
      this.#last = performance.now();
      this.#frame = requestAnimationFrame((now) => this.#tick(now));
    }
    this.#moved();
  }

  pause(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
  }

  #tick(now: number): void {
    const rate = Math.max(this.#steps / IN_ALL, 4) * Number(this.#pace.value);
    // A page that slept does not jump.
    this.#at += (Math.min(Math.max(now - this.#last, 0), 100) / 1000) * rate;
    this.#last = now;
    this.#frame = 0;
    if (this.#at < this.#steps) this.#frame = requestAnimationFrame((next) => this.#tick(next));
    else this.#at = this.#steps;
    this.#moved();
  }

  /** Writes where it stands. */
  show(): void {
    const [step, steps] = [this.step, this.#steps];
    const place = `step ${step.toLocaleString("en-US")} of ${steps.toLocaleString("en-US")}`;
    say(this.#where, place);
    this.#slider.value = String(step);
    this.#slider.setAttribute("aria-valuetext", place);
    this.#slider.style.setProperty("--lg-at", `${((100 * step) / steps).toFixed(2)}%`);
    this.#back.disabled = step === 0;
    this.#forward.disabled = step === steps;
    const label = this.playing ? "Pause" : step === steps ? "Replay" : "Play";
    if (this.#play.dataset.label === label) return;
    this.#play.dataset.label = label;
    this.#play.setAttribute("aria-label", `${label} (Space)`);
    this.#play.title = `${label} (Space)`;
    this.#play.replaceChildren(icon(this.playing ? "pause" : "forward"), label);
  }

  /** Keys of the view; says whether the key was one of them. */
  key(event: KeyboardEvent): boolean {
    if (event.ctrlKey || event.metaKey || event.altKey) return false;
    const target = event.target as HTMLElement;
    if (target.closest("select, input, .lg-start")) return false;
    if (event.key === " " && target.closest("button")) return false;
    const far = event.shiftKey ? 10 : 1;
    const moves: Record<string, () => void> = {
      ArrowRight: () => this.by(far),
      ArrowLeft: () => this.by(-far),
      Home: () => this.go(0),
      End: () => this.go(this.#steps),
      " ": () => this.toggle(),
    };
    const move = moves[event.key];
    move?.();
    return move !== undefined;
  }
}

// What can be turned about each optimiser of a race, and whether it is shown.
import {
  type Dial,
  dialled,
  label,
  notch,
  notches,
  spelt,
  valueText,
  type Walk,
} from "../core/race.ts";
import { elide } from "../core/text.ts";
import { h, say } from "./dom.ts";
import { swatch } from "./race-marks.ts";

export type Settings = Record<string, Record<string, number>>;

export interface Turner {
  /** A slider has moved. */
  turned(): void;
  /** An optimiser is shown or hidden. */
  shown(): void;
}

export class Cards {
  readonly element = h("div", { class: "lg-cards", role: "group", "aria-label": "settings" });
  readonly hidden = new Set<string>();
  /** What differs from how it was given, for each. */
  readonly settings: Settings = {};
  readonly #cards = new Map<string, Card>();
  readonly #turner: Turner;
  readonly #toggles: boolean;
  #key = "";
  #all = false;
  #live = true;

  /** `toggles`: whether an optimiser's name shows and hides it. */
  constructor(turner: Turner, toggles: boolean) {
    this.#turner = turner;
    this.#toggles = toggles;
  }

  /** Whether seldom used settings are shown, too. */
  set all(all: boolean) {
    this.#all = all;
    this.element.classList.toggle("lg-all", all);
    for (const card of this.#cards.values()) card.more(all);
  }

  /** Whether there is a kernel to run what is set. */
  set live(live: boolean) {
    this.#live = live;
    for (const card of this.#cards.values()) card.enable(live);
  }

  get isTurned(): boolean {
    return Object.values(this.settings).some((turned) => Object.keys(turned).length > 0);
  }

  reset(): void {
    for (const card of this.#cards.values()) card.reset();
    this.#turner.turned();
  }

  /** Puts the sliders where the kernel last ran these. */
  settle(walks: Walk[]): void {
    for (const { name, dials, settings } of walks)
      this.#cards
        .get(name)
        ?.settle(
          Object.fromEntries(
            dials
              .map(({ name, given }) => [name, settings[name] ?? given, given] as const)
              .filter(([, now, given]) => now !== given),
          ),
        );
  }

  update(walks: Walk[]): void {
    const key = walks.map(({ name }) => name).join("\n");
    if (key !== this.#key) {
      this.#key = key;
      this.#cards.clear();
      this.element.replaceChildren();
      walks.forEach((walk, which) => {
        this.settings[walk.name] ??= {};
        const turned = this.settings[walk.name]!;
        // What an earlier view of this race has set.
        for (const { name, given } of walk.dials)
          if (walk.settings[name] !== undefined && walk.settings[name] !== given)
            turned[name] ??= walk.settings[name];
        const card = new Card(
          walk,
          which,
          turned,
          this.#toggles ? this.hidden : null,
          this.#turner,
        );
        card.more(this.#all);
        card.enable(this.#live);
        this.#cards.set(walk.name, card);
        this.element.append(card.element);
      });
    }
    for (const walk of walks) this.#cards.get(walk.name)!.update(walk);
  }

  /** What is said beside each name: its loss now, or what became of it. */
  tell(name: string, text: string): void {
    this.#cards.get(name)?.tell(text);
  }

  hasMore(walks: Walk[]): boolean {
    return walks.some(({ dials }) => dials.some(({ first }) => !first));
  }
}

class Card {
  readonly element: HTMLElement;
  readonly #dials: { dial: Dial; row: HTMLElement; input: HTMLInputElement; value: HTMLElement }[];
  readonly #turned: Record<string, number>;
  readonly #now = h("span", { class: "lg-value-now" });
  readonly #problem = h("p", { class: "lg-error", role: "alert", hidden: true });
  readonly #reset = h("button", { type: "button", class: "lg-reset" }, "reset");
  #live = true;

  constructor(
    { name, kind, dials }: Walk,
    which: number,
    turned: Record<string, number>,
    hidden: Set<string> | null,
    turner: Turner,
  ) {
    this.#turned = turned;
    const called = elide(name, 40);
    const who = [swatch(which), h("span", { class: "lg-name" }, called)];
    const title = hidden ? `show or hide ${kind}` : kind;
    const show = hidden
      ? h("button", { type: "button", "aria-pressed": "true", class: "lg-who", title }, ...who)
      : h("span", { class: "lg-who", title }, ...who);
    if (hidden)
      show.addEventListener("click", () => {
        const hide = !hidden.has(name);
        if (hide) hidden.add(name);
        else hidden.delete(name);
        show.setAttribute("aria-pressed", String(!hide));
        turner.shown();
      });
    this.#reset.setAttribute("aria-label", `reset ${called}`);
    this.#reset.addEventListener("click", () => {
      this.reset();
      turner.turned();
    });
    this.#dials = dials.map((dial) => {
      const flag = dial.scale === "flag";
      const input = flag
        ? h("input", { type: "checkbox" })
        : h("input", { type: "range", min: 0, max: notches(dial), step: 1 });
      input.setAttribute("aria-label", `${spelt(dial.name)} of ${called}`);
      const value = h("output", {});
      input.addEventListener("input", () => {
        const set = flag ? Number(input.checked) : dialled(dial, input.valueAsNumber);
        if (set === dial.given) delete this.#turned[dial.name];
        else this.#turned[dial.name] = set;
        this.#write();
        turner.turned();
      });
      const title = spelt(dial.name);
      const row = h("label", { title, class: flag ? "lg-flag" : null });
      row.append(h("span", {}, label(dial.name)), ...(flag ? [input] : [value, input]));
      return { dial, row, input, value };
    });
    this.element = h(
      "div",
      { class: `lg-card lg-c${which % 6}`, role: "group", "aria-label": called },
      h("div", { class: "lg-card-head" }, show, this.#reset),
      h(
        "div",
        { class: "lg-now" },
        h("span", {}, hidden ? "loss" : "mean of 20 batches"),
        this.#now,
      ),
      h("div", { class: "lg-dials" }, ...this.#dials.map(({ row }) => row)),
      this.#problem,
    );
    this.#place();
  }

  more(all: boolean): void {
    for (const { dial, row } of this.#dials) row.hidden = !all && !dial.first;
  }

  enable(live: boolean): void {
    this.#live = live;
    for (const { input } of this.#dials) input.disabled = !live;
    this.#write();
  }

  reset(): void {
    this.settle({});
  }

  /** Puts the sliders where these settings differ from the given ones, and the others back. */
  settle(turned: Record<string, number>): void {
    for (const name of Object.keys(this.#turned)) delete this.#turned[name];
    Object.assign(this.#turned, turned);
    this.#place();
  }

  update({ problem }: Walk): void {
    this.#problem.hidden = !problem;
    say(this.#problem, problem);
    this.element.classList.toggle("lg-out", problem !== "");
  }

  tell(text: string): void {
    say(this.#now, text);
  }

  /** Puts the sliders where the settings are. */
  #place(): void {
    for (const { dial, input } of this.#dials) {
      const value = this.#turned[dial.name] ?? dial.given;
      if (dial.scale === "flag") input.checked = value !== 0;
      else input.value = String(notch(dial, value));
    }
    this.#write();
  }

  /** Writes the settings beside the sliders. */
  #write(): void {
    for (const { dial, input, value } of this.#dials) {
      const now = this.#turned[dial.name] ?? dial.given;
      if (dial.scale === "flag") continue;
      say(value, valueText(now));
      input.setAttribute("aria-valuetext", valueText(now));
      value.classList.toggle("lg-turned", dial.name in this.#turned);
    }
    const none = !this.#live || Object.keys(this.#turned).length === 0;
    // A button that vanishes leaves the focus where the hand is.
    if (none && this.#reset.matches(":focus")) this.#dials[0]?.input.focus();
    this.#reset.hidden = none;
  }
}

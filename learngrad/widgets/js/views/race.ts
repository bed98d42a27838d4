// A race of optimisers: their ways over the contours of a surface, their losses beside it, and
// sliders for what can be set. The kernel makes every step; this shows what it made.
import { type CurveStore, CurveStore as Store } from "../core/curves.ts";
import {
  board,
  HEADS,
  isGone,
  lossAt,
  type Place,
  placeAt,
  placeText,
  type Race,
  rows,
  runs,
} from "../core/race.ts";
import { elide, number } from "../core/text.ts";
import { ContourMap, type Inks, inks } from "./contour.ts";
import { h, say } from "./dom.ts";
import { PlotView } from "./plot.ts";
import raceCss from "./race.css";
import { Cards, type Settings } from "./race-cards.ts";
import { Losses } from "./race-losses.ts";
import { cross, mark } from "./race-marks.ts";
import { Transport } from "./race-transport.ts";
import { adopt, followTheme } from "./theme.ts";

/** What a view asks of the kernel. */
export interface Wish {
  start: Place | null;
  settings: Settings;
}

/** What the views of one race share. */
export interface Shared {
  race: Race;
  /** Counts what came from the kernel. */
  revision: number;
  /** What is wrong with the kernel, in words; "" where all is well. */
  silence: string;
  /** Whether the kernel that ran it is gone. */
  gone: boolean;
  /** Asks the kernel for another race; null where there is no kernel. */
  ask: ((wish: Wish) => void) | null;
  /** Whether an answer is waited for. */
  waiting: boolean;
}

/** Milliseconds of quiet after which a screen reader hears who stands where. */
const HUSH = 700;
/** Weight of the running mean that a training's curves begin with: batches differ. */
const SMOOTH = 0.9;
/** Pixels round the start within which it is taken hold of. */
const REACH = 14;
/** Pixels between steps from which each is a dot. */
const APART = 9;

export class RaceView {
  readonly root = h("div", {
    class: "lg-root lg-race",
    role: "group",
    tabindex: 0,
    "aria-label": "race of optimisers; Space plays, Left and Right step, T shows a table",
    "data-ready": "false",
    "data-lm-suppress-shortcuts": "true",
  });
  readonly #shared: Shared;
  readonly #cards: Cards;
  readonly #note = h("span", { class: "lg-note" });
  readonly #words = h("p", { class: "lg-board" });
  readonly #about = h("p", { class: "lg-about lg-note" });
  readonly #spoken = h("div", { class: "lg-hush", "aria-live": "polite" });
  readonly #more = h("button", { type: "button", "aria-pressed": "false" }, "all settings");
  readonly #reset = h("button", { type: "button" }, "reset all");
  readonly #asTable = h("button", { type: "button", "aria-pressed": "false" }, "table");
  readonly #table = h("div", {
    class: "lg-words",
    tabindex: 0,
    role: "group",
    "aria-label": "table of the race",
    hidden: true,
  });
  readonly #body = h("div", { class: "lg-race-body" });
  readonly #ground: Ground | null = null;
  readonly #curves: Curves | null = null;
  readonly #cleanups: (() => void)[] = [];
  #begin: Place | null;
  /** Where it began before anybody moved it. */
  readonly #first: Place | null;
  #seen = -1;
  #frame = 0;
  #hush: ReturnType<typeof setTimeout> | undefined;

  constructor(shared: Shared) {
    this.#shared = shared;
    const { race } = shared;
    this.#begin = race.start;
    this.#first = race.begin;
    const turner = { turned: () => this.#wish(), shown: () => this.update() };
    // The curves have a legend of their own.
    this.#cards = new Cards(turner, race.ground !== null);
    adopt(document.body);
    adopt(document.body, "race", raceCss);
    const gap = h("span", { class: "lg-gap" });
    const title = h("span", { class: "lg-title" }, race.title);
    const buttons = h("div", { class: "lg-buttons", role: "group", "aria-label": "view" });
    buttons.append(this.#reset, this.#more, this.#asTable);
    this.root.append(h("div", { class: "lg-head" }, title, this.#note, gap, buttons));
    this.root.append(this.#body, this.#table);
    if (race.ground) {
      const moved = () => this.update();
      this.#ground = new Ground(race, this.#cards.hidden, { moved, begun: (at) => this.#from(at) });
      this.#body.append(this.#ground.element, this.#ground.losses.element);
      this.root.append(this.#ground.transport.element);
    } else {
      this.#curves = new Curves();
      this.#body.append(this.#curves.view.root);
      this.#body.classList.add("lg-wide");
      this.#asTable.hidden = true; // the curves have a table of their own
    }
    this.root.append(this.#words, this.#cards.element, this.#about, this.#spoken);
    this.#listen();
    this.update();
  }

  #listen(): void {
    this.root.addEventListener("keydown", (event) => {
      const known =
        this.#ground?.transport.key(event) || (this.#ground && this.#otherKey(event)) || false;
      if (!known) return;
      event.preventDefault();
      event.stopPropagation();
    });
    this.#asTable.addEventListener("click", () => this.#toggleTable());
    this.#more.addEventListener("click", () => {
      const all = this.#more.getAttribute("aria-pressed") !== "true";
      this.#more.setAttribute("aria-pressed", String(all));
      this.#cards.all = all;
    });
    this.#reset.addEventListener("click", () => {
      this.#begin = this.#first;
      this.#cards.reset();
    });
    this.#cleanups.push(followTheme(this.root, () => requestAnimationFrame(() => this.#redress())));
  }

  #otherKey({ key, target, ctrlKey, metaKey, altKey }: KeyboardEvent): boolean {
    if (key.toLowerCase() !== "t" || ctrlKey || metaKey || altKey) return false;
    if ((target as HTMLElement).closest("select, input")) return false;
    this.#toggleTable();
    return true;
  }

  #toggleTable(): void {
    const on = this.#asTable.getAttribute("aria-pressed") !== "true";
    this.#asTable.setAttribute("aria-pressed", String(on));
    this.#table.hidden = !on;
    this.#body.hidden = on;
    this.update();
  }

  #redress(): void {
    this.#ground?.redress();
    this.update();
  }

  #from(start: Place): void {
    this.#begin = start;
    this.#wish();
  }

  #wish(): void {
    this.#shared.ask?.({ start: this.#begin, settings: structuredClone(this.#cards.settings) });
    this.root.dataset.waiting = String(this.#shared.waiting);
    this.update();
  }

  /** Drawn with the next frame, however much has changed. */
  update(): void {
    if (this.#frame) return;
    this.root.dataset.ready = "false";
    if (document.hidden) this.#show();
    else
      this.#frame = requestAnimationFrame(() => {
        this.#frame = 0;
        this.#show();
      });
  }

  #show(): void {
    const { race, revision, silence, ask, gone } = this.#shared;
    const fresh = revision !== this.#seen;
    const live = ask !== null && !gone;
    if (fresh) {
      this.#seen = revision;
      this.#cards.update(race.walks);
      if (gone) this.#settle();
      this.#cards.live = live;
      this.#more.hidden = !this.#cards.hasMore(race.walks);
      this.#curves?.show(race);
      say(this.#about, race.ground ? race.ground.about : "");
      this.#about.hidden = !race.ground?.about;
    }
    const step = this.#ground ? this.#ground.step : race.steps;
    this.#ground?.show(race, this.#begin, fresh, live);
    const told = board(race.walks, step);
    say(this.#words, told);
    say(this.#note, silence || note(race) + (ask ? "" : " · recorded"));
    this.#note.classList.toggle("lg-alarm", silence !== "");
    for (const walk of race.walks) {
      const gone = isGone(walk, step) ? `diverged at ${walk.diverged}` : "";
      this.#cards.tell(walk.name, runs(walk) ? gone || number(lossAt(walk, step)) : "");
    }
    this.#reset.disabled =
      !live || (!this.#cards.isTurned && String(this.#begin) === String(this.#first));
    if (!this.#table.hidden) this.#table.replaceChildren(table(race, step));
    this.#tell(told);
    Object.assign(this.root.dataset, {
      ready: "true",
      step: String(step),
      steps: String(race.steps),
      revision: String(revision),
      waiting: String(this.#shared.waiting),
      playing: String(this.#ground?.transport.playing ?? false),
      start: race.start ? race.start.map((at) => number(at)).join(" ") : "",
    });
  }

  /** Where nobody runs what was set: the sliders and the start of the race that is shown. */
  #settle(): void {
    this.#begin = this.#shared.race.start;
    this.#cards.settle(this.#shared.race.walks);
  }

  /** Said once it is quiet: not for each step that is played, nor for each move of a slider. */
  #tell(told: string): void {
    clearTimeout(this.#hush);
    if (!this.#ground?.transport.playing)
      this.#hush = setTimeout(() => say(this.#spoken, told), HUSH);
  }

  destroy(): void {
    cancelAnimationFrame(this.#frame);
    clearTimeout(this.#hush);
    this.#ground?.destroy();
    this.#curves?.view.destroy();
    for (const clean of this.#cleanups) clean();
    this.root.remove();
  }
}

function note({ ground, steps, start }: Race): string {
  const count = `${steps.toLocaleString("en-US")} ${steps === 1 ? "step" : "steps"}`;
  return ground && start ? `from ${placeText(start)} · ${count}` : count;
}

function table(race: Race, step: number): HTMLElement {
  const head = h("tr", {}, ...HEADS.map((text) => h("th", { scope: "col" }, text)));
  const body = rows(race, step).map(([name, ...rest]) =>
    h("tr", {}, h("th", { scope: "row" }, name), ...rest.map((text) => h("td", {}, text))),
  );
  const caption = h("caption", {}, board(race.walks, step));
  return h("table", {}, caption, h("thead", {}, head), h("tbody", {}, ...body));
}

/** The curves of a training that each optimiser has run. */
class Curves {
  readonly #store: CurveStore = new Store();
  readonly view = new PlotView(this.#store, "Loss of each batch");

  constructor() {
    this.view.smooth(SMOOTH);
  }

  show({ walks }: Race): void {
    for (const { name, loss, diverged } of walks) {
      if (!loss.length && diverged === null) continue; // it does not run: its last curve stays
      this.#store.series.find(({ run }) => run === name)?.clear();
      const y = Float64Array.from(loss);
      const x = y.map((_, at) => at);
      const part = { name: "loss", run: name, start: 0 };
      if (y.length) this.#store.append({ ...part, end: y.length }, x, y);
      if (diverged === null) continue;
      const lost = { ...part, start: y.length, end: y.length + 1 };
      this.#store.append(
        lost,
        Float64Array.of(diverged),
        Float64Array.of(Number.POSITIVE_INFINITY),
      );
    }
    this.view.update();
  }
}

/** The surface with the ways over it, their losses, and what plays them. */
class Ground {
  readonly element = h("div", { class: "lg-ground" });
  readonly losses: Losses;
  readonly transport: Transport;
  readonly #map: ContourMap;
  readonly #handle = h("button", { type: "button", class: "lg-start" });
  readonly #picture = h("div", { class: "lg-hush", role: "img" });
  readonly #hidden: ReadonlySet<string>;
  readonly #listener: { moved(): void; begun(at: Place): void };
  #race: Race;
  #begin: Place | null;
  #ink: Inks | null = null;

  constructor(
    race: Race,
    hidden: ReadonlySet<string>,
    listener: { moved(): void; begun(at: Place): void },
  ) {
    this.#race = race;
    this.#begin = race.start;
    this.#hidden = hidden;
    this.#listener = listener;
    this.transport = new Transport(listener.moved);
    this.transport.steps = race.steps;
    this.transport.go(race.steps);
    this.losses = new Losses((step) => this.transport.go(step));
    this.#map = new ContourMap({ labels: ["x", "y"], over: (pen) => this.#draw(pen) });
    this.element.append(this.#map.element, this.#handle, this.#picture);
    this.#drag();
  }

  get step(): number {
    return this.transport.step;
  }

  show(race: Race, begin: Place | null, fresh: boolean, live: boolean): void {
    this.#race = race;
    this.#begin = begin;
    if (fresh) {
      this.transport.steps = race.steps;
      this.losses.show(race);
      if (this.#map.field !== race.ground!.field) this.#map.show(race.ground!.field);
      this.element.classList.toggle("lg-live", live);
      this.#handle.hidden = !live;
    }
    this.transport.show();
    this.losses.at(this.step, this.#hidden);
    this.#ink ??= inks(this.#map.element);
    this.#map.over();
    const walks = race.walks.filter(({ name }) => !this.#hidden.has(name));
    const places = walks.map((walk) => {
      const at = placeAt(walk, this.step);
      return at ? `${elide(walk.name, 40)} at ${placeText(at)}` : "";
    });
    const { name } = race.ground!;
    const label = `contours of ${elide(name, 60)}: ${places.filter(Boolean).join(", ")}`;
    this.#picture.setAttribute("aria-label", label);
  }

  redress(): void {
    this.#ink = null;
    this.#map.draw();
  }

  destroy(): void {
    this.transport.pause();
    this.losses.destroy();
    this.#map.destroy();
  }

  // ---- drawing

  #draw(pen: CanvasRenderingContext2D): void {
    const ink = this.#ink ?? inks(this.#map.element);
    const { walks, ground } = this.#race;
    for (const place of ground!.minima) this.#flag(pen, this.#map.place(place), ink);
    // Who is lost crosses the whole picture, below the others.
    for (const lost of [true, false])
      walks.forEach((walk, which) => {
        if (this.#hidden.has(walk.name) || !walk.path?.length) return;
        if ((walk.diverged !== null) === lost)
          this.#way(pen, walk.path, ink.series(which), ink.halo);
      });
    // Nobody's mark is under another one's way.
    walks.forEach((walk, which) => {
      const at = this.#hidden.has(walk.name) ? null : placeAt(walk, this.step);
      if (!at) return;
      const place = this.#map.place(at);
      if (isGone(walk, this.step)) cross(pen, this.#inside(place), ink.broken, ink.halo);
      else mark(pen, which, place, 6.5, ink.series(which), ink.halo);
    });
    if (!this.#begin) return;
    const place = this.#map.place(this.#begin);
    if (this.#handle.hidden) this.#ring(pen, place, ink);
    else this.#placeHandle(place);
  }

  #way(pen: CanvasRenderingContext2D, path: ArrayLike<number>, colour: string, halo: string): void {
    const end = Math.min(this.step, path.length / 2 - 1);
    const way = new Path2D();
    const steps = new Path2D();
    let [last, before] = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (let at = 0; at <= end; at++) {
      const [x, y] = this.#map.place([path[2 * at]!, path[2 * at + 1]!]);
      if (at) way.lineTo(x, y);
      else way.moveTo(x, y);
      // Where steps are long each is seen; where they are short the line is enough.
      if (Math.hypot(x - last, y - before) < APART) continue;
      steps.moveTo(x + 2.5, y);
      steps.arc(x, y, 2.5, 0, 2 * Math.PI);
      [last, before] = [x, y];
    }
    pen.lineJoin = pen.lineCap = "round";
    for (const [style, width] of [
      [halo, 4.5],
      [colour, 2],
    ] as const) {
      pen.strokeStyle = style;
      pen.lineWidth = width;
      pen.stroke(way);
    }
    pen.fillStyle = colour;
    pen.fill(steps);
  }

  /** The start where nobody can move it. */
  #ring(pen: CanvasRenderingContext2D, [x, y]: [number, number], ink: Inks): void {
    pen.beginPath();
    pen.arc(x, y, 9, 0, 2 * Math.PI);
    for (const [style, width] of [
      [ink.halo, 6],
      [ink.ink, 3],
    ] as const) {
      pen.strokeStyle = style;
      pen.lineWidth = width;
      pen.stroke();
    }
  }

  /** A minimum: a small target. */
  #flag(pen: CanvasRenderingContext2D, [x, y]: [number, number], ink: Inks): void {
    pen.beginPath();
    pen.arc(x, y, 7, 0, 2 * Math.PI);
    pen.moveTo(x - 11, y);
    pen.lineTo(x + 11, y);
    pen.moveTo(x, y - 11);
    pen.lineTo(x, y + 11);
    for (const [style, width] of [
      [ink.halo, 4],
      [ink.ink, 1.5],
    ] as const) {
      pen.strokeStyle = style;
      pen.lineWidth = width;
      pen.stroke();
    }
  }

  /** The place, or where it left the picture. */
  #inside([x, y]: [number, number]): [number, number] {
    const [left, top, right, bottom] = this.#map.frame;
    const room = 9;
    return [
      Math.min(Math.max(x, left + room), right - room),
      Math.min(Math.max(y, top + room), bottom - room),
    ];
  }

  // ---- the start

  #placeHandle([x, y]: [number, number]): void {
    this.#handle.style.left = `${x.toFixed(1)}px`;
    this.#handle.style.top = `${y.toFixed(1)}px`;
    const label = `start at ${placeText(this.#begin!)}; drag it, or move it by the arrow keys`;
    this.#handle.setAttribute("aria-label", label);
    this.#handle.title = label;
  }

  #drag(): void {
    const area = this.element;
    area.addEventListener("pointerdown", (event) => {
      if (event.button !== 0 || !area.classList.contains("lg-live")) return;
      const [x, y] = this.#map.place(this.#begin ?? [0, 0]);
      const box = this.#map.element.getBoundingClientRect();
      const [px, py] = [event.clientX - box.left, event.clientY - box.top];
      const onHandle = Math.hypot(px - x, py - y) <= REACH;
      // A finger that moves elsewhere scrolls the page.
      if (!onHandle && event.pointerType === "touch") return;
      const [left, top, right, bottom] = this.#map.frame;
      if (!onHandle && (px < left || px > right || py < top || py > bottom)) return;
      area.setPointerCapture(event.pointerId);
      event.preventDefault();
      this.#handle.focus({ preventScroll: true });
      if (!onHandle) this.#move(this.#map.under(event));
    });
    area.addEventListener("pointermove", (event) => {
      if (area.hasPointerCapture(event.pointerId)) this.#move(this.#map.under(event));
    });
    this.#handle.addEventListener("keydown", (event) => {
      const ways: Record<string, Place> = {
        ArrowLeft: [-1, 0],
        ArrowRight: [1, 0],
        ArrowUp: [0, 1],
        ArrowDown: [0, -1],
      };
      const way = ways[event.key];
      if (!way || !this.#begin || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      event.stopPropagation();
      const { x, y } = this.#race.ground!.field;
      const size = event.shiftKey ? 10 : 1;
      this.#move([
        this.#begin[0] + way[0] * size * 10 ** -digits(x),
        this.#begin[1] + way[1] * size * 10 ** -digits(y),
      ]);
    });
  }

  /** The start at a place within the picture, on a round number. */
  #move([x, y]: Place): void {
    const { x: across, y: up } = this.#race.ground!.field;
    const within = (at: number, ends: Place) =>
      Number(Math.min(Math.max(at, ends[0]), ends[1]).toFixed(Math.max(0, digits(ends)))) + 0;
    this.#listener.begun([within(x, across), within(y, up)]);
  }
}

/** Digits after the point of a place on an axis: a few hundred places from end to end. */
const digits = ([low, high]: Place) => 3 - Math.ceil(Math.log10(high - low));

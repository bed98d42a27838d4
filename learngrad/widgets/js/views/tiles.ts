// The tensors of an operation as tiles: an element of the result is chosen, and what it comes from
// lights up in the others, with the formula and its numbers. Going back mirrors going forward.
import { number } from "../core/text.ts";
import { type Block, blocksOf, firstOf, sheetWords } from "../core/tiles/blocks.ts";
import type { Scene, Sheet } from "../core/tiles/scene.ts";
import { h, say } from "./dom.ts";
import { inShades, type Named, NumberTables } from "./number-tables.ts";
import { adopt } from "./theme.ts";
import { ABREAST, BETWEEN, isNarrow, type Measure, measured } from "./tile-size.ts";
import { addedUp, sentence, tables, told } from "./tile-words.ts";
import css from "./tiles.css";

/** What is kept between steps: which element of which tensor is followed. */
export class Tiles {
  /** Where the followed element is spoken. */
  readonly live = h("div", { class: "lg-t-live", "aria-live": "polite" });
  readonly #room: () => number;
  /** By node and output, as `3:0`: the element that was chosen, and those reached from it. */
  readonly #followed = new Map<string, number>();
  /** The panel may be given its width after it was filled, and another one later. */
  readonly #observer = new ResizeObserver(() => {
    for (const view of this.#views) view.fit(this.#room());
  });
  #asTable = false;
  #views: (SceneView | NumberTables)[] = [];

  /** `room` says how wide the panel is. */
  constructor(room: () => number) {
    this.#room = room;
    adopt(document.body, "tiles", css);
  }

  /** Another step is shown: the views of the last one are gone. */
  begin(): void {
    this.#observer.disconnect();
    this.#views = [];
  }

  /** The drawing of a scene. */
  show(scene: Scene): HTMLElement {
    const view = new SceneView(scene, this.#room(), {
      chosen: (at) => this.#choose(scene, at),
      asTable: () => this.#toggle(),
    });
    if (!this.#views.length) view.addFoot();
    this.#views.push(view);
    const [at, goesOn] = this.#start(scene);
    if (at !== null && goesOn && this.#views.length === 1) this.#say(scene, at);
    view.draw(this.#asTable);
    if (at !== null) view.follow(at);
    this.#observer.observe(view.root);
    return view.root;
  }

  /** Where there are no tiles: the way to the numbers that a step shows in shades. */
  numbers(values: Named[]): HTMLElement[] {
    const shades = values.filter(inShades);
    if (!shades.length) return [];
    const view = new NumberTables(shades, () => this.#toggle());
    this.#views.push(view);
    view.draw(this.#asTable);
    return [view.root];
  }

  /** The element to follow at first, and whether it is the one chosen, or leads on from it. */
  #start(scene: Scene): [at: number | null, goesOn: boolean] {
    const chosen = this.#followed.get(scene.key);
    if (chosen !== undefined && scene.follow.kept.at(chosen) !== undefined) return [chosen, true];
    const wanted = scene.via.flatMap(({ key, of }) => {
      const at = this.#followed.get(key);
      return at === undefined ? [] : [{ of, at }];
    });
    const { at, reached } = firstOf(scene, wanted);
    if (at !== null && reached) this.#followed.set(scene.key, at);
    return [at, reached];
  }

  #choose(scene: Scene, at: number): void {
    this.#followed.clear();
    this.#followed.set(scene.key, at);
    this.#say(scene, at);
  }

  #say(scene: Scene, at: number): void {
    const trail = scene.trail(at);
    if (trail) say(this.live, sentence(scene, at, trail));
  }

  #toggle(): void {
    this.#asTable = !this.#asTable;
    for (const view of this.#views) view.draw(this.#asTable);
  }
}

interface Calls {
  chosen(at: number): void;
  asTable(): void;
}

/** How many there were: each names its cells apart. */
let made = 0;

/** One scene in the page. */
class SceneView {
  readonly root = h("div", { class: "lg-t-scene" });
  readonly #scene: Scene;
  readonly #calls: Calls;
  #room: number;
  readonly #blocks: Block[][];
  readonly #sheets = h("div", { class: "lg-t-sheets" });
  readonly #told = h("div", { class: "lg-t-told" });
  readonly #table = h("button", { type: "button", class: "lg-t-as-table" });
  readonly #id: string;
  /** The cells by their sheet and place. */
  #cells = new Map<string, HTMLElement>();
  #lit: HTMLElement[] = [];
  #grid: HTMLElement | null = null;
  #at = -1;
  /** The element that is lit: the followed one, or the one that is pointed at. */
  #shown = -1;
  #asTable = false;

  constructor(scene: Scene, room: number, calls: Calls) {
    made += 1;
    this.#id = `lg-tiles-${made}`;
    this.#scene = scene;
    this.#room = room;
    this.#calls = calls;
    this.#blocks = blocksOf(scene);
    this.#table.addEventListener("click", () => calls.asTable());
    this.root.append(this.#sheets, this.#told);
    if (scene.back) this.root.classList.add("lg-t-back");
  }

  /** What the colours mean, and the way to the tables; the first scene of a step has it for all. */
  addFoot(): void {
    this.root.append(h("div", { class: "lg-t-foot" }, key(), this.#table));
  }

  /** Draws it anew where there is more or less room than there was. */
  fit(room: number): void {
    if (Math.abs(room - this.#room) < 4) return;
    this.#room = room;
    if (!this.#asTable) this.draw(false);
  }

  draw(asTable: boolean): void {
    const held = this.#grid?.matches(":focus");
    this.#asTable = asTable;
    say(this.#table, asTable ? "as tiles" : "numbers as tables");
    this.#cells.clear();
    this.#grid = null;
    this.#sheets.className = `lg-t-sheets${this.#scene.corner && !asTable ? " lg-t-corner" : ""}`;
    if (asTable) this.#sheets.replaceChildren();
    else this.#drawTiles();
    if (this.#at >= 0) this.follow(this.#at);
    if (held) (this.#grid ?? this.#table).focus({ preventScroll: true });
  }

  // ---- Tiles

  #drawTiles(): void {
    const { sheets, corner, back } = this.#scene;
    const measure = measured(this.#scene, this.#blocks, this.#room);
    const drawn = sheets.map((sheet, at) => this.#sheet(sheet, this.#blocks[at]!, measure[at]!));
    if (corner) {
      this.#sheets.replaceChildren(...drawn);
      return;
    }
    const first = sheets.findIndex(({ place }) => place === "right");
    const arrow = h("span", { class: "lg-t-arrow", "aria-hidden": "true" }, back ? "←" : "→");
    const sides = [drawn.slice(0, first), drawn.slice(first)].map((side) =>
      h("div", { class: "lg-t-group" }, ...side),
    );
    this.#sheets.replaceChildren(sides[0]!, arrow, sides[1]!);
  }

  #sheet(sheet: Sheet, blocks: Block[], size: Measure): HTMLElement {
    const mine = sheet === this.#scene.follow;
    const words = sheetWords(sheet);
    const [first, ...more] = words;
    const label = mine
      ? `${sheet.name}, ${words.join(", ")}: the arrow keys choose an element`
      : `${sheet.name}, ${words.join(", ")}`;
    const grid = h("div", { class: "lg-t-grid", "aria-label": label });
    const widest = Math.max(0, ...blocks.map(({ rows }) => rows[0]?.length ?? 0));
    if (blocks.length > 1)
      grid.style.maxWidth = `${ABREAST * widest * (size.width + 1) + (ABREAST - 1) * BETWEEN}px`;
    grid.append(...blocks.map((block) => this.#block(sheet, block, size, mine)));
    const sizes = {
      width: size.width,
      height: size.height,
      digits: Math.min(10.5, size.height - 1),
    };
    for (const [name, pixels] of Object.entries(sizes))
      grid.style.setProperty(`--lg-t-${name}`, `${pixels}px`);
    if (mine) this.#listen(grid);
    else grid.setAttribute("role", "img");
    grid.addEventListener("pointerover", ({ target }) => name(sheet, target as HTMLElement));
    const look = [
      "lg-t-sheet",
      `lg-t-at-${sheet.place}`,
      mine ? "lg-t-follow" : "",
      sheet.gradient ? "lg-t-gradient" : "",
      isNarrow(sheet) ? "lg-t-one" : "",
    ];
    return h(
      "div",
      { class: look.filter(Boolean).join(" ") },
      grid,
      h(
        "small",
        {},
        h("span", {}, h("b", {}, sheet.name + (isTransposed(sheet) ? "ᵀ" : "")), ` ${first}`),
        ...more.map((line) => h("span", {}, line)),
      ),
    );
  }

  #block(sheet: Sheet, block: Block, size: Measure, mine: boolean): HTMLElement {
    const rows = block.rows.map((row) => {
      const line = h("div", { class: "lg-t-line", role: mine ? "row" : null });
      for (const { at, value, text, strength, bad } of row) {
        const where = mine ? sheet.kept.text(at) : "";
        const cell = h(
          "span",
          {
            class: bad ? "lg-bad" : null,
            role: mine ? "gridcell" : null,
            id: mine ? `${this.#id}-${at}` : null,
            "data-at": at,
            "aria-label": mine ? `${where} ${text}` : null,
          },
          size.write?.(value),
        );
        const share = (100 * Math.abs(strength)).toFixed(0);
        const colour = strength < 0 ? "cold" : "warm";
        cell.style.backgroundColor = `color-mix(in srgb, var(--lg-${colour}) ${share}%, var(--lg-t-zero))`;
        this.#cells.set(`${sheet.of}:${at}`, cell);
        line.append(cell);
      }
      return line;
    });
    return h("div", { class: "lg-t-block" }, ...rows);
  }

  #listen(grid: HTMLElement): void {
    this.#grid = grid;
    grid.tabIndex = 0;
    grid.setAttribute("role", "grid");
    const placeOf = (event: Event) => {
      const at = (event.target as HTMLElement).dataset.at;
      return at === undefined ? null : Number(at);
    };
    // A grid that comes to lie under a pointer at rest is not pointed at.
    grid.addEventListener("pointermove", (event) => {
      const at = placeOf(event);
      if (at !== null && at !== this.#shown && event.pointerType === "mouse") this.#paint(at);
    });
    grid.addEventListener("pointerleave", () => this.#paint(this.#at));
    grid.addEventListener("click", (event) => {
      const at = placeOf(event);
      if (at !== null) this.#choose(at);
    });
    grid.addEventListener("keydown", (event) => this.#key(event));
  }

  /** The arrow keys go through the elements; Escape goes back to the replay. */
  #key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") {
      this.#grid?.closest<HTMLElement>(".lg-root")?.focus({ preventScroll: true });
    } else {
      const to = this.#moved(event.key);
      if (to === null) return;
      this.#choose(to);
    }
    event.preventDefault();
    event.stopPropagation();
  }

  #moved(name: string): number | null {
    const lines = this.#blocks[this.#scene.sheets.indexOf(this.#scene.follow)]!.flatMap(
      ({ rows }) => rows,
    );
    const row = lines.findIndex((line) => line.some(({ at }) => at === this.#at));
    const column = lines[row]?.findIndex(({ at }) => at === this.#at) ?? 0;
    const steps: Record<string, [number, number]> = {
      ArrowLeft: [row, column - 1],
      ArrowRight: [row, column + 1],
      ArrowUp: [row - 1, column],
      ArrowDown: [row + 1, column],
      Home: [row, 0],
      End: [row, (lines[row]?.length ?? 1) - 1],
    };
    const to = steps[name];
    return to ? (lines[to[0]]?.[to[1]]?.at ?? this.#at) : null;
  }

  #choose(at: number): void {
    this.follow(at);
    this.#calls.chosen(at);
  }

  /** Follows an element from now on. */
  follow(at: number): void {
    this.#at = at;
    this.#paint(at);
  }

  #paint(at: number): void {
    const trail = at < 0 ? null : this.#scene.trail(at);
    if (!trail) return;
    this.#shown = at;
    for (const cell of this.#lit) cell.classList.remove("lg-t-lit", "lg-t-chosen");
    this.#lit = trail.entries.flatMap(
      ({ of, at: place }) => this.#cells.get(`${of}:${place}`) ?? [],
    );
    for (const cell of this.#lit) cell.classList.add("lg-t-lit");
    const own = this.#cells.get(`${this.#scene.follow.of}:${at}`);
    if (own) {
      own.classList.add("lg-t-chosen");
      this.#lit.push(own);
    }
    for (const cell of this.#grid?.querySelectorAll("[aria-selected]") ?? [])
      cell.removeAttribute("aria-selected");
    own?.setAttribute("aria-selected", "true");
    this.#grid?.setAttribute("aria-activedescendant", `${this.#id}-${at}`);
    this.#told.replaceChildren(
      ...told(this.#scene.name(at), trail),
      ...addedUp(this.#scene, at, trail),
    );
    if (this.#asTable) this.#sheets.replaceChildren(tables(this.#scene, at, trail));
  }
}

/** Says on a cell, once the pointer is there, which element it is. */
function name({ kept }: Sheet, cell: HTMLElement): void {
  const { at } = cell.dataset;
  if (at !== undefined) cell.title = `${kept.text(+at)} ${number(kept.at(+at)!)}`.trim();
}

/** A vector that stands as a column is the same vector. */
const isTransposed = ({ turned, kept }: Sheet) => turned && kept.shape.length > 1;

/** Colours: what is negative, nothing, positive. */
function key(): HTMLElement {
  const swatch = (look: string, text: string) =>
    h("span", {}, h("i", { class: look, "aria-hidden": "true" }), text);
  return h(
    "span",
    { class: "lg-t-key" },
    swatch("lg-t-cold", "below 0"),
    swatch("lg-t-zero", "0"),
    swatch("lg-t-warm", "above"),
  );
}

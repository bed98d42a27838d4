// A loss surface: contours, the same in space, cuts through a point, or a table; what is read at the
// crosshair; and how far the kernel is with computing.
import { type Levels, levels } from "../core/contours.ts";
import {
  along,
  coordinate,
  cut,
  fieldOf,
  lowest,
  progress,
  Scale,
  type Surface,
  tableOf,
} from "../core/surface.ts";
import { elide, number } from "../core/text.ts";
import { ContourMap, disc, drawPath, inks, Later } from "./contour.ts";
import { h, s, say } from "./dom.ts";
import surfaceCss from "./surface.css";
import { SliceChart } from "./surface-slices.ts";
import { SolidView } from "./surface-solid.ts";
import { adopt, followTheme } from "./theme.ts";

type Point = [number, number];
type Kind = "contours" | "3-D" | "slices" | "table";

const KEYS: Record<Kind, string> = {
  contours:
    "contours of the loss; arrows move the crosshair, with Shift eight times as far, T shows a table",
  "3-D": "the surface in space; arrows turn it, Home turns it back",
  slices: "the loss along lines through the crosshair; arrows move it",
  table: "",
};
/** The crosshair's steps from edge to edge. */
const STEPS = 64;

export interface SurfaceActions {
  cancel(): void;
  refine(): void;
}

export class SurfaceView {
  readonly root = h("div", {
    class: "lg-root lg-surface",
    role: "group",
    "aria-label": "loss surface",
    "data-ready": "false",
    "data-lm-suppress-shortcuts": "true",
  });
  readonly #data: () => Surface | null;
  /** Null where there is no kernel to ask. */
  readonly #actions: SurfaceActions | null;
  readonly #note = h("span", { class: "lg-note" });
  readonly #scene = h("div", { class: "lg-scene", tabindex: 0, role: "group" });
  readonly #empty = h("div", { class: "lg-empty" });
  readonly #map: ContourMap;
  readonly #solid: SolidView;
  readonly #slices = h("div", { class: "lg-slices" });
  readonly #charts = [new SliceChart(), new SliceChart()] as const;
  readonly #table = h("div", {
    class: "lg-words",
    tabindex: 0,
    role: "group",
    "aria-label": "table of losses",
  });
  readonly #tabs = new Map<Kind, HTMLButtonElement>();
  readonly #reading = h("dl");
  readonly #facts = h("dl");
  readonly #marks = h("div", { class: "lg-marks" });
  readonly #said = h("div");
  readonly #complaint = h("div", { class: "lg-error lg-complaint" });
  readonly #foot = h("div", { class: "lg-foot" });
  readonly #bar = h("progress", { max: 1, "aria-label": "computing" });
  readonly #progress = h("span", { class: "lg-note" });
  readonly #stop = h("button", { type: "button" }, "Cancel");
  readonly #words = h("div", { class: "lg-hush", role: "img" });
  readonly #spoken = h("div", { class: "lg-hush", "aria-live": "polite" });
  readonly #cleanups: (() => void)[] = [];
  readonly #later = new Later(this.root, () => this.update());
  #kind: Kind = "contours";
  /** What the table goes back to. */
  #drawn: Kind = "contours";
  /** The crosshair, and where the pointer is; null: at the parameters. */
  #chosen: Point | null = null;
  #hover: Point | null = null;
  #levels: Levels = { values: [], isLog: false };
  #levelled: Float64Array | null = null;
  #built = "";
  #frame = 0;

  constructor(data: () => Surface | null, actions: SurfaceActions | null, title = "Loss surface") {
    this.#data = data;
    this.#actions = actions;
    this.#map = this.#makeMap(["", ""]);
    this.#solid = new SolidView(() => this.update());
    this.#slices.append(...this.#charts.map(({ element }) => element));
    for (const kind of ["contours", "3-D", "slices", "table"] as const) {
      const tab = h("button", { type: "button", "aria-pressed": "false" }, kind);
      tab.addEventListener("click", () => this.#show(kind));
      this.#tabs.set(kind, tab);
    }
    const buttons = h("div", { class: "lg-buttons", role: "group", "aria-label": "view" });
    buttons.append(...this.#tabs.values());
    this.#foot.append(this.#bar, this.#progress, h("span", { class: "lg-gap" }), this.#stop);
    this.#scene.append(this.#map.element, this.#solid.element, this.#slices, this.#empty);
    const read = h("div", { class: "lg-read" });
    read.append(this.#reading, this.#marks, this.#facts, this.#said);
    const ground = h("div", { class: "lg-ground" });
    ground.append(h("div", { class: "lg-drawn" }, this.#scene, this.#table), read);
    this.root.append(
      h(
        "div",
        { class: "lg-head" },
        h("span", { class: "lg-title" }, elide(title, 80)),
        this.#note,
        h("span", { class: "lg-gap" }),
        buttons,
      ),
      this.#complaint,
      ground,
      this.#foot,
      this.#words,
      this.#spoken,
    );
    adopt(document.body);
    adopt(document.body, "surface", surfaceCss);
    this.#listen();
    this.update();
  }

  complain(problem: string): void {
    say(this.#complaint, problem);
  }

  /** There is something new: drawn with the next frame. */
  update(): void {
    if (this.#frame) return;
    this.root.dataset.ready = "false";
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      this.#draw();
      this.#later.unless(this.root.clientWidth > 0);
      this.root.dataset.ready = "true";
    });
  }

  destroy(): void {
    cancelAnimationFrame(this.#frame);
    this.#later.stop();
    this.#map.destroy();
    for (const clean of this.#cleanups) clean();
    this.root.remove();
  }

  // ---- what is chosen

  #show(kind: Kind): void {
    this.#kind = kind;
    if (kind !== "table") this.#drawn = kind;
    this.#hover = null;
    this.#reveal();
    this.update();
  }

  #reveal(): void {
    const kind = this.#kind;
    for (const [one, tab] of this.#tabs) tab.setAttribute("aria-pressed", String(one === kind));
    this.#map.element.hidden = kind !== "contours";
    this.#solid.element.hidden = kind !== "3-D";
    this.#slices.hidden = kind !== "slices";
    this.#scene.hidden = kind === "table";
    this.#table.hidden = kind !== "table";
    this.#scene.setAttribute("aria-label", KEYS[kind]);
  }

  get #at(): Point {
    const center = this.#data()?.center ?? [0, 0];
    return this.#hover ?? this.#chosen ?? [center[0] ?? 0, center[1] ?? 0];
  }

  #listen(): void {
    this.#stop.addEventListener("click", () => {
      if (this.#data()?.status.running) this.#actions?.cancel();
      else this.#actions?.refine();
    });
    this.#scene.addEventListener("keydown", (event) => this.#key(event));
    this.root.addEventListener("keydown", (event) => {
      if (event.key !== "t" || event.ctrlKey || event.metaKey || event.altKey) return;
      this.#show(this.#kind === "table" ? this.#drawn : "table");
      (this.#kind === "table" ? this.#table : this.#scene).focus({ preventScroll: true });
      event.stopPropagation();
    });
    const map = this.#map.element;
    map.addEventListener("pointermove", (event) => this.#point(this.#map.under(event), false));
    map.addEventListener("pointerdown", (event) => this.#point(this.#map.under(event), true));
    this.#charts.forEach(({ element }, axis) => {
      const point = (event: PointerEvent): Point => {
        const at: Point = [...(this.#chosen ?? this.#at)];
        at[axis] = this.#charts[axis]!.under(event);
        return at;
      };
      element.addEventListener("pointermove", (event) => this.#point(point(event), false));
      element.addEventListener("pointerdown", (event) => this.#point(point(event), true));
    });
    for (const element of [map, this.#slices])
      element.addEventListener("pointerleave", () => this.#point(null, false));
    const observer = new ResizeObserver(() => this.update());
    observer.observe(this.#scene);
    this.#cleanups.push(
      () => observer.disconnect(),
      followTheme(this.root, () => {
        this.#map.draw();
        this.update();
      }),
    );
  }

  #point(at: Point | null, choose: boolean): void {
    this.#hover = at && this.#within(at) ? at : null;
    if (choose && this.#hover) this.#chosen = this.#hover;
    this.update();
  }

  #within([x, y]: Point): boolean {
    const [across, up] = this.#data()?.axes ?? [];
    const inside = (value: number, ends?: readonly [number, number]) =>
      !ends || (value >= ends[0] && value <= ends[1]);
    return inside(x, across?.ends) && inside(y, up?.ends);
  }

  #key(event: KeyboardEvent): void {
    const surface = this.#data();
    if (!surface || event.ctrlKey || event.metaKey || event.altKey) return;
    let used = false;
    if (this.#kind === "3-D") used = this.#solid.key(event.key, event.shiftKey);
    else used = this.#move(surface, event.key, event.shiftKey ? 8 : 1);
    if (!used) return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** Moves the crosshair by a key; says whether it was one for it. */
  #move(surface: Surface, key: string, far: number): boolean {
    const moves: Record<string, Point> = {
      ArrowLeft: [-far, 0],
      ArrowRight: [far, 0],
      ArrowUp: [0, far],
      ArrowDown: [0, -far],
    };
    const field = fieldOf(surface);
    if (key === "Escape" || key === "Home") this.#chosen = null;
    else if (key === "End" && field) this.#chosen = lowest(field)?.at ?? null;
    else if (moves[key]) {
      const at = this.#at;
      this.#chosen = at.map((value, axis) => {
        const ends = surface.axes[axis]?.ends;
        if (!ends) return value;
        const moved = value + (moves[key]![axis]! * (ends[1] - ends[0])) / STEPS;
        return Math.min(ends[1], Math.max(ends[0], moved));
      }) as Point;
    } else return false;
    this.#hover = null;
    say(this.#spoken, this.#readingWords(surface));
    this.update();
    return true;
  }

  // ---- drawing

  #draw(): void {
    const surface = this.#data();
    const isLine = surface?.axes.length === 1;
    if (isLine && this.#kind !== "table") this.#kind = this.#drawn = "slices";
    for (const kind of ["contours", "3-D"] as const) this.#tabs.get(kind)!.hidden = isLine;
    this.#reveal();
    if (!surface) return;
    const field = fieldOf(surface);
    this.#empty.hidden = field !== null;
    say(this.#empty, surface.status.running ? "computing the first points …" : "nothing computed");
    if (surface.values !== this.#levelled) {
      this.#levelled = surface.values;
      this.#levels = levels(surface.values);
      this.#map.show(isLine ? null : field, this.#levels);
      this.#table.replaceChildren(...this.#rows(surface));
    }
    if (field) this.#scenes(surface, field);
    this.#state(surface);
  }

  #scenes(surface: Surface, field: NonNullable<ReturnType<typeof fieldOf>>): void {
    const at = this.#at;
    const [across, up] = surface.axes.map(({ label }) => elide(label, 60)) as [string, string];
    if (this.#kind === "contours") {
      this.#map.name([across, up]);
      this.#map.over();
    } else if (this.#kind === "3-D") {
      const lossAt = (point: readonly [number, number]) => this.#map.value(point);
      this.#solid.draw(
        field,
        this.#levels,
        [across, up],
        surface.way ? points(surface) : [surface.center as Point],
        this.#away(surface),
        lossAt,
      );
    } else if (this.#kind === "slices") {
      const cuts = surface.axes.map((_, axis) => cut(field, at, axis as 0 | 1));
      const scale = new Scale(field.values, this.#levels);
      this.#charts[1].element.hidden = cuts.length < 2;
      cuts.forEach((one, axis) => {
        this.#charts[axis]!.draw(one, scale, this.#levels.isLog, {
          label: axis ? up : across,
          at: at[axis]!,
          center: surface.center[axis]!,
          here: cuts.length < 2 || this.#atCenter(surface) ? surface.here : Number.NaN,
        });
      });
    }
  }

  /** The crosshair, where it is not at the parameters. */
  #away(surface: Surface): Point | null {
    return this.#atCenter(surface) ? null : this.#at;
  }

  #atCenter(surface: Surface): boolean {
    return this.#at.every((value, axis) => value === (surface.center[axis] ?? 0));
  }

  #makeMap(labels: [string, string]): ContourMap {
    return new ContourMap({
      labels,
      over: (pen, map) => {
        const surface = this.#data();
        if (!surface || !map.field) return;
        const ink = inks(map.element);
        if (surface.way) drawPath(pen, points(surface), map, ink.series(4), ink.halo);
        else disc(pen, map.place(surface.center as Point), 5, ink.series(4), ink.halo);
        const [x, y] = map.place(this.#at);
        const [left, top, right, bottom] = map.frame;
        for (const [style, width] of [
          [ink.halo, 3],
          [ink.ink, 1.25],
        ] as const) {
          pen.strokeStyle = style;
          pen.lineWidth = width;
          pen.beginPath();
          for (const [from, to] of [
            [left, x - 9],
            [x + 9, right],
          ] as const) {
            pen.moveTo(from, y);
            pen.lineTo(to, y);
          }
          for (const [from, to] of [
            [top, y - 9],
            [y + 9, bottom],
          ] as const) {
            pen.moveTo(x, from);
            pen.lineTo(x, to);
          }
          pen.globalAlpha = 0.45;
          pen.stroke();
          pen.globalAlpha = 1;
        }
      },
    });
  }

  // ---- words and numbers

  #loss(surface: Surface): number {
    const at = this.#at;
    if (this.#atCenter(surface)) return surface.here;
    const field = fieldOf(surface);
    if (!field) return Number.NaN;
    return field.rows === 1 ? along(cut(field, at, 0), at[0]) : this.#map.value(at);
  }

  #readingWords(surface: Surface): string {
    const places = surface.axes.map((_, axis) => coordinate(this.#at[axis]!));
    return `${places.join(", ")}: loss ${number(this.#loss(surface))}`;
  }

  #state(surface: Surface): void {
    const { status, way, axes } = surface;
    const loss = this.#loss(surface);
    say(this.#note, `a slice of ${this.#dimensions(surface)} dimensions`);
    this.#words.setAttribute("aria-label", surface.words);
    const facts = axes.map(({ label }, axis) => [elide(label, 48), coordinate(this.#at[axis]!)]);
    list(this.#reading, [...facts, ["loss", number(loss)]], "lg-loss-now");
    const field = fieldOf(surface);
    const low = field && lowest(field);
    list(this.#facts, [
      ["where the parameters are", number(surface.here)],
      ["lowest of the grid", low ? number(low.value) : "none"],
      ...(way ? [["steps of the way", way.last.toLocaleString("en-US")]] : []),
    ]);
    this.#legend(surface);
    const built = JSON.stringify([axes, surface.slice, surface.how, way && seenWords(way.seen)]);
    if (built !== this.#built) {
      this.#built = built;
      this.#said.replaceChildren(
        h("p", { class: "lg-slice-words" }, surface.slice),
        ...explained(surface),
        ...(way ? [h("p", {}, `The way is projected: ${seenWords(way.seen)}`)] : []),
        h("p", { class: "lg-note" }, `Computed: ${surface.how}.`),
      );
    }
    this.#status(surface);
    const { dataset } = this.root;
    dataset.kind = this.#kind;
    dataset.side = String(surface.side);
    dataset.running = String(status.running);
    dataset.steps = String(way?.last ?? 0);
    dataset.at = this.#at.slice(0, axes.length).map(coordinate).join(" ");
    dataset.loss = number(loss);
  }

  #dimensions(surface: Surface): string {
    return surface.size.toLocaleString("en-US");
  }

  #status(surface: Surface): void {
    const { status, side, finest } = surface;
    this.#foot.hidden = !status.running && side === finest;
    this.#stop.hidden = !this.#actions;
    this.#bar.hidden = !status.running;
    this.#bar.value = status.total ? status.done / status.total : 0;
    say(this.#progress, progress(surface));
    say(this.#stop, status.running ? "Cancel" : "Go on");
  }

  #legend(surface: Surface): void {
    const broken = surface.values.some((value) => !Number.isFinite(value));
    const key = [surface.way !== null, broken, this.#kind].join();
    if (this.#marks.dataset.key === key) return;
    this.#marks.dataset.key = key;
    const mark = (text: string, ...shapes: SVGElement[]) =>
      h("span", {}, s("svg", { viewBox: "0 0 26 14", "aria-hidden": "true" }, ...shapes), text);
    const dot = (cx: number, kind: string) => s("circle", { class: kind, cx, cy: 7, r: 4 });
    const line = (d: string, kind: string) => s("path", { class: kind, d });
    this.#marks.replaceChildren(
      ...(surface.way
        ? [
            mark("the way: start", line("M10 7h14", "lg-way"), dot(6, "lg-way")),
            mark("now", dot(13, "lg-now")),
          ]
        : [mark("the parameters", dot(13, "lg-now"))]),
      ...(this.#kind === "contours"
        ? [mark("read here", line("M13 0v14M4 7h18", "lg-cross"))]
        : []),
      ...(broken ? [mark("NaN or infinite", line("M4 14l10 -14M12 14l10 -14", "lg-hole"))] : []),
    );
  }

  #rows(surface: Surface): HTMLElement[] {
    const { head, rows } = tableOf(surface);
    const [across, up] = surface.axes;
    const caption = up
      ? `The loss: across, ${across!.label}; down, ${up.label}`
      : `The loss along ${across!.label}`;
    const cells = (row: string[]) =>
      row.map((text, k) => (k ? h("td", {}, text) : h("th", { scope: "row" }, text)));
    const heads = head.map((text) => (text ? h("th", { scope: "col" }, text) : h("td")));
    return [
      h(
        "table",
        {},
        h("caption", {}, caption),
        h("thead", {}, h("tr", {}, ...heads)),
        h("tbody", {}, ...rows.map((row) => h("tr", {}, ...cells(row)))),
      ),
    ];
  }
}

function points({ places, axes }: Surface): Point[] {
  const width = axes.length;
  return Array.from({ length: places.length / width }, (_, k) => [
    places[width * k]!,
    width > 1 ? places[width * k + 1]! : 0,
  ]);
}

/** What each axis is; two of a kind in one paragraph. */
function explained({ axes }: Surface): HTMLElement[] {
  const kinds = [...new Set(axes.map(({ words }) => words))];
  return kinds.map((kind) => {
    const labels = axes.filter(({ words }) => words === kind).map(({ label }) => elide(label, 60));
    return h("p", {}, h("b", {}, labels.join(" and ")), `: ${kind}.`);
  });
}

const seenWords = (seen: number) =>
  seen < 0.01
    ? "less than 1 % of its squared distance from here lies within this slice."
    : `${Math.round(100 * seen)} % of its squared distance from here lies within this slice.`;

/** Names and values; elements that are there are kept. */
function list(element: HTMLElement, entries: string[][], last = ""): void {
  while (element.children.length > 2 * entries.length) element.lastChild!.remove();
  while (element.children.length < 2 * entries.length) element.append(h("dt"), h("dd"));
  entries.forEach(([name, value], k) => {
    say(element.children[2 * k]!, name!);
    say(element.children[2 * k + 1]!, value!);
  });
  if (last) for (const child of [...element.children].slice(-2)) child.classList.add(last);
}

// One layer of a flow: its name, its ridge or its bands over time, its update, what is wrong.
import { type FlowStore, type Kind, type Moment, short, stuck } from "../core/flow.ts";
import {
  type Extent,
  heights,
  quantile,
  ratioAt,
  ridge,
  shade,
  type Tick,
} from "../core/flow-shape.ts";
import { number } from "../core/text.ts";
import { h, s, say } from "./dom.ts";

/** The drawing's own units: it is stretched to its cell. Exact zeros stand left of the axis. */
export const [WIDE, ZERO] = [320, 22];
const TALL = 34;
const MARKS = ["✓", "!", "✗"];
const LEVELS = ["healthy", "to look at", "bad"];

/** What all rows are drawn with. */
export interface Frame {
  store: FlowStore;
  moment: Moment;
  kind: Kind;
  extent: Extent;
  ticks: Tick[];
  /** How high the highest ridge is. */
  top: number;
  /** The moments to draw over time; null for the ridge of this one. */
  over: readonly Moment[] | null;
}

export class RowView {
  readonly element: HTMLTableRowElement;
  readonly #swatch = h("i", { class: "lg-swatch", "aria-hidden": "true" });
  readonly #name = h("span", { class: "lg-flow-name" });
  readonly #about = h("span", { class: "lg-flow-about" });
  readonly #grid = s("path", { class: "lg-flow-grid" });
  readonly #zeros = s("path", {});
  readonly #shape = s("path", { class: "lg-ridge" });
  readonly #band = s("path", { class: "lg-band" });
  readonly #line = s("path", { class: "lg-flow-line" });
  readonly #now = s("path", { class: "lg-flow-now" });
  readonly #canvas: SVGSVGElement;
  readonly #bad = h("span", { class: "lg-flow-bad" });
  readonly #guide = h("span", { class: "lg-ratio", "aria-hidden": "true" }, h("i"), h("b"));
  readonly #ratio = h("span", { class: "lg-flow-number" });
  readonly #share = h("span", { class: "lg-share", "aria-hidden": "true" }, h("b"));
  readonly #stuck = h("span", { class: "lg-flow-number" });
  readonly #mark = h("span", { class: "lg-flow-mark" });
  readonly #why = h("span", {});

  constructor() {
    this.#canvas = s("svg", {
      class: "lg-flow-canvas",
      viewBox: `0 0 ${WIDE} ${TALL}`,
      preserveAspectRatio: "none",
      role: "img",
    });
    const parts = [this.#grid, this.#zeros, this.#band, this.#shape, this.#line, this.#now];
    this.#canvas.append(...parts);
    this.element = h(
      "tr",
      {},
      h("th", { scope: "row" }, this.#swatch, this.#name, " ", this.#about),
      h("td", { class: "lg-flow-drawing" }, this.#canvas, this.#bad),
      h("td", {}, h("span", { class: "lg-flow-pair" }, this.#guide, this.#ratio)),
      h("td", {}, h("span", { class: "lg-flow-pair" }, this.#share, this.#stuck)),
      h("td", { class: "lg-flow-why" }, this.#mark, " ", this.#why),
    );
  }

  update(frame: Frame, row: number): void {
    const { store, moment, kind } = frame;
    const { label, layer, bend } = store.rows[row]!;
    const of = (name: string) => store.of(moment, row, name);
    const colour = shade(of("against"));
    const tone = colour === null ? "lg-gnone" : `lg-g${colour}`;
    say(this.#name, label);
    say(this.#about, bend ? `${layer} → ${bend}` : layer);
    this.#swatch.className = `lg-swatch ${tone}`;
    const mine = kind === "gradients" ? tone : `lg-of-${kind.replace(" ", "-")}`;
    this.#draw(frame, row, mine);
    this.#canvas.setAttribute("aria-label", this.#words(frame, row));
    const bad = of(`${kind}: bad`);
    say(this.#bad, bad > 0 ? `✗ ${number(Math.round(bad))} NaN or ∞` : missing(frame, row));
    this.#bad.classList.toggle("lg-alarm", bad > 0);
    this.#aside(of("ratio"), stuck(store, moment, row));
    const [level, why] = moment.said[row]!;
    say(this.#mark, MARKS[level]!);
    this.#mark.setAttribute("title", LEVELS[level]!);
    say(this.#why, why);
    this.element.lastElementChild!.setAttribute("title", why);
    this.element.dataset.level = String(level);
  }

  /** The update by the weights on its scale, and the share of what is stuck as a bar. */
  #aside(ratio: number, stopped: { share: number; text: string }): void {
    say(this.#ratio, short(ratio));
    this.#guide.hidden = Number.isNaN(ratio);
    this.#guide.style.setProperty("--lg-at", `${(100 * ratioAt(ratio)).toFixed(1)}%`);
    say(this.#stuck, stopped.text);
    this.#stuck.classList.toggle("lg-flow-none", stopped.share === 0);
    this.#share.hidden = !(stopped.share > 0);
    this.#share.style.setProperty("--lg-part", `${(100 * stopped.share).toFixed(1)}%`);
    this.#share.classList.toggle("lg-much", stopped.share >= 0.3);
  }

  #draw(frame: Frame, row: number, tone: string): void {
    const { store, moment, kind, extent, over } = frame;
    const zeros = store.of(moment, row, `${kind}: zeros`);
    const bins = store.bins(moment, row, kind);
    this.#shape.setAttribute("class", `lg-ridge ${tone}`);
    this.#zeros.setAttribute("class", tone);
    this.#band.setAttribute("class", `lg-band ${tone}`);
    this.#line.setAttribute("class", `lg-flow-line ${tone}`);
    const there = store.of(moment, row, `${kind}: count`) > 0;
    const shares = heights(bins, extent).map((share) => share / frame.top);
    const across = WIDE - ZERO;
    this.#shape.setAttribute("transform", `translate(${ZERO} 0)`);
    this.#shape.setAttribute("d", over || !there ? "" : ridge(shares, across, TALL, 1.15 * TALL));
    const high = zeros > 0 && !over ? Math.max(1.5, zeros * (TALL - 6)) : 0;
    this.#zeros.setAttribute("d", high ? `M2,${TALL}v${-high.toFixed(1)}h10V${TALL}z` : "");
    const { ticks } = frame;
    this.#grid.setAttribute(
      "d",
      ticks
        .map(({ at }) =>
          over ? `M0,${TALL * (1 - at)}H${WIDE}` : `M${ZERO + at * across},0V${TALL}`,
        )
        .join(""),
    );
    const [band, line, now] = over ? bands(frame, row, over) : ["", "", ""];
    this.#band.setAttribute("d", band);
    this.#line.setAttribute("d", line);
    this.#now.setAttribute("d", now);
  }

  #words({ store, moment, kind }: Frame, row: number): string {
    const { label } = store.rows[row]!;
    const [size, zeros] = [`${kind}: size`, `${kind}: zeros`].map((name) =>
      store.of(moment, row, name),
    );
    if (Number.isNaN(size)) return `${label}: no ${kind}`;
    const none = zeros! > 0 ? `, ${short(100 * zeros!)} % of them 0` : "";
    return `${kind} of ${label}: typically ${short(size!)}${none}`;
  }
}

function missing({ store, moment, kind, over }: Frame, row: number): string {
  const count = store.of(moment, row, `${kind}: count`);
  if (!(count > 0)) return over ? "" : count === 0 ? "empty" : "none";
  return store.of(moment, row, `${kind}: zeros`) === 1 ? "all 0" : "";
}

/** From the lowest tenth to the highest, the middle, and where the moment stands, as paths. */
function bands(
  { store, moment, kind, extent: [low, high] }: Frame,
  row: number,
  over: readonly Moment[],
): [band: string, line: string, now: string] {
  const last = Math.max(1, over.at(-1)?.step ?? 1);
  const x = (one: Moment) => ((one.step / last) * WIDE).toFixed(1);
  const y = (bin: number) => (TALL * (1 - (bin - low) / (high - low))).toFixed(1);
  const runs: [string, number, number, number][][] = [[]];
  for (const one of over) {
    const bins = store.bins(one, row, kind);
    const found = [0.1, 0.5, 0.9].map((share) => quantile(bins, share));
    // Where nothing was seen the band has a gap.
    if (found.includes(null)) {
      if (runs.at(-1)!.length) runs.push([]);
    } else runs.at(-1)!.push([x(one), ...(found as [number, number, number])]);
  }
  const full = runs.filter((run) => run.length);
  const band = full.map((run) => {
    const above = run.map(([at, , , most]) => `${at},${y(most)}`);
    const below = run.map(([at, least]) => `${at},${y(least)}`).reverse();
    return `M${[...above, ...below].join("L")}Z`;
  });
  const line = full.map((run) => `M${run.map(([at, , middle]) => `${at},${y(middle)}`).join("L")}`);
  return [band.join(""), line.join(""), `M${x(moment)},0V${TALL}`];
}

// Frames round open groups, each with a handle that names it and closes it.
import { HANDLE_HEIGHT } from "../core/dot.ts";
import type { Group } from "../core/fold.ts";
import { type Moves, mix, type Point } from "../core/morph.ts";
import { groupTitle, titleWidth } from "../core/shown.ts";
import type { Layout, Spot } from "../core/types.ts";
import type { NodeOf } from "./boxes.ts";
import { s } from "./dom.ts";

interface Frame {
  group: Group;
  element: SVGGElement;
  rect: SVGRectElement;
  handle: SVGGElement;
  name: SVGTextElement;
  spot: Spot;
}

/** Whether a frame's handle closes it. */
type Closes = (group: Group) => boolean;

export class Frames {
  readonly element = s("g");
  readonly #frames = new Map<string, Frame>();

  /** Puts frames in and takes out what is gone; says how each gets to its place. */
  place(layout: Layout, groups: Group[], nodeOf: NodeOf, closes: Closes): Moves {
    const moves: Moves = [];
    const kept = new Set<string>();
    for (const group of groups) {
      const spot = layout.frames?.[group.key];
      if (!spot) continue;
      kept.add(group.key);
      const frame = this.#frames.get(group.key) ?? this.#add(group, spot, closes(group));
      frame.group = group;
      const title = groupTitle(group, nodeOf);
      frame.name.textContent = title;
      frame.handle.setAttribute("aria-label", `${title}, open`);
      frame.handle.querySelector("rect")!.setAttribute("width", `${titleWidth(group, nodeOf) - 4}`);
      // Outer frames stand behind inner ones.
      this.element.append(frame.element);
      const from = frame.spot;
      if (from.some((value, at) => value !== spot[at]))
        moves.push((t) => put(frame, spot.map((to, at) => mix(from[at]!, to, t)) as Spot));
    }
    for (const [key, { element }] of this.#frames)
      if (!kept.has(key)) {
        element.remove();
        this.#frames.delete(key);
      }
    return moves;
  }

  #add(group: Group, spot: Spot, closes: boolean): Frame {
    const rect = s("rect", { class: "lg-frame-line", rx: 10 });
    const name = s("text", { x: closes ? 18 : 8, y: HANDLE_HEIGHT / 2 });
    const handle = s("g", { class: "lg-handle" });
    if (closes) {
      const made = { "data-group": group.key, role: "button", "aria-expanded": "true" };
      for (const [key, value] of Object.entries({ ...made, tabindex: "-1" }))
        handle.setAttribute(key, value);
    }
    handle.append(s("rect", { height: HANDLE_HEIGHT, rx: 5 }));
    if (closes) handle.append(s("path", { d: `M6 ${HANDLE_HEIGHT / 2}h7` }));
    handle.append(name);
    const element = s("g", { class: `lg-frame lg-frame-${group.kind} lg-new` }, rect, handle);
    const frame = { group, element, rect, handle, name, spot };
    this.#frames.set(group.key, frame);
    put(frame, spot);
    return frame;
  }

  fresh(): SVGGElement[] {
    return [...this.element.querySelectorAll<SVGGElement>(".lg-new")];
  }

  /** The handle of a group's frame, and where it is. */
  get(key: string): { element: SVGGElement; at: Point } | undefined {
    const frame = this.#frames.get(key);
    return frame && { element: frame.handle, at: corner(frame.spot) };
  }

  /** Each handle with where it stands in the order of creation: before what is in the frame. */
  *order(): Generator<[first: number, element: SVGGElement, at: Point]> {
    for (const { group, handle, spot } of this.#frames.values())
      yield [group.first - 1 + group.depth / 1000, handle, corner(spot)];
  }
}

const corner = ([x, y, width, height]: Spot): Point => [x - width / 2 + 60, y - height / 2 + 12];

function put(frame: Frame, spot: Spot): void {
  frame.spot = spot;
  const [x, y, width, height] = spot;
  const [left, top] = [x - width / 2, y - height / 2];
  const place = { x: left, y: top, width, height };
  for (const [key, value] of Object.entries(place)) frame.rect.setAttribute(key, value.toFixed(1));
  frame.handle.setAttribute("transform", `translate(${left + 5} ${top + 4})`);
}

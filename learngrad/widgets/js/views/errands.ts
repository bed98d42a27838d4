// What a reader can ask for at a node that has a step: to go there, to play until there, to stop
// there whenever it is played.
import { indexOf, momentAt } from "../core/replay.ts";
import type { Trace } from "../core/types.ts";
import { nodeActions } from "./panel.ts";

export interface Player {
  trace(): Trace;
  /** The number of the replay. */
  which(): number;
  go(index: number): void;
  playTo(index: number): void;
  /** Nodes to stop at have changed, by this one. */
  stops(all: ReadonlySet<number>, id: number): void;
}

export class Errands {
  readonly #stops = new Set<number>();
  readonly #player: Player;

  constructor(player: Player) {
    this.#player = player;
  }

  /** What the reader can do with a node; nothing where it has no step. */
  actions(id: number): HTMLElement[] {
    if (this.#index(id) === null) return [];
    const [go, run, stop] = ["g", "r", "b"].map((key) => () => void this.key(key, id));
    return [nodeActions(this.#stops.has(id), go!, run!, stop!)];
  }

  /** What a key asks for; says whether it was one of them. */
  key(key: string, id: number): boolean {
    const index = this.#index(id);
    if (key === "g" && index !== null) this.#player.go(index);
    else if (key === "r" && index !== null) this.#player.playTo(index);
    else if (key === "b") this.#toggle(id);
    return ["g", "r", "b"].includes(key);
  }

  #index(id: number): number | null {
    return indexOf(this.#player.trace(), this.#player.which(), id);
  }

  #toggle(id: number): void {
    if (!this.#stops.delete(id)) this.#stops.add(id);
    this.#player.stops(this.#stops, id);
  }

  /** Whether the reader asked for a stop at this index. */
  stopsAt(index: number): boolean {
    const { step, ran } = momentAt(this.#player.trace(), this.#player.which(), index);
    return this.#stops.has(step?.node ?? ran?.id ?? -1);
  }
}

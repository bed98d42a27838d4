// A race of optimisers as an anywidget: asks the kernel to run it again when a slider moves.
import { Latest, type Place, type Race, type Walk } from "../core/race.ts";
import { RaceView, type Shared, type Wish } from "../views/race.ts";
import { Views, widget } from "./live.ts";
import type { WidgetModel } from "./model.ts";
import { tell } from "./tell.ts";

type Head = Pick<Walk, "name" | "diverged" | "problem" | "settings"> & { path: boolean };
interface State {
  steps: number;
  start: Place | null;
  walks: Pick<Walk, "name" | "kind" | "dials">[];
  ground: {
    name: string;
    about: string;
    domain: [[number, number], [number, number]];
    size: number;
    minima: Place[];
    values: DataView;
  } | null;
}
interface Ran {
  type: "ran";
  number: number;
  done: boolean;
  start: Place | null;
  walks: Head[];
  /** Why nothing was run. */
  problem?: string;
}

/** Milliseconds without an answer, after which it is said. */
const PATIENCE = 2_500;
/** Milliseconds after which an answer is waited for no longer: the kernel may be another one. */
const FORGOTTEN = 10_000;
/** Bytes a millisecond. */
const RATE = 200;

export class Live {
  readonly shared: Shared;
  readonly views: Views<RaceView>;
  readonly #model: WidgetModel;
  readonly #latest: Latest<Wish>;
  #asked = 0;
  #late: ReturnType<typeof setTimeout> | undefined;

  constructor(model: WidgetModel) {
    this.#model = model;
    this.#latest = new Latest((wish, number) => this.#send(wish, number));
    this.shared = {
      race: raceOf(model.get("state") as State, String(model.get("title"))),
      revision: 0,
      silence: "",
      gone: false,
      ask: (wish) => this.#ask(wish),
      waiting: false,
    };
    this.views = new Views(() => new RaceView(this.shared));
    const ran = model.get("ran") as { head: Ran; buffers: DataView[] } | null;
    if (ran) this.#take(ran.head, ran.buffers);
    model.on("change:ran", () => {
      const { head, buffers } = model.get("ran") as { head: Ran; buffers: DataView[] };
      this.#take(head, buffers);
    });
    model.on("msg:custom", (content, buffers) => this.#heard(content as Ran, buffers));
    model.on("comm_live_update", () => this.#unsure());
    // What sliders have changed since is not in the state.
    model.send({ type: "hello" });
  }

  #ask(wish: Wish): void {
    if (performance.now() - this.#asked > FORGOTTEN) this.#latest.giveUp();
    this.#latest.want(wish);
  }

  #send({ start, settings }: Wish, number: number): void {
    this.#asked = performance.now();
    this.shared.waiting = true;
    clearTimeout(this.#late);
    this.#late = setTimeout(() => {
      this.shared.silence = "the kernel is busy or gone: this is the last race it ran";
      this.views.update();
    }, PATIENCE);
    if (!tell(this.#model, { type: "race", number, start, settings })) this.#gone();
  }

  /** The kernel has come or gone: where it answers, it is there. */
  #unsure(): void {
    this.#gone();
    tell(this.#model, { type: "snapshot" });
  }

  /** Nobody will run what was asked for: said at once, and nothing can be turned. */
  #gone(): void {
    clearTimeout(this.#late);
    this.#latest.giveUp();
    const silence = "no kernel: this is the last race it ran";
    Object.assign(this.shared, { gone: true, waiting: false, silence });
    this.shared.revision++;
    this.views.update();
  }

  #heard(message: Ran, buffers: DataView[]): void {
    if (message?.type !== "ran") return;
    const size = this.#take(message, buffers);
    if (!message.done) return;
    const wait = size / RATE - (performance.now() - this.#asked);
    const next = () => {
      this.#latest.answered(message.number);
      this.shared.waiting = this.#latest.isBusy;
      this.views.update();
    };
    setTimeout(next, Math.max(0, wait));
  }

  /** Puts what was run in its place; its bytes. */
  #take({ start, walks, problem }: Ran, buffers: DataView[]): number {
    const { race } = this.shared;
    clearTimeout(this.#late);
    this.shared.silence = problem ?? "";
    this.shared.gone = false;
    let [next, size] = [0, 0];
    const read = () => {
      const found = floats(buffers[next++]!);
      size += found.byteLength;
      return found;
    };
    for (const { path, ...head } of walks) {
      const at = race.walks.findIndex(({ name }) => name === head.name);
      const loss = read();
      const way = path ? read() : null;
      if (at >= 0) race.walks[at] = { ...race.walks[at]!, ...head, loss, path: way };
    }
    race.start = start;
    this.shared.revision++;
    this.views.update();
    return size;
  }
}

function raceOf({ steps, start, walks, ground }: State, title: string): Race {
  return {
    title,
    steps,
    start,
    begin: start,
    walks: walks.map((walk) => ({
      ...walk,
      settings: {},
      loss: [],
      path: null,
      diverged: null,
      problem: "",
    })),
    ground: ground && {
      name: ground.name,
      about: ground.about,
      minima: ground.minima,
      field: {
        x: ground.domain[0],
        y: ground.domain[1],
        columns: ground.size,
        rows: ground.size,
        values: floats(ground.values),
      },
    },
  };
}

/** A buffer of float32; a copy, since it may begin where no float32 may. */
function floats({ buffer, byteOffset, byteLength }: DataView): Float32Array {
  return new Float32Array(buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer);
}

export default widget((model) => new Live(model));

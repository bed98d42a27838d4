// A race of optimisers as a page without a kernel: it plays what was run.
import { type RaceData, readRace } from "../core/race.ts";
import { RaceView } from "../views/race.ts";
import { alone } from "./alone.ts";

alone("race", (data: RaceData) => {
  const shared = {
    race: readRace(data),
    revision: 0,
    silence: "",
    gone: false,
    ask: null,
    waiting: false,
  };
  return new RaceView(shared).root;
});

// A race of optimisers as a page without a kernel: it plays what was run.
import { type RaceData, readRace } from "../core/race.ts";
import { h } from "../views/dom.ts";
import { RaceView } from "../views/race.ts";
import { adopt } from "../views/theme.ts";

function start(): void {
  const place = document.getElementById("learngrad-race")!;
  adopt(document.body);
  try {
    const text = document.getElementById("learngrad-data")?.textContent;
    const race = readRace((JSON.parse(text!) as { race: RaceData }).race);
    const shared = { race, revision: 0, silence: "", ask: null, waiting: false };
    place.replaceChildren(new RaceView(shared).root);
  } catch (error) {
    const said = h("p", { class: "lg-error" }, `This page's data cannot be shown: ${error}`);
    place.append(h("div", { class: "lg-root" }, said));
  }
}

if (document.readyState === "loading") addEventListener("DOMContentLoaded", start, { once: true });
else start();

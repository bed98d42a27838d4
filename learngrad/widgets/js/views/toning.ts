// Boxes in the colours of their gradients: the button, the key, and when they are shown.
import { type Tone, tones } from "../core/flow-tone.ts";
import type { Moment } from "../core/replay.ts";
import type { Trace } from "../core/types.ts";
import { button, h } from "./dom.ts";
import { adoptTones, toneKey } from "./flow-tone.ts";

export class Toning {
  readonly button: HTMLButtonElement;
  readonly key = h("div", { class: "lg-legend", hidden: true }, ...toneKey());

  /** `changed`: the reader wants colours, or no longer. */
  constructor(shown: boolean, changed: () => void) {
    this.button = button("bars", "colour by the size of the gradient (H)", () => {
      this.button.ariaPressed = String(this.button.ariaPressed !== "true");
      changed();
    });
    this.button.ariaPressed = String(shown);
    adoptTones();
  }

  /** The tones of the boxes at a moment; none unless the reader wants them. */
  at(trace: Trace, which: number, moment: Moment): Map<number, Tone> {
    const shown = this.button.ariaPressed === "true";
    const found = shown ? tones(trace, which, moment) : new Map<number, Tone>();
    this.button.hidden = !trace.replays.length && !trace.nodes.some(({ grad }) => grad);
    this.key.hidden = found.size === 0;
    return found;
  }
}

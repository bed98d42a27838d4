// Where live drawings stand in a notebook: `<div data-learngrad="UID">` with a static picture in it.
// The output is plain HTML, so a notebook that is opened without its kernel shows the picture; where
// the widget of that name is alive, it moves in and the picture steps back.
import { dress } from "../views/theme.ts";

const SLOTS = Symbol.for("learngrad.slots");
const SELECTOR = "[data-learngrad]";
/** Milliseconds after which a slot that has left the page is given up: an output may be redrawn. */
const LINGER = 1_000;

/** Called with a slot that wants a drawing; returns what to do when the slot is gone for good. */
type Fill = (place: ShadowRoot) => () => void;

interface Slots {
  fills: Map<string, Fill>;
  filled: Map<HTMLElement, () => void>;
}

/** One for the page, whichever widget came first: each brings a module of its own. */
function slots(): Slots {
  const page = globalThis as typeof globalThis & { [SLOTS]?: Slots };
  if (page[SLOTS]) return page[SLOTS];
  const made: Slots = { fills: new Map(), filled: new Map() };
  page[SLOTS] = made;
  new MutationObserver((changes) => {
    for (const { addedNodes } of changes) for (const node of addedNodes) look(made, node);
    if (changes.some(({ removedNodes }) => removedNodes.length)) setTimeout(tidy, LINGER, made);
  }).observe(document.body, { childList: true, subtree: true });
  return made;
}

function look(made: Slots, node: Node): void {
  if (!(node instanceof Element)) return;
  if (node.matches(SELECTOR)) offer(made, node as HTMLElement);
  for (const inner of node.querySelectorAll<HTMLElement>(SELECTOR)) offer(made, inner);
}

function offer(made: Slots, slot: HTMLElement): void {
  const fill = made.fills.get(slot.dataset.learngrad ?? "");
  if (!fill || made.filled.has(slot)) return;
  // A shadow, so that the notebook's styles for HTML leave the drawing alone.
  const place = slot.shadowRoot ?? slot.attachShadow({ mode: "open" });
  // JupyterLab looks for this on the element that an event in the shadow seems to come from.
  slot.dataset.lmSuppressShortcuts = "true";
  // As wide as a widget would be: the notebook keeps a margin beside text.
  if (slot.parentElement)
    slot.style.marginRight = `-${getComputedStyle(slot.parentElement).paddingRight}`;
  made.filled.set(slot, fill(place));
  dress(place);
}

/**
 * Whether a place was thrown away. JupyterLab takes whole cells out of the page, too: those far off
 * screen, and all of a notebook whose tab moves. These come back.
 */
export function isGone(place: Node): boolean {
  const element = place instanceof ShadowRoot ? place.host : (place as Element);
  return !element.isConnected && !element.closest(".jp-Cell");
}

function tidy(made: Slots): void {
  for (const [slot, release] of made.filled)
    if (isGone(slot)) {
      made.filled.delete(slot);
      release();
    }
}

/** Fills every slot of this name, those that are there and those to come; returns the clean-up. */
export function fillSlots(uid: string, fill: Fill): () => void {
  const made = slots();
  made.fills.set(uid, fill);
  look(made, document.body);
  return () => made.fills.delete(uid);
}

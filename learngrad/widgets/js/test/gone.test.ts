// What a view asks of a kernel that is gone: said at once, and no error in the page.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { WidgetModel } from "../entry/model.ts";
import { Live } from "../entry/race.ts";
import { ask, tell } from "../entry/tell.ts";

/** A widget's model, of which `is.gone` says whether its kernel is. */
function modelOf(state: Record<string, unknown>) {
  const heard = new Map<string, (...said: unknown[]) => void>();
  const sent: { type: string; number?: number }[] = [];
  const is = { gone: false };
  const model = {
    get: (name: string) => state[name] ?? null,
    on: (name: string, call: (...said: unknown[]) => void) => heard.set(name, call),
    send(said: { type: string }) {
      if (is.gone) throw new Error("Cannot send");
      sent.push(said);
    },
    widget_manager: {},
  } as unknown as WidgetModel;
  return { model, sent, is, hear: (name: string, ...said: unknown[]) => heard.get(name)!(...said) };
}

test("nobody to say it to is an answer, not an error", () => {
  const { model, sent, is } = modelOf({});
  assert.equal(tell(model, { type: "snapshot" }), true);
  is.gone = true;
  assert.equal(tell(model, { type: "snapshot" }), false);
  assert.equal(ask(model, { type: "control" }), false);
  assert.equal(sent.length, 1);
});

test("a kernel's own connection may refuse, too", () => {
  const { model } = modelOf({ control: true, uid: "u" });
  const sendControlMessage = () => {
    throw new Error("Kernel is disposed");
  };
  model.widget_manager.kernel = { sendControlMessage, clientId: "me" };
  assert.equal(tell(model, { type: "control" }), false);
});

const dial = { name: "lr", scale: "log", low: 1e-4, high: 10, given: 0.1, first: true };
const STATE = {
  steps: 1,
  start: null,
  walks: [{ name: "SGD", kind: "SGD", dials: [dial] }],
  ground: null,
};
const wish = { start: null, settings: { SGD: { lr: 0.13 } } };
const ran = (number: number) => ({ type: "ran", number, done: true, start: null, walks: [] });

test("a race whose kernel is gone says so at once, and asks again when it is back", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { model, sent, is, hear } = modelOf({ state: STATE, title: "Race", uid: "u" });
  const { shared } = new Live(model);
  const seen = shared.revision;
  is.gone = true;
  shared.ask!(wish);
  assert.deepEqual([shared.gone, shared.waiting], [true, false]);
  assert.match(shared.silence, /^no kernel/);
  assert.notEqual(shared.revision, seen);
  t.mock.timers.tick(60_000);
  assert.match(shared.silence, /^no kernel/);
  // The page is connected again: whoever answers is there.
  is.gone = false;
  hear("comm_live_update");
  assert.deepEqual([shared.gone, sent.at(-1)?.type], [true, "snapshot"]);
  hear("msg:custom", ran(0), []);
  assert.deepEqual([shared.gone, shared.silence], [false, ""]);
  shared.ask!(wish);
  assert.deepEqual([sent.at(-1)?.type, shared.waiting], ["race", true]);
});

test("that the connection is lost is known before anything is asked", () => {
  const { model, is, hear } = modelOf({ state: STATE, title: "Race", uid: "u" });
  const { shared } = new Live(model);
  is.gone = true;
  hear("comm_live_update");
  assert.match(shared.silence, /^no kernel/);
});

test("a kernel that does not answer is waited for a while", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { model } = modelOf({ state: STATE, title: "Race", uid: "u" });
  const { shared } = new Live(model);
  shared.ask!(wish);
  assert.equal(shared.silence, "");
  t.mock.timers.tick(3_000);
  assert.match(shared.silence, /^the kernel is busy or gone/);
});

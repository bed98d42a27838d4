// Races: words and axes as in Python, sliders that come back to their values, one question at a time.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  axis,
  board,
  type Dial,
  dialled,
  distance,
  Latest,
  marks,
  notch,
  notches,
  type Race,
  ranked,
  rows,
  share,
  type Walk,
} from "../core/race.ts";
import { cases } from "./cases.ts";

interface Given {
  loss: number[];
  path?: boolean;
  diverged?: number;
  problem?: string;
}
interface Cases {
  boards: { runs: Record<string, Given>; step: number; says: string; order: string[] }[];
  axes: { losses: number[][]; log: boolean; ends: [number, number] }[];
}
const CASES = cases<Cases>("../descent/race_cases.json");

const walkOf = (name: string, { loss, path, diverged, problem }: Given): Walk => ({
  name,
  kind: name,
  dials: [],
  settings: {},
  loss,
  path: path === false ? null : loss.flatMap((_, at) => [at, -at]),
  diverged: diverged ?? null,
  problem: problem ?? "",
});
const walksOf = (runs: Record<string, Given>) =>
  Object.entries(runs).map(([name, given]) => walkOf(name, given));

test("the words are Python's", () => {
  for (const { runs, step, says, order } of CASES.boards) {
    assert.equal(board(walksOf(runs), step), says);
    assert.deepEqual(
      ranked(walksOf(runs), step).map(({ name }) => name),
      order,
    );
  }
});

test("the axis is Python's, and nothing leaves it", () => {
  for (const { losses, log, ends } of CASES.axes) {
    const walks = losses.map((loss, at) => walkOf(String(at), { loss }));
    const found = axis(walks);
    assert.equal(found.isLog, log);
    for (const [at, end] of ends.entries())
      assert.ok(Math.abs([found.low, found.high][at]! / end - 1) < 1e-9, `${end}`);
    for (const loss of losses.flat()) {
      const at = share(found, loss);
      assert.ok(at >= 0 && at <= 1);
    }
    assert.equal(share(found, found.low), 0);
    assert.equal(share(found, found.high), 1);
  }
  assert.deepEqual(axis([]), { isLog: false, low: 0, high: 1 });
});

const DIALS: Dial[] = [
  { name: "lr", scale: "log", low: 1e-5, high: 10, given: 0.1, first: true },
  { name: "weight_decay", scale: "log", low: 1e-6, high: 1, given: 0, first: false },
  { name: "momentum", scale: "linear", low: 0, high: 0.995, given: 0.9, first: true },
  { name: "betas.1", scale: "near 1", low: 0, high: 0.9999, given: 0.999, first: true },
  { name: "max_iter", scale: "whole", low: 1, high: 40, given: 20, first: true },
];

test("a slider comes back to the round values that people use", () => {
  const used = [
    [0.1, 0.01, 0.001, 1, 10, 1e-5],
    [0, 0.1, 1e-4],
    [0, 0.9, 0.5, 0.99],
    [0.9, 0.99, 0.999, 0.9999, 0],
    [1, 20, 40],
  ];
  DIALS.forEach((dial, at) => {
    for (const value of used[at]!) assert.equal(dialled(dial, notch(dial, value)), value);
    let before = Number.NEGATIVE_INFINITY;
    for (let place = 0; place <= notches(dial); place++) {
      const value = dialled(dial, place);
      assert.ok(value > before, `${dial.name} ${value}`);
      assert.ok(value >= dial.low - (dial.scale === "log" ? dial.low : 0));
      assert.ok(value <= dial.high);
      before = value;
    }
  });
});

test("the table says what is seen", () => {
  const race: Race = {
    title: "",
    steps: 3,
    start: [0, 0],
    begin: [0, 0],
    ground: {
      name: "bowl",
      about: "",
      minima: [[3, -3]],
      field: { x: [0, 1], y: [0, 1], columns: 2, rows: 2, values: [0, 0, 0, 0] },
    },
    walks: [
      { ...walkOf("mine", { loss: [4, 1, 2] }), kind: "SGD", dials: DIALS.slice(0, 2) },
      walkOf("Adam", { loss: [4], diverged: 1 }),
      walkOf("bad", { loss: [], problem: "no momentum" }),
    ],
  };
  race.walks[0]!.settings = { lr: 0.5 };
  assert.deepEqual(rows(race, 2), [
    ["mine (SGD)", "lr 0.5", "2", "1, at step 1", "(2, −2)", "1.414"],
    ["Adam", "", "diverged at step 1", "4, at step 0", "", ""],
    ["bad", "", "no momentum", "", "", ""],
  ]);
  assert.equal(distance(null, [[0, 0]]), null);
  assert.equal(distance([0, 0], []), null);
});

test("the newest wish is asked when the last one is answered", () => {
  const asked: [string, number][] = [];
  const latest = new Latest<string>((wish, number) => asked.push([wish, number]));
  for (const wish of ["a", "b", "c"]) latest.want(wish);
  assert.deepEqual(asked, [["a", 1]]);
  assert.equal(latest.isBusy, true);
  assert.equal(latest.answered(7), false);
  assert.equal(latest.answered(1), true);
  assert.deepEqual(asked, [
    ["a", 1],
    ["c", 2],
  ]);
  latest.answered(2);
  assert.equal(latest.isBusy, false);
  latest.want("d");
  assert.deepEqual(asked.at(-1), ["d", 3]);
  latest.giveUp();
  latest.want("e");
  assert.deepEqual(asked.at(-1), ["e", 4]);
  assert.equal(latest.answered(3), false);
  assert.equal(latest.isBusy, true);
});

test("an axis that ends above some losses says so at its lower end", () => {
  const texts = (...losses: number[][]) => {
    const walks = losses.map((loss, at) => walkOf(String(at), { loss }));
    return marks(axis(walks), walks).map(({ text }) => text);
  };
  assert.deepEqual(texts([4, 1e-11], [4, 1.5e-27]), [
    "≤ 1e−11",
    ...["1e−9", "1e−7", "1e−5", "0.001", "0.1", "10"],
  ]);
  assert.deepEqual(texts([4, 0.003]), ["0.001", "0.01", "0.1", "1", "10"]);
  assert.deepEqual(texts([4, 0.5, 0]), ["≤ 0.1", "1", "10"]);
  assert.deepEqual(texts([2, -8])[0], "−5");
});

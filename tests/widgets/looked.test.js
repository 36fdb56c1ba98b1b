// node --test: which states a panel tells the kernel of, with a clock of its own.
import { test } from "node:test";
import assert from "node:assert/strict";
import program from "../support/program.mjs";

const { watchRest } = program;

// A clock that stands still until it is told to go on.
function fakeClock() {
  let now = 0, last = 0;
  const waiting = new Map();
  return {
    waiting,
    setTimeout(act, wait) { waiting.set((last += 1), [now + wait, act]); return last; },
    clearTimeout: (id) => waiting.delete(id),
    pass(time) {
      now += time;
      for (const [id, [at, act]] of [...waiting]) if (at <= now && waiting.delete(id)) act();
    },
  };
}

function fakeModel(state) {
  const listeners = new Map(), sent = [];
  return {
    sent,
    listeners,
    get: () => state,
    put(next) { state = next; for (const act of listeners.get("change:state") ?? []) act(); },
    on: (name, act) => listeners.set(name, [...(listeners.get(name) ?? []), act]),
    off: (name, act) => listeners.set(name, listeners.get(name).filter((one) => one !== act)),
    send: (message) => sent.push(message),
  };
}

function fakePage(visibilityState = "visible") {
  const acts = new Set();
  return {
    visibilityState,
    acts,
    addEventListener: (name, act) => name === "visibilitychange" && acts.add(act),
    removeEventListener: (name, act) => acts.delete(act),
    turn(to) { this.visibilityState = to; for (const act of acts) act(); },
  };
}

const FIRST = { metric: 0, by: [0], at: [[], []], reference: ["largest"], stop: 1, cuts: null, slice: null, view: "disparities", compare: "difference" };
const start = (frozen = false, page = fakePage()) => {
  const clock = fakeClock(), model = fakeModel(FIRST);
  return { clock, model, page, stop: watchRest(model, frozen, clock, page) };
};

test("a state is told once, after a second and with the state itself", () => {
  const { clock, model } = start();
  clock.pass(999);
  assert.deepEqual(model.sent, []);
  clock.pass(1);
  assert.deepEqual(model.sent, [{ kind: "looked", state: FIRST }]);
  clock.pass(10_000);
  assert.equal(model.sent.length, 1);
});

test("every change starts the second again, and what was passed by is not told", () => {
  const { clock, model } = start();
  clock.pass(900);
  model.put({ ...FIRST, stop: 2 });
  clock.pass(900);
  model.put({ ...FIRST, stop: 3 });
  clock.pass(999);
  assert.deepEqual(model.sent, []);
  clock.pass(1);
  assert.deepEqual(model.sent.map(({ state }) => state.stop), [3]);
});

test("to come back to a state is not to look at another one", () => {
  const { clock, model } = start();
  clock.pass(1000);
  for (const stop of [2, 1, 2]) {
    model.put({ ...FIRST, stop });
    clock.pass(1000);
  }
  assert.deepEqual(model.sent.map(({ state }) => state.stop), [1, 2]);
});

test("what changes no test is not told again", () => {
  const { clock, model } = start();
  clock.pass(1000);
  for (const part of [{ view: "why" }, { compare: "ratio" }, { why: { method: "shap" } }, { costs: [1, 2] }, { slices: [{ name: "a", at: [[0], []] }] }]) {
    model.put({ ...FIRST, ...part });
    clock.pass(1000);
  }
  assert.equal(model.sent.length, 1);
});

test("each part that changes a test is told, of a slice its people and not its name", () => {
  const { clock, model } = start();
  clock.pass(1000);
  const parts = [
    { metric: 1 }, { by: [1] }, { at: [[0], []] }, { reference: ["rest"] }, { stop: 0 }, { cuts: { axis: 0, stops: [1, 2] } },
    { slice: { name: "a", at: [[0], []] } }, { slice: { name: "b", at: [[0], []] } }, { slice: { name: "b", at: [[1], []] } },
  ];
  for (const part of parts) {
    model.put({ ...FIRST, ...part });
    clock.pass(1000);
  }
  assert.equal(model.sent.length, parts.length); // the first state, and all but the slice that only has another name
});

test("a page that is not seen tells nothing until it has been seen for a second", () => {
  const { clock, model, page } = start(false, fakePage("hidden"));
  clock.pass(5000);
  model.put({ ...FIRST, stop: 2 });
  clock.pass(5000);
  assert.deepEqual(model.sent, []);
  page.turn("visible");
  clock.pass(500);
  page.turn("hidden");
  clock.pass(5000);
  assert.deepEqual(model.sent, []);
  page.turn("visible");
  clock.pass(1000);
  assert.deepEqual(model.sent.map(({ state }) => state.stop), [2]);
});

test("a recorded view has no timer, no listener and no message", () => {
  const { clock, model, page } = start(true);
  model.put({ ...FIRST, stop: 2 });
  clock.pass(5000);
  assert.deepEqual([model.sent.length, clock.waiting.size, model.listeners.size, page.acts.size], [0, 0, 0, 0]);
});

test("a panel that is taken away leaves nothing behind", () => {
  const { clock, model, page, stop } = start();
  stop();
  clock.pass(5000);
  assert.deepEqual([model.sent.length, clock.waiting.size, page.acts.size], [0, 0, 0]);
  model.put({ ...FIRST, stop: 2 });
  clock.pass(5000);
  assert.equal(model.sent.length, 0);
});

test("a view that shows every threshold is told apart, once", () => {
  const { model, clock } = start();
  clock.pass(1000);
  for (const view of ["thresholds", "why", "thresholds"]) {
    model.put({ ...FIRST, view });
    clock.pass(1000);
  }
  assert.deepEqual(model.sent.map(({ state }) => state.view), ["disparities", "thresholds"]);
});

test("a view that compares nobody is not looked at in the sense of the log", () => {
  const { model, clock } = start();
  model.put({ ...FIRST, view: "data", by: [1] });
  clock.pass(5000);
  assert.equal(model.sent.length, 0);
  model.put({ ...FIRST, view: "disparities", by: [1] });
  clock.pass(5000);
  assert.equal(model.sent.length, 1);
});

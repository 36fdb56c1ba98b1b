// node --test: what the panel says when the kernel does not answer. The clock is a fake one.
import { test } from "node:test";
import assert from "node:assert/strict";
import program from "../support/program.mjs";

const { askKernel } = program;

function fakes(send = () => {}) {
  const timers = new Map(), found = { said: [], warned: [], sent: [] };
  let next = 0;
  const clock = {
    setTimeout: (act, delay) => (timers.set(++next, [act, delay]), next),
    clearTimeout: (id) => timers.delete(id),
  };
  const pass = () => [...timers].forEach(([id, [act]]) => { timers.delete(id); act(); });
  const model = { send: (message) => { send(); found.sent.push(message); } };
  const kernel = askKernel(model, { lost: "nobody answers" }, 7, (text) => found.said.push(text), (text) => found.warned.push(text), clock);
  return { kernel, timers, pass, ...found };
}

test("a recording that nobody answers is said once its time has passed", () => {
  const { kernel, timers, pass, said, sent } = fakes();
  kernel.record({ metric: 0 });
  assert.deepEqual(sent, [{ kind: "record", state: { metric: 0 }, ask: "7-1" }]);
  assert.deepEqual(said, []);
  assert.ok([...timers.values()].every(([, delay]) => delay >= 2000 && delay <= 10000));
  pass();
  assert.deepEqual(said, ["nobody answers"]);
});

test("an answer in time leaves nothing to say; a late one takes it back", () => {
  const { kernel, timers, pass, said, warned } = fakes();
  kernel.record({});
  kernel.hear({ recorded: "7-1" });
  assert.equal(timers.size, 0);
  kernel.record({});
  pass();
  kernel.hear({ recorded: "7-2" });
  assert.deepEqual(said, ["", "nobody answers", ""]);
  assert.deepEqual(warned, []);
});

test("answers to other views and to earlier requests are not taken for ours", () => {
  const { kernel, pass, said } = fakes();
  kernel.record({});
  kernel.record({});
  for (const message of [{ recorded: "8-1" }, { recorded: "7-1" }, { working: {} }, undefined]) kernel.hear(message);
  pass();
  assert.deepEqual(said, ["nobody answers"]);
});

test("what went wrong in the kernel is warned of", () => {
  const { kernel, warned } = fakes();
  kernel.record({});
  kernel.hear({ recorded: "7-1", error: "no room" });
  assert.deepEqual(warned, ["no room"]);
});

test("where a message is refused it is said at once, and no timer is left", () => {
  const { kernel, timers, said } = fakes(() => { throw new Error("Kernel is dead"); });
  kernel.record({});
  assert.deepEqual(said, ["nobody answers"]);
  assert.equal(timers.size, 0);
});

test("a panel that is closed waits for nobody", () => {
  const { kernel, timers } = fakes();
  kernel.record({});
  kernel.stop();
  assert.equal(timers.size, 0);
});

// node --test: the pure functions of the panel's program.
import { test } from "node:test";
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

const folder = new URL("../../fairlens/widgets/js/", import.meta.url);
const files = ["intervals.js", "measure.js", "sentence.js", "elements.js", "draw.js", "criteria.js", "panel.js", "record.js"];
const text = files.map((name) => readFileSync(new URL(name, folder), "utf8")).join("\n");
const { wilson, newcombe, viewOf, measure, fixed } = await import(`data:text/javascript,${encodeURIComponent(text)}`);

const Z = 1.959963984540054;
const close = (found, wanted) => found.forEach((value, i) => assert.ok(Math.abs(value - wanted[i]) < 5e-5, `${found}`));

test("Newcombe's published examples", () => {
  close(newcombe(56, 70, 48, 80, Z), [0.0524, 0.3339]);
  close(newcombe(9, 10, 3, 10, Z), [0.1705, 0.809]);
  close(newcombe(5, 56, 0, 29, Z), [-0.0381, 0.1926]);
});

test("an observed rate of 0 or 1 keeps its width, an empty group has no limits", () => {
  assert.equal(wilson(0, 10, Z)[0], 0);
  assert.ok(wilson(0, 10, Z)[1] > 0.2);
  assert.equal(wilson(10, 10, Z)[1], 1);
  assert.ok(wilson(0, 0, Z).every(Number.isNaN));
});

const data = {
  axes: [{ name: "a", levels: ["x", "y"] }, { name: "b", levels: ["u", "v"] }],
  labels: [2], steps: [0.2, 0.7], stops: [0.2, 0.7], decided: false, least: 10, z: [Z, Z, Z, Z],
  reasons: { suppressed: "hidden", undefined: "nobody", small: "few", suppressed_reference: "ref hidden", undefined_reference: "ref", small_reference: "ref few" },
  metrics: [{ numerator: [0, 1, 0, 1, 0, 1], denominator: [1, 1, 1, 1, 1, 1], label: "m" }],
  tables: [
    { axes: [], codes: [[]], counts: [[40, 60]] },
    { axes: [0], codes: [[0], [1]], counts: [[30, 20], [10, 40]] },
    { axes: [1], codes: [[0], [1]], counts: [[20, 30], [20, 30]] },
    { axes: [0, 1], codes: [[0, 0], [0, 1], [1, 0], [1, 1]], counts: [null, [15, 10], null, [5, 20]] },
  ],
};
const state = { metric: 0, by: [0], at: [-1, -1], reference: ["largest"], stop: 1 };

test("a score at the threshold is selected", () => {
  assert.deepEqual(viewOf(data, state).groups.map((group) => group.sums[0][5]), [20, 40]);
  assert.deepEqual(viewOf(data, { ...state, stop: 0 }).groups.map((group) => group.sums[0][5]), [50, 50]);
});

test("a blank is suppressed, never a zero and never worked out", () => {
  const { rows } = measure(data, { ...state, at: [-1, 0] });
  assert.deepEqual(rows.map((row) => row.status), ["suppressed", "suppressed"]);
  assert.ok(rows.every((row) => Number.isNaN(row.value) && row.n === null));
});

test("to the rest is suppressed where another group is", () => {
  const one = structuredClone(data);
  one.tables[1].counts[0] = null;
  const { rows } = measure(one, { ...state, reference: ["rest"] });
  assert.deepEqual(rows.map((row) => row.pair.status), ["suppressed", "suppressed"]);
});

test("an empty group is undefined with a reason", () => {
  const one = structuredClone(data);
  one.tables[3] = { axes: [0, 1], codes: [[0, 0], [1, 1]], counts: [[20, 30], [20, 30]] };
  const { rows } = measure(one, { ...state, at: [-1, 0] });
  assert.equal(rows[1].status, "undefined");
  assert.equal(rows[1].reason, "nobody");
});

test("the first of two equally large groups is the reference", () => {
  const { base } = measure(data, state);
  assert.deepEqual(base.codes, [0]);
});

test("halves are rounded away from zero, as in Python", () => {
  assert.equal(fixed(6.25, 1), "6.3");
  assert.equal(fixed(-6.25, 1), "-6.3");
  assert.equal(fixed(-0.01, 1), "0.0");
});

// node --test: rates and costs against the threshold.
import { test } from "node:test";
import assert from "node:assert/strict";
import program from "../support/program.mjs";

const { tallies, stepsFrom, ratesAt, costsAt, costOf, lowestOf, largestLines, validCosts, viewOf, measure, apart, roundTicks, someThresholds } = program;
const Z = 1.959963984540054;
const rate = { name: "r", label: "r", numerator: [0, 1, 0, 1, 0, 1], denominator: [1, 1, 1, 1, 1, 1] };
const data = {
  axes: [{ name: "a", levels: ["x", "y", "h"] }, { name: "b", levels: ["u", "v"] }],
  labels: [0, 1, 2], steps: [0.2, 0.5, 0.7], stops: [null, 0.2, 0.5, 0.7], decided: true, weighted: false, least: 10, z: [Z, Z, Z, Z],
  reasons: { suppressed: "hidden", undefined: "nobody", small: "few" }, metrics: [rate],
  // label x step x decision
  tables: [
    { axes: [], codes: [[]], counts: [[40, 6, 20, 10, 8, 9, 12, 8, 10, 22, 5, 30, 1, 0, 2, 0, 0, 3]] },
    { axes: [0], codes: [[0], [1], [2]], counts: [[20, 3, 10, 5, 4, 4, 6, 4, 5, 11, 2, 15, 1, 0, 0, 0, 0, 0], [18, 2, 9, 4, 3, 4, 5, 3, 4, 10, 2, 14, 0, 0, 2, 0, 0, 3], null] },
    { axes: [1], codes: [[0], [1]], counts: [[20, 3, 10, 5, 4, 4, 6, 4, 5, 11, 2, 15, 1, 0, 0, 0, 0, 0], [20, 3, 10, 5, 4, 5, 6, 4, 5, 11, 3, 15, 0, 0, 2, 0, 0, 3]] },
    { axes: [0, 1], codes: [[0, 0], [0, 1], [1, 0], [1, 1]], counts: [[10, 2, 5, 3, 2, 2, 3, 2, 2, 6, 1, 8, 1, 0, 0, 0, 0, 0], null, null, null] },
  ],
};
const state = { metric: 0, by: [0], at: [[], []], reference: ["largest"], stop: 2, cuts: null, adjust: [], slice: null };

test("every threshold is what the view at that stop says, to the last digit of a count", () => {
  const counted = tallies(data, state), thresholds = data.stops.slice(1), steps = stepsFrom(data, thresholds);
  thresholds.forEach((_, k) => {
    const { rows } = measure(data, { ...state, stop: k + 1 });
    counted.groups.forEach((group, i) => {
      const row = ratesAt(data, rate, group, [steps[k]])[0];
      for (const field of ["value", "lower", "upper", "n", "status"]) assert.deepEqual(row[field], rows[i][field]);
    });
  });
});

test("above all scores nobody is selected, and below all everybody is", () => {
  assert.deepEqual(stepsFrom(data, [0, 0.2, 0.21, 0.7, 0.71]), [0, 0, 1, 2, 3]);
  const [none, all] = ratesAt(data, rate, tallies(data, state).groups[0], [3, 0]);
  assert.equal(none.value, 0);
  assert.equal(all.value, 1);
});

test("a filter looks cells up, and a blank stays hidden", () => {
  const counted = tallies(data, { ...state, at: [[], [0]] });
  assert.deepEqual(counted.groups.map((group) => group.suppressed), [false, true, false]);
  assert.equal(counted.groups[0].people, 47);
  assert.ok(costsAt(data, [1, 1], counted.groups[1], [0])[0].n === null);
});

test("costs by hand, with Wilson's limits where both errors cost the same", () => {
  const view = viewOf(data, state), sums = view.groups[0].sums, [, wrongly, missed] = sums[0];
  const row = costOf(data, [3, 1], sums, false), labelled = sums[0].slice(0, 4).reduce((a, b) => a + b, 0);
  assert.ok(Math.abs(row.value - (100 * (3 * wrongly + missed)) / labelled) < 1e-12);
  assert.equal(row.n, labelled);
  const same = costOf(data, [2, 2], sums, false), limits = program.wilson(wrongly + missed, labelled, Z);
  [same.lower, same.upper].forEach((limit, i) => assert.ok(Math.abs(limit - 200 * limits[i]) < 1e-9));
  assert.equal(costOf(data, [1, 1], sums, true).status, "suppressed");
  assert.equal(costOf(data, [1, 1], Array(3).fill([0, 0, 20, 20, 0, 0]), false).status, "undefined");
  assert.equal(costOf(data, [1, 1], Array(3).fill([3, 3, 20, 20, 0, 0]), false).status, "small");
});

test("of equal costs the threshold nearest to the current one is the lowest, then the smaller one", () => {
  const rows = [5, 3, 3 + 1e-12, 3, 9].map((value) => ({ value, status: "ok" })), thresholds = [0.1, 0.2, 0.3, 0.4, 0.5], every = [0, 1, 2, 3, 4];
  assert.equal(lowestOf(rows, thresholds, every, 0.5), 3);
  assert.equal(lowestOf(rows, thresholds, every, 0.3), 2);
  assert.equal(lowestOf(rows, thresholds, every, null), 1);
  assert.equal(lowestOf(rows, thresholds, [0, 4], 0.5), 0);
  assert.equal(lowestOf(rows.map((row) => ({ ...row, status: "small" })), thresholds, every, 0.5), -1);
});

test("costs that are none are refused", () => {
  assert.ok(validCosts([0, 1]));
  assert.ok(validCosts([0, 1e12]));
  for (const costs of [[0, 0], [-1, 2], [NaN, 1], [Infinity, 1], [1e200, 1], [1, 1.1e12]]) assert.ok(!validCosts(costs));
});

test("the largest groups have a line, in the order of the table; hidden ones have none", () => {
  const groups = [5, 9, 7, 9].map((people) => ({ people, suppressed: false }));
  assert.deepEqual(largestLines([...groups, { people: 0, suppressed: true }], 3), [1, 2, 3]);
  assert.deepEqual(largestLines(groups, 1), [1]);
});

test("labels keep their distance and stay inside", () => {
  const placed = apart([100, 100, 100, 98], 10, 0, 100), order = [...placed].sort((a, b) => a - b);
  order.slice(1).forEach((height, i) => assert.ok(height - order[i] >= 10 - 1e-9));
  assert.equal(Math.max(...placed), 100);
  assert.equal(Math.min(...placed), placed[3]);
});

test("ticks are round and inside", () => {
  assert.deepEqual(roundTicks(0, 1, 6), [0, 0.2, 0.4, 0.6, 0.8, 1]);
  assert.deepEqual(roundTicks(7, 7, 5), [7]);
  for (const tick of roundTicks(312, 887, 6)) assert.ok(tick >= 312 && tick <= 887 && tick % 100 === 0);
});

test("a long curve is told at some thresholds, with the current ones and the audit's own", () => {
  const section = { thresholds: Array.from({ length: 200 }, (_, i) => i), rows: 40, own: 33 };
  const some = someThresholds(section, [101]);
  assert.ok(some.length <= 43 && [0, 33, 101, 199].every((i) => some.includes(i)));
  assert.equal(someThresholds({ ...section, thresholds: [1, 2] }, []).length, 2);
});

// node --test: the pure functions of the panel's program.
import { test } from "node:test";
import assert from "node:assert/strict";
import program from "../support/program.mjs";

const { codeOf, python, sliced, wilson, newcombe, koopman, kish, viewOf, measure, standardized, sentenceOf, judgedNote, read, fixed, explains, shownWhy } = program;

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
const state = { metric: 0, by: [0], at: [[], []], reference: ["largest"], stop: 1, adjust: [] };

test("a score at the threshold is selected", () => {
  assert.deepEqual(viewOf(data, state).groups.map((group) => group.sums[0][5]), [20, 40]);
  assert.deepEqual(viewOf(data, { ...state, stop: 0 }).groups.map((group) => group.sums[0][5]), [50, 50]);
});

test("a blank is suppressed, never a zero and never worked out", () => {
  const { rows } = measure(data, { ...state, at: [[], [0]] });
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
  const { rows } = measure(one, { ...state, at: [[], [0]] });
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

// With the factor N / (N - 1) of Miettinen and Nurminen the last limit would be 0.4481; Koopman has none.
test("Koopman's ratios: COMPAS false positives, and a first rate of 0", () => {
  close(koopman(805, 1795, 349, 1488, Z), [1.7226, 2.1256]);
  const none = koopman(0, 40, 16, 80, Z);
  assert.equal(none[0], 0);
  assert.ok(Math.abs(none[1] - 0.44460294) < 5e-8, `${none}`);
  assert.ok(koopman(3, 10, 0, 10, Z).every(Number.isNaN));
  assert.ok(koopman(10, 10, 10, 10, Z)[0] < 1);
});

test("Kish: people of one weight are as many as they are, and nobody is nobody", () => {
  assert.equal(kish(0.1 + 0.1 + 0.1, 0.1 * 0.1 * 3), 3);
  assert.equal(kish(6, 14), 36 / 14);
  assert.equal(kish(0, 0), 0);
});

const BERKELEY = { // department: men refused, admitted; women refused, admitted
  A: [313, 512, 19, 89], B: [207, 353, 8, 17], C: [205, 120, 391, 202], D: [279, 138, 244, 131], E: [138, 53, 299, 94], F: [351, 22, 317, 24],
};

function berkeley() {
  const depts = Object.values(BERKELEY), add = (lists) => lists.reduce((a, b) => a.map((value, i) => value + b[i]));
  const men = depts.map((d) => d.slice(0, 2)), women = depts.map((d) => d.slice(2));
  return {
    ...data, decided: true, steps: null, stops: [null], stop_names: ["as decided"], own_stop: 0,
    axes: [{ name: "gender", levels: ["men", "women"] }, { name: "dept", levels: Object.keys(BERKELEY) }],
    reasons: { ...data.reasons, hidden_stratum: "hidden stratum", no_overlap: "apart", zero_reference: "zero" },
    tables: [
      { axes: [], codes: [[]], counts: [add([...men, ...women])] },
      { axes: [0], codes: [[0], [1]], counts: [add(men), add(women)] },
      { axes: [1], codes: depts.map((_, k) => [k]), counts: depts.map((_, k) => add([men[k], women[k]])) },
      { axes: [0, 1], codes: [...men.map((_, k) => [0, k]), ...women.map((_, k) => [1, k])], counts: [...men, ...women] },
    ],
  };
}
const admitted = { ...state, stop: 0, compare: "difference", adjust: [1], cuts: null };

test("Berkeley: men are admitted more often, and women among people of the same department", () => {
  const [men, women] = measure(berkeley(), admitted).rows;
  assert.ok(men.isReference);
  assert.ok(Math.abs(women.pair.value + 0.1416454) < 5e-7, `${women.pair.value}`);
  assert.ok(Math.abs(women.adjusted.value - 0.042637) < 5e-7, `${women.adjusted.value}`);
  const { tables } = berkeley(), weights = tables[2].counts.map(([no, yes]) => no + yes);
  const rated = ([no, yes]) => ({ x: yes, bottom: no + yes, effective: no + yes, value: yes / (no + yes) });
  const rate = (gender) => standardized(tables[3].counts.slice(6 * gender, 6 * gender + 6).map(rated), weights, Z)[0];
  assert.ok(Math.abs(rate(0) - 0.387319) < 5e-7, `${rate(0)}`);
  assert.ok(Math.abs(rate(1) - 0.429955) < 1e-6, `${rate(1)}`);
});

test("ratios of both outcomes stand beside each other, against the same group", () => {
  const { rows } = measure(berkeley(), { ...admitted, compare: "ratio", adjust: [] });
  const [men, women] = [1198 / 2691, 557 / 1835];
  assert.ok(Math.abs(rows[1].ratio.value - women / men) < 1e-12);
  assert.ok(Math.abs(rows[1].opposite.value - (1 - women) / (1 - men)) < 1e-12);
  assert.equal(rows[0].ratio, null);
});

test("a suppressed stratum is never worked out", () => {
  const one = berkeley();
  one.tables[3].counts[0] = null;
  one.tables[3].counts[6] = null;
  const [, women] = measure(one, admitted).rows;
  assert.deepEqual([women.adjusted.status, women.adjusted.reason], ["suppressed", "hidden stratum"]);
  assert.ok([women.adjusted.value, women.adjusted.lower, women.adjusted.upper].every(Number.isNaN));
  assert.equal(women.pair.status, "ok");
  const whole = berkeley();
  whole.tables[2].counts[3] = null; // the stratum's total, which is its weight
  assert.equal(measure(whole, admitted).rows[1].adjusted.status, "suppressed");
});

test("a stratum of one group only is not compared, and no stratum of both is undefined", () => {
  const one = berkeley();
  one.tables[3].counts = one.tables[3].counts.map((counts, i) => (i < 3 || i > 8 ? counts : [0, 0]));
  const [, women] = measure(one, admitted).rows;
  assert.deepEqual([women.adjusted.status, women.adjusted.reason], ["undefined", "apart"]);
});

test("each group at its own threshold", () => {
  const cuts = { axis: 0, stops: [0, 1] };
  const view = viewOf(data, { ...state, cuts });
  assert.deepEqual(view.groups.map((group) => group.sums[0][5]), [50, 40]);
  assert.equal(view.total[0][5], 90);
  const filtered = viewOf(data, { ...state, by: [1], at: [[1], []], cuts });
  assert.ok(filtered.groups.some((group) => group.suppressed)); // by b, among a = y
});

test("criteria say whom they are about, and leave aside what a view adds", () => {
  const ui = { judged: "All, {how}{aside}.", at: "at {threshold}", decided: "as decided", aside: ", without {what}", filter: "filter", cuts: "cuts", and: " and " };
  const one = { ...data, stop_names: ["0.2", "0.7"], own_stop: 0, criteria: { ui } };
  assert.equal(judgedNote(one, { ...state, cuts: null }), "All, at 0.7.");
  assert.equal(judgedNote(one, { ...state, at: [[], [0]], cuts: null }), "All, at 0.7, without filter.");
  assert.equal(judgedNote(one, { ...state, at: [[], [0]], cuts: { axis: 0, stops: [1, 1] } }), "All, at 0.2, without filter and cuts.");
  assert.equal(judgedNote({ ...one, stops: [null] }, { ...state, stop: 0, cuts: null }), "All, as decided.");
});

test("what is only the rounding error of a sum is nobody, and decides nothing", () => {
  const one = structuredClone(data), weigh = (counts) => counts.map((n) => 0.1 * n);
  one.weighted = true;
  one.tables[1].counts = [[40, 60], [0, 0]];
  for (const table of one.tables) {
    table.weights = table.counts.map((counts) => counts && weigh(counts));
    table.squares = table.counts.map((counts) => counts && counts.map((n) => 0.01 * n));
  }
  one.tables[0].weights[0][1] += 1e-15;
  one.reasons.alone = "alone";
  const { rows } = measure(one, { ...state, reference: ["rest"] });
  assert.equal(rows[0].pair.base.status, "undefined");
  assert.equal(rows[0].effective, 100);
});

test("a view of a form that this program does not know is refused", () => {
  assert.throws(() => read('{"format": "fairlens-panel/99"}'), /fairlens-panel\/99/);
  assert.equal(read('{"format": "fairlens-panel/1"}').format, "fairlens-panel/1");
});

test("what is a half but for a rounding error is one", () => {
  assert.equal(fixed(0.35 - 1e-16, 1), fixed(0.35 + 1e-16, 1));
  assert.equal(typeof sentenceOf, "function");
});

const gapOf = (at, sizes) => ({ method: "gap", of: { by: [0], at, cuts: null }, groups: sizes.map((steps, i) => ({ codes: [i], steps: steps.map((size) => size && { size }) })) });
const seen = { by: [0], at: [[], []], cuts: null, stop: 0, why: { method: "gap", group: null } };

test("what explains the view comes before what was stored last, which is marked as another view's", () => {
  const stored = [gapOf([[], []], [[0.1]]), gapOf([[], [1]], [[0.2]])];
  assert.deepEqual([shownWhy(stored, seen).told, shownWhy(stored, seen).fits], [stored[0], true]);
  assert.deepEqual([shownWhy(stored, { ...seen, at: [[], [0]] }).told, shownWhy(stored, { ...seen, at: [[], [0]] }).fits], [stored[1], false]);
  assert.equal(explains(stored[0], { ...seen, cuts: { axis: 0, stops: [0, 1] } }), false);
  assert.equal(shownWhy(stored, { ...seen, why: { method: "shap", group: null } }), null);
});

test("the group with the largest gap at the stop is shown until one is chosen", () => {
  const stored = [gapOf([[], []], [[0.1, null], [0.3, 0.2]])];
  assert.equal(shownWhy(stored, seen).group, 1);
  assert.equal(shownWhy(stored, { ...seen, why: { method: "gap", group: [0] } }).group, 0);
  assert.equal(shownWhy(stored, { ...seen, why: { method: "gap", group: [7] } }).group, 1);
});

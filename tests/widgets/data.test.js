// node --test: the pure functions of the view of the data.
import { test } from "node:test";
import assert from "node:assert/strict";
import program from "../support/program.mjs";

const { describeData, whoSentence } = program;
const Z = 1.959963984540054, Z3 = 2.3939797998185104;

const data = {
  axes: [{ name: "a", levels: ["x", "y", "?"] }, { name: "b", levels: ["u", "v"] }],
  labels: [0, 1, 2], steps: null, stops: [null], own_stop: 0, decided: true, least: 10, z: [Z, Z], named: 3, confidence: 0.95,
  numbers: { decimal: ",", group: ".", interval: "{value} [{lower}; {upper}]" }, ui: { either: " or ", joined: " and " },
  reasons: { suppressed: "hidden", undefined: "nobody", weightless: "no weight", small: "few", weak: "weak" },
  texts: { among: "among {where}" }, weighted: false,
  tables: [
    { axes: [], codes: [[]], counts: [[40, 10, 20, 30, 10, 0]] },
    { axes: [0], codes: [[0], [1], [2]], counts: [[20, 5, 10, 15, 10, 0], [10, 0, 5, 5, 0, 0], [10, 5, 5, 10, 0, 0]] },
    { axes: [1], codes: [[0], [1]], counts: [[20, 5, 10, 15, 5, 0], [20, 5, 10, 15, 5, 0]] },
    { axes: [0, 1], codes: [[0, 0], [0, 1], [1, 0], [1, 1], [2, 0]], counts: [[10, 5, 5, 5, 5, 0], [10, 0, 5, 10, 5, 0], null, null, [10, 5, 5, 10, 0, 0]] },
  ],
};
const all = [1, 1, 1, 1, 1, 1], known = [1, 1, 1, 1, 0, 0];
const section = {
  rows: 40, labels: true, fractions: false, unknown: [2, -1], columns: ["in"], left: 0, populations: [], z: [Z, 2.241402727604945, Z3],
  rates: { share: { numerator: all, denominator: all }, base: { numerator: [0, 0, 1, 1, 0, 0], denominator: known }, labelled: { numerator: known, denominator: all } },
  missing: [[[12]], [[5, 0, 7]], [[6, 6]], [[null, null, 0, null, 7]]],
  ui: {
    persons: "people", people: "{n} {persons}{by}: {shares}.", by: " by {names}", one: "{group} {share}, n={n}", no_label: " {n} unlabelled.", hidden: "hidden {persons}",
    left_out: " {k} hidden.", left_one: " 1 hidden.", more_groups: "{k} more", more_group: "1 more", suppressed: "suppressed", nothing: "nothing", among_known: " known",
    represented: "{x} {group}{known}, {y}: {ratio} ({low}, {high})", cannot: "cannot {x} {group}{known}, {y}: {ratio} ({low}, {high}){of}", of: " of {k}",
  },
};
const state = { metric: 0, by: [0], at: [[], []], stop: 0, cuts: null, slice: null, adjust: [] };
const population = { axes: [0], codes: [[0], [1], [-1]], names: [["x"], ["y"], ["{group}"]], shares: [0.5, 0.4, 0.1] };

test("counts, shares, base rates, labels and missing values", () => {
  const { rows, whole, columns } = describeData(data, section, state);
  assert.deepEqual(rows.map(({ n }) => n), [60, 20, 30]);
  assert.deepEqual(rows.map(({ share }) => share.value), [60 / 110, 20 / 110, 30 / 110]);
  assert.deepEqual(rows.map(({ base }) => [base.value, base.n]), [[0.5, 50], [0.5, 20], [0.5, 30]]);
  assert.deepEqual(columns, ["in"]);
  assert.deepEqual(rows.map(({ lacking }) => lacking[0].n), [5, 0, 7]);
  assert.deepEqual(whole, { n: 110, unlabelled: 10 });
});

test("who has no value of another attribute is counted from the published tables", () => {
  const { rows, columns } = describeData(data, section, { ...state, by: [1] });
  assert.deepEqual(columns, ["a", "in"]);
  assert.deepEqual(rows.map(({ lacking }) => lacking[0].n), [30, 0]);
});

test("a blank is suppressed, never a zero, whatever it is a part of", () => {
  const { rows } = describeData(data, section, { ...state, at: [[], [1]] });
  assert.deepEqual(rows.map(({ n }) => n), [30, null, 0]);
  assert.equal(rows[0].lacking[0].n, null);
  assert.ok(Number.isNaN(rows[1].share.value));
  const crossed = describeData(data, section, { ...state, by: [1, 0] });
  assert.deepEqual(crossed.rows.map(({ codes, n }) => [codes.join(), n]), [["0,0", 30], ["0,1", null], ["0,2", 30], ["1,0", 30], ["1,1", null]]);
  assert.deepEqual(crossed.rows.map(({ lacking }) => lacking[0].n), [null, null, 7, null, null]);
});

test("the threshold of the state does not matter", () => {
  assert.deepEqual(describeData(data, section, state), describeData({ ...data, stops: [null] }, section, { ...state, cuts: null, stop: 5 }));
});

test("representation is among people of known group, with those whom nobody here is", () => {
  const given = { ...section, populations: [population] }, found = describeData(data, given, state);
  assert.deepEqual(found.rows.map(({ compared }) => compared && compared.value), [60 / 80 / 0.5, 20 / 80 / 0.4, null, 0]);
  assert.deepEqual(found.rows[3].names, ["{group}"]);
  assert.equal(found.rows[3].n, 0);
  assert.ok(found.unknown);
});

test("a population is about everybody, and about one crossing", () => {
  const given = { ...section, populations: [population] };
  assert.equal(describeData(data, given, { ...state, at: [[], [0]] }).remark, "everybody");
  assert.equal(describeData(data, given, { ...state, by: [1] }).remark, "other_groups");
  assert.equal(describeData(data, given, state).remark, null);
  assert.equal(describeData(data, section, { ...state, by: [1] }).remark, null);
});

test("the sentence names the group that is furthest from 1, in the marks of the language, and braces of a name stay", () => {
  const given = { ...section, populations: [population] };
  const said = (one) => whoSentence(data, one, state, describeData(data, one, state));
  assert.equal(said(given), "0 {group} known, 10: 0,00 (0,00, 0,46)");
  const even = { ...section, populations: [{ ...population, codes: [[0], [1]], names: [["x"], ["y"]], shares: [0.74, 0.26] }] };
  assert.match(said(even), /^cannot 75 x known, 74: 1,01 \(0,\d\d, 1,\d\d\) of 2$/);
  assert.match(said(section), /^110 people by a: x 54,5 % \[45,2; 63,5\], n=60; \? .*; y .*\. 10 unlabelled\.$/);
});

test("a slice stands beside everybody else", () => {
  const sliced = { ...state, by: [2], at: [[], [], []], slice: { name: "s", at: [[0], [0]] } };
  const wide = { ...data, axes: [...data.axes, { name: "slice", levels: ["s", "others"] }] };
  const { rows, columns } = describeData(wide, section, sliced);
  assert.deepEqual(rows.map(({ n }) => n), [30, null]);
  assert.deepEqual(columns, ["in"]);
  const one = describeData(wide, section, { ...sliced, slice: { name: "s", at: [[0], []] } });
  assert.deepEqual(one.rows.map(({ n, lacking }) => [n, lacking[0].n]), [[60, 5], [50, 7]]);
});

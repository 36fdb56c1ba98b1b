// Rates and costs of errors at every threshold. Scores are added up once for each choice of people; every threshold is read from those sums.

function addSteps(target, data, counts) {
  const steps = data.steps.length, kinds = data.decided ? 2 : 1;
  for (let l = 0, at = 0; l < data.labels.length; l++) {
    for (let s = 0; s < steps; s++) for (let d = 0; d < kinds; d++) target[data.labels[l] * steps + s] += counts[at++];
  }
}

const sumsOf = (data) => (data.weighted ? SUMS : SUMS.slice(0, 1));
const noSteps = (data) => sumsOf(data).map(() => new Float64Array(3 * data.steps.length));

function addStepCell(group, data, table, cell) {
  if (table.counts[cell] === null) group.suppressed = true;
  else sumsOf(data).forEach((name, i) => addSteps(group.sums[i], data, table[name][cell]));
}

function groupSteps(data, state) {
  const { filtered, inside } = keeping(state.at);
  const table = tableOf(data, ordered([...state.by, ...filtered])), groups = groupsOf(data, state);
  const found = groups.map((codes) => ({ codes, sums: noSteps(data), suppressed: false }));
  const place = new Map(groups.map((codes, i) => [codes.join(), i])), picked = picking(state, table.axes), kept = inside(table.axes);
  table.codes.forEach((codes, cell) => {
    if (kept(codes)) addStepCell(found[place.get(picked(codes).join())], data, table, cell);
  });
  return { groups: found, whole: wholeSteps(data, filtered, inside) };
}

function wholeSteps(data, filtered, inside) {
  const table = tableOf(data, ordered(filtered)), kept = inside(table.axes), whole = { codes: [], sums: noSteps(data), suppressed: false };
  table.codes.forEach((codes, cell) => {
    if (kept(codes)) addStepCell(whole, data, table, cell);
  });
  return whole;
}

function sliceSteps(data, state) {
  const { at } = state.slice, axes = keeping(at).filtered, seen = groupSteps(data, { ...state, by: axes, slice: null });
  const parts = [0, 1].map((code) => ({ codes: [code], sums: noSteps(data), suppressed: false }));
  for (const group of seen.groups) {
    const part = parts[axes.every((axis, i) => at[axis].includes(group.codes[i])) ? 0 : 1];
    if (group.suppressed) part.suppressed = true;
    else group.sums.forEach((sums, i) => sums.forEach((n, j) => (part.sums[i][j] += n)));
  }
  return { groups: parts, whole: seen.whole };
}

// People below each step and from it on, by label. Nothing is subtracted, so that nobody is exactly 0.
function tally(data, { codes, sums, suppressed }) {
  const steps = data.steps.length, size = steps + 1;
  const cumulated = sums.map((flat) => {
    const below = new Float64Array(3 * size), above = new Float64Array(3 * size);
    for (let l = 0; l < 3; l++) {
      for (let s = 0; s < steps; s++) below[l * size + s + 1] = below[l * size + s] + flat[l * steps + s];
      for (let s = steps - 1; s >= 0; s--) above[l * size + s] = above[l * size + s + 1] + flat[l * steps + s];
    }
    return { below, above };
  });
  const people = cumulated[0].above[0] + cumulated[0].above[size] + cumulated[0].above[2 * size];
  return { codes, suppressed, people, size, cumulated };
}

// The six outcome cells where people are selected from a step on, in people, weights and squares.
function sixFrom(counted, step) {
  const found = counted.cumulated.map(({ below, above }) => [0, 1, 2].flatMap((l) => [below[l * counted.size + step], above[l * counted.size + step]]));
  return found.length > 1 ? found : [found[0], found[0], found[0]];
}

// Everything by group and step that the thresholds of a view are read from.
export function tallies(data, state) {
  const found = state.slice ? sliceSteps(data, state) : groupSteps(data, state);
  return { groups: found.groups.map((group) => tally(data, group)), whole: tally(data, found.whole) };
}

// For each threshold the first step that is selected.
export function stepsFrom(data, thresholds) {
  return thresholds.map((threshold) => {
    const step = data.steps.findIndex((at) => at >= threshold);
    return step < 0 ? data.steps.length : step;
  });
}

export const ratesAt = (data, metric, counted, steps) => steps.map((step) => rateOf(data, metric, counted.codes, sixFrom(counted, step), counted.suppressed));
export const costsAt = (data, costs, counted, steps) => steps.map((step) => costOf(data, costs, sixFrom(counted, step), counted.suppressed));

// The groups that have a line: those with most people, in the order of the table.
export function largestLines(groups, most) {
  const known = groups.flatMap((group, i) => (group.suppressed ? [] : [i]));
  return known.sort((a, b) => groups[b].people - groups[a].people || a - b).slice(0, most).sort((a, b) => a - b);
}

const SAME_COST = 1e-9; // as in fairlens/scores/_costs.py
const labelled = (six, label) => six[2 * label] + six[2 * label + 1];

// What errors cost per 100 people with a label: Wilson's limits of the mean cost over the largest cost, for as many people as give it its variance.
export function costOf(data, costs, sums, suppressed) {
  const row = { value: NaN, lower: NaN, upper: NaN, n: null, status: "suppressed" };
  if (suppressed) return row;
  const [people, weights, squares] = sums, both = [labelled(weights, 0), labelled(weights, 1)];
  row.n = whole(labelled(people, 0) + labelled(people, 1));
  if (!(both[0] > 0 && both[1] > 0)) return { ...row, status: "undefined" };
  const known = both.map((sum, label) => (sum * sum) / labelled(squares, label));
  const total = both[0] + both[1], most = Math.max(...costs);
  const mean = (costs[0] * weights[1] + costs[1] * weights[2]) / total / most;
  const variance = ((costs[0] / most) ** 2 * weights[1] + (costs[1] / most) ** 2 * weights[2]) / total - mean ** 2;
  const effective = (total * total) / (labelled(squares, 0) + labelled(squares, 1));
  const worth = variance > SAME_COST && mean > 0 && mean < 1 ? (effective * mean * (1 - mean)) / variance : effective;
  const [lower, upper] = wilson(mean * worth, worth, data.z[0]);
  return { ...row, value: 100 * most * mean, lower: 100 * most * lower, upper: 100 * most * upper, status: Math.min(...known) < data.least ? "small" : "ok" };
}

// The place of the lowest cost, of equal ones the nearest to the current threshold; -1 where none can be chosen.
export function lowestOf(rows, thresholds, candidates, now) {
  const able = candidates.filter((i) => rows[i].status === "ok");
  if (!able.length) return -1;
  const least = Math.min(...able.map((i) => rows[i].value));
  const best = able.filter((i) => rows[i].value <= least + SAME_COST * Math.max(least, 1));
  const near = now ?? thresholds[best[0]], far = (i) => Math.abs(thresholds[i] - near);
  return best.reduce((found, i) => (far(i) < far(found) ? i : found));
}

const MOST_COST = 1e12; // as in fairlens/scores/_costs.py
export const validCosts = (costs) => costs.every((cost) => cost >= 0 && cost <= MOST_COST) && Math.max(...costs) > 0;

// From published tables to rows. A view is looked up: nothing is summed over a blank, or subtracted around one.
// Axes, levels, metrics and stops are positions in lists; no name of a column, a level or a metric stands in this program.

const ROUNDING = 1e-12;
const same = (a, b) => a.length === b.length && a.every((value, i) => value === b[i]);
const ordered = (axes) => [...new Set(axes)].sort((a, b) => a - b);
const compareCodes = (a, b) => a.reduce((found, value, i) => found || value - b[i], 0);

function tableOf(data, axes) {
  return data.tables.find((table) => same(table.axes, axes));
}

// Adds the counts of one cell to six outcome cells, in the order (y_true, y_pred) = 00, 01, 10, 11, ?0, ?1.
// Runs for every cell of a view at every move of a slider, so it makes no arrays.
function decide(six, data, counts, stop) {
  const steps = data.steps ? data.steps.length : 1, kinds = data.decided ? 2 : 1;
  const threshold = data.stops.length ? data.stops[stop] : null;
  for (let l = 0, at = 0; l < data.labels.length; l++) {
    for (let s = 0; s < steps; s++) {
      const above = threshold !== null && data.steps[s] >= threshold ? 1 : 0;
      for (let d = 0; d < kinds; d++, at++) six[2 * data.labels[l] + (threshold === null ? d : above)] += counts[at];
    }
  }
}

// People, sums of weights and of their squares; the same numbers three times where there are no weights.
const SUMS = ["counts", "weights", "squares"];
function nothing(data) {
  const counts = [0, 0, 0, 0, 0, 0];
  return data.weighted ? [counts, [...counts], [...counts]] : [counts, counts, counts];
}

function addCell(sums, data, table, cell, stop) {
  decide(sums[0], data, table.counts[cell], stop);
  if (data.weighted) for (const i of [1, 2]) decide(sums[i], data, table[SUMS[i]][cell], stop);
}

// The stop of a cell: that of its level where thresholds differ by group.
function stopOf(state, axes, codes) {
  return state.cuts ? state.cuts.stops[codes[axes.indexOf(state.cuts.axis)]] : state.stop;
}

// Groups of a crossing of attributes, or a slice and everybody else; with everybody who is kept.
export function viewOf(data, state) {
  const { slice, by, at, stop, cuts } = state, key = JSON.stringify([slice, by, at, stop, cuts]), last = looked.get(data);
  if (last?.key === key) return last.view;
  const view = slice ? sliceView(data, state) : groupView(data, state);
  looked.set(data, { key, view });
  return view;
}

// The view that was looked up last: rates, sentence and thresholds of one state ask for the same.
const looked = new WeakMap();

// The groups of a view by their codes, for what needs no counts.
export function groupsOf(data, state) {
  if (state.slice) return [[0], [1]];
  const base = tableOf(data, ordered(state.by)), kept = keeping(state.at).inside(base.axes);
  return base.codes.filter(kept).map(picking(state, base.axes)).sort(compareCodes);
}

// Of the codes of a cell those of the attributes that are grouped by.
function picking(state, axes) {
  const places = state.by.map((axis) => axes.indexOf(axis));
  return (codes) => places.map((place) => codes[place]);
}

// Which cells of a table are kept, and what the filters look at.
function keeping(at) {
  const filtered = at.flatMap((codes, axis) => (codes.length ? [axis] : []));
  return { filtered, inside: (axes) => {
    const looked = filtered.flatMap((axis) => (axes.includes(axis) ? [[axes.indexOf(axis), new Set(at[axis])]] : []));
    return (codes) => looked.every(([place, kept]) => kept.has(codes[place]));
  } };
}

function groupView(data, state) {
  const { filtered, inside } = keeping(state.at), split = state.cuts ? [state.cuts.axis] : [];
  const groups = groupsOf(data, state);
  const found = groups.map((codes) => ({ codes, sums: nothing(data), suppressed: false }));
  const place = new Map(groups.map((codes, i) => [codes.join(), i]));
  const table = tableOf(data, ordered([...state.by, ...filtered, ...split])), keeps = inside(table.axes), pick = picking(state, table.axes);
  table.codes.forEach((codes, cell) => {
    if (!keeps(codes)) return;
    const group = found[place.get(pick(codes).join())];
    if (table.counts[cell] === null) group.suppressed = true;
    else addCell(group.sums, data, table, cell, stopOf(state, table.axes, codes));
  });
  return { groups: found, total: totalOf(data, state, filtered, inside, split) };
}

function totalOf(data, state, filtered, inside, split) {
  const table = tableOf(data, ordered([...filtered, ...split])), keeps = inside(table.axes);
  const total = nothing(data);
  for (const [cell, codes] of table.codes.entries()) {
    if (!keeps(codes)) continue;
    if (table.counts[cell] === null) return null;
    addCell(total, data, table, cell, stopOf(state, table.axes, codes));
  }
  return total;
}

function sliceView(data, state) {
  const { at } = state.slice, axes = keeping(at).filtered;
  const seen = groupView(data, { ...state, by: axes, slice: null });
  const parts = [0, 1].map((code) => ({ codes: [code], sums: nothing(data), suppressed: false }));
  const kinds = data.weighted ? [0, 1, 2] : [0]; // without weights the three sums are one
  for (const group of seen.groups) {
    const part = parts[axes.every((axis, i) => at[axis].includes(group.codes[i])) ? 0 : 1];
    if (group.suppressed) part.suppressed = true;
    else for (const kind of kinds) group.sums[kind].forEach((n, j) => (part.sums[kind][j] += n));
  }
  return { groups: parts, total: seen.total };
}

// A slice and everybody else as the two levels of one more axis, so that what is drawn and said needs to know no slice.
export function sliced(data, state) {
  if (!state.slice) return [data, state];
  const { name } = state.slice, { others } = data.ui;
  const axis = { name: data.ui.slice, levels: [name, name === others ? data.ui.not_others : others] };
  return [{ ...data, axes: [...data.axes, axis] }, { ...state, by: [data.axes.length], at: [...state.at, []], adjust: [] }];
}

const dot = (weights, six) => weights.reduce((sum, weight, i) => sum + weight * six[i], 0);

// People who count in fractions, as whole people; halves to the even number, as in Python.
function whole(count) {
  const settled = Math.round(1e6 * count) / 1e6, near = Math.round(settled); // whatever the order of the sum
  return near - settled === 0.5 && near % 2 !== 0 ? near - 1 : near;
}

function rateOf(data, metric, codes, sums, suppressed) {
  const row = { codes, sums, value: NaN, lower: NaN, upper: NaN, n: null, x: NaN, bottom: NaN, people: null, status: "suppressed", reason: data.reasons.suppressed };
  if (suppressed) return row;
  const [people, weights, squares] = sums;
  row.x = dot(metric.numerator, weights);
  row.bottom = dot(metric.denominator, weights);
  row.n = whole(dot(metric.denominator, people));
  row.people = whole(people.reduce((a, b) => a + b, 0));
  row.effective = data.weighted ? kish(row.bottom, dot(metric.denominator, squares)) : row.bottom;
  if (!(row.bottom > 0)) return Object.assign(row, { status: "undefined", reason: row.n ? data.reasons.weightless : data.reasons.undefined });
  row.value = Math.min(row.x / row.bottom, 1);
  [row.lower, row.upper] = wilson(...informed(row), data.z[0]);
  const small = Math.min(row.n, row.effective) < data.least;
  return Object.assign(row, { status: small ? "small" : "ok", reason: small ? data.reasons[row.n < data.least ? "small" : "weak"] : "" });
}

// What is left of everybody; what is only the rounding error of a sum is nobody.
const leftOf = (total, part) => total.map((six, i) => six.map((all, j) => (all - part[i][j] > ROUNDING * all ? all - part[i][j] : 0)));

// Numerator and denominator as so many independent people as the row is worth.
function informed(row) {
  return row.effective === row.bottom ? [row.x, row.bottom] : [row.value * row.effective, row.effective];
}

function largestOf(rows) {
  const known = rows.filter((row) => row.people !== null);
  return known.reduce((best, row) => (best === null || row.people > best.people ? row : best), null) ?? rows[0];
}

function baseOf(rows, reference) {
  if (reference[0] === "group") return rows.find((row) => same(row.codes, reference.slice(1))) ?? largestOf(rows);
  return largestOf(rows);
}

function statusOf(data, row, base, ratio) {
  if (row.status === "suppressed" || row.status === "undefined") return [row.status, row.reason];
  if (base.status === "suppressed" || base.status === "undefined") return [base.status, data.reasons[`${base.status}_reference`]];
  if (ratio && base.value === 0) return ["undefined", data.reasons.zero_reference];
  if (base.status === "small" && row.status === "ok") return ["small", data.reasons[base.n < data.least ? "small_reference" : "weak_reference"]];
  return [row.status, row.reason];
}

function against(data, row, base, ratio) {
  const [status, reason] = statusOf(data, row, base, ratio);
  const pair = { base, status, reason, value: NaN, lower: NaN, upper: NaN };
  if (status === "suppressed" || status === "undefined") return pair;
  const [lower, upper] = (ratio ? koopman : newcombe)(...informed(row), ...informed(base), data.z[0]);
  return Object.assign(pair, { value: ratio ? row.value / base.value : row.value - base.value, lower, upper });
}

function againstWhole(data, metric, row, all, anyHidden, toOverall, ratio) {
  const hidden = { ...all, status: "suppressed", value: NaN };
  if (all.status === "suppressed" || row.status === "suppressed" || (!toOverall && anyHidden)) return against(data, row, hidden, ratio);
  const rest = rateOf(data, metric, [], leftOf(all.sums, row.sums), false);
  if (!toOverall) return against(data, row, rest, ratio);
  const pair = { ...against(data, row, all, ratio), rest };
  if (pair.status === "undefined" || pair.status === "suppressed") return pair;
  if (!(rest.bottom > 0)) return { ...pair, value: NaN, lower: NaN, upper: NaN, status: "undefined", reason: data.reasons.alone };
  const share = row.bottom / all.bottom, sizes = [...informed(row), ...informed(rest)];
  const [lower, upper] = ratio ? ratioToAll(row, rest, share, data.z[0]) : newcombe(...sizes, data.z[0]).map((limit) => (1 - share) * limit);
  return { ...pair, lower, upper };
}

// From the rest to the group, which is defined where the rest's rate is 0.
function ratioToAll(row, rest, share, z) {
  if (row.x === 0) {
    const high = koopman(0, row.effective, ...informed(rest), z)[1];
    return [0, high / (share * high + 1 - share)];
  }
  const [low, high] = koopman(...informed(rest), ...informed(row), z).map((limit) => 1 / (share + (1 - share) * limit));
  return [high, low];
}

// Rates as if both groups were spread over the levels of one more attribute as everybody is: Wilson's limits, squared and added.
export function standardized(strata, weights, z) {
  const sum = weights.reduce((a, b) => a + b, 0);
  let value = 0, below = 0, above = 0;
  strata.forEach((row, k) => {
    const share = weights[k] / sum, [lower, upper] = wilson(...informed(row), z);
    value += share * row.value;
    below += (share * (row.value - lower)) ** 2;
    above += (share * (upper - row.value)) ** 2;
  });
  return [value, Math.max(value - Math.sqrt(below), 0), Math.min(value + Math.sqrt(above), 1)];
}

function adjustOne(data, row, strata, everybody) {
  const blank = (status, reason) => ({ value: NaN, lower: NaN, upper: NaN, status, reason });
  const first = strata.get(row.codes.join()) ?? new Map(), second = strata.get(row.pair.base.codes.join()) ?? new Map();
  const some = (rows, k) => rows.has(k) && rows.get(k).bottom > 0;
  const both = [...everybody.keys()].filter((k) => some(first, k) && some(second, k));
  const needed = [...first.values(), ...second.values(), ...both.map((k) => everybody.get(k))];
  if (row.pair.status === "suppressed") return blank("suppressed", row.pair.reason);
  if (needed.some((one) => one.status === "suppressed")) return blank("suppressed", data.reasons.hidden_stratum);
  if (!both.length) return blank("undefined", row.pair.reason || data.reasons.no_overlap);
  const weights = both.map((k) => everybody.get(k).bottom), z = data.z[0];
  const [p1, l1, u1] = standardized(both.map((k) => first.get(k)), weights, z);
  const [p2, l2, u2] = standardized(both.map((k) => second.get(k)), weights, z);
  const people = (rows) => both.reduce((sum, k) => sum + rows.get(k).n, 0);
  const small = Math.min(people(first), people(second)) < data.least;
  return {
    value: p1 - p2, status: small ? "small" : "ok", reason: "",
    lower: p1 - p2 - Math.hypot(p1 - l1, u2 - p2), upper: p1 - p2 + Math.hypot(u1 - p1, p2 - l2),
  };
}

// Differences among people who are alike in more attributes.
function adjustAll(data, state, metric, rows) {
  const depth = state.adjust.length, rate = (group) => rateOf(data, metric, group.codes.slice(depth), group.sums, group.suppressed);
  const strata = new Map();
  for (const group of viewOf(data, { ...state, by: [...state.adjust, ...state.by] }).groups) {
    const key = group.codes.slice(depth).join();
    if (!strata.has(key)) strata.set(key, new Map());
    strata.get(key).set(group.codes.slice(0, depth).join(), rate(group));
  }
  const everybody = new Map(viewOf(data, { ...state, by: state.adjust }).groups.map((group) => [group.codes.join(), rate(group)]));
  for (const row of rows) if (row.pair) row.adjusted = adjustOne(data, row, strata, everybody);
}

const opposite = (metric) => ({ ...metric, numerator: metric.denominator.map((weight, i) => weight - metric.numerator[i]) });

export function measure(data, state) {
  const metric = data.metrics[state.metric], view = viewOf(data, state);
  const found = compareAll(data, state, metric, view, false);
  const ratios = state.compare === "ratio" ? compareAll(data, state, metric, view, true) : null;
  const turned = ratios && compareAll(data, { ...state, reference: fixedReference(state, found) }, opposite(metric), view, true);
  found.rows.forEach((row, i) => {
    row.ratio = ratios?.rows[i].pair ?? null;
    row.opposite = turned?.rows[i].pair ?? null;
  });
  const comparable = !found.single && found.base && state.adjust.length > 0;
  if (comparable) adjustAll(data, state, metric, found.rows);
  return { ...found, adjusts: state.adjust.length > 0 };
}

const fixedReference = (state, found) => (found.base ? ["group", ...found.base.codes] : state.reference);

function compareAll(data, state, metric, view, ratio) {
  const rows = view.groups.map((group) => rateOf(data, metric, group.codes, group.sums, group.suppressed));
  const kind = state.reference[0], toWhole = kind === "rest" || kind === "overall";
  const single = rows.length < 2;
  const base = toWhole ? null : baseOf(rows, state.reference);
  const all = rateOf(data, metric, [], view.total ?? nothing(data), view.total === null);
  const hidden = rows.some((row) => row.status === "suppressed");
  for (const row of rows) {
    row.isReference = row === base && !single;
    row.pair = single || row.isReference ? null : toWhole
      ? againstWhole(data, metric, row, all, hidden, kind === "overall", ratio)
      : against(data, row, base, ratio);
  }
  return { metric, rows, base, whole: all, kind, single };
}

// From published tables to rows. A view is looked up: nothing is summed over a blank, or subtracted around one.
// Axes, levels, metrics and stops are positions in lists; no name of a column, a level or a metric stands in this program.

const same = (a, b) => a.length === b.length && a.every((value, i) => value === b[i]);
const ordered = (axes) => [...new Set(axes)].sort((a, b) => a - b);
const compareCodes = (a, b) => a.reduce((found, value, i) => found || value - b[i], 0);

function tableOf(data, axes) {
  return data.tables.find((table) => same(table.axes, axes));
}

// counts of one cell -> six outcome cells, in the order (y_true, y_pred) = 00, 01, 10, 11, ?0, ?1
function decide(data, counts, stop) {
  const steps = data.steps ? data.steps.length : 1, kinds = data.decided ? 2 : 1;
  const six = [0, 0, 0, 0, 0, 0], threshold = data.stops.length ? data.stops[stop] : null;
  data.labels.forEach((label, l) => {
    for (let s = 0; s < steps; s++) {
      for (let d = 0; d < kinds; d++) {
        const people = counts[(l * steps + s) * kinds + d];
        const selected = threshold === null ? d : Number(data.steps[s] >= threshold);
        six[2 * label + selected] += people;
      }
    }
  });
  return six;
}

const addTo = (sum, counts) => counts.forEach((value, i) => { sum[i] += value; });

export function viewOf(data, state) {
  const fixed = state.at.map((code, axis) => (state.by.includes(axis) ? -1 : code));
  const filtered = fixed.flatMap((code, axis) => (code >= 0 ? [axis] : []));
  const base = tableOf(data, ordered(state.by));
  const pick = (axes, codes) => state.by.map((axis) => codes[axes.indexOf(axis)]);
  const groups = base.codes.map((codes) => pick(base.axes, codes)).sort(compareCodes);
  const found = groups.map((codes) => ({ codes, six: [0, 0, 0, 0, 0, 0], suppressed: false }));
  const place = new Map(groups.map((codes, i) => [codes.join(), i]));
  const table = tableOf(data, ordered([...state.by, ...filtered]));
  const inside = (axes, codes) => filtered.every((axis) => codes[axes.indexOf(axis)] === fixed[axis]);
  table.codes.forEach((codes, cell) => {
    if (!inside(table.axes, codes)) return;
    const group = found[place.get(pick(table.axes, codes).join())];
    if (table.counts[cell] === null) group.suppressed = true;
    else addTo(group.six, decide(data, table.counts[cell], state.stop));
  });
  const whole = tableOf(data, filtered);
  let total = [0, 0, 0, 0, 0, 0];
  whole.codes.forEach((codes, cell) => {
    if (!inside(whole.axes, codes)) return;
    if (whole.counts[cell] === null) total = null;
    else if (total) addTo(total, decide(data, whole.counts[cell], state.stop));
  });
  return { groups: found, total };
}

const dot = (weights, six) => weights.reduce((sum, weight, i) => sum + weight * six[i], 0);

function rateOf(data, metric, codes, six, suppressed) {
  const row = { codes, value: NaN, lower: NaN, upper: NaN, n: null, x: NaN, people: null, status: "suppressed", reason: data.reasons.suppressed };
  if (suppressed) return row;
  const x = dot(metric.numerator, six), n = dot(metric.denominator, six);
  return rated(data, Object.assign(row, { x, n, people: six.reduce((a, b) => a + b, 0) }));
}

function rated(data, row) {
  const { x, n } = row;
  if (n === 0) return Object.assign(row, { value: NaN, lower: NaN, upper: NaN, status: "undefined", reason: data.reasons.undefined });
  const [lower, upper] = wilson(x, n, data.z[0]);
  const small = n < data.least;
  return Object.assign(row, { value: x / n, lower, upper, status: small ? "small" : "ok", reason: small ? data.reasons.small : "" });
}

function largestOf(rows) {
  const known = rows.filter((row) => row.people !== null);
  return known.reduce((best, row) => (best === null || row.people > best.people ? row : best), null) ?? rows[0];
}

function baseOf(rows, reference) {
  if (reference[0] === "group") return rows.find((row) => same(row.codes, reference.slice(1))) ?? largestOf(rows);
  return largestOf(rows);
}

function statusOf(data, row, base) {
  if (row.status === "suppressed" || row.status === "undefined") return [row.status, row.reason];
  if (base.status === "suppressed" || base.status === "undefined") return [base.status, data.reasons[`${base.status}_reference`]];
  if (base.status === "small" && row.status === "ok") return ["small", data.reasons.small_reference];
  return [row.status, row.reason];
}

function against(data, row, base) {
  const [status, reason] = statusOf(data, row, base);
  const pair = { base, status, reason, value: NaN, lower: NaN, upper: NaN };
  if (status === "suppressed" || status === "undefined") return pair;
  const [lower, upper] = newcombe(row.x, row.n, base.x, base.n, data.z[0]);
  return Object.assign(pair, { value: row.value - base.value, lower, upper });
}

function againstWhole(data, metric, row, whole, anyHidden, toOverall) {
  const hidden = { ...whole, status: "suppressed", value: NaN };
  if (whole.status === "suppressed" || row.status === "suppressed" || (!toOverall && anyHidden)) return against(data, row, hidden);
  const x = whole.x - row.x, n = whole.n - row.n;
  if (!toOverall) return against(data, row, rated(data, { ...whole, x, n }));
  const pair = against(data, row, whole);
  if (pair.status === "undefined" || pair.status === "suppressed") return pair;
  if (n === 0) return { ...pair, value: NaN, lower: NaN, upper: NaN, status: "undefined", reason: data.reasons.alone };
  const share = row.n / whole.n;
  const [lower, upper] = newcombe(row.x, row.n, x, n, data.z[0]).map((limit) => (1 - share) * limit);
  return { ...pair, lower, upper };
}

export function measure(data, state) {
  const metric = data.metrics[state.metric], view = viewOf(data, state);
  const rows = view.groups.map((group) => rateOf(data, metric, group.codes, group.six, group.suppressed));
  const kind = state.reference[0], toWhole = kind === "rest" || kind === "overall";
  const single = rows.length < 2;
  const base = toWhole ? null : baseOf(rows, state.reference);
  const whole = rateOf(data, metric, [], view.total ?? [], view.total === null);
  const hidden = rows.some((row) => row.status === "suppressed");
  for (const row of rows) {
    row.isReference = row === base && !single;
    row.pair = single || row.isReference ? null : toWhole
      ? againstWhole(data, metric, row, whole, hidden, kind === "overall")
      : against(data, row, base);
  }
  return { metric, rows, base, whole, kind, single };
}

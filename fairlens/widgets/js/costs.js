// What errors cost, in the user's own words: two numbers to set, cost by group at the threshold, and against it.

function costsPart(all, section, steps, change) {
  const ui = section.texts, root = el("div", { class: "fl-costs", role: "group", "aria-label": ui.costs });
  if (!all.labels.includes(0)) {
    root.append(el("p", {}, ui.no_labels));
    return { root, show() {} };
  }
  const asked = costInputs(section, change), told = el("div", { class: "fl-cost-words" });
  // Reached by Tab always: what is laid out only once it is seen cannot be asked whether it scrolls.
  const table = el("div", { class: "fl-numbers", role: "group", "aria-label": ui.costs, tabindex: "0", ...KEEP_KEYS });
  const figure = el("div", { class: "fl-figure" }), curve = foldedTable();
  root.append(asked.box, told, table, ...(steps.length ? [figure, curve.box] : []));
  const curvesOf = remembered((data, counted, costs) => [...counted.groups, counted.whole].map((group) => costsAt(data, costs, group, steps)));
  const chartOf = remembered((data, state, rows, drawn, unit, names) => costChart(data, section, state, rows, drawn, unit, names));
  return { root, show(data, state, view, now, counted, drawn, kept) {
    const costs = state.costs ?? section.costs, people = [state.by, state.at, state.slice, costs], valid = validCosts(costs);
    asked.show(costs);
    for (const part of [table, figure, curve.box]) part.hidden = !valid;
    if (!valid) return told.replaceChildren(el("p", {}, ui.asked));
    const unit = unitOf(section, costs), groups = [...view.groups, { codes: [], sums: view.total ?? nothing(data), suppressed: view.total === null }];
    const taken = groups.map((group) => costOf(data, costs, group.sums, group.suppressed));
    const rows = counted ? curvesOf(people, data, counted, costs) : taken.map(() => null);
    const lowest = rows.map((found) => (found ? lowestOf(found, section.thresholds, section.candidates, now.all) : -1));
    const lines = groups.map((group, i) => ({
      codes: group.codes, now: taken[i], best: lowest[i] < 0 ? null : rows[i][lowest[i]], at: lowest[i], ...(counted ? { n: rows[i][0].n, status: rows[i][0].status } : taken[i]),
    }));
    told.replaceChildren(...costWords(data, section, state, lines, costs, unit, now.all).map((text) => el("p", {}, text)));
    table.replaceChildren(costTable(data, section, state, [...kept.map((i) => lines[i]), lines.at(-1)], unit));
    if (!counted) return;
    const names = groups.map(({ codes }) => (codes.length ? nameOf(data, state.by, codes) : ui.everybody));
    const chart = chartOf(people, data, state, rows, drawn, unit, names);
    figure.replaceChildren(...(chart ? [chart.picture] : []));
    if (chart) moveMarks(chart, uprightsOf(section, now), chart.rings(lowest));
    const shown = [[rows.length - 1, ui.everybody], ...drawn.map((i) => [i, names[i]])];
    curve.show([people, rowsKey(section, now)], () => costCurve(data, section, rows, shown, now));
  } };
}

const unitOf = (section, costs) => section.unit || section.texts[costs.every((cost) => cost === 1) ? "wrong" : "units"];
const costText = (data, row) => withLimits(data, ...[row.value, row.lower, row.upper].map((value) => amount(data, value)));

function costCell(data, ui, row) {
  if (Number.isNaN(row.value)) return cellOf(row, ui[row.status]);
  return cellOf(row, costText(data, row) + (row.status === "small" ? `, ${data.ui.small}` : ""));
}

// Two numbers, with the words of the two errors. What is no cost is said, and the view stays as it is.
function costInputs(section, change) {
  const ui = section.texts, note = el("p", { class: "fl-asked", role: "alert" });
  const inputs = section.errors.map((_, i) => el("input", { type: "number", min: 0, step: "any", inputmode: "decimal", "data-key": `cost-${i}`, ...KEEP_KEYS }));
  const read = () => inputs.map((input) => (input.value.trim() === "" ? NaN : Number(input.value)));
  for (const input of inputs) {
    input.addEventListener("input", guarded(input, () => {
      const costs = read(), valid = validCosts(costs);
      note.textContent = valid ? "" : ui.asked;
      if (valid) change({ costs }, true, 200);
    }));
  }
  const box = el("fieldset", { class: "fl-asks" }, el("legend", {}, fill(section.unit ? ui.costs_in : ui.costs, { unit: section.unit })),
    ...inputs.map((input, i) => el("label", { class: "fl-control" }, el("span", { dir: "auto" }, section.errors[i]), input)), note);
  return { box, show(costs) {
    if (inputs.includes(document.activeElement) && note.textContent) return; // somebody is still writing
    inputs.forEach((input, i) => { if (Number(input.value) !== costs[i] || input.value === "") input.value = String(costs[i]); });
    note.textContent = "";
  } };
}

function costTable(data, section, state, lines, unit) {
  const ui = section.texts, interval = fill(data.ui.interval, { share: shareOf(data) }), cost = fill(ui.per_hundred, { unit, persons: section.persons });
  const more = section.thresholds.length ? [ui.least_at, fill(ui.least, { cost, interval })] : [];
  const heads = [...headsOf(data, state), ui.people, fill(ui.cost_now, { cost, interval }), ...more];
  const rows = lines.map(({ codes, now, best, at, n }) => {
    const lowest = best ? [el("td", { "data-value": full(section.thresholds[at]) }, section.names[at]), costCell(data, ui, best)] : [el("td", {}, NONE), el("td", {}, NONE)];
    return el("tr", {}, ...namesOf(data, state, ui, codes), el("td", { "data-value": full(n) }, count(data, n)), costCell(data, ui, now), ...(more.length ? lowest : []));
  });
  return captioned(fill(ui.costs_in, { unit }), heads, rows);
}

function givenText(data, cost) {
  return Number.isInteger(cost) ? count(data, cost) : String(cost).replace(".", data.numbers.decimal);
}

// The same words as in fairlens/widgets/_thresholds_view.py.
export function costWords(data, section, state, lines, costs, unit, all) {
  const ui = section.texts, given = costs.map((cost) => `${givenText(data, cost)} ${section.unit}`.trim());
  const told = fill(ui.given, { wrongly: section.errors[0], missed: section.errors[1], a: given[0], b: given[1] });
  if (!section.thresholds.length) return [told];
  const groups = lines.slice(0, -1), everybody = lines.at(-1), own = groups.filter(({ best }) => best), left = groups.filter(({ best }) => !best);
  const parts = [commonText(data, section, everybody, unit, all)];
  if (own.length) {
    const named = own.slice(0, section.named).map(({ codes, at }) => `${nameOf(data, state.by, codes)} ${section.names[at]}`).join(", ");
    parts.push(fill(ui.each, { named, more: own.length > section.named ? fill(ui.more, { k: String(own.length - section.named) }) : "" }));
  }
  if (left.length) parts.push(fill(ui.left, { names: namedGroups(data, section, state, left.map(({ codes, status }) => [codes, ui[status]])), more: "" }));
  const cautions = [...(own.length || everybody.best ? [ui.optimism] : []), ...(own.length ? [ui.lawful] : [])];
  return [told, parts.join(" "), ...(cautions.length ? [cautions.join(" ")] : [])];
}

function commonText(data, section, { now, best, at, status }, unit, all) {
  const ui = section.texts, limits = (row) => ({ cost: amount(data, row.value), low: amount(data, row.lower), high: amount(data, row.upper) });
  if (!best) return fill(ui.no_common, { why: ui[status] });
  const then = Number.isNaN(now.value) || section.thresholds[at] === all ? "" : fill(ui.common_now, limits(now));
  return fill(ui.common, { ...limits(best), at: section.names[at], unit, persons: section.persons, n: count(data, best.n), now: then });
}

// Cost against the threshold: everybody, and the groups that have a line above, in the same look; null where no cost is defined.
function costChart(data, section, state, rows, drawn, unit, names) {
  const ui = section.texts, by = state.by.map((axis) => data.axes[axis].name).join(data.ui.joined);
  const shown = [...drawn.map((i, hue) => [i, hue]), [rows.length - 1, -1]].filter(([i]) => rows[i].some(({ value }) => !Number.isNaN(value)));
  if (!shown.length) return null;
  const lines = shown.map(([i, hue]) => ({ name: hue < 0 ? ui.everybody : names[i], hue, points: rows[i] }));
  const top = 1.05 * Math.max(...lines.flatMap(({ points }) => points.map(({ upper }) => (Number.isNaN(upper) ? 0 : upper)))) || 1;
  const name = fill(ui.per_hundred, { unit, persons: section.persons });
  const chart = lineChart(data, {
    thresholds: section.thresholds, lines, top, ticks: roundTicks(0, top, 5), write: (value) => (value >= 1000 ? amount(data, value) : tickText(data, value)), name, across: ui.x,
    label: fill(ui.costs_picture, { persons: section.persons, by, share: shareOf(data) }),
  });
  const rings = (lowest) => shown.flatMap(([i], line) => {
    if (lowest[i] < 0) return [];
    const row = rows[i][lowest[i]], at = section.names[lowest[i]];
    const text = `${lines[line].name}: ${ui.least_at} ${at}: ${costText(data, row)}, ${fill(ui.n_of, { n: count(data, row.n) })}`;
    return [{ line, threshold: section.thresholds[lowest[i]], value: row.value, text, ring: true }];
  });
  return { ...chart, rings };
}

function costCurve(data, section, rows, shown, now) {
  const ui = section.texts, places = someThresholds(section, now.every), values = { k: String(places.length), all: String(section.thresholds.length) };
  return {
    title: fill(places.length === section.thresholds.length ? ui.cost_curve : ui.cost_curve_some, values),
    get table() {
      const heads = [ui.threshold, ...shown.map(([i, name]) => withIntervalText(data, `${name}, ${fill(ui.n_of, { n: count(data, rows[i][0].n) })}`))];
      return captioned("", heads, places.map((k) => el("tr", {}, el("th", { scope: "row", dir: "auto" }, section.names[k]), ...shown.map(([i]) => costCell(data, ui, rows[i][k])))));
    },
  };
}

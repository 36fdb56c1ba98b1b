// The view of thresholds: a rate against the threshold by group, the rates at the current one, and what errors cost.

VIEWS.push({ name: "thresholds", uses: ["by", "where", "metric", "threshold"], sweeps: true, make: thresholdsView });

// What was made last, as long as what it depends on stays as it is.
function remembered(make) {
  let key = null, value = null;
  return (now, ...given) => {
    const next = JSON.stringify(now);
    if (next !== key) [key, value] = [next, make(...given)];
    return value;
  };
}

function thresholdsView({ data: all, section, change }) {
  const ui = section.texts, hasScores = section.thresholds.length > 0, steps = hasScores ? stepsFrom(all, section.thresholds) : [];
  const figure = el("div", { class: "fl-figure" }), notes = el("p", { class: "fl-notes" }), table = el("div", { class: "fl-numbers" });
  const more = el("div", { class: "fl-more" }), curve = foldedTable(), costs = costsPart(all, section, steps, change);
  const root = el("div", { class: "fl-thresholds" }, ...(hasScores ? [figure] : []), notes, table, more, ...(hasScores ? [curve.box] : []), costs.root);
  const countedOf = remembered((data, state) => tallies(data, state));
  const most = section.groups ?? section.rows;
  let open = false, last = null;
  const chartOf = remembered((data, state, counted) => rateChart(data, section, state, counted, steps, (stop) => change({ stop })));

  function show(given) {
    const { data, state } = last = given, people = [state.by, state.at, state.slice];
    const view = viewOf(data, state), now = nowOf(data, section, state), kept = open ? view.groups.map((_, i) => i) : mostPeople(view.groups, most);
    if (hasScores) {
      const counted = countedOf(people, data, state), chart = chartOf([people, state.metric], data, state, counted);
      if (figure.firstChild !== chart.figure) figure.replaceChildren(chart.figure);
      chart.move(data, state, view, now);
      notes.textContent = notesOf(data, section, state, chart, counted);
      curve.show([people, state.metric, rowsKey(section, now)], () => curveTable(data, section, chart, now));
      costs.show(data, state, view, now, counted, chart.drawn, kept);
    } else {
      notes.textContent = ui.no_scores;
      costs.show(data, state, view, now, null, [], kept);
    }
    showTable(data, state, view, now, kept);
  }

  // Where there are many groups, the tables show those with most people until somebody asks for all.
  function showTable(data, state, view, now, kept) {
    const many = view.groups.length > most, groups = kept.map((i) => view.groups[i]);
    table.replaceChildren(ratesTable(data, section, state, { ...view, groups }, now));
    if (!many) return more.replaceChildren();
    const act = () => { open = !open; show(last); more.querySelector("button").focus(); };
    const text = fill(data.ui.rows_shown, { k: count(data, groups.length), all: count(data, view.groups.length) });
    more.replaceChildren(el("span", {}, text), button(data.ui[open ? "rows_fewer" : "rows_all"], act));
  }
  return { root, show };
}

const peopleIn = (group) => group.sums[0].reduce((sum, n) => sum + n, 0);
const mostPeople = (groups, most) => {
  const people = groups.map(peopleIn), order = groups.map((_, i) => i).sort((a, b) => people[b] - people[a] || a - b);
  return order.slice(0, most).sort((a, b) => a - b);
};

// The thresholds of a state: of everybody, or of each group; null where decisions follow no one score.
function nowOf(data, section, state) {
  const at = (stop) => (data.stops[stop] === null || data.stops[stop] === undefined ? null : data.stops[stop]);
  const split = state.cuts !== null, place = split && !state.slice ? state.by.indexOf(state.cuts.axis) : -1;
  const all = split ? null : at(state.stop);
  const of = (codes) => (split ? (place < 0 ? null : at(state.cuts.stops[codes[place]])) : all);
  return { split, all, of, every: split ? state.cuts.stops.map(at) : [all] };
}

const nameAt = (section, threshold) => section.names[section.thresholds.indexOf(threshold)];
const rowsKey = (section, now) => (section.thresholds.length > section.rows ? now.every : null);
const withIntervalText = (data, label) => `${label} (${fill(data.ui.interval, { share: shareOf(data) })})`;

function namedGroups(data, section, state, groups) {
  const parts = groups.slice(0, section.named).map(([codes, why]) => `${nameOf(data, state.by, codes)} (${why})`).join("; ");
  return parts + (groups.length > section.named ? fill(section.texts.more, { k: String(groups.length - section.named) }) : "");
}

function notesOf(data, section, state, chart, { groups }) {
  const ui = section.texts, gone = groups.filter((group) => group.suppressed), left = groups.length - gone.length - chart.drawn.length, parts = [];
  if (left) parts.push(fill(ui.not_drawn, { k: String(chart.drawn.length), more: count(data, left) }));
  if (gone.length) parts.push(fill(ui.no_line, { names: namedGroups(data, section, state, gone.map(({ codes }) => [codes, ui.suppressed])) }));
  if (chart.lines.some(({ points }) => points.some(({ value }) => Number.isNaN(value)))) parts.push(ui.broken);
  if (!state.cuts && data.stops[state.stop] === null) parts.push(ui.no_mark);
  return parts.join(" ");
}

// The rates against the threshold. Made once for each choice of people and metric; `move` places what depends on the threshold.
function rateChart(data, section, state, counted, steps, put) {
  const ui = section.texts, metric = data.metrics[state.metric], drawn = largestLines(counted.groups, section.lines);
  const lines = drawn.map((i, hue) => ({
    name: nameOf(data, state.by, counted.groups[i].codes), hue, codes: counted.groups[i].codes, points: ratesAt(data, metric, counted.groups[i], steps),
  }));
  const by = state.by.map((axis) => data.axes[axis].name).join(data.ui.joined);
  const chart = lineChart(data, {
    thresholds: section.thresholds, lines, top: 1, ticks: [0, 0.25, 0.5, 0.75, 1], write: (value) => `${100 * value} %`,
    name: metric.label, across: ui.x, label: fill(ui.picture, { metric: metric.label, by, share: shareOf(data) }),
  });
  const figure = el("div", {}, chart.picture, el("p", { class: "fl-hint" }));
  const drag = follow(data, chart, put);
  return { figure, drawn, lines, label: metric.label, move(_, state_, view, now) {
    drag.allow(state_, now);
    figure.lastChild.textContent = now.split ? "" : ui.move;
    moveMarks(chart, uprightsOf(section, now), lines.flatMap((line, k) => {
      const group = view.groups[drawn[k]], row = rateOf(data, metric, line.codes, group.sums, group.suppressed), threshold = now.of(line.codes);
      if (threshold === null || Number.isNaN(row.value)) return [];
      const text = `${line.name}: ${fill(ui.from, { threshold: nameAt(section, threshold) })} ${percent(data, row.value, row.lower, row.upper)}, ${fill(ui.n_of, { n: count(data, row.n) })}`;
      return [{ line: k, threshold, value: row.value, text }];
    }));
  } };
}

function uprightsOf(section, now) {
  const ui = section.texts, own = section.own === null ? null : section.thresholds[section.own], name = (threshold) => ({ threshold: nameAt(section, threshold) });
  if (now.all !== null && now.all === own) return [{ threshold: own, text: fill(ui.both, name(own)), row: 0, look: "fl-now" }];
  const made = own === null ? [] : [{ threshold: own, text: fill(ui.own, name(own)), row: 1, look: "fl-own" }];
  return now.all === null ? made : [...made, { threshold: now.all, text: fill(ui.now, name(now.all)), row: 0, look: "fl-now" }];
}

// The pointer moves the one threshold; thresholds by group have a slider each.
function follow(data, chart, put) {
  let state = null, allowed = false, held = false;
  const stops = data.stops.flatMap((stop, i) => (stop === null ? [] : [i]));
  const go = (event) => {
    const wanted = thresholdAt(chart, event);
    const stop = stops.reduce((best, i) => (Math.abs(data.stops[i] - wanted) < Math.abs(data.stops[best] - wanted) ? i : best));
    if (stop !== state.stop) put(stop);
  };
  chart.picture.addEventListener("pointerdown", (event) => {
    held = allowed && event.button === 0;
    if (!held) return;
    chart.picture.setPointerCapture(event.pointerId);
    go(event);
  });
  chart.picture.addEventListener("pointermove", (event) => { if (held) go(event); });
  for (const name of ["pointerup", "pointercancel"]) chart.picture.addEventListener(name, () => (held = false));
  return { allow(next, now) {
    state = next;
    allowed = !now.split && stops.length > 1;
    chart.picture.classList.toggle("fl-moves", allowed);
  } };
}

const headsOf = (data, state) => state.by.map((axis) => data.axes[axis].name);
const namesOf = (data, state, ui, codes) => (codes.length
  ? state.by.map((axis, i) => el("th", { scope: "row", dir: "auto" }, data.axes[axis].levels[codes[i]]))
  : state.by.map((_, i) => el("th", { scope: "row", dir: "auto" }, i ? ui.all : ui.everybody)));
const cellOf = (row, ...texts) => el("td", { "data-value": full(row.value), "data-lower": full(row.lower), "data-upper": full(row.upper), "data-n": full(row.n) }, ...texts);

function captioned(caption, heads, rows) {
  const head = el("tr", {}, ...heads.map((text) => el("th", { scope: "col" }, text)));
  return el("table", { class: "fl-table" }, ...(caption ? [el("caption", {}, caption)] : []), el("thead", {}, head), el("tbody", {}, ...rows));
}

function rateCellWithN(data, ui, row) {
  if (Number.isNaN(row.value)) return cellOf(row, missing(data, row));
  const few = row.status === "small" ? `, ${data.ui.small}` : "";
  return cellOf(row, `${percent(data, row.value, row.lower, row.upper)}${few}, `, el("span", { class: "fl-n" }, fill(ui.n_of, { n: count(data, row.n) })));
}

function ratesTable(data, section, state, view, now) {
  const ui = section.texts, chosen = data.metrics[state.metric];
  const metrics = section.rates.some(({ name }) => name === chosen.name) ? section.rates : [...section.rates, chosen];
  const line = (group) => {
    const rows = metrics.map((metric) => rateOf(data, metric, group.codes, group.sums, group.suppressed));
    const threshold = group.codes.length ? now.of(group.codes) : now.all;
    const at = now.split ? [el("td", { "data-value": full(threshold) }, threshold === null ? NONE : nameAt(section, threshold))] : [];
    const people = el("td", { "data-value": full(rows[0].people) }, count(data, rows[0].people));
    return el("tr", { "data-status": rows[0].status }, ...namesOf(data, state, ui, group.codes), ...at, people, ...rows.map((row) => rateCellWithN(data, ui, row)));
  };
  const everybody = { codes: [], sums: view.total ?? nothing(data), suppressed: view.total === null };
  const heads = [...headsOf(data, state), ...(now.split ? [ui.threshold] : []), ui.people, ...metrics.map(({ label }) => withIntervalText(data, label))];
  const caption = now.split ? ui.rates_each : now.all === null ? ui.rates_taken : ui.rates;
  return captioned(caption, heads, [...view.groups, everybody].map(line));
}

// So many thresholds at most, evenly spread, with the current ones and the audit's own.
export function someThresholds(section, every) {
  const { thresholds, rows } = section;
  const places = thresholds.map((_, i) => i);
  if (places.length <= rows) return places;
  const step = Math.ceil(places.length / rows);
  return places.filter((i) => i % step === 0 || i === places.length - 1 || i === section.own || every.includes(thresholds[i]));
}

// A table that is made when somebody opens it.
function foldedTable() {
  const title = el("summary", KEEP_KEYS), body = el("div", { class: "fl-numbers" }), box = el("details", { class: "fl-folded" }, title, body);
  let key = null, shown = null, make = null;
  const refill = () => {
    if (!box.open || shown === key) return;
    shown = key;
    body.replaceChildren(make().table);
  };
  box.addEventListener("toggle", refill);
  return { box, show(now, next) {
    const changed = JSON.stringify(now);
    if (changed === key) return;
    [key, make] = [changed, next];
    title.textContent = make(true).title;
    refill();
  } };
}

function curveTable(data, section, chart, now) {
  const ui = section.texts, places = someThresholds(section, now.every);
  const values = { metric: chart.label, k: String(places.length), all: String(section.thresholds.length) };
  return {
    title: fill(places.length === section.thresholds.length ? ui.curve : ui.curve_some, values),
    get table() {
      const heads = [ui.threshold, ...chart.lines.map(({ name }) => withIntervalText(data, name))];
      return captioned("", heads, places.map((k) => el("tr", {}, el("th", { scope: "row", dir: "auto" }, section.names[k]), ...chart.lines.map(({ points }) => rateCellWithN(data, ui, points[k])))));
    },
  };
}

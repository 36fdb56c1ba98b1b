// The view of the data: who is in it, who has no label or no value, and how that compares with the population.
// Numbers come from the published tables; how many people lack an input is sent for each cell of them, null where it must not be shown.

VIEWS.push({ name: "data", uses: ["by", "where"], make: dataView });

function dataView({ section }) {
  const said = section.ui;
  const picture = el("div", { class: "fl-figure" }), more = el("div", { class: "fl-more" }), under = el("div", { class: "fl-remarks" });
  const table = el("div", { class: "fl-numbers" });
  let open = false, last = null;

  function show(now) {
    last = now;
    const { data, state } = now, found = describeData(data, section, state), many = found.rows.length > section.rows;
    const rows = many && !open ? found.rows.slice(0, section.rows) : found.rows;
    picture.replaceChildren(whoPicture(data, section, state, { ...found, rows }), ...(found.population ? [el("p", { class: "fl-note" }, said.legend)] : []));
    table.replaceChildren(whoTable(data, section, state, { ...found, rows, all: found.rows }));
    under.replaceChildren(...whoRemarks(section, found).map((text) => el("p", {}, text)));
    rebuildMore(data, many, rows.length, found.rows.length);
    return whoSentence(data, section, state, found);
  }

  function rebuildMore(data, many, k, all) {
    const held = more.contains(document.activeElement);
    more.replaceChildren();
    if (!many) return;
    const act = () => { open = !open; show(last); };
    const text = open ? fill(said.show_less, { k: count(data, section.rows) }) : fill(said.show_all, { k: count(data, all) });
    more.append(el("span", {}, fill(said.shown, { k: count(data, k), all: count(data, all) })), button(text, act, { "data-key": "who" }));
    if (held) more.querySelector("button").focus();
  }
  return { root: el("div", {}, more, picture, table, under), show };
}

const peopleOf = (sums) => sums[0].reduce((a, b) => a + b, 0);

// The share of everybody: the group's sum over that of all, as informed as all are.
function shareRow(data, rate, codes, sums, hidden, total) {
  if (hidden || total === null) return rateOf(data, rate, codes, sums, true);
  const row = rateOf(data, rate, codes, total, false);
  if (row.status === "undefined") return row;
  row.x = dot(rate.numerator, sums[1]);
  row.value = Math.min(row.x / row.bottom, 1);
  [row.lower, row.upper] = wilson(...informed(row), data.z[0]);
  return row;
}

export function describeData(data, section, state) {
  const at = { ...state, stop: data.own_stop, cuts: null }, view = viewOf(data, at), { share, base, labelled } = section.rates;
  const population = populationOf(section, state), lacking = lackingOf(data, section, at, view.groups);
  const known = population && knownOf(section, state, view);
  const counted = view.groups.map((group, i) => ({ ...group, lacks: lacking.map(({ parts }) => parts[i]), names: null }));
  const rows = [...counted, ...absent(data, section, population, view, lacking)].map(({ codes, sums, suppressed, lacks, names }) => {
    const people = peopleOf(sums), isKnown = names !== null || !unknown(section, state, codes);
    const row = {
      codes, names, n: suppressed ? null : whole(people), share: shareRow(data, share, codes, sums, suppressed, view.total),
      base: section.labels ? rateOf(data, base, codes, sums, suppressed) : null,
      labelled: section.labels ? rateOf(data, labelled, codes, sums, suppressed) : null,
      lacking: lacks.map((part) => partOf(data, section, part, sums, suppressed)), isKnown, compared: null,
      unlabelled: section.labels ? partOf(data, section, sums[0][4] + sums[0][5], sums, suppressed) : null,
    };
    if (population && isKnown) row.compared = comparedOf(data, section, population, codes, names, sums, suppressed, known);
    return row;
  });
  const whole_ = view.total && { n: whole(peopleOf(view.total)), unlabelled: section.labels ? whole(view.total[0][4] + view.total[0][5]) : 0 };
  const told = lacking.flatMap((_, k) => (rows.some((row) => row.n !== 0 && row.lacking[k].n !== null) ? [k] : [])); // columns with a number to show
  return {
    rows, whole: whole_, columns: lacking.map(({ name }) => name), told, population, unknown: rows.some((row) => !row.isKnown),
    remark: population || !section.populations.length ? null : state.at.some((codes) => codes.length) ? "everybody" : "other_groups",
  };
}

// How many people lack a value, and their share of the group by Wilson; fractions of people are worth Kish's number of them.
function partOf(data, section, part, sums, hidden) {
  if (hidden || part === null) return { n: null, share: NaN, lower: NaN, upper: NaN };
  const people = peopleOf(sums), n = whole(part);
  if (!(people > 0)) return { n, share: NaN, lower: NaN, upper: NaN };
  const all = (six) => six.reduce((a, b) => a + b, 0), share = Math.min(part / people, 1);
  const effective = section.fractions ? kish(all(sums[1]), all(sums[2])) : people;
  const [lower, upper] = wilson(share * effective, effective, data.z[0]);
  return { n, share, lower, upper };
}

const unknown = (section, state, codes) => state.by.some((axis, i) => axis < section.unknown.length && section.unknown[axis] === codes[i]);

// The shares of the population for exactly these attributes, in their order; null where people are filtered, or nothing is known.
function populationOf(section, state) {
  if (state.slice || state.at.some((codes) => codes.length)) return null;
  const found = section.populations.find(({ axes }) => same(axes, ordered(state.by)));
  if (!found) return null;
  const turn = (list) => state.by.map((axis) => list[found.axes.indexOf(axis)]);
  return { codes: found.codes.map(turn), names: found.names.map(turn), shares: found.shares };
}

// Whether the code of a view names the population: where its table does.
function isCompared(data, state) {
  const section = data.views?.find(({ name }) => name === "data");
  return Boolean(section && populationOf(section, state));
}

// Levels of the population that nobody here has.
function absent(data, section, population, view, lacking) {
  if (!population) return [];
  const here = new Set(view.groups.map(({ codes }) => codes.join()));
  return population.codes.flatMap((codes, i) => (here.has(codes.join()) ? [] : [
    { codes, sums: nothing(data), suppressed: false, lacks: lacking.map(() => 0), names: population.names[i] },
  ]));
}

// Everybody whose group is known; null where that is not shown.
function knownOf(section, state, view) {
  const left = view.groups.filter(({ codes }) => unknown(section, state, codes));
  if (!left.length || view.total === null) return view.total;
  if (left.some(({ suppressed }) => suppressed)) return null;
  const part = view.total.map((six, kind) => six.map((_, j) => left.reduce((sum, { sums }) => sum + sums[kind][j], 0)));
  return leftOf(view.total, part);
}

function comparedOf(data, section, population, codes, names, sums, suppressed, known) {
  const at = names ? population.names.indexOf(names) : population.codes.findIndex((one) => same(one, codes));
  const row = shareRow(data, section.rates.share, codes, sums, suppressed, known), share = population.shares[at];
  const limits = (z) => (Number.isNaN(row.value) || !(share > 0) ? [NaN, NaN] : wilson(row.value * row.effective, row.effective, z).map((end) => end / share));
  return { row, share, value: share > 0 ? row.value / share : NaN, able: row.status === "ok" && share > 0, limits };
}

// For each column that somebody has no value of, how many of each group have none; null where that is suppressed.
function lackingOf(data, section, state, groups) {
  const { filtered } = keeping(state.at), looked = state.slice ? keeping(state.slice.at).filtered : state.by;
  const found = section.unknown.flatMap((code, axis) => {
    if (code < 0 || looked.includes(axis) || filtered.includes(axis)) return [];
    const split = viewOf(data, { ...state, at: state.at.map((codes, i) => (i === axis ? [code] : codes)) }).groups;
    return [{ name: data.axes[axis].name, parts: split.map(({ sums, suppressed }) => (suppressed ? null : peopleOf(sums))) }];
  });
  return [...found, ...inputsOf(data, section, state, groups, looked, filtered)];
}

function inputsOf(data, section, state, groups, looked, filtered) {
  if (!section.columns.length) return [];
  const axes = ordered([...looked, ...filtered]), nth = data.tables.findIndex((table) => same(table.axes, axes));
  const { codes } = data.tables[nth], keeps = keeping(state.at).inside(axes);
  const places = looked.map((axis) => axes.indexOf(axis)), at = new Map(groups.map((group, i) => [group.codes.join(), i]));
  const slice = state.slice && looked.map((axis) => new Set(state.slice.at[axis]));
  const group = (cell) => (slice ? (places.every((place, i) => slice[i].has(cell[place])) ? 0 : 1) : at.get(places.map((place) => cell[place]).join()));
  const parts = section.columns.map(() => groups.map(() => 0));
  codes.forEach((cell, i) => {
    if (!keeps(cell)) return;
    const into = group(cell);
    parts.forEach((sums, k) => {
      const n = section.missing[nth][k][i];
      sums[into] = n === null || sums[into] === null ? null : sums[into] + n;
    });
  });
  return section.columns.map((name, k) => ({ name, parts: parts[k] }));
}

const whoName = (data, state, row) => (row.names ? row.names.join(", ") : nameOf(data, state.by, row.codes));
const levelsOf = (data, state, row) => row.names ?? state.by.map((axis, i) => data.axes[axis].levels[row.codes[i]]);

export function whoSentence(data, section, state, found) {
  const named = amongOf(data, state.at), among = named && fill(data.texts.among, { where: named });
  const within = among ? `${among[0].toUpperCase()}${among.slice(1)}: ` : "";
  return within + (found.population ? representedText(data, section, state, found) : peopleText(data, section, state, found));
}

const TIE = 1e9; // groups that are equally far but for the rounding error of a sum: the first of them is named

function representedText(data, section, state, found) {
  const said = section.ui, able = found.rows.filter((row) => row.compared?.able);
  if (!able.length) return said.nothing;
  const strict = section.z[able.length - 1], most = (rows, of) => rows.reduce((best, row) => (of(row.compared) > of(best.compared) ? row : best));
  const apart = able.filter(({ compared }) => compared.limits(strict)[0] > 1 || compared.limits(strict)[1] < 1);
  const near = (one) => {
    const [low, high] = one.limits(strict);
    return Math.round(TIE * (one.value < 1 ? (1 - one.value) / (high - one.value) : (one.value - 1) / (one.value - low)));
  };
  const far = (one) => (one.value === 0 ? Infinity : Math.round(TIE * Math.abs(Math.log(one.value))));
  const top = apart.length ? most(apart, far) : most(able, near), one = top.compared;
  const [low, high] = one.limits(apart.length ? section.z[0] : strict), [x, y] = ofHundred(data, one);
  return fill(said[apart.length ? "represented" : "cannot"], {
    persons: said.persons, group: whoName(data, state, top), x, y, ratio: times(data, one.value), low: times(data, low), high: times(data, high),
    n: count(data, one.row.n), known: found.unknown ? said.among_known : "", of: able.length > 1 ? fill(said.of, { k: String(able.length) }) : "",
  });
}

// Both shares as people of 100, in as few decimals as tell them apart from each other and from nobody.
function ofHundred(data, one) {
  const shares = [one.row.value, one.share];
  for (let digits = 0; ; digits++) {
    const plain = shares.map((share) => fixed(100 * share, digits));
    const apart = plain[0] !== plain[1] && shares.every((share, i) => share === 0 || Number(plain[i]) > 0);
    if (digits === 2 || (apart && (digits || shares.every((share) => share === 0 || share >= 0.01)))) return shares.map((share) => fixedText(data, 100 * share, digits));
  }
}

function peopleText(data, section, state, found) {
  const said = section.ui;
  if (!found.whole) return fill(said.hidden, { persons: said.persons });
  const shown = found.rows.filter((row) => !Number.isNaN(row.share.value));
  const largest = [...shown].sort((a, b) => (b.n ?? 0) - (a.n ?? 0)).slice(0, data.named);
  const parts = largest.map((row) => fill(said.one, {
    group: whoName(data, state, row), share: percent(data, row.share.value, row.share.lower, row.share.upper), n: count(data, row.n),
  }));
  const more = shown.length - largest.length, left = found.rows.length - shown.length;
  if (more) parts.push(more > 1 ? fill(said.more_groups, { k: count(data, more) }) : said.more_group);
  const names = state.by.map((axis) => data.axes[axis].name).join(" / ");
  let text = fill(said.people, { n: count(data, found.whole.n), persons: said.persons, shares: parts.join("; ") || said.suppressed, by: fill(said.by, { names }) });
  if (found.whole.unlabelled) text += fill(said.no_label, { n: count(data, found.whole.unlabelled) });
  if (left) text += left > 1 ? fill(said.left_out, { k: count(data, left) }) : said.left_one;
  return text;
}

function whoRemarks(section, found) {
  const said = section.ui, lines = [], untold = found.columns.filter((_, k) => !found.told.includes(k));
  if (untold.length) lines.push(fill(said.untold, { columns: untold.join(", ") }));
  if (found.population && found.unknown) lines.push(fill(said.known, { persons: said.persons }));
  if (section.fractions) lines.push(said.fractions);
  if (section.left) lines.push(fill(said.columns_left, { k: String(section.left) }));
  if (found.remark) lines.push(said[found.remark]);
  return lines;
}

const whoNote = (section, row, population) =>
  population && !row.isKnown ? section.ui.unknown : ["small", "suppressed"].includes(row.share.status) ? row.share.reason : "";

export function whoTable(data, section, state, found) {
  const said = section.ui, headed = (name) => fill(said.interval, { label: said[name], share: shareOf(data) });
  const note = (row) => whoNote(section, row, found.population), noted = found.all.some((row) => note(row));
  const heads = [
    ...state.by.map((axis) => data.axes[axis].name), said.n, headed("share"),
    ...(found.population ? [said.population, headed("representation")] : []),
    ...(section.labels ? [headed("base_rate"), said.labelled, headed("unlabelled")] : []),
    ...found.told.map((k) => fill(said.interval, { label: fill(said.missing, { column: found.columns[k] }), share: shareOf(data) })), ...(noted ? [said.note] : []),
  ];
  const body = found.rows.map((row) => el("tr", { "data-status": row.share.status },
    ...levelsOf(data, state, row).map((name) => el("th", { scope: "row", dir: "auto" }, name)), whoCount(data, row.n), whoRate(data, section, row.share),
    ...(found.population ? comparedCells(data, section, row) : []), ...(section.labels ? labelCells(data, section, row) : []),
    ...found.told.map((k) => whoPart(data, section, row.lacking[k])), ...(noted ? [el("td", {}, note(row))] : []),
  ));
  const head = el("tr", {}, ...heads.map((text) => el("th", { scope: "col" }, text)));
  return el("table", { class: "fl-table" }, el("thead", {}, head), el("tbody", {}, ...body));
}

const whoCount = (data, n) => el("td", { "data-value": full(n) }, count(data, n));

function whoRate(data, section, row) {
  const said = section.ui, few = row.status === "small" ? `, ${said.small}` : "";
  if (Number.isNaN(row.value)) return el("td", {}, said[row.status === "suppressed" ? "suppressed" : row.n ? "weightless" : "undefined"]);
  const text = percent(data, row.value, row.lower, row.upper) + few;
  return el("td", { "data-value": full(row.value), "data-lower": full(row.lower), "data-upper": full(row.upper) }, text);
}

function labelCells(data, section, row) {
  const { base, unlabelled } = row;
  return [whoRate(data, section, base), whoCount(data, base.n), whoPart(data, section, unlabelled)];
}

// A number of people, and what part of their group they are.
function whoPart(data, section, { n, share, lower, upper }) {
  if (n === null) return el("td", {}, section.ui.suppressed);
  const text = Number.isNaN(share) ? count(data, n) : fill(section.ui.part, { n: count(data, n), share: percent(data, share, lower, upper) });
  const values = { "data-value": full(n), "data-share": full(share), "data-lower": full(lower), "data-upper": full(upper) };
  return el("td", Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null)), text);
}

function comparedCells(data, section, { compared }) {
  if (!compared) return [el("td", {}, NONE), el("td", {}, NONE)];
  const known = el("td", { "data-value": full(compared.share) }, percent(data, compared.share));
  if (Number.isNaN(compared.value)) return [known, el("td", {}, compared.share > 0 ? NONE : section.ui.nobody)];
  const [low, high] = compared.limits(section.z[0]), text = withLimits(data, times(data, compared.value), times(data, low), times(data, high));
  return [known, el("td", { "data-value": full(compared.value), "data-lower": full(low), "data-upper": full(high) }, text)];
}

// The axis ends at the first of these that holds every interval and every share of the population.
const ENDS = [0.04, 0.1, 0.2, 0.4, 1];

export function whoPicture(data, section, state, found) {
  const said = section.ui, height = TOP + ROW * found.rows.length + FOOT;
  const longest = Math.max(7, ...found.rows.map((row) => [...short(whoName(data, state, row), LONGEST)].length)), left = 24 + LETTER * longest;
  const values = found.rows.flatMap((row) => [row.share.upper, row.compared?.share ?? 0]).filter((value) => !Number.isNaN(value));
  const end = ENDS.find((one) => values.every((value) => value <= one)) ?? 1, x = (value) => left + (value / end) * (WIDTH - left - RIGHT);
  const names = state.by.map((axis) => data.axes[axis].name).join(", ");
  const label = fill(said.picture, { persons: said.persons, by: names, diamond: found.population ? said.diamond : "" });
  const picture = svgEl("svg", { viewBox: `0 0 ${WIDTH} ${height}`, role: "img", "aria-label": label, class: "fl-picture", "data-end": end });
  for (const part of [0, 0.25, 0.5, 0.75, 1]) {
    const text = fixed(100 * part * end, 1).replace(/\.0$/, "").replace(".", data.numbers.decimal);
    picture.append(svgEl("line", { x1: x(part * end), x2: x(part * end), y1: TOP, y2: height - FOOT, class: "fl-grid" }));
    picture.append(svgEl("text", { x: x(part * end), y: height - 8, "text-anchor": "middle", class: "fl-axis" }, `${text} %`));
  }
  found.rows.forEach((row, i) => picture.append(...whoRow(data, section, state, row, TOP + ROW * (i + 0.5), x, left)));
  return picture;
}

function whoRow(data, section, state, row, y, x, left) {
  const name = whoName(data, state, row), { share, compared } = row;
  const parts = [svgEl("text", { x: left - 10, y: y - 2, "text-anchor": "end" }, short(name, LONGEST))];
  if (row.n !== null) parts.push(svgEl("text", { x: left - 10, y: y + 12, "text-anchor": "end", class: "fl-axis" }, `n=${count(data, row.n)}`));
  if (Number.isNaN(share.value)) return [...parts, svgEl("text", { x: left + 6, y: y + 4, class: "fl-axis" }, whoRate(data, section, share).textContent)];
  const told = percent(data, share.value, share.lower, share.upper);
  const dot = svgEl("circle", { cx: x(share.value), cy: y, r: 6, class: share.status === "small" ? "fl-dot fl-few" : "fl-dot", "data-value": share.value });
  dot.append(svgEl("title", {}, `${name}: ${told}, n=${count(data, row.n)}`));
  parts.push(svgEl("line", { x1: x(share.lower), x2: x(share.upper), y1: y, y2: y, class: "fl-interval" }), dot);
  let right = x(share.upper);
  if (compared) {
    const at = x(compared.share), mark = svgEl("path", { d: `M${at - 8} ${y}l8 -8l8 8l-8 8z`, class: "fl-population", "data-value": compared.share });
    mark.append(svgEl("title", {}, `${name}: ${section.ui.population} ${percent(data, compared.share)}`));
    parts.push(mark);
    right = Math.max(right, at + 8);
  }
  return [...parts, svgEl("text", { x: right + 10, y: y + 4 }, `${fixedText(data, 100 * share.value, 1)} %`)];
}

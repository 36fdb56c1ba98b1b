// The view of disparities: the rates of groups, what they are compared with, and the strip of criteria.

const inLevels = (rows) => rows;
const byNumber = (of) => (rows) => [...rows].sort((a, b) => {
  const [x, y] = [of(a), of(b)];
  return Number.isNaN(x) || x === null ? (Number.isNaN(y) || y === null ? 0 : 1) : Number.isNaN(y) || y === null ? -1 : x - y;
});
const ORDERS = {
  order_level: inLevels,
  order_value: byNumber((row) => row.value),
  order_n: byNumber((row) => (row.n === null ? null : -row.n)),
  order_change: byNumber((row) => (row.pair && !Number.isNaN(row.pair.value) ? -Math.abs(row.pair.value) : NaN)),
};

VIEWS.push({ name: "disparities", uses: ["metric", "by", "where", "reference", "compare", "adjust", "threshold"], make: disparitiesView });

function disparitiesView({ data: all, section }) {
  const picture = el("div", { class: "fl-figure" }), table = el("div", { class: "fl-numbers" }), more = el("div", { class: "fl-more" });
  const body = el("div", { class: "fl-body" }, picture, table), criteria = criteriaStrip(all);
  const least = section.rows ?? Infinity;
  let order = "order_level", open = false, last = null;

  function show(now) {
    last = now;
    const { data, state, found } = now, measured = found(), many = measured.rows.length > least;
    const rows = ORDERS[order](measured.rows), kept = many && !open ? rows.slice(0, least) : rows;
    const shown = { ...measured, rows: kept };
    picture.replaceChildren(drawPicture(data, state, shown));
    table.replaceChildren(drawTable(data, state, shown));
    body.classList.toggle("fl-wide", comparisons(data, state, measured).length > 1);
    rebuildMore(data, many, kept.length, rows.length);
    criteria.show(now.whole);
  }

  // Many groups are shown a part at a time; the sentence is about all of them.
  function rebuildMore(data, many, k, count_) {
    if (!data.ui.order || count_ < 6) return more.replaceChildren();
    const held = more.contains(document.activeElement) ? document.activeElement.dataset.key : null;
    const options = Object.keys(ORDERS).map((name) => [name, data.ui[name]]);
    more.replaceChildren(choice(data.ui.order, options, order, (name) => { order = name; show(last); }, "order"));
    if (many) {
      const text = fill(data.ui.rows_shown, { k: count(data, k), all: count(data, count_) });
      const act = () => { open = !open; show(last); };
      more.append(el("span", {}, text), button(data.ui[open ? "rows_fewer" : "rows_all"], act, { "data-key": "rows" }));
    }
    if (held) more.querySelector(`[data-key="${held}"]`)?.focus();
  }
  return { root: el("div", {}, more, body, criteria.strip), show };
}

export function drawTable(data, state, found) {
  const heads = [
    ...state.by.map((axis) => data.axes[axis].name),
    withInterval(data, found.metric.label), data.ui.n, ...comparisons(data, state, found).map(([name]) => withInterval(data, data.ui[name])),
  ];
  const body = found.rows.map((row) => {
    const names = state.by.map((axis, i) => el("th", { scope: "row", dir: "auto" }, data.axes[axis].levels[row.codes[i]]));
    const pairs = comparisons(data, state, found).map(([, of, write]) => pairCell(data, row, of(row), write));
    return el("tr", { "data-status": row.status }, ...names, rateCell(data, row), countCell(data, row), ...pairs);
  });
  const head = el("tr", {}, ...heads.map((text) => el("th", { scope: "col", dir: "auto" }, text)));
  return el("table", { class: "fl-table" }, el("thead", {}, head), el("tbody", {}, ...body));
}

const withInterval = (data, label) => `${label} (${data.ui.interval.replace("{share}", shareOf(data))})`;

// The columns that compare: name of the heading, where the numbers are, how they are written.
function comparisons(data, state, found) {
  const ratio = (value) => times(data, value), gap = (value) => points(data, value);
  const made = state.compare === "ratio"
    ? [["ratio", (row) => row.ratio, ratio], ["opposite", (row) => row.opposite, ratio]]
    : [["difference", (row) => row.pair, gap]];
  return found.adjusts ? [...made, ["adjusted", (row) => row.adjusted ?? null, gap]] : made;
}

const shareOf = (data) => localText(data, fixed(100 * data.confidence, 1).replace(/\.0$/, ""));
const missing = (data, row) => data.ui[row.status === "undefined" && row.n ? "weightless" : row.status];

function rateCell(data, row) {
  const few = row.status === "small" ? `, ${data.ui.small}` : "";
  const text = Number.isNaN(row.value) ? missing(data, row) : percent(data, row.value, row.lower, row.upper) + few;
  return el("td", { "data-value": full(row.value), "data-lower": full(row.lower), "data-upper": full(row.upper) }, text);
}

function countCell(data, row) {
  return el("td", { "data-value": full(row.n) }, count(data, row.n));
}

function pairCell(data, row, pair, write) {
  if (!pair) return el("td", {}, row.isReference ? data.ui.is_reference : row.pair ? data.ui.needs_group : "–");
  const { value, lower, upper, status, reason } = pair;
  if (Number.isNaN(value)) return el("td", {}, row.status === "ok" ? reason : "–");
  const few = status === "small" ? `, ${data.ui.small}` : "";
  const text = withLimits(data, write(value), write(lower), write(upper)) + few;
  return el("td", { "data-value": full(value), "data-lower": full(lower), "data-upper": full(upper) }, text);
}

const ROW = 36, RIGHT = 62, FEW = 66, WIDTH = 490, TOP = 8, FOOT = 26, LETTER = 8.6, LONGEST = 22;

export function drawPicture(data, state, found) {
  const height = TOP + ROW * found.rows.length + FOOT;
  const longest = Math.max(...found.rows.map((row) => [...short(nameOf(data, state.by, row.codes), LONGEST)].length));
  const left = 24 + LETTER * Math.max(longest, 7);
  const right = RIGHT + (found.rows.some((row) => row.status === "small") ? FEW : 0);
  const x = (value) => left + value * (WIDTH - left - right);
  const names = state.by.map((axis) => data.axes[axis].name).join(", ");
  const label = data.ui.picture.replace("{metric}", () => found.metric.label).replace("{by}", () => names);
  const picture = svgEl("svg", { viewBox: `0 0 ${WIDTH} ${height}`, role: "img", "aria-label": label, class: "fl-picture" });
  for (const share of [0, 0.25, 0.5, 0.75, 1]) {
    picture.append(svgEl("line", { x1: x(share), x2: x(share), y1: TOP, y2: height - FOOT, class: "fl-grid" }));
    picture.append(svgEl("text", { x: x(share), y: height - 8, "text-anchor": "middle", class: "fl-axis" }, `${100 * share} %`));
  }
  const anchor = found.base ?? found.whole;
  if (!found.single && Number.isFinite(anchor.value)) {
    picture.append(svgEl("line", { x1: x(anchor.value), x2: x(anchor.value), y1: TOP, y2: height - FOOT, class: "fl-anchor" }));
  }
  found.rows.forEach((row, i) => picture.append(...drawRow(data, state, row, TOP + ROW * (i + 0.5), x, left)));
  return picture;
}

function drawRow(data, state, row, y, x, left) {
  const name = nameOf(data, state.by, row.codes);
  const parts = [svgEl("text", { x: left - 10, y: y - 2, "text-anchor": "end" }, short(name, LONGEST))];
  if (row.n !== null) parts.push(svgEl("text", { x: left - 10, y: y + 12, "text-anchor": "end", class: "fl-axis" }, `n=${count(data, row.n)}`));
  if (Number.isNaN(row.value)) {
    parts.push(svgEl("text", { x: left + 6, y: y + 4, class: "fl-axis" }, missing(data, row)));
    return parts;
  }
  const dot = svgEl("circle", { cx: x(row.value), cy: y, r: 6, class: row.status === "small" ? "fl-dot fl-few" : "fl-dot", "data-value": row.value });
  dot.append(svgEl("title", {}, `${name}: ${percent(data, row.value, row.lower, row.upper)}, n=${count(data, row.n)}`));
  parts.push(svgEl("line", { x1: x(row.lower), x2: x(row.upper), y1: y, y2: y, class: "fl-interval" }), dot);
  const few = row.status === "small" ? `, ${data.ui.small}` : "";
  parts.push(svgEl("text", { x: x(row.upper) + 10, y: y + 4 }, `${fixedText(data, 100 * row.value, 1)} %${few}`));
  return parts;
}

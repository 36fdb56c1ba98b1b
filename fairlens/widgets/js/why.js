// Why: places the explanations that Python sends under the view. Numbers and texts are Python's; nothing is computed but places.

const WHY = { method: "gap", group: null };
const alike = (a, b) => JSON.stringify(a ?? null) === JSON.stringify(b ?? null);
export const explains = (told, state) => !state.slice && Object.entries(told.of).every(([name, value]) => alike(state[name], value));

// Explanations that were stored by earlier versions speak of states as those had them.
function current(told) {
  if (told.of.at.every(Array.isArray)) return told;
  return { ...told, of: { ...told.of, at: complete(told.of).at }, state: complete(told.state) };
}

// What explains the view, else what was stored last; null where nothing of this method was.
export function shownWhy(stored, state) {
  const same = stored.filter((told) => told.method === state.why.method);
  const fitting = same.filter((told) => explains(told, state));
  const told = (fitting.length ? fitting : same).at(-1);
  if (!told) return null;
  const codes = alike(told.of.by, state.by) ? state.why.group : null;
  return { told, fits: fitting.length > 0, group: chosenGroup(told, codes, state.stop) };
}

// The group that was chosen; else the one with the largest gap, or answers farthest from the background; the first of several.
function chosenGroup(told, codes, stop) {
  const named = codes ? told.groups.findIndex((group) => alike(group.codes, codes)) : -1;
  if (named >= 0) return named;
  const sizes = told.groups.map((group) => sizeOf(group, stop));
  return sizes.indexOf(Math.max(...sizes));
}

function sizeOf(group, stop) {
  const size = (group.steps ? group.steps[stop] : group)?.size ?? null;
  return size === null ? -1 : Math.round(1e12 * size);
}

const SILENCE = 20000; // milliseconds without a word from the kernel

VIEWS.push({ name: "why", uses: ["metric", "by", "where", "reference", "threshold"], make: whyView });

// `show` follows the state, `read` takes in explanations, `hear` follows the work in the kernel.
function whyView({ data, section: { ui, methods, gaps, can: able, rows: most = Infinity }, model, frozen, change }) {
  const can = able && !frozen, section = el("div", { class: "fl-why", role: "group", "aria-label": ui.title });
  let stored = [], drawn = null, built = null, state = null;
  const bar = el("div", { class: "fl-controls" }), about = el("p", { class: "fl-about" }), body = el("div", { class: "fl-told" });
  const work = workLine(data, ui, model, can, () => [...bar.querySelectorAll("button")].at(-1));
  const rates = el("div", { class: "fl-figure" });
  section.append(rates, bar, ...work.parts, about, body);
  const noGap = (now) => now.why.method === "gap" && gaps && !gaps[now.metric];

  function rebuild(found) {
    const offered = methods.filter((method) => can || stored.some((told) => told.method === method));
    const name = (control) => control.closest("label")?.firstChild.textContent ?? control.textContent;
    const focused = bar.contains(document.activeElement) ? name(document.activeElement) : null;
    bar.replaceChildren();
    if (offered.length) bar.append(choice(ui.method, offered.map((method) => [method, ui[method]]), state.why.method, (method) =>
      change((now) => ({ why: { ...now.why, method } }), true)));
    if (found && found.told.groups.length > 1 && alike(found.told.of.by, state.by)) {
      const groups = found.told.groups.map((group, i) => [String(i), group.name]);
      bar.append(choice(ui.group, groups, String(found.group), (i) => change((now) => ({ why: { ...now.why, group: found.told.groups[i].codes } }), true)));
    }
    if (can) bar.append(button(ui.button, () => work.ask(complete(model.get("state")))));
    work.settle(noGap(state));
    if (focused !== null) [...bar.querySelectorAll("select,button")].find((control) => name(control) === focused)?.focus();
  }

  // The first of many groups; all of them stand in the view of disparities.
  function drawRates(seen, shown, found) {
    const many = found.rows.length > most, rows = many ? found.rows.slice(0, most) : found.rows;
    const note = many ? [el("p", { class: "fl-note" }, fill(data.ui.rows_shown, { k: count(data, rows.length), all: count(data, found.rows.length) }))] : [];
    rates.replaceChildren(drawPicture(seen, shown, { ...found, rows }), ...note);
  }

  function back(view) {
    change(view);
    bar.querySelector("select").focus();
  }

  function show({ data: seen, state: shown, whole, found: measured }) {
    drawRates(seen, shown, measured());
    state = whole;
    const found = shownWhy(stored, state);
    work.follow(JSON.stringify(state));
    const key = JSON.stringify([found && stored.indexOf(found.told), found?.fits, found?.group, state.stop, state.why, state.by, state.metric, stored.length]);
    if (key === drawn) return;
    drawn = key;
    const offers = JSON.stringify([found && stored.indexOf(found.told), found?.group, state.why, state.by, state.metric, stored.length]);
    if (offers !== built) rebuild(found); // controls stay while a slider moves
    built = offers;
    body.classList.toggle("fl-stale", Boolean(found && !found.fits));
    about.replaceChildren(...aboutOf(ui, found, can, frozen, noGap(state), back));
    body.replaceChildren(...(found ? toldOf(ui, found, state.stop) : []));
  }

  function read() {
    stored = JSON.parse(model.get("explained") || "[]").map(current);
    drawn = built = null;
  }
  read();
  const options = (now) => stored.find((told) => told.method === now.why.method && explains(told, now))?.options ?? null;
  return { root: section, show, read, options, hear: (message) => message?.working && work.tell(message.working) };
}

// How far the work is, how to cancel it, and what went wrong. `explain` gives the button that asks for it.
function workLine(data, ui, model, can, explain) {
  const status = el("div", { class: "fl-working" }), spoken = el("p", { class: "fl-spoken", "aria-live": can ? "polite" : null });
  let busy = false, closed = false, silence = null, view = null, about = null;

  function settle(without = closed) {
    closed = without;
    if (can) explain()?.setAttribute("aria-disabled", String(busy || closed)); // and not disabled, which would lose the focus
  }

  function say(...parts) {
    const held = status.contains(document.activeElement);
    status.replaceChildren(...parts);
    about = view;
    settle();
    if (held) explain()?.focus();
  }

  function silent() {
    clearTimeout(silence);
    busy = false;
    say(el("p", { role: "alert" }, ui.silent));
  }

  function tell({ done, total, error, note }) {
    clearTimeout(silence);
    busy = done !== undefined;
    if (!busy) {
      spoken.textContent = error ? "" : note ?? ui.ready;
      return say(...(error ? [el("p", { role: "alert", class: "fl-error" }, ui.failed ?? "", el("span", ui.failed ? { lang: "en" } : {}, error))] : note ? [el("p", {}, note)] : []));
    }
    silence = setTimeout(silent, SILENCE);
    settle();
    if (!status.querySelector("progress")) {
      status.replaceChildren(el("progress", { "aria-label": ui.title, max: 1 }), el("span"), button(ui.cancel, () => { if (!sent(model, { kind: "cancel" })) silent(); }));
      spoken.textContent = ui.starting;
    }
    if (total) status.querySelector("progress").value = done / total;
    status.querySelector("span").textContent = [total ? fill(ui.working, { done: count(data, done), total: count(data, total) }) : ui.starting, note].filter(Boolean).join(" ");
  }

  function ask(state) {
    if (busy || closed) return;
    tell({ done: 0, total: 0 });
    status.querySelector("span").textContent = ui.asked;
    if (!sent(model, { kind: "explain", state })) silent();
  }

  // What was said of one view goes when another one is looked at.
  function follow(now) {
    view = now;
    if (!busy && about !== null && about !== now && status.firstChild) status.replaceChildren();
  }
  return { parts: can ? [status, spoken] : [], tell, ask, follow, settle };
}

function aboutOf(ui, found, can, frozen, noGap, back) {
  const reason = can && noGap ? [ui.no_gap] : [];
  if (!found) return reason.length ? reason : [can ? ui.none : frozen ? ui.none_frozen : ui.no_model];
  if (found.fits) return [];
  const { why, view: looked, slices, costs, ...view } = found.told.state; // how it is explained stays, and where one looks
  return [ui.stale.replace("{about}", () => found.told.about), " ", button(ui.back, () => back({ ...view, slice: null })), ...reason];
}

// Sentences that a method writes are English; a panel in another language says so.
const english = (ui) => (ui.foreign ? { lang: "en" } : {});
const foreign = (ui) => (ui.foreign ? [el("p", { class: "fl-note" }, ui.foreign)] : []);
const small = (ui, lines) => lines.filter(Boolean).map((line) => el("p", english(ui), el("small", {}, line)));

function toldOf(ui, { told, group: at }, stop) {
  const group = told.groups[at];
  if (told.method !== "gap") return meansOf(ui, told, group, stop);
  const step = group.steps[stop];
  if (!step) return [el("p", {}, ui.no_stop)];
  if (!step.rows.length) return [...foreign(ui), el("p", english(ui), step.said)];
  const x = scaleOf(step.range), [first, last] = step.ends;
  const end = ([name, numbers, text, n], side) => lineOf(ui, name, endBar(x, numbers, side), text, "", n, numbers);
  const rows = step.rows.map(([name, places, numbers, text, n, kind]) => lineOf(ui, name, stepBar(x, places, kind), text, kind, n, numbers));
  const lines = [end(first, 1), ...rows, end(last, -1)];
  return [...foreign(ui), el("p", english(ui), step.said), tableOfLines([ui.input, axisBar(ui.axis, step.axis), told.head, ui.n], lines, told.about), ...small(ui, [step.told, told.caution])];
}

function meansOf(ui, told, group, stop) {
  const other = stop === told.other_decisions ? [el("p", {}, ui.other_decisions)] : [];
  const x = scaleOf(told.range);
  const rows = group.rows.map(([name, numbers, text, n, kind]) => lineOf(ui, name, meanBar(x, numbers, kind), text, kind, n, numbers));
  const note = group.note ? [el("p", {}, `${group.name}: ${group.note}`)] : [];
  const head = [`${ui.input}, ${group.name}`, axisBar(ui.zero, told.axis), told.head, ui.n];
  return [...other, ...foreign(ui), el("p", english(ui), told.said), ...note, ...(rows.length ? [tableOfLines(head, rows, told.about)] : []), ...small(ui, [...told.notes, told.caution])];
}

function tableOfLines(heads, rows, about) {
  const head = el("tr", {}, ...heads.map((one, i) => el("th", { scope: "col", class: i === 1 ? "fl-bar" : null }, one)));
  return el("table", { class: "fl-table fl-parts" }, el("caption", {}, about), el("thead", {}, head), el("tbody", {}, ...rows));
}

function lineOf(ui, name, bar, text, kind, n, [value, lower, upper]) {
  const said = kind && ui[kind] ? `, ${ui[kind]}` : "";
  const shown = el("td", { "data-value": full(value), "data-lower": full(lower), "data-upper": full(upper) }, text + said);
  return el("tr", { "data-kind": kind }, el("th", { scope: "row", dir: "auto" }, name), el("td", { class: "fl-bar" }, bar), shown, el("td", {}, n));
}

const WIDE = 1000, TALL = 40, MIDDLE = TALL / 2;
const scaleOf = ([low, high]) => (value) => (WIDE * (Math.min(Math.max(value, low), high) - low)) / (high - low || 1);
// Stretched over its cell: lines keep their width, and the words stand in the cells beside it.
const barOf = (...parts) => {
  const made = svgEl("svg", { viewBox: `0 0 ${WIDE} ${TALL}`, preserveAspectRatio: "none", "aria-hidden": "true" });
  made.append(...parts);
  return made;
};
const line = (x1, x2, y1, y2, kind) => svgEl("line", { x1, x2, y1, y2, class: kind, "vector-effect": "non-scaling-stroke" });

// One rate with its interval, and the way on from it or to it.
function endBar(x, [value, lower, upper], side) {
  if (value === null) return barOf();
  return barOf(
    line(x(value), x(value), MIDDLE, side > 0 ? TALL : 0, "fl-way"),
    line(x(lower), x(upper), MIDDLE, MIDDLE, "fl-interval"),
    line(x(value), x(value), MIDDLE - 9, MIDDLE + 9, "fl-rate"),
  );
}

function stepBar(x, [from, to, lower, upper], kind) {
  const left = Math.min(x(from), x(to)), wide = Math.max(Math.abs(x(to) - x(from)), 1);
  return barOf(
    line(x(from), x(from), 0, MIDDLE, "fl-way"), line(x(to), x(to), MIDDLE, TALL, "fl-way"),
    svgEl("rect", { x: left, y: MIDDLE - 10, width: wide, height: 20, class: `fl-step fl-${kind}`, "vector-effect": "non-scaling-stroke" }),
    line(x(lower), x(upper), MIDDLE, MIDDLE, "fl-whisker"),
  );
}

function meanBar(x, [value, lower, upper], kind) {
  const parts = [line(x(0), x(0), 0, TALL, "fl-anchor")];
  if (lower !== null) parts.push(line(x(lower), x(upper), MIDDLE, MIDDLE, kind === "unsure" ? "fl-whisker" : "fl-interval"));
  return barOf(...parts, line(x(value), x(value), MIDDLE - 9, MIDDLE + 9, "fl-rate"));
}

function axisBar(text, [low, high]) {
  const ends = el("span", { class: "fl-ends" }, el("span", {}, low), el("span", {}, high));
  return el("span", {}, el("span", {}, text), ends);
}

// Why: places the explanations that Python sends under the view. Numbers and texts are Python's; nothing is computed but places.

const WHY = { method: "gap", group: null };
const alike = (a, b) => JSON.stringify(a ?? null) === JSON.stringify(b ?? null);
export const explains = (told, state) => Object.entries(told.of).every(([name, value]) => alike(state[name], value));

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

// The section under the view. `show(state)` follows the view, `tell()` follows the work in the kernel.
function whySection(data, model, frozen, change) {
  const section = el("section", { class: "fl-why" });
  const nothing = { section, show() {}, tell() {} };
  if (!data.why) return nothing;
  const { ui, methods } = data.why, can = data.why.can && !frozen;
  section.setAttribute("aria-label", ui.title);
  let stored = [], drawn = null, built = null, state = null;
  const bar = el("div", { class: "fl-controls" }), about = el("p", { class: "fl-about" }), body = el("div", { class: "fl-told" });
  const status = el("div", { class: "fl-working", "aria-live": can ? "polite" : null });
  section.append(el("p", { class: "fl-why-title" }, el("strong", {}, ui.title)), bar, status, about, body);
  const ask = (kind) => model.send({ kind, state: complete(model.get("state")) });

  function rebuild(found) {
    const offered = methods.filter((method) => can || stored.some((told) => told.method === method));
    const name = (control) => control.closest("label")?.firstChild.textContent ?? control.textContent;
    const focused = bar.contains(document.activeElement) ? name(document.activeElement) : null;
    bar.replaceChildren(choice(ui.method, offered.map((method) => [method, ui[method]]), state.why.method, (method) =>
      change((now) => ({ why: { ...now.why, method } }), true)));
    if (found && found.told.groups.length > 1 && alike(found.told.of.by, state.by)) {
      const groups = found.told.groups.map((group, i) => [String(i), group.name]);
      bar.append(choice(ui.group, groups, String(found.group), (i) => change((now) => ({ why: { ...now.why, group: found.told.groups[i].codes } }), true)));
    }
    if (can) bar.append(button(ui.button, () => { working({ done: 0, total: 0 }, ui.asked); ask("explain"); }));
    if (focused !== null) [...bar.querySelectorAll("select,button")].find((control) => name(control) === focused)?.focus();
  }

  function working(how, text = null) {
    const { done, total, error, note } = how;
    if (error) return status.replaceChildren(el("p", { role: "alert", class: "fl-error" }, error));
    if (done === undefined) return status.replaceChildren(...(note ? [el("p", {}, note)] : []));
    const said = text ?? (total ? fill(ui.working, { done: count(done), total: count(total) }) : ui.starting);
    const old = status.querySelector("progress"), bars = old ?? el("progress", { "aria-label": ui.title, max: 1 });
    if (total) bars.value = done / total;
    if (!old) status.replaceChildren(bars, el("span"), button(ui.cancel, () => model.send({ kind: "cancel" })));
    status.querySelector("span").textContent = said;
    return status;
  }

  function show(now) {
    state = now;
    const found = shownWhy(stored, state);
    section.hidden = !can && !stored.length;
    if (section.hidden) return bar.replaceChildren();
    const key = JSON.stringify([found && stored.indexOf(found.told), found?.fits, found?.group, state.stop, state.why, state.by, stored.length]);
    if (key === drawn) return;
    drawn = key;
    const offers = JSON.stringify([found && stored.indexOf(found.told), found?.group, state.why, state.by, stored.length]);
    if (offers !== built) rebuild(found); // controls stay while a slider moves
    built = offers;
    body.classList.toggle("fl-stale", Boolean(found && !found.fits));
    about.replaceChildren(...aboutOf(ui, found, can, change));
    body.replaceChildren(...(found ? toldOf(ui, found, state.stop) : []));
  }

  function read() {
    stored = JSON.parse(model.get("explained") || "[]");
    drawn = built = null;
    if (state) show(state);
  }
  read();
  return { section, show, read, tell: () => working(model.get("working") ?? {}) };
}

function aboutOf(ui, found, can, change) {
  if (!found) return [can ? ui.none : ui.none_frozen];
  if (found.fits) return [];
  const { why, ...view } = found.told.state; // how it is explained stays
  return [ui.stale.replace("{about}", () => found.told.about), " ", button(ui.back, () => change(view))];
}

function button(text, act) {
  const made = el("button", { type: "button", ...KEEP_KEYS }, text);
  made.addEventListener("click", act);
  return made;
}

const small = (lines) => lines.filter(Boolean).map((line) => el("p", {}, el("small", {}, line)));

function toldOf(ui, { told, group: at }, stop) {
  const group = told.groups[at];
  if (told.method !== "gap") return meansOf(ui, told, group);
  const step = group.steps[stop];
  if (!step) return [el("p", {}, ui.no_stop)];
  if (!step.rows.length) return [el("p", {}, step.said)];
  const x = scaleOf(step.range), [first, last] = step.ends;
  const end = ([name, numbers, text, n], side) => lineOf(ui, name, endBar(x, numbers, side), text, "", n, numbers);
  const rows = step.rows.map(([name, places, numbers, text, n, kind]) => lineOf(ui, name, stepBar(x, places, kind), text, kind, n, numbers));
  const lines = [end(first, 1), ...rows, end(last, -1)];
  return [el("p", {}, step.said), tableOfLines([ui.input, axisBar(ui.axis, step.axis), told.head, ui.n], lines), ...small([step.told, told.caution])];
}

function meansOf(ui, told, group) {
  const x = scaleOf(told.range);
  const rows = group.rows.map(([name, numbers, text, n, kind]) => lineOf(ui, name, meanBar(x, numbers, kind), text, kind, n, numbers));
  const note = group.note ? [el("p", {}, `${group.name}: ${group.note}`)] : [];
  const head = [`${ui.input}, ${group.name}`, axisBar(ui.zero, told.axis), told.head, ui.n];
  return [el("p", {}, told.said), ...note, ...(rows.length ? [tableOfLines(head, rows)] : []), ...small([...told.notes, told.caution])];
}

function tableOfLines(heads, rows) {
  const head = el("tr", {}, ...heads.map((one, i) => el("th", { scope: "col", class: i === 1 ? "fl-bar" : null }, one)));
  return el("table", { class: "fl-table fl-parts" }, el("thead", {}, head), el("tbody", {}, ...rows));
}

function lineOf(ui, name, bar, text, kind, n, [value, lower, upper]) {
  const said = kind && ui[kind] ? `, ${ui[kind]}` : "";
  const shown = el("td", { "data-value": full(value), "data-lower": full(lower), "data-upper": full(upper) }, text + said);
  return el("tr", { "data-kind": kind }, el("th", { scope: "row" }, name), el("td", { class: "fl-bar" }, bar), shown, el("td", {}, n));
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

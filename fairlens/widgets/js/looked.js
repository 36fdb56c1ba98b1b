// What was looked at. A live panel tells the kernel of each state that has rested; the kernel tests, counts and writes every text.

const REST = 1000;

// The parts of a state that change a number that is tested; names of slices and explanations do not, nor do most views. One that
// shows every threshold at once compares more.
const tested = ({ metric, by, at, reference, stop, cuts, slice, view }) =>
  JSON.stringify([metric, by, at, reference, stop, cuts, slice?.at ?? null, kindOf(view)?.sweeps ?? false]);

// A view without a metric compares nobody, so that nothing is looked at in the sense of the log.
const compares = (name) => kindOf(name)?.uses.includes("metric") ?? true;

// Sends each state once, after it has stood still for a second on a page that is seen; gives what ends it. Frozen pages send nothing.
export function watchRest(model, frozen, clock = globalThis, page = globalThis.document) {
  if (frozen) return () => {};
  const told = new Set();
  let resting = null;

  function tell() {
    resting = null;
    const state = model.get("state"), key = tested(state);
    if (told.has(key) || !compares(state.view)) return;
    if (sent(model, { kind: "looked", state })) told.add(key); // else it is told when somebody comes back to it
  }

  function restart() {
    if (resting !== null) clock.clearTimeout(resting);
    resting = page.visibilityState === "visible" ? clock.setTimeout(tell, REST) : null;
  }

  model.on("change:state", restart);
  page.addEventListener("visibilitychange", restart);
  restart();
  return () => {
    if (resting !== null) clock.clearTimeout(resting);
    resting = null;
    model.off("change:state", restart);
    page.removeEventListener("visibilitychange", restart);
  };
}

// The line at the foot of the panel, which opens to the table. `read` shows what the kernel has written since.
export function lookedLine(data, model, frozen) {
  const ui = data.looked?.ui, root = el("div", { class: "fl-looked" });
  if (!ui) return { root, read() {} };
  const summary = el("summary", KEEP_KEYS), body = el("div", { class: "fl-told" });
  const details = el("details", {}, summary, body);

  function read() {
    const log = JSON.parse(model.get("looked") || "null");
    const said = frozen ? fill(ui.before, { said: log?.said ?? "" }) : log?.said;
    if (!log) return root.replaceChildren(el("p", {}, frozen ? ui.frozen : ui.none));
    summary.textContent = said;
    body.replaceChildren(...log.parts.map((part) => lookedTable(ui, log.heads, part)), ...log.notes.map((note) => el("p", {}, el("small", {}, note))));
    if (details.parentNode !== root) root.replaceChildren(...(frozen ? [el("p", {}, ui.frozen)] : []), details); // open stays open
  }
  read();
  return { root, read };
}

// Wide tables scroll by themselves, by keyboard too.
function lookedTable(ui, heads, { caption, rows }) {
  const cell = (one) => (Array.isArray(one) ? el("td", { "data-value": String(one[1]) }, one[0]) : el("td", {}, one));
  const lines = rows.map(([first, ...others]) => el("tr", {}, el("th", { scope: "row", dir: "auto" }, first), ...others.map(cell)));
  const head = el("thead", {}, el("tr", {}, ...heads.map((text) => el("th", { scope: "col" }, text))));
  const made = el("table", { class: "fl-table" }, el("caption", {}, caption), head, el("tbody", {}, ...lines));
  return el("div", { class: "fl-scroll", role: "group", "aria-label": `${ui.title}. ${caption}`, tabindex: "0", ...KEEP_KEYS }, made);
}

// The panel: one state, the common controls, and the views that it drives. Written against the small model interface of anywidget:
// get, set, on, off, send, save_changes.

// What states and payloads of earlier versions lack.
function complete(state) {
  const list = (at) => at.map((codes) => (Array.isArray(codes) ? codes : codes < 0 ? [] : [codes]));
  const adjust = Array.isArray(state.adjust) ? state.adjust : state.adjust >= 0 ? [state.adjust] : [];
  return { compare: "difference", cuts: null, why: WHY, view: null, slice: null, slices: [], costs: null, ...state, adjust, at: list(state.at) };
}

const FORMATS = ["fairlens-panel/1", "fairlens-panel/2", "fairlens-panel/3"];
const OLD = {
  numbers: { decimal: ".", group: ",", interval: "{value} ({lower} to {upper})" },
  texts: { worse: "{worse} {persons}", ok: "ok", small: "small", undefined: "undefined", suppressed: "suppressed" },
  ui: { joined: " and ", either: " or " },
};

export function read(text) {
  const data = JSON.parse(text);
  if (!FORMATS.includes(data.format)) throw new Error(fill(data.ui?.format ?? "{format} ≠ {known}", { format: data.format, known: FORMATS.join(", ") }));
  if (data.views) return data;
  const views = [{ name: "disparities", label: data.title }, ...(data.why ? [{ name: "why", label: data.why.ui.title, ...data.why }] : [])];
  return { ...OLD, ...data, texts: { ...OLD.texts, ...data.texts }, ui: { ...OLD.ui, ...data.ui }, views };
}

// Every panel of a page has ids of its own, also where each has a program of its own.
const PANELS = Symbol.for("fairlens.panels");
const nextPanel = () => (globalThis[PANELS] = (globalThis[PANELS] ?? 0) + 1);

function render({ model, el: root }) {
  const data = read(model.get("payload")), serial = nextPanel();
  const now = () => complete(model.get("state"));
  const frozen = Boolean(model.get("frozen")), recorded = now(), open = new Map();
  const bar = el("div", { class: "fl-controls" });
  const status = el("p", { role: "status", "aria-live": "polite", class: "fl-sentence", dir: "auto" });
  const alert = el("p", { role: "alert", class: "fl-error" }), spoken = el("p", { class: "fl-spoken", "aria-live": "polite" });
  const remarks = el("div", { class: "fl-remarks" }, ...data.remarks.map((text) => el("p", {}, ...running(text))), ...readingOf(data));
  const panel = el("div", { class: "fl-panel", role: "group", "aria-label": data.title, lang: data.language ?? null });
  const context = { data, model, frozen, change, now };
  const panes = data.views.flatMap((section) => {
    const kind = kindOf(section.name);
    return kind ? [{ kind, section, ...madeView(kind, { ...context, section }) }] : [];
  });
  panes.serial = serial;
  const bodies = panes.map(({ section, root: content }) => el("div", {
    class: "fl-pane", role: "tabpanel", id: `fl-pane-${section.name}-${serial}`, "aria-labelledby": `fl-tab-${section.name}-${serial}`,
  }, content));
  const strip = tabs(data, panes, (name) => change({ view: name }));
  const code = data.code ? codeBox(data) : null;
  const lost = el("p", { class: "fl-lost", "aria-live": "polite" });
  const warn = (text) => (alert.textContent = text), say = (text) => { if (lost.textContent !== text) lost.textContent = text; };
  const kernel = askKernel(model, data.ui, serial, say, warn);
  const foot = footOf({ data, model, frozen, kernel, lost, panes, code });
  if (data.banner) panel.append(el("p", { class: "fl-banner" }, data.banner));
  if (frozen) panel.append(exploreBar(data, () => change(recorded)));
  if (panes.length > 1) panel.append(strip.list);
  panel.append(bar, status, alert, spoken, ...bodies, remarks, ...foot.parts);
  root.append(panel);
  let waiting = null, own = false, reaching = false;

  const chosen = (state) => Math.max(panes.findIndex(({ section }) => section.name === state.view), 0);
  const fail = (error) => {
    const [before, after = ""] = data.ui.error.split("{message}"); // a browser's own words are English
    alert.replaceChildren(before, el("span", data.language === "en" ? {} : { lang: "en" }, error.message), after);
    model.set("error", String(error.stack ?? error));
    if (!saved(model)) kernel.lost();
  };

  // What cannot be done says so; the other views, and the controls, still work.
  function attempt(act) {
    try {
      act();
      return true;
    } catch (error) {
      fail(error);
      return false;
    }
  }

  // Escape closes what is unfolded around the control that has the focus, which goes to what it was unfolded with. From anywhere else it
  // goes to the notebook's cell, where its own keys work again: saving, running, moving on.
  function fold(event) {
    if (event.key !== "Escape") return;
    const box = event.target.closest("details[open], .fl-several");
    event.stopPropagation();
    if (!box) return panel.closest(".jp-Cell")?.focus();
    if (box.tagName === "DETAILS") {
      box.open = false;
      return box.querySelector("summary").focus();
    }
    const axis = Number(box.dataset.axis);
    bar.querySelector(`[data-key="only-${axis}"]`).focus();
    open.delete(axis);
    attempt(rebuild);
  }

  function draw() {
    const state = now(), at = chosen(state), [seen, shown] = sliced(data, state), found = once(() => measure(seen, shown));
    strip.show(panes[at].section.name);
    bodies.forEach((body, i) => (body.hidden = i !== at));
    const text = panes[at].show({ data: seen, state: shown, whole: state, found }) ?? sentenceOf(seen, shown, found()); // a view may have its own
    if (status.textContent !== text) status.replaceChildren(...running(text));
    code?.show({ ...state, view: panes[at].section.name }, panes[at].options?.(state));
    reach();
  }

  // Once the frame is painted, since to ask for widths is to lay out what nobody looks at too.
  function reach() {
    if (reaching) return;
    reaching = true;
    requestAnimationFrame(() => setTimeout(() => {
      reaching = false;
      reachable(panel);
    }));
  }

  // The control that has the focus keeps it, by its key, however the controls change around it.
  function rebuild() {
    const keyed = bar.contains(document.activeElement) ? document.activeElement.dataset.key : null;
    const within = keyed !== null && document.activeElement.closest("details");
    const unfolded = new Set([...bar.querySelectorAll("details[open]")].map((one) => one.className));
    const state = now(), uses = panes[chosen(state)].kind.uses;
    renew(bar, () => controls(data, state, uses, open, change, rebuild, (text) => (spoken.textContent = text)));
    for (const box of bar.querySelectorAll("details")) box.open = unfolded.has(box.className);
    if (keyed !== null && !bar.contains(document.activeElement)) {
      const made = [...bar.querySelectorAll("[data-key]")], near = within && bar.querySelector('[data-key="slices"]');
      (made.find((one) => one.dataset.key === keyed) ?? near ?? made[0])?.focus();
    }
  }

  // While sliders move the controls stay, so what depends on the state is a function of the state there is then.
  function change(part, keepControls = false, delay = 0) {
    const state = { ...now(), ...(typeof part === "function" ? part(now()) : part) };
    own = true;
    if (!alike(state, model.get("state"))) model.set("state", state); // a slider that is let go is where it was
    own = false;
    if (!keepControls) attempt(rebuild);
    clearTimeout(waiting);
    waiting = setTimeout(() => { if (!saved(model)) kernel.lost(); }, delay);
  }

  // What was said of the state before goes when all of this one could be done.
  const follow = () => {
    const fine = own || attempt(rebuild);
    if (attempt(draw) && fine) alert.textContent = "";
  };
  const every = (name, ...given) => panes.forEach((pane) => attempt(() => pane[name]?.(...given)));
  const events = {
    "change:state": follow, "change:explained": () => { every("read"); attempt(draw); },
    "msg:custom": (message) => { kernel.hear(message); every("hear", message); }, ...foot.events,
  };
  for (const [name, act] of Object.entries(events)) model.on(name, act);
  panel.addEventListener("keydown", fold);
  panel.addEventListener(FAILED, ({ detail }) => fail(detail));
  const size = new ResizeObserver(() => reachable(panel));
  size.observe(panel);
  follow();
  return () => {
    clearTimeout(waiting);
    size.disconnect();
    foot.stop();
    for (const [name, act] of Object.entries(events)) model.off(name, act);
  };
}

// How the data were read: noted in English, which a panel in another language says.
function readingOf({ notes = [], ui }) {
  const said = notes.map((text) => el("p", ui.notes ? { lang: "en" } : {}, text));
  return said.length && ui.notes ? [el("p", {}, ui.notes), ...said] : said;
}

// A view that cannot be made says so when it is looked at.
function madeView(kind, context) {
  try {
    return kind.make(context);
  } catch (error) {
    return { root: el("div"), show() { throw error; } };
  }
}

function once(make) {
  let made;
  return () => (made ??= make());
}

// What stands under every view: recording, the code of the view, what was looked at.
function footOf({ data, model, frozen, kernel, lost, panes, code }) {
  const parts = frozen ? [] : [recordButton(data, model, kernel, panes), lost];
  if (code) parts.push(code.box);
  const log = lookedLine(data, model, frozen);
  return { parts: [...parts, log.root], events: { "change:looked": log.read }, stop: ends(kernel.stop, watchRest(model, frozen)) };
}

const ends = (...acts) => () => acts.forEach((act) => act());

// The request carries the state, so that what is recorded is what was seen, however busy the kernel is.
function recordButton(data, model, kernel, panes) {
  const seen = () => {
    const state = complete(model.get("state"));
    return { ...state, view: state.view ?? panes[0].section.name };
  };
  return button(data.ui.record, () => kernel.record(seen()), { class: "fl-record-button", title: data.ui.record_hint });
}

function exploreBar(data, reset) {
  return el("div", { class: "fl-explore" }, el("strong", {}, data.ui.explore), button(data.ui.reset, reset));
}

export default { render };

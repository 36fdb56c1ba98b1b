// Controls and drawing. Written against the small model interface of anywidget: get, set, on, off, save_changes.

function controls(data, state, change) {
  const made = [];
  const positions = (list) => list.map((text, i) => [String(i), text]);
  const axes = positions(data.axes.map((axis) => axis.name));
  made.push(choice(data.ui.metric, positions(data.metrics.map((metric) => metric.label)), String(state.metric), (key) => change({ metric: Number(key) })));
  made.push(choice(data.ui.by, axes, String(state.by[0]), (key) => change(regroup(state, [Number(key), ...state.by.slice(1)]))));
  if (data.axes.length > 1) {
    const others = [["", data.ui.none], ...axes.filter(([key]) => Number(key) !== state.by[0])];
    made.push(choice(data.ui.and, others, state.by.length > 1 ? String(state.by[1]) : "", (key) =>
      change(regroup(state, key === "" ? [state.by[0]] : [state.by[0], Number(key)]))));
  }
  data.axes.forEach((axis, i) => {
    if (state.by.includes(i)) return;
    const levels = [["-1", data.ui.everyone], ...positions(axis.levels)];
    made.push(choice(`${data.ui.where} ${axis.name}`, levels, String(state.at[i]), (key) =>
      change({ at: state.at.map((code, j) => (j === i ? Number(key) : code)), adjust: state.adjust === i ? -1 : state.adjust })));
  });
  made.push(referenceChoice(data, state, change));
  if (data.ui.compare) {
    const kinds = [["difference", data.ui.differences], ["ratio", data.ui.ratios]];
    made.push(choice(data.ui.compare, kinds, state.compare, (key) => change({ compare: key })));
    made.push(...adjustChoice(data, state, change));
  }
  made.push(...thresholds(data, state, change));
  return made;
}

// Attributes that could be held equal: those neither compared nor filtered by.
function adjustChoice(data, state, change) {
  const free = data.axes.flatMap((axis, i) => (state.by.includes(i) || state.at[i] >= 0 ? [] : [[String(i), axis.name]]));
  if (!free.length) return [];
  return [choice(data.ui.adjust, [["-1", data.ui.nothing], ...free], String(state.adjust), (key) => change({ adjust: Number(key) }))];
}

function thresholds(data, state, change) {
  if (data.stops.length < 2) return [];
  const first = data.stops.findIndex((stop) => stop !== null); // "as decided" is one for everybody
  const made = state.cuts
    ? state.cuts.stops.map((stop, level) => slider(data, `${data.ui.threshold}: ${data.axes[state.cuts.axis].levels[level]}`, stop, first, (next, kept, delay) =>
      change(({ cuts }) => ({ cuts: { ...cuts, stops: cuts.stops.map((old, j) => (j === level ? next : old)) } }), kept, delay)))
    : [slider(data, data.ui.threshold, state.stop, 0, (stop, kept, delay) => change({ stop }, kept, delay))];
  const axis = state.by[0], count = data.axes[axis].levels.length;
  if (first < 0 || state.by.length > 1 || count < 2 || !(count <= data.sliders)) return made;
  const cuts = { axis, stops: data.axes[axis].levels.map(() => (state.stop < first ? data.cut_stop : state.stop)) };
  const options = [["one", data.ui.one_threshold], ["each", data.ui.own_thresholds]];
  return [choice(data.ui.thresholds, options, state.cuts ? "each" : "one", (key) => change({ cuts: key === "each" ? cuts : null })), ...made];
}

function regroup(state, by) {
  const distinct = by.filter((axis, i) => by.indexOf(axis) === i);
  const reference = state.reference[0] === "group" ? ["largest"] : state.reference;
  const adjust = distinct.includes(state.adjust) ? -1 : state.adjust;
  const why = { ...state.why, group: null };
  return { by: distinct, reference, adjust, cuts: null, why, at: state.at.map((code, axis) => (distinct.includes(axis) ? -1 : code)) };
}

function referenceChoice(data, state, change) {
  const groups = viewOf(data, { ...state, at: state.at.map(() => -1) }).groups.map((group) => group.codes);
  const words = ["largest", "rest", "overall"].map((word) => [word, data.ui[word]]);
  const named = groups.map((codes) => [`group,${codes.join()}`, nameOf(data, state.by, codes)]);
  const read = (key) => key.split(",").map((part, i) => (i ? Number(part) : part));
  return choice(data.ui.reference, [...words, ...named], state.reference.join(), (key) => change({ reference: read(key) }));
}

function slider(data, label, at, least, put) {
  const name = el("output", {}, data.stop_names[at]);
  const range = el("input", {
    type: "range", min: least, max: data.stops.length - 1, step: 1, ...KEEP_KEYS,
    "aria-label": label, "aria-valuetext": data.stop_names[at],
  });
  range.value = String(at);
  range.addEventListener("input", () => {
    const stop = Number(range.value);
    name.textContent = data.stop_names[stop];
    range.setAttribute("aria-valuetext", data.stop_names[stop]);
    put(stop, true, 120);
  });
  range.addEventListener("change", () => put(Number(range.value), true)); // let go: what is recorded next is this stop
  return el("label", { class: "fl-control" }, el("span", {}, label), el("span", { class: "fl-slider" }, range, name));
}

// Views that were recorded before a control existed have no words for it in their payload, and no place for it in their state.
const complete = (state) => ({ compare: "difference", adjust: -1, cuts: null, why: WHY, ...state });
const FORMATS = ["fairlens-panel/1", "fairlens-panel/2"];

export function read(text) {
  const data = JSON.parse(text);
  if (!FORMATS.includes(data.format)) throw new Error(`This view has the format ${data.format}; the program of this page knows ${FORMATS.join(", ")}.`);
  return data;
}

function render({ model, el: root }) {
  const data = read(model.get("payload"));
  const now = () => complete(model.get("state"));
  const frozen = Boolean(model.get("frozen"));
  const recorded = now();
  const bar = el("div", { class: "fl-controls" });
  const picture = el("div", { class: "fl-figure" }), table = el("div", { class: "fl-numbers" });
  const status = el("p", { role: "status", "aria-live": "polite", class: "fl-sentence" });
  const alert = el("p", { role: "alert", class: "fl-error" });
  const remarks = el("div", { class: "fl-remarks" }, ...data.remarks.map((text) => el("p", {}, text)));
  const criteria = criteriaStrip(data), body = el("div", { class: "fl-body" }, picture, table);
  const panel = el("div", { class: "fl-panel", role: "group", "aria-label": data.title });
  if (data.banner) panel.append(el("p", { class: "fl-banner" }, data.banner));
  if (frozen) panel.append(exploreBar(data, () => change(recorded)));
  const why = whySection(data, model, frozen, change);
  panel.append(bar, status, body, alert, why.section, criteria.strip, remarks);
  if (!frozen) panel.append(recordButton(data, model));
  root.append(panel);
  let waiting = null, own = false;

  function draw() {
    try {
      const state = now(), found = measure(data, state);
      picture.replaceChildren(drawPicture(data, state, found));
      table.replaceChildren(drawTable(data, state, found));
      body.classList.toggle("fl-wide", comparisons(state, found).length > 1);
      const text = sentenceOf(data, state, found);
      if (status.textContent !== text) status.textContent = text;
      criteria.show(state);
      why.show(state);
      alert.textContent = "";
    } catch (error) {
      alert.textContent = data.ui.error.replace("{message}", () => error.message);
      model.set("error", String(error.stack ?? error));
      model.save_changes();
    }
  }

  function rebuild() {
    const focused = [...bar.querySelectorAll("select,input")].indexOf(document.activeElement);
    bar.replaceChildren(...controls(data, now(), change));
    if (focused >= 0) bar.querySelectorAll("select,input")[focused]?.focus();
  }

  // While sliders move the controls stay, so what depends on the state is a function of the state there is then.
  function change(part, keepControls = false, delay = 0) {
    own = true;
    model.set("state", { ...now(), ...(typeof part === "function" ? part(now()) : part) });
    own = false;
    if (!keepControls) rebuild();
    clearTimeout(waiting);
    waiting = setTimeout(() => model.save_changes(), delay);
  }

  const follow = () => {
    if (!own) rebuild();
    draw();
  };
  const events = { "change:state": follow, "change:explained": why.read, "msg:custom": why.hear };
  for (const [name, act] of Object.entries(events)) model.on(name, act);
  rebuild();
  draw();
  return () => {
    clearTimeout(waiting);
    for (const [name, act] of Object.entries(events)) model.off(name, act);
  };
}

// The request carries the state, so that what is recorded is what was seen, however busy the kernel is.
function recordButton(data, model) {
  const button = el("button", { type: "button", class: "fl-record-button", title: data.ui.record_hint, ...KEEP_KEYS }, data.ui.record);
  button.addEventListener("click", () => model.send({ kind: "record", state: complete(model.get("state")) }));
  return button;
}

function exploreBar(data, reset) {
  const button = el("button", { type: "button", ...KEEP_KEYS }, data.ui.reset);
  button.addEventListener("click", reset);
  return el("div", { class: "fl-explore" }, el("strong", {}, data.ui.explore), button);
}

export default { render };

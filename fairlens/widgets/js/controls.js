// The common controls. Each is made by name, so that a view says which of them stand above it.

function controls(data, state, uses, open, change, redraw, said) {
  const made = {
    metric: () => [choice(data.ui.metric, positions(data.metrics.map((metric) => metric.label)), String(state.metric), (key) => change({ metric: Number(key) }), "metric")],
    by: () => (state.slice ? [] : byControls(data, state, change)),
    where: () => data.axes.flatMap((axis, i) => (filters(data, state, i) ? filterControl(data, state, i, open, change, redraw) : [])),
    reference: () => [referenceChoice(data, state, change)],
    compare: () => (data.ui.compare ? [compareChoice(data, state, change)] : []),
    adjust: () => (data.ui.adjust && !state.slice ? adjustChoice(data, state, change) : []),
    threshold: () => thresholds(data, state, change),
  };
  const last = uses.includes("where") && data.ui.slices && data.sliceable ? [sliceControls(data, state, change, said)] : [];
  return [...CONTROLS.flatMap((name) => (uses.includes(name) ? made[name]() : [])), ...last];
}

const CONTROLS = ["metric", "by", "where", "reference", "compare", "adjust", "threshold"];
const positions = (list) => list.map((text, i) => [String(i), text]);

// Of an attribute that is grouped by, one level alone would leave nothing to compare.
const filters = (data, state, axis) => state.slice || !state.by.includes(axis) || (data.ui.several && data.axes[axis].levels.length > 2);

function byControls(data, state, change) {
  const names = [data.ui.by, data.ui.and, data.ui.and_third, data.ui.and_fourth].slice(0, data.most_by ?? 2);
  return names.slice(0, Math.min(state.by.length + 1, data.axes.length)).map((label, k) => {
    const free = data.axes.flatMap((axis, i) => (state.by.slice(0, k).includes(i) ? [] : [[String(i), axis.name]]));
    const options = k ? [["", data.ui.none], ...free] : free;
    return choice(label, options, k < state.by.length ? String(state.by[k]) : "", (key) =>
      change(regroup(state, key === "" ? state.by.slice(0, k) : [...state.by.slice(0, k), Number(key), ...state.by.slice(k + 1)])), `by-${k}`);
  });
}

function compareChoice(data, state, change) {
  const kinds = [["difference", data.ui.differences], ["ratio", data.ui.ratios]];
  return choice(data.ui.compare, kinds, state.compare, (key) => change({ compare: key }), "compare-by");
}

// Attributes that could be held equal: those neither compared nor filtered to one level.
function adjustChoice(data, state, change) {
  const able = (i) => !state.by.includes(i) && state.at[i].length !== 1;
  const free = data.axes.flatMap((axis, i) => (able(i) ? [[String(i), axis.name]] : []));
  const put = (k) => (key) => change({ adjust: [...state.adjust.slice(0, k), ...(key === "-1" ? [] : [Number(key)])] });
  return state.adjust.concat(-1).slice(0, free.length).map((axis, k) => {
    const left = free.filter(([key]) => !state.adjust.slice(0, k).includes(Number(key)));
    return choice(k ? data.ui.and_adjust : data.ui.adjust, [["-1", data.ui.nothing], ...left], String(axis), put(k), `adjust-${k}`);
  });
}

function thresholds(data, state, change) {
  if (data.stops.length < 2) return [];
  const first = data.stops.findIndex((stop) => stop !== null); // "as decided" is one for everybody
  const made = state.cuts
    ? state.cuts.stops.map((stop, level) => slider(data, `${data.ui.threshold}: ${data.axes[state.cuts.axis].levels[level]}`, stop, first, (next, keep, delay) =>
      change(({ cuts }) => ({ cuts: { ...cuts, stops: cuts.stops.map((old, j) => (j === level ? next : old)) } }), keep, delay)))
    : [slider(data, data.ui.threshold, state.stop, 0, (stop, keep, delay) => change({ stop }, keep, delay))];
  const axis = state.by[0], levels = data.axes[axis].levels.length;
  if (state.slice || first < 0 || state.by.length > 1 || levels < 2 || !(levels <= data.sliders)) return made;
  const cuts = { axis, stops: data.axes[axis].levels.map(() => (state.stop < first ? data.cut_stop : state.stop)) };
  const options = [["one", data.ui.one_threshold], ["each", data.ui.own_thresholds]];
  return [choice(data.ui.thresholds, options, state.cuts ? "each" : "one", (key) => change({ cuts: key === "each" ? cuts : null }), "cuts"), ...made];
}

function regroup(state, by) {
  const distinct = by.filter((axis, i) => by.indexOf(axis) === i);
  const reference = state.reference[0] === "group" ? ["largest"] : state.reference;
  const adjust = state.adjust.filter((axis) => !distinct.includes(axis));
  const added = distinct.filter((axis) => !state.by.includes(axis));
  const why = { ...state.why, group: null };
  return { by: distinct, reference, adjust, cuts: null, why, at: state.at.map((codes, axis) => (added.includes(axis) ? [] : codes)) };
}

function referenceChoice(data, state, change) {
  const [seen, at] = sliced(data, state);
  const filter = state.slice ? at.at : at.at.map((codes, axis) => (state.by.includes(axis) ? codes : []));
  const groups = groupsOf(data, { ...state, at: filter });
  const words = ["largest", "rest", "overall"].map((word) => [word, data.ui[word]]);
  const named = groups.map((codes) => [`group,${codes.join()}`, nameOf(seen, at.by, codes)]);
  const read = (key) => key.split(",").map((part, i) => (i ? Number(part) : part));
  return choice(data.ui.reference, [...words, ...named], state.reference.join(), (key) => change({ reference: read(key) }), "reference");
}

function slider(data, label, at, least, put) {
  const name = el("output", {}, data.stop_names[at]);
  const range = el("input", {
    type: "range", min: least, max: data.stops.length - 1, step: 1, "data-key": label, ...KEEP_KEYS,
    "aria-label": label, "aria-valuetext": data.stop_names[at],
  });
  range.value = String(at);
  range.addEventListener("input", guarded(range, () => {
    const stop = Number(range.value);
    name.textContent = data.stop_names[stop];
    range.setAttribute("aria-valuetext", data.stop_names[stop]);
    put(stop, true, 120);
  }));
  range.addEventListener("change", guarded(range, () => put(Number(range.value), true))); // let go: what is recorded next is this stop
  return el("label", { class: "fl-control" }, el("span", {}, label), el("span", { class: "fl-slider" }, range, name));
}

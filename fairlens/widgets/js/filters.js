// Which people are looked at: levels of attributes, and slices that have a name.

const SEARCHED = 12, LISTED = 100; // levels: from how many on there is a search, and how many boxes are shown

// A select for one level, as most filters are; with a list of boxes under it where several are wanted.
function filterControl(data, state, axis, open, change, redraw) {
  const { name, levels } = data.axes[axis], codes = state.at[axis], several = open.has(axis) || codes.length > 1;
  const options = [["", data.ui.everyone], ...levels.map((text, code) => [String(code), text])];
  if (state.by.includes(axis) && !state.slice) options.splice(1, levels.length);
  if (data.ui.several && levels.length > 2) options.push(["several", data.ui.several]);
  const value = several ? "several" : codes.length ? String(codes[0]) : "";
  const made = choice(`${data.ui.where} ${name}`, options, value, (key) => {
    if (key === "several") open.set(axis, "");
    else open.delete(axis);
    if (key !== "several") change(kept(state, axis, key === "" ? [] : [Number(key)]));
    else redraw();
  }, `only-${axis}`);
  return several ? [made, boxes(data, state, axis, open, change)] : [made];
}

// What changes when other levels of an attribute are kept.
function kept(state, axis, codes) {
  const gone = state.reference[0] === "group" && !state.slice && state.by.includes(axis) && codes.length > 0
    && !codes.includes(state.reference[1 + state.by.indexOf(axis)]);
  return {
    at: state.at.map((old, i) => (i === axis ? codes : old)),
    adjust: codes.length === 1 ? state.adjust.filter((other) => other !== axis) : state.adjust,
    reference: gone ? ["largest"] : state.reference,
  };
}

function boxes(data, state, axis, open, change) {
  const { name, levels } = data.axes[axis], ui = data.ui;
  const set = el("fieldset", { class: "fl-several", "data-axis": axis }, el("legend", { dir: "auto" }, fill(ui.levels_of, { axis: name })));
  const list = el("div", { class: "fl-boxes" }), note = el("p", { class: "fl-note" });
  const grouped = state.by.includes(axis) && !state.slice;
  const toggle = (code) => change((now) => {
    const codes = now.at[axis].includes(code) ? now.at[axis].filter((one) => one !== code) : [...now.at[axis], code].sort((a, b) => a - b);
    return kept(now, axis, codes.length === levels.length || (grouped && codes.length < 2 && now.at[axis].length > 1) ? [] : codes);
  });
  function fillIn(wanted) {
    const fitting = levels.flatMap((text, code) => (text.toLowerCase().includes(wanted.toLowerCase()) ? [code] : []));
    list.replaceChildren(...fitting.slice(0, LISTED).map((code) => {
      const box = el("input", { type: "checkbox", "data-key": `box-${axis}-${code}`, ...KEEP_KEYS });
      box.checked = state.at[axis].includes(code);
      box.addEventListener("change", guarded(box, () => toggle(code)));
      return el("label", {}, box, el("span", { dir: "auto" }, levels[code]));
    }));
    const left = fitting.length - LISTED;
    note.textContent = left > 0 ? fill(ui.more_levels, { k: count(data, left) }) : ui.none_ticked;
  }
  if (levels.length > SEARCHED) {
    const find = el("input", { type: "search", "aria-label": ui.find, placeholder: ui.find, "data-key": `find-${axis}`, ...KEEP_KEYS });
    find.value = open.get(axis) ?? "";
    find.addEventListener("input", guarded(find, () => {
      open.set(axis, find.value); // what is looked for stays while boxes are ticked
      fillIn(find.value);
    }));
    set.append(find);
  }
  set.append(list, note, button(ui.clear, () => change(kept(state, axis, [])), { "data-key": `clear-${axis}` }));
  fillIn(open.get(axis) ?? "");
  return set;
}

// Slices: what the filters keep, under a name; to come back to, and to compare with everybody else.
function sliceControls(data, state, change, said) {
  const { ui } = data, chosen = state.slice ?? sliceAt(state);
  const summary = el("summary", { "data-key": "slices", ...KEEP_KEYS }, chosen?.name ? `${ui.slices}: ${chosen.name}` : ui.slices);
  const box = el("details", { class: "fl-slices" }, summary);
  const names = [["", ui.slice_none], ...state.slices.map((one, i) => [String(i), one.name])];
  const at = state.slices.findIndex((one) => one.name === chosen?.name);
  const pick = choice(ui.slice_chosen, names, at < 0 ? "" : String(at), (key) => change(key === "" ? leave(state) : enter(state, state.slices[key])), "slice");
  const parts = [pick];
  if (state.slice) parts.push(button(ui.slice_back, () => change(leave(state)), { "data-key": "compare" }));
  else if (chosen) parts.push(button(ui.slice_compare, () => change(compareSlice(data, state, chosen)), { "data-key": "compare" }));
  if (chosen) parts.push(saveForm(data, state, chosen, change, said));
  if (at >= 0) parts.push(button(ui.slice_forget, () => change({ slices: state.slices.filter((one, i) => i !== at) }), { "data-key": "forget" }));
  box.append(el("div", { class: "fl-controls" }, ...parts), el("p", { class: "fl-note" }, ui.slice_what));
  return box;
}

function saveForm(data, state, chosen, change, said) {
  const { ui } = data, name = el("input", { type: "text", value: chosen.name ?? "", "data-key": "slice-name", ...KEEP_KEYS });
  const save = () => {
    const text = name.value.trim();
    if (!text) return name.focus();
    const one = { name: text, at: chosen.at };
    change({ slices: [...state.slices.filter((old) => old.name !== text), one], ...(state.slice ? { slice: one } : {}) });
    said(fill(ui.slice_saved, { slice: text }));
  };
  name.addEventListener("keydown", (event) => {
    if (event.key === "Enter") save();
  });
  const field = el("label", { class: "fl-control" }, el("span", {}, ui.slice_name), name);
  return el("span", { class: "fl-save" }, field, button(ui.slice_save, save, { "data-key": "slice-save" }));
}

// The slice that the filters keep now, by the name that it was saved under.
function sliceAt(state) {
  if (!state.at.some((codes) => codes.length)) return null;
  return state.slices.find((one) => alike(one.at, state.at)) ?? { name: null, at: state.at };
}

const everybody = (state) => state.at.map(() => []);
const enter = (state, one) => (state.slice ? { slice: one } : { ...settled(state, one.at), at: one.at, slice: null });
const leave = (state) => ({ slice: null, at: everybody(state), reference: ["largest"] });
const compareSlice = (data, state, one) => ({
  slice: { name: one.name ?? amongOf(data, one.at), at: one.at }, at: everybody(state), reference: ["group", 1], adjust: [], cuts: null,
});

// Groups that one level is left of are not grouped by any more, if others are there.
function settled(state, at) {
  const by = state.by.filter((axis) => at[axis].length !== 1), free = at.flatMap((codes, axis) => (codes.length === 1 ? [] : [axis]));
  const next = by.length ? by : free.slice(0, 1);
  return next.length && !alike(next, state.by) ? regroup(state, next) : { adjust: state.adjust.filter((axis) => at[axis].length !== 1) };
}

// From clicks to code: fills the templates that Python sends, by the same rules as fairlens/widgets/_code.py.

// `options` are those that the explanation of the state was made with.
export function codeOf(data, state, options = null) {
  const { templates, ...own } = data.code, write = (name, values) => fill(templates[name], values);
  const list = (items) => `[${items.join(", ")}]`;
  const levels = (axis, codes) => list(codes.map((code) => own.levels[axis][code]));
  const mapped = (at) => at.flatMap((codes, axis) => (codes.length ? [write("level_any", { axis: own.axes[axis], levels: levels(axis, codes) })] : [])).join(", ");
  const sliceText = (one) => write("slice", { name: python(one.name), levels: mapped(one.at), others: one.name === data.ui.others ? own.not_others : own.others });
  const groups = list(state.by.map((axis) => own.axes[axis])), by = state.slice ? sliceText(state.slice) : groups;
  const costs = state.costs ?? own.costs, priced = costs && Math.max(...costs) > 0 ? costs.map(pythonNumber) : null, metric = own.metrics[state.metric];
  const [first, second] = priced ?? [];
  const said = {
    ...own, first, second, metric, by, reference: referenceCode(data, state), rates: list(own.rates.includes(metric) ? own.rates : [...own.rates, metric]),
    compared: isCompared(data, state) ? own.population : "", metrics: own.offered, protect: state.view === "why" ? "" : own.protect,
    costs: priced && (state.costs || own.given_costs) ? write("costs_of", { first, second, words: own.cost_words }) : "",
    options: options ?? (state.why.method === "gap" ? "" : own.usual),
    slices: state.slices.length ? write("slices", { slices: list(state.slices.map(sliceText)) }) : "",
    adjust: list(state.adjust.map((axis) => own.axes[axis])), compare: python(state.compare), view: python(state.view), method: python(state.why.method),
  };
  const kept = state.at.flatMap((codes, axis) => {
    const values = { axis: own.plain ? own.names[axis] : own.axes[axis], levels: levels(axis, codes) };
    return codes.length ? [write(own.plain ? "level" : "level_any", values)] : [];
  });
  const where = kept.length ? write(own.plain ? "where" : "where_any", { levels: kept.join(", ") }) : "";
  const cuts = state.cuts && `{${state.cuts.stops.map((stop, code) => `${own.levels[state.cuts.axis][code]}: ${own.stops[stop]}`).join(", ")}}`;
  const at = cuts ? write("at_each", { cuts, axis: own.axes[state.cuts.axis] })
    : state.stop === data.own_stop && !own.moved ? "" : write("at", { threshold: own.stops[state.stop] });
  const threshold = cuts ?? (data.stops[state.stop] === null ? own.decided : own.stops[state.stop]);
  const slice = state.slice ? write("slice_of", { slice: by }) : "";
  return [
    ...own.before,
    write("view", { ...said, where, at }),
    ...calls(state, own, own.costs && priced, groupsOf(data, state).length > 1).map((name) => write(name, said)),
    write("panel", { ...said, by: groups, levels: mapped(state.at), threshold, slice }),
  ].join("\n");
}

function calls({ view, why, compare, adjust, slice, reference }, { curves }, costs, compares) {
  if (view === "data") return [view, `${view}_plot`];
  if (view === "thresholds") {
    const rates = curves ? ["table", view, `${view}_plot`] : ["rates", "plot", "table"];
    return [...rates, ...(costs ? [curves ? "costs" : "priced", "costs_plot"] : [])];
  }
  if (view === "why") return [why.method === "gap" ? "gap" : "means", "why_plot"];
  if (!compares) return ["rates", "plot"];
  return ["rates", compare, ...(adjust.length && !slice && !["rest", "overall"].includes(reference[0]) ? ["adjust"] : []), "plot"];
}

function referenceCode(data, state) {
  const [kind, ...codes] = state.reference;
  if (kind !== "group") return python(kind);
  const levels = state.slice ? [python(sliced(data, state)[0].axes.at(-1).levels[codes[0]])] : codes.map((code, i) => data.code.levels[state.by[i]][code]);
  if (levels.length > 1) return `(${levels.join(", ")})`;
  return data.code.words.includes(levels[0]) ? `(${levels[0]},)` : levels[0];
}

// A text as Python writes it: in single quotes, in double quotes where it has single ones only; what cannot be seen by its number.
export function python(text) {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const escapes = { "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t", [quote]: `\\${quote}` };
  return quote + [...text].map((letter) => escapes[letter] ?? (/[\p{C}\p{Z}]/u.test(letter) && letter !== " " ? numbered(letter) : letter)).join("") + quote;
}

function numbered(letter) {
  const code = letter.codePointAt(0), hex = code.toString(16);
  return code < 0x100 ? `\\x${hex.padStart(2, "0")}` : code < 0x10000 ? `\\u${hex.padStart(4, "0")}` : `\\U${hex.padStart(8, "0")}`;
}

// A number as Python writes it; whole ones without a point.
export function pythonNumber(value) {
  if (Number.isInteger(value) && Math.abs(value) < 1e15) return String(value);
  const [digits, power] = value.toExponential().split("e"), places = Number(power);
  if (places < -4 || places >= 16) return `${digits}e${places < 0 ? "-" : "+"}${String(Math.abs(places)).padStart(2, "0")}`;
  return Number.isInteger(value) ? `${value}.0` : String(value);
}

// The code of the view, to look at and to copy.
function codeBox(data) {
  const text = el("textarea", { readonly: "", spellcheck: "false", ...KEEP_KEYS, "aria-label": data.ui.code }), told = el("span", { "aria-live": "polite" });
  const copy = button(data.ui.copy, async () => {
    try {
      await navigator.clipboard.writeText(text.value);
      told.textContent = data.ui.copied;
    } catch { // pages without the right to the clipboard
      text.select();
      told.textContent = data.ui.not_copied;
    }
  });
  const box = el("details", { class: "fl-code" }, el("summary", KEEP_KEYS, data.ui.code), text, copy, told);
  let state = null, options = null;
  const write = () => {
    if (!box.open || !state) return;
    text.value = codeOf(data, state, options);
    text.rows = text.value.split("\n").length + 1;
    told.textContent = "";
  };
  box.addEventListener("toggle", write);
  return { box, show(now, told = null) { [state, options] = [now, told]; write(); } };
}

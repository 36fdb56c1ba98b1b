// The strip of criteria. Every verdict comes as text from Python, one for each stop; nothing is judged here.

// Criteria are about everybody at one threshold: the slider's, or the audit's own where thresholds differ by group.
export function judgedNote(data, state) {
  const { ui } = data.criteria, stop = judgedStop(data, state);
  const how = data.stops[stop] === null ? ui.decided : fill(ui.at, { threshold: data.stop_names[stop] });
  const aside = state.at.some((codes) => codes.length > 0) ? [ui.filter] : [];
  if (state.cuts) aside.push(ui.cuts);
  return fill(ui.judged, { how, aside: aside.length ? fill(ui.aside, { what: aside.join(ui.and) }) : "" });
}

const judgedStop = (data, state) => (state.cuts ? data.own_stop : state.stop);

function criteriaStrip(data) {
  const strip = el("div", { class: "fl-criteria" });
  if (!data.criteria) return { strip, show() {} };
  const { texts, stops, ui } = data.criteria;
  const said = el("span", { "aria-live": "polite" }), note = el("p", { class: "fl-judged" }), tables = el("div");
  strip.append(el("p", { class: "fl-verdict" }, el("strong", {}, `${ui.title}.`), " ", said), note, tables);
  let shown = null;
  function show(state) {
    const stop = judgedStop(data, state);
    note.textContent = judgedNote(data, state);
    if (stop === shown) return;
    shown = stop;
    if (said.textContent !== texts[stops[stop].said]) said.replaceChildren(...running(texts[stops[stop].said]));
    tables.replaceChildren(...stops[stop].parts.flatMap((part) => rulings(data.criteria, part)));
  }
  return { strip, show };
}

function rulings({ texts, states, ui }, part) {
  const heads = [ui.group, ui.state, texts[part.change], ui.n].map((text) => el("th", { scope: "col" }, text));
  const rows = part.rows.map(([state, group, note, ...cells]) => {
    const [name, shape, word = name] = states[state];
    const said = el("td", {}, mark(name, shape), ` ${word}`, ...(texts[note] ? [el("span", { class: "fl-note" }, texts[note])] : []));
    return el("tr", { "data-state": name }, el("th", { scope: "row", dir: "auto" }, texts[group]), said, ...cells.map((cell) => el("td", {}, texts[cell])));
  });
  const caption = el("caption", {}, `${texts[part.words]}. `, el("span", { class: "fl-limits" }, texts[part.limits]));
  const table = el("table", { class: "fl-table fl-rulings" }, caption, el("thead", {}, el("tr", {}, ...heads)), el("tbody", {}, ...rows));
  return texts[part.more] ? [table, el("p", {}, texts[part.more])] : [table];
}

function mark(name, shape) {
  const made = svgEl("svg", { class: `fl-mark fl-${name}`, viewBox: "0 0 16 16", width: 13, height: 13, "aria-hidden": "true" });
  made.append(svgEl("path", { d: shape }));
  return made;
}

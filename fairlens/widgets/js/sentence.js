// Fills the texts that Python sends, by the same rules as fairlens/metrics/_sentence.py.

const fill = (text, values) => text.replace(/\{(\w+)\}/g, (all, name) => (Object.hasOwn(values, name) ? values[name] : all));

const HALF = 1e-9; // what is a half but for the rounding error of a sum is one

export function fixed(value, digits) {
  const scale = 10 ** digits, size = Math.floor(Math.abs(value) * scale + 0.5 + HALF) / scale;
  return (value < 0 && size ? -size : size).toFixed(digits);
}

// As people of the language write it.
export const localText = (data, text) => {
  const [whole, ...rest] = text.split(".");
  return [whole.replace(/\B(?=(?:\d{3})+$)/g, data.numbers.group), ...rest].join(data.numbers.decimal);
};
export const fixedText = (data, value, digits) => localText(data, fixed(value, digits));
const hundred = (data, value, digits) => fixedText(data, 100 * value, digits);

export function nameOf(data, by, codes) {
  return by.map((axis, i) => data.axes[axis].levels[codes[i]]).join(", ");
}

function differenceAt(row, kind, z) {
  const base = row.pair.base;
  if (kind !== "overall") return newcombe(...informed(row), ...informed(base), z);
  const share = 1 - row.bottom / base.bottom;
  return newcombe(...informed(row), ...informed(row.pair.rest), z).map((limit) => limit * share);
}

function leftOut(data, names) {
  if (names.length > data.named) return fill(data.texts.left_many, { k: String(names.length) });
  return names.length ? fill(data.texts.left_out, { names: names.join("; ") }) : "";
}

// The threshold, or that of each group.
export function cutsOf(data, state) {
  if (!state.cuts) return fill(data.texts.at_least, { threshold: data.stop_names[state.stop] });
  const { axis, stops } = state.cuts;
  return stops.map((stop, level) => fill(data.texts.at_least_of, { threshold: data.stop_names[stop], level: data.axes[axis].levels[level] })).join(", ");
}

// Who is kept, in words; empty for everybody.
export function amongOf(data, at) {
  const levels = (axis, codes) => codes.map((code) => data.axes[axis].levels[code]).join(data.ui.either);
  return at.flatMap((codes, axis) => (codes.length ? [`${data.axes[axis].name} = ${levels(axis, codes)}`] : [])).join(data.ui.joined);
}

// Who is counted and how they are decided about, where that is not everybody as the audit decides.
function withinOf(data, state) {
  const named = amongOf(data, state.at), parts = named ? [fill(data.texts.among, { where: named })] : [];
  if (state.cuts || state.stop !== data.own_stop) parts.push(fill(data.texts.deciding, { threshold: cutsOf(data, state) }));
  const text = parts.join(", ");
  return text ? `${text[0].toUpperCase()}${text.slice(1)}: ` : "";
}

export function sentenceOf(data, state, found) {
  if (found.single) return data.ui[found.rows.length ? "one_group" : "nobody"];
  return withinOf(data, state) + comparedText(data, state, found);
}

function comparedText(data, state, found) {
  const pairs = found.rows.filter((row) => row.pair);
  const able = pairs.filter((row) => row.pair.status === "ok");
  const left = pairs.filter((row) => row.pair.status !== "ok").map((row) => `${nameOf(data, state.by, row.codes)} (${data.texts[row.pair.status]})`);
  const tail = leftOut(data, left);
  if (!able.length) return data.texts.nothing + tail;
  const strict = data.z[able.length - 1];
  const limits = new Map(able.map((row) => [row, differenceAt(row, found.kind, strict)]));
  const supported = able.filter((row) => limits.get(row)[0] > 0 || limits.get(row)[1] < 0);
  const change = (row) => row.value - row.pair.base.value;
  const size = (row) => Math.round(1e12 * Math.abs(change(row))); // rounding errors of sums decide nothing
  const widest = (rows) => rows.reduce((best, row) => (size(row) > size(best) ? row : best));
  if (supported.length) return supportedText(data, state, found, widest(supported), change) + tail;
  const near = (row) => nearness(change(row), limits.get(row));
  const top = able.reduce((best, row) => (near(row) > near(best) ? row : best));
  return cannotText(data, state, found, top, limits.get(top), able.length, change) + tail;
}

// How far a difference is from 0, by the length of its interval on that side.
function nearness(difference, [low, high]) {
  const size = Math.abs(difference), below = difference > 0 ? difference - low : high - difference;
  return size > 0 && below > 0 ? Math.round(1e9 * (size / below)) : 0;
}

function valuesOf(data, state, found, row, change) {
  const base = row.pair.base, difference = change(row);
  const whole = [row.value, base.value, difference].map((value) => Math.floor(100 * Math.abs(value) + 0.5 + HALF));
  const digits = Math.abs(whole[0] - whole[1]) === whole[2] && whole[2] >= 1 ? 0 : 1;
  const signed = (value) => fill(data.texts[value < 0 ? "fewer" : "greater"], { d: hundred(data, Math.abs(value), digits) });
  const reference = found.kind === "rest" || found.kind === "overall" ? data.texts[found.kind] : nameOf(data, state.by, base.codes);
  return {
    digits, signed, difference, reference,
    group: nameOf(data, state.by, row.codes),
    texts: {
      persons: found.metric.persons, among: found.metric.among, event: found.metric.event,
      group: nameOf(data, state.by, row.codes), reference,
      x: hundred(data, row.value, digits), y: hundred(data, base.value, digits), d: signed(difference),
    },
  };
}

function supportedText(data, state, found, row, change) {
  const at = valuesOf(data, state, found, row, change);
  const [low, high] = differenceAt(row, found.kind, data.z[0]);
  const ends = at.difference > 0 ? [low, high] : [-high, -low];
  const good = found.metric.good;
  const hurt = at.difference < 0 === good ? at.group : at.reference;
  const worse = [data.texts.rest, data.texts.overall].includes(hurt) ? hurt : fill(data.texts.worse, { worse: hurt, persons: found.metric.persons });
  const harm = good === null ? "" : fill(data.texts.harm, { worse });
  return fill(data.texts.supported, { ...at.texts, low: hundred(data, Math.max(ends[0], 0), at.digits), high: hundred(data, ends[1], at.digits), harm });
}

function cannotText(data, state, found, row, limits, k, change) {
  const at = valuesOf(data, state, found, row, change);
  const of = k > 1 ? fill(data.texts.of, { k: String(k) }) : "";
  return fill(data.texts.cannot, { ...at.texts, low: at.signed(limits[0]), high: at.signed(limits[1]), of });
}

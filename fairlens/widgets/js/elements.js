// Small makers of elements. Text only ever enters as text.

function el(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined) made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

// A sentence, with names that read from the right set apart: numbers beside them stay where they stand.
const RIGHT_LETTER = "[\\u0590-\\u08ff\\ufb1d-\\ufdff\\ufe70-\\ufefc]";
const FROM_RIGHT = new RegExp(`(${RIGHT_LETTER}+(?:[ '’-]+${RIGHT_LETTER}+)*)`);
const running = (text) => text.split(FROM_RIGHT).map((part, i) => (i % 2 ? el("bdi", {}, part) : part));

function svgEl(tag, attributes = {}, text = null) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  if (text !== null) made.textContent = text;
  return made;
}

// JupyterLab takes keys from focused elements unless the element itself carries this attribute.
const KEEP_KEYS = { "data-lm-suppress-shortcuts": "true" };

// What a control does, and what goes wrong in it: the panel around it hears of that and says it. Outside of panels it is thrown on.
const guarded = (made, act) => async (...given) => {
  const around = made.closest(".fl-panel");
  try {
    await act(...given);
  } catch (error) {
    if (!around) throw error;
    around.dispatchEvent(new CustomEvent(FAILED, { detail: error }));
  }
};
const FAILED = "fl-failed";

// `key` names a control among the others, so that the focus finds it again when the controls are made anew.
function choice(label, options, value, onChange, key = label) {
  const looks = JSON.stringify([label, options]), stands = standing.get(key);
  const made = stands?.looks === looks ? stands : newChoice(label, options, key, looks);
  made.act = onChange;
  made.select.value = value;
  return made.root;
}

function newChoice(label, options, key, looks) {
  const select = el("select", { ...KEEP_KEYS, "data-key": key }, ...options.map(([option, text]) => el("option", { value: option, dir: "auto" }, text)));
  const made = { select, looks, root: el("label", { class: "fl-control" }, el("span", {}, label), select) };
  select.addEventListener("change", guarded(select, () => made.act(select.value)));
  choices.set(made.root, made);
  return made;
}

// Choices that stand in a row and look the same stay there when the row is made anew: hundreds of options are not laid out again.
const choices = new WeakMap();
let standing = new Map();
function renew(row, make) {
  standing = new Map([...row.children].flatMap((one) => (choices.has(one) ? [[choices.get(one).select.dataset.key, choices.get(one)]] : [])));
  let next;
  try {
    next = make();
  } finally {
    standing = new Map();
  }
  const wanted = new Set(next);
  for (const one of [...row.children]) if (!wanted.has(one)) one.remove();
  next.forEach((one, i) => { if (row.children[i] !== one) row.insertBefore(one, row.children[i] ?? null); });
}

function button(text, act, attributes = {}) {
  const made = el("button", { type: "button", ...KEEP_KEYS, ...attributes }, text);
  made.addEventListener("click", guarded(made, act));
  return made;
}

// Tables that are wider than their place scroll by themselves; while they do, the Tab key gets there. A group, not a landmark: pages hold many.
const SCROLLERS = ".fl-numbers, .fl-criteria, .fl-told, .fl-scroll", ON_PAGES = ".output_area, .input_area pre";

function reachable(root, which = SCROLLERS) {
  for (const box of root.querySelectorAll(which)) {
    const scrolls = box.scrollWidth > box.clientWidth, table = box.querySelector("table");
    if (scrolls && !box.hasAttribute("tabindex")) {
      const named = table && (table.caption?.textContent || [...table.rows[0].cells].map((cell) => cell.textContent).join(", "));
      for (const [name, value] of Object.entries({ tabindex: "0", role: "group", "aria-label": named, "data-scrolls": "", ...KEEP_KEYS })) box.setAttribute(name, value);
    } else if (!scrolls && "scrolls" in box.dataset && box !== document.activeElement) {
      for (const name of ["tabindex", "role", "aria-label", "data-scrolls", ...Object.keys(KEEP_KEYS)]) box.removeAttribute(name);
    }
  }
}

const short = (text, limit) => ([...text].length > limit ? [...text].slice(0, limit - 1).join("") + "…" : text);
const full = (value) => (value === null || Number.isNaN(value) ? null : String(value));

// Numbers as people of the language write them, by the same rules as fairlens/texts/_texts.py.
const NONE = "–";
export const count = (data, n) => (n === null ? NONE : localText(data, String(n)));
const amount = (data, value) => fixedText(data, value, Math.abs(value) < 999.95 ? 1 : 0);
const withLimits = (data, value, lower, upper) => fill(data.numbers.interval, { value, lower, upper });
export const percent = (data, value, lower, upper) => {
  if (Number.isNaN(value)) return NONE;
  const text = (share) => fixedText(data, 100 * share, 1);
  return lower === undefined ? `${text(value)} %` : withLimits(data, `${text(value)} %`, text(lower), text(upper));
};
export const points = (data, value) => {
  const text = fixedText(data, 100 * value, 1);
  return text.startsWith("-") ? text : `+${text}`;
};
export const times = (data, value) => fixedText(data, value, 2);

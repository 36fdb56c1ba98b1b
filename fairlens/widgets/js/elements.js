// Small makers of elements. Text only ever enters as text.

function el(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined) made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

function svgEl(tag, attributes = {}, text = null) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  if (text !== null) made.textContent = text;
  return made;
}

// JupyterLab takes keys from focused elements unless the element itself carries this attribute.
const KEEP_KEYS = { "data-lm-suppress-shortcuts": "true" };

function choice(label, options, value, onChange) {
  const select = el("select", KEEP_KEYS, ...options.map(([key, text]) => el("option", { value: key }, text)));
  select.value = value;
  select.addEventListener("change", () => onChange(select.value));
  return el("label", { class: "fl-control" }, el("span", {}, label), select);
}

const short = (text, limit) => ([...text].length > limit ? [...text].slice(0, limit - 1).join("") + "…" : text);
const count = (n) => (n === null ? "–" : n.toLocaleString("en-US"));
const percent = (value, lower, upper) =>
  Number.isNaN(value) ? "–" : `${fixed(100 * value, 1)} % (${fixed(100 * lower, 1)} to ${fixed(100 * upper, 1)})`;
const points = (value) => (fixed(100 * value, 1).startsWith("-") ? "" : "+") + fixed(100 * value, 1);

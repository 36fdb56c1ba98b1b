// A picture of step lines against the threshold: bands, lines, labels at their ends. What moves with the threshold is drawn into a layer of its own.

const CHART = { width: 600, height: 330, left: 62, top: 54, foot: 46, gap: 17, letter: 10.2, longest: 18 };
const DASHES = ["", "7 3", "2 3", "9 3 2 3", "4 2", "12 3 2 3 2 3", "1 2", "6 2 2 2"];
const SHAPES = [
  "M5 0A5 5 0 1 1 -5 0A5 5 0 1 1 5 0Z", "M-4.5 -4.5H4.5V4.5H-4.5Z", "M0 -6L5.5 4.5H-5.5Z", "M0 -6L6 0L0 6L-6 0Z",
  "M0 6L5.5 -4.5H-5.5Z", "M-2 -6H2V-2H6V2H2V6H-2V2H-6V-2H-2Z", "M-6 -3L0 -6L6 -3V3L0 6L-6 3Z", "M0 -6L1.8 -1.8L6 0L1.8 1.8L0 6L-1.8 1.8L-6 0L-1.8 -1.8Z",
];

// Round numbers inside a range, about as many as asked for.
export function roundTicks(low, high, most) {
  if (!(high > low)) return [low];
  const rough = (high - low) / most, power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((k) => k * power).find((size) => size >= rough * (1 - 1e-9));
  const found = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + 1e-9 * step; k++) found.push(Number((k * step).toExponential(11)));
  return found;
}

const tickText = (data, value) => String(value).replace(".", data.numbers.decimal);

// Heights of labels that keep a distance, as near as they can be to where they belong.
export function apart(heights, gap, low, high) {
  const order = heights.map((_, i) => i).sort((a, b) => heights[a] - heights[b] || a - b), placed = [];
  order.forEach((i, k) => (placed[i] = Math.max(heights[i], k ? placed[order[k - 1]] + gap : low)));
  let limit = high;
  for (const i of [...order].reverse()) {
    placed[i] = Math.min(placed[i], limit);
    limit = placed[i] - gap;
  }
  return placed;
}

const lookOf = (line) => (line.hue < 0 ? "fl-whole" : `fl-hue-${line.hue}`);

// A value holds from the threshold before it on, up to its own.
function stepPath(points, x, y) {
  let path = "", open = false;
  points.forEach(({ value }, k) => {
    if (Number.isNaN(value)) return void (open = false);
    path += open ? `V${y(value)}H${x(k)}` : `M${x(k ? k - 1 : 0)} ${y(value)}H${x(k)}`;
    open = true;
  });
  return path;
}

function bandPath(points, x, y) {
  return points.map(({ value, lower, upper }, k) =>
    (k === 0 || Number.isNaN(value) ? "" : `M${x(k - 1)} ${y(upper)}H${x(k)}V${y(lower)}H${x(k - 1)}Z`)).join("");
}

function placesOf(spec) {
  const longest = Math.max(6, ...spec.lines.map((line) => [...short(line.name, CHART.longest)].length));
  const right = CHART.width - 44 - CHART.letter * longest, bottom = CHART.height - CHART.foot;
  const first = spec.thresholds[0], last = spec.thresholds.at(-1), low = last > first ? first : first - 0.5, wide = last > first ? last - first : 1;
  const at = (threshold) => CHART.left + ((threshold - low) / wide) * (right - CHART.left);
  return { right, bottom, low, high: low + wide, at, x: (k) => at(spec.thresholds[k]), y: (value) => bottom - (value / spec.top) * (bottom - CHART.top) };
}

function axesOf(data, spec, places) {
  const parts = [];
  for (const value of spec.ticks) {
    parts.push(svgEl("line", { x1: CHART.left, x2: places.right, y1: places.y(value), y2: places.y(value), class: "fl-grid" }));
    parts.push(svgEl("text", { x: CHART.left - 7, y: places.y(value) + 4, "text-anchor": "end", class: "fl-axis" }, spec.write(value)));
  }
  for (const value of roundTicks(places.low, places.high, 6)) {
    parts.push(svgEl("line", { x1: places.at(value), x2: places.at(value), y1: places.bottom, y2: places.bottom + 4, class: "fl-tick" }));
    parts.push(svgEl("text", { x: places.at(value), y: places.bottom + 17, "text-anchor": "middle", class: "fl-axis" }, tickText(data, value)));
  }
  parts.push(svgEl("text", { x: 4, y: 17, class: "fl-axis-name" }, short(spec.name, 60)));
  parts.push(svgEl("text", { x: (CHART.left + places.right) / 2, y: CHART.height - 8, "text-anchor": "middle", class: "fl-axis" }, spec.across));
  return parts;
}

function endsOf(spec, places) {
  const ends = spec.lines.map(({ points }) => points.findLast(({ value }) => !Number.isNaN(value)));
  const heights = spec.lines.map(({ points }, i) => {
    const known = points.filter(({ value }) => !Number.isNaN(value));
    const mean = known.reduce((sum, { value }) => sum + value, 0) / Math.max(known.length, 1);
    return places.y(ends[i]?.value ?? 0) + 1e-3 * places.y(mean); // of lines that end together the higher one is named first
  });
  return apart(heights, CHART.gap, CHART.top, places.bottom).flatMap((height, i) => {
    const line = spec.lines[i], look = lookOf(line), left = places.right + 12;
    const from = ends[i] ? places.y(ends[i].value) : height;
    const name = svgEl("text", { x: left + 24, y: height + 4, class: "fl-line-name", direction: "ltr" }, short(line.name, CHART.longest));
    if ([...line.name].length > CHART.longest) name.append(svgEl("title", {}, line.name));
    return [
      svgEl("path", { d: `M${places.right} ${from}L${left} ${height}`, class: "fl-leader" }),
      svgEl("path", { d: `M${left} ${height}h20`, class: `fl-line ${look}`, "stroke-dasharray": dashOf(line) }),
      ...(line.hue < 0 ? [] : [svgEl("path", { d: SHAPES[line.hue], transform: `translate(${left + 10} ${height}) scale(0.8)`, class: `fl-shape ${look}` })]),
      name,
    ];
  });
}

const dashOf = (line) => (line.hue < 0 ? "" : DASHES[line.hue % DASHES.length]);

// The picture without what moves. `spec` has thresholds, lines ({ name, hue, points, ring }), top, ticks, write, name, across and label.
export function lineChart(data, spec) {
  const places = placesOf(spec);
  const picture = svgEl("svg", { viewBox: `0 0 ${CHART.width} ${CHART.height}`, role: "img", "aria-label": spec.label, class: "fl-picture fl-sweep" });
  picture.append(...axesOf(data, spec, places));
  for (const line of spec.lines) picture.append(svgEl("path", { d: bandPath(line.points, places.x, places.y), class: `fl-band ${lookOf(line)}` }));
  for (const line of spec.lines) {
    picture.append(svgEl("path", { d: stepPath(line.points, places.x, places.y), class: `fl-line ${lookOf(line)}`, "stroke-dasharray": dashOf(line) }));
  }
  picture.append(...endsOf(spec, places));
  const moving = svgEl("g", {});
  picture.append(moving);
  return { picture, moving, places, spec };
}

function upright(chart, threshold, text, row, look) {
  const { at, right, bottom } = chart.places, x = at(threshold), late = x > (CHART.left + right) / 2;
  return [
    svgEl("line", { x1: x, x2: x, y1: CHART.top - 4 - 14 * row, y2: bottom, class: look }),
    svgEl("text", { x: late ? x - 4 : x + 4, y: CHART.top - 6 - 14 * row, "text-anchor": late ? "end" : "start", class: "fl-axis" }, text),
  ];
}

// Where the thresholds are: one line for everybody or none, and a mark on each group's line. `marks` are { line, threshold, value, text, ring }.
export function moveMarks(chart, uprights, marks) {
  const { at, y } = chart.places;
  chart.moving.replaceChildren(...uprights.flatMap(({ threshold, text, row, look }) => upright(chart, threshold, text, row, look)), ...marks.map((mark) => {
    const line = chart.spec.lines[mark.line], look = lookOf(line), place = `translate(${at(mark.threshold)} ${y(mark.value)})`;
    const shape = svgEl("path", {
      d: SHAPES[Math.max(line.hue, 0)], transform: mark.ring ? `${place} scale(1.5)` : place, class: mark.ring ? `fl-ring ${look}` : `fl-shape ${look}`,
      "data-value": mark.value, "data-threshold": mark.threshold,
    });
    shape.append(svgEl("title", {}, mark.text));
    return shape;
  }));
}

// The threshold under the pointer.
export function thresholdAt(chart, event) {
  const box = chart.picture.getBoundingClientRect(), { low, high, right } = chart.places;
  const share = (((event.clientX - box.left) / box.width) * CHART.width - CHART.left) / (right - CHART.left);
  return low + Math.min(Math.max(share, 0), 1) * (high - low);
}

// The intervals that Python owns too (fairlens/stats/_intervals.py). Compared on every exported file the tests make.

export function wilson(x, n, z) {
  if (!(n > 0)) return [NaN, NaN];
  const p = x / n, q = (n - x) / n, scale = 1 + (z * z) / n;
  const centre = p + (z * z) / (2 * n);
  const half = z * Math.sqrt((p * q) / n + (z * z) / (4 * n * n));
  return [x <= 0 ? 0 : (centre - half) / scale, x >= n ? 1 : (centre + half) / scale];
}

export function newcombe(x1, n1, x2, n2, z) {
  const p1 = x1 / n1, p2 = x2 / n2;
  const [l1, u1] = wilson(x1, n1, z), [l2, u2] = wilson(x2, n2, z);
  return [
    p1 - p2 - Math.sqrt((p1 - l1) ** 2 + (u2 - p2) ** 2),
    p1 - p2 + Math.sqrt((u1 - p1) ** 2 + (p2 - l2) ** 2),
  ];
}

// Kish: how many equally weighted people would tell as much.
export function kish(sum, squares) {
  if (!(squares > 0)) return 0;
  const found = (sum * sum) / squares, near = Math.round(found);
  return Math.abs(found - near) < 1e-12 * found ? near : found; // people of one weight are as many as they are
}

const SPAN = 50, HALVINGS = 100;

export function koopman(x1, n1, x2, n2, z) {
  if (!(n1 > 0 && n2 > 0 && x2 > 0)) return [NaN, NaN];
  const start = x1 > 0 ? Math.log(x1 / n1 / (x2 / n2)) : -SPAN;
  const at = (outside) => Math.exp(crossing(outside, start, (ratio) => chiSquare(ratio, x1, n1, x2, n2) > z * z));
  return [x1 > 0 ? at(start - SPAN) : 0, at(start + (x1 > 0 ? SPAN : 2 * SPAN))];
}

// Halve between a log ratio that the test rejects and one that it does not.
function crossing(outside, inside, rejects) {
  for (let i = 0; i < HALVINGS; i++) {
    const middle = (outside + inside) / 2;
    if (middle === outside || middle === inside) break; // there is no number between them
    if (rejects(Math.exp(middle))) outside = middle;
    else inside = middle;
  }
  return (outside + inside) / 2;
}

// Score statistic of p1 = ratio * p2 with the restricted maximum-likelihood rates.
function chiSquare(ratio, x1, n1, x2, n2) {
  const a = (n1 + n2) * ratio, b = n1 * ratio + x1 + n2 + x2 * ratio, c = x1 + x2;
  const p2 = (2 * c) / (b + Math.sqrt(Math.max(b * b - 4 * a * c, 0)));
  const p1 = Math.min(ratio * p2, 1);
  const variance = (p1 * (1 - p1)) / n1 + (ratio * ratio * p2 * (1 - p2)) / n2;
  const distance = x1 / n1 - (ratio * x2) / n2;
  return variance > 0 ? (distance * distance) / variance : distance === 0 ? 0 : Infinity;
}

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

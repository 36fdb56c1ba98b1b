"""How often intervals hold the truth and tests raise a false alarm, at more sizes than the tests can afford.

``python benchmarks/interval_coverage.py [worlds]``. Rates, differences and ratios are computed exactly; what depends on weights, clusters, scores or
many groups is simulated, with the standard error of the simulation beside it.
"""

from __future__ import annotations

import sys

import numpy as np
import pandas as pd
from scipy.stats import binom

import fairlens as fl
from fairlens.stats import koopman, max_z_permutation, miettinen, newcombe, normal_quantile, wilson

Z = normal_quantile(0.95)
RATES = np.linspace(0.05, 0.95, 37)


def exact_rate(n: int) -> tuple[float, float]:
    """Mean and least coverage of Wilson's interval."""
    x = np.arange(n + 1)
    lower, upper = wilson(x, n, Z)
    fine = np.linspace(0.05, 0.95, 361)
    found = (binom.pmf(x[:, None], n, fine) * ((lower[:, None] <= fine) & (fine <= upper[:, None]))).sum(axis=0)
    return float(found.mean()), float(found.min())


def exact_pair(method: object, n1: int, n2: int) -> tuple[float, float]:
    """Mean and least coverage of a difference or a ratio."""
    x1, x2 = np.meshgrid(np.arange(n1 + 1), np.arange(n2 + 1), indexing="ij")
    lower, upper = method(x1, n1, x2, n2, Z)  # type: ignore[operator]
    lower, upper = np.nan_to_num(lower, nan=-np.inf), np.nan_to_num(upper, nan=np.inf)
    chance1, chance2 = (binom.pmf(np.arange(n + 1)[:, None], n, RATES) for n in (n1, n2))
    found = []
    for i, p1 in enumerate(RATES):
        for j, p2 in enumerate(RATES):
            truth = p1 / p2 if method is koopman else p1 - p2
            found.append(chance1[:, i] @ ((lower <= truth + 1e-12) & (truth - 1e-12 <= upper)) @ chance2[:, j])
    return float(np.mean(found)), float(np.min(found))


def people(rng: np.random.Generator, kind: str, size: int) -> tuple[pd.DataFrame, float]:
    """Rows of one world and the true rate."""
    rate = 0.3
    if kind == "weights":
        weight = rng.gamma(2.0, 1.0, size)
        return pd.DataFrame({"p": (rng.random(size) < rate).astype(int), "w": weight, "g": "a"}), rate
    person = np.repeat(np.arange(size // 5), 5)
    own = rng.beta(3 * rate, 3 * (1 - rate), size // 5)[person]
    return pd.DataFrame({"p": (rng.random(len(person)) < own).astype(int), "who": person, "g": "a"}), rate


def simulated(kind: str, size: int, worlds: int, interval: str) -> float:
    """Coverage of the interval of a rate where rows are weighted or belong together."""
    rng = np.random.default_rng(1)
    role = {"sample_weight": "w"} if kind == "weights" else {"cluster": "who"}
    held = 0
    for _ in range(worlds):
        rows, rate = people(rng, kind, size)
        audit = fl.audit(rows, y_pred="p", sensitive_features="g", **role)
        row = audit.by_group("selection_rate", interval=interval).rows[0]  # type: ignore[arg-type]
        held += row.lower <= rate <= row.upper
    return held / worlds


def auc_coverage(size: int, worlds: int) -> float:
    """Coverage of the interval of an area under the ROC curve; scores of two normal distributions, in deciles of the unit interval."""
    from math import erf, sqrt

    rng = np.random.default_rng(2)
    shift = 0.8
    grid = np.linspace(-3, 4, 99)
    cut = lambda centre: np.diff([0, *(0.5 * (1 + erf((edge - centre) / sqrt(2))) for edge in grid), 1])  # noqa: E731
    positive, negative = cut(shift), cut(0.0)
    truth = float((positive * (np.cumsum(negative) - negative / 2)).sum())
    held = 0
    for _ in range(worlds):
        y = rng.integers(0, 2, size)
        score = np.where(y == 1, rng.choice(len(positive), size, p=positive), rng.choice(len(negative), size, p=negative))
        audit = fl.audit(y_true=y, y_score=score, threshold=50, sensitive_features={"g": ["a"] * size})
        row = audit.by_group("roc_auc").rows[0]
        held += row.lower <= truth <= row.upper
    return held / worlds


def false_alarms(worlds: int) -> float:
    """How often the screen of thirteen unequal groups finds something where nothing is."""
    rng = np.random.default_rng(3)
    n = np.array([412, 380, 300, 250, 180, 120, 90, 75, 60, 45, 30, 22, 17])
    x = rng.binomial(n, 0.475, (worlds, len(n)))
    return float(np.mean([max_z_permutation(counts, n, 1_999, seed=i).p_adjusted.min() <= 0.05 for i, counts in enumerate(x)]))


def main() -> None:
    """Print everything."""
    worlds = int(sys.argv[1]) if len(sys.argv) > 1 else 2_000
    print("exact coverage of 95 % intervals over rates from .05 to .95: mean, least")
    for n in (10, 20, 30, 50, 100, 300, 1_000):
        print(f"  Wilson, n={n:<5}               {exact_rate(n)[0]:.4f} {exact_rate(n)[1]:.4f}")
    for method in (newcombe, miettinen, koopman):
        for n1, n2 in ((20, 20), (20, 200), (50, 50), (100, 100)):
            mean, least = exact_pair(method, n1, n2)
            print(f"  {method.__name__}, n={n1} and {n2:<5} {'':8} {mean:.4f} {least:.4f}")
    error = np.sqrt(0.95 * 0.05 / worlds)
    print(f"simulated coverage, {worlds:,} worlds, standard error {error:.4f}")
    for kind, size in (("weights", 100), ("weights", 400), ("clusters", 100), ("clusters", 400)):
        for interval in ("score", "bootstrap"):
            found = simulated(kind, size, worlds if interval == "score" else worlds // 4, interval)
            print(f"  rate, {kind}, {size} rows, {interval:9}  {found:.4f}")
    for size in (60, 200):
        print(f"  area under the ROC curve, {size} people  {auc_coverage(size, worlds):.4f}")
    print(f"false alarms of the screen, 13 groups: {false_alarms(worlds):.4f}, standard error {error:.4f}")


if __name__ == "__main__":
    main()

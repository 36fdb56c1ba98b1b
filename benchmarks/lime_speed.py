"""LIME for many rows: the lime library called row by row, against one shared pool: the same answers first, then the ratio of times in one run.

``python benchmarks/lime_speed.py [rows]``. One repeat of 2,000 perturbations each, 20 inputs, numbers not discretised. Answers are the same
where the two differ by about as much as the library with two seeds (1.3 times at most). Both run on one thread.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from statistics import median
from time import perf_counter

import numpy as np
from lime.lime_tabular import LimeTabularExplainer
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier
from threadpoolctl import threadpool_limits

from fairlens.explanations._lime import LimeAttributor
from fairlens.explanations._lime_pool import Numbers

SAMPLES, INPUTS, ROUNDS = 2_000, 20, 5
Model = Callable[[Numbers], Numbers]
MODELS = {
    "random forest of 100 trees, depth 8": RandomForestClassifier(100, max_depth=8, random_state=0, n_jobs=1),
    "gradient boosting of 100 trees, depth 3": GradientBoostingClassifier(random_state=0),
}


def make_rows(size: int, seed: int) -> tuple[Numbers, Numbers]:
    """Numbers and labels that depend on some of them."""
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(size, INPUTS))
    logit = rows[:, 0] + rows[:, 1] * rows[:, 2] - 0.8 * (rows[:, 3] > 0.5) + 0.5 * rows[:, 4]
    return rows, (rng.random(size) < 1 / (1 + np.exp(-logit))).astype(float)


def by_lime(f: Model, rows: Numbers, background: Numbers, seed: int) -> Numbers:
    """Call the library once per row, then centre its weights."""
    explainer = LimeTabularExplainer(background, mode="regression", discretize_continuous=False, random_state=seed)
    weights = np.zeros(rows.shape)
    for i, row in enumerate(rows):
        for j, weight in explainer.explain_instance(row, f, num_features=INPUTS, num_samples=SAMPLES).as_map()[1]:
            weights[i, j] = weight
    return weights * (rows - background.mean(axis=0)) / background.std(axis=0)


def by_pool(f: Model, rows: Numbers, background: Numbers, seed: int) -> Numbers:
    """Share the perturbations among all rows."""
    lime = LimeAttributor(n_samples=SAMPLES, repeats=1, pool=True)
    return lime.attribute(f, rows, background, categorical=(), seed=seed, progress=None)


def seconds(work: Callable[..., Numbers], *arguments: object) -> float:
    """Time one call."""
    start = perf_counter()
    work(*arguments)
    return perf_counter() - start


def distance(one: Numbers, other: Numbers) -> float:
    """Root of the mean squared difference."""
    return float(np.sqrt(((one - other) ** 2).mean()))


def compare(name: str, f: Model, rows: Numbers, background: Numbers) -> None:
    """Compare the answers, then alternate the two and print the ratio of their medians."""
    theirs = [by_lime(f, rows, background, seed) for seed in (1, 2)]
    ours = [by_pool(f, rows, background, seed) for seed in range(8)]
    noise = distance(*theirs)
    between = float(np.mean([distance(one, other) for one in theirs for other in ours]))
    if between > 1.3 * noise:
        raise SystemExit(f"{name}: the answers differ by {between:.2g}, those of two seeds of lime by {noise:.2g}; there is nothing to time.")
    means = [float(np.std([run.mean(axis=0) for run in ours], axis=0, ddof=1).max()), distance(*(run.mean(axis=0) for run in theirs))]
    times = [(seconds(by_lime, f, rows, background, 0), seconds(by_pool, f, rows, background, 0)) for _ in range(ROUNDS)]
    lime, pool = (median(pair[i] for pair in times) for i in (0, 1))
    print(f"{name}: {len(rows):,} rows, {INPUTS} inputs, {SAMPLES:,} perturbations")
    print(f"  contributions {distance(theirs[0], 0 * theirs[0]):.4f}; lime against lime {noise:.4f}, pool against lime {between:.4f} (root mean square)")
    print(f"  mean over all rows: from pool to pool by {means[0]:.4f} at most (standard deviation), lime against lime {means[1]:.4f}")
    print(f"  lime {lime:.3f} s, pool {pool:.4f} s: {lime / pool:,.0f} times as fast")


def main() -> None:
    """Compare both models."""
    train, labels = make_rows(5_000, 0)
    rows, _ = make_rows(int(sys.argv[1]) if len(sys.argv) > 1 else 100, 1)
    for name, model in MODELS.items():
        model.fit(train, labels)
        with threadpool_limits(1):
            compare(name, lambda X, model=model: model.predict_proba(X)[:, 1], rows, train)  # type: ignore[misc]


if __name__ == "__main__":
    main()

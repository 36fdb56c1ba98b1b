"""What each input adds in each group: `fl.explain` against shap and lime called directly, the same answers first, then ratios of one run.

``python benchmarks/explain_speed.py [rows per group]``. 12 inputs, the groups of two attributes crossed. By hand: the library for the rows
of each group, then mean and standard error. `fl.explain` draws the same rows, checks the model before and after encoding, makes the intervals,
and makes the form for readers too. Its cache is emptied before every round.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Sequence
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np
import pandas as pd
from lightgbm import LGBMClassifier
from sklearn.ensemble import HistGradientBoostingClassifier
from threadpoolctl import threadpool_limits
from xgboost import XGBClassifier

import fairlens as fl
from fairlens.explanations._cache import CACHE
from fairlens.explanations._lime import LimeAttributor

INPUTS, ROWS, BACKGROUND, ROUNDS, SAMPLES = 12, 6_000, 100, 3, 2_000
NEAR = 1e-5
"""On the log-odds, of a mean: xgboost and lightgbm add up in 32 bits."""
MODELS: dict[str, Callable[[], Any]] = {
    "xgboost": lambda: XGBClassifier(n_estimators=200, max_depth=6, learning_rate=0.1, n_jobs=2),
    "lightgbm": lambda: LGBMClassifier(n_estimators=200, num_leaves=31, n_jobs=2, verbose=-1),
}
"""Without HistGradientBoosting: shap narrows its thresholds to 32 bits, so there is no answer to agree with."""
Means = dict[tuple[Any, ...], Any]


def make_people(seed: int) -> tuple[pd.DataFrame, Any, pd.DataFrame]:
    """Inputs, labels, and two attributes that are no inputs."""
    rng = np.random.default_rng(seed)
    groups = pd.DataFrame({"race": rng.choice(["a", "b", "c"], ROWS, p=[0.5, 0.3, 0.2]), "sex": rng.choice(["f", "m"], ROWS)})
    X = rng.normal(size=(ROWS, INPUTS)).astype(np.float32).astype(float)  # shap narrows to 32 bits what a model compares in 64
    X[:, 0] -= 0.5 * (groups["race"] == "b")
    logit = X[:, 0] * X[:, 1] + X[:, 2] - 0.5 * X[:, 3] ** 2 + 0.4 * X[:, 4] * (groups["sex"] == "f")
    return pd.DataFrame(X, columns=[f"x{j}" for j in range(INPUTS)]), (rng.random(ROWS) < 1 / (1 + np.exp(-logit))).astype(int), groups


def drawn(audit: Any, answer: Any) -> Means:
    """The rows that were explained in each group, so that both explain the same people."""
    return {group: answer.values.places[answer.values.members[group]] for group in answer.groups}


def by_hand(values_of: Callable[[pd.DataFrame], Any], X: pd.DataFrame, places: Means) -> Means:
    """Call the library group by group."""
    found = {}
    for group, rows in places.items():
        values = values_of(X.iloc[rows])
        found[group] = values.mean(axis=0), values.std(axis=0, ddof=1) / np.sqrt(len(rows))
    return found


def of_explain(answer: Any) -> Means:
    """Means and standard errors by group."""
    return {group: tuple(np.array([getattr(part, name) for part in parts.values()]) for name in ("mean", "se")) for group, parts in answer.by_feature().items()}


def farthest(one: Means, other: Means) -> float:
    """The largest difference between two means."""
    return max(float(np.abs(one[group][0] - other[group][0]).max()) for group in one)


def times(works: Sequence[Callable[[], Any]]) -> list[float]:
    """Median seconds of each, taken in turn."""
    taken: list[list[float]] = [[] for _ in works]
    for _ in range(ROUNDS):
        for work, kept in zip(works, taken, strict=True):
            CACHE.clear()
            start = perf_counter()
            work()
            kept.append(perf_counter() - start)
    return [median(kept) for kept in taken]


def compare_shap(name: str, model: Any, X: pd.DataFrame, audit: Any, background: pd.DataFrame, rows: int) -> None:
    """Exact Shapley values of the log-odds against 100 background rows."""
    import shap

    asked = {"by": ["race", "sex"], "output": "log_odds", "rows": rows, "background": background, "progress": False}
    answer = fl.explain(audit, "shap", keep_values=True, **asked)
    places = drawn(audit, answer)

    def values_of(some: pd.DataFrame) -> Any:
        explainer = shap.TreeExplainer(model, shap.maskers.Independent(background, max_samples=len(background)))
        return np.asarray(explainer.shap_values(some, check_additivity=False), float)

    off = farthest(of_explain(answer), by_hand(values_of, X, places))
    if off > NEAR:
        raise SystemExit(f"{name}: means differ by up to {off:g}; there is nothing to time.")
    library, ours = times((lambda: by_hand(values_of, X, places), lambda: fl.explain(audit, "shap", **asked)))
    count = sum(map(len, places.values()))
    print(f"SHAP, {name}: {count:,} rows in {len(places)} groups, largest difference of a mean {off:.1e}: {library:.2f} s by hand, {ours:.2f} s: {library / ours:,.0f} times")


def compare_lime(name: str, model: Any, X: pd.DataFrame, audit: Any, background: pd.DataFrame, rows: int) -> None:
    """Lines around each row; the answers are the same where they differ by about as much as two seeds of lime."""
    from lime.lime_tabular import LimeTabularExplainer

    asked = {"by": ["race", "sex"], "rows": rows, "background": background, "progress": False}
    method = LimeAttributor(n_samples=SAMPLES, repeats=1, pool=True)
    answer = fl.explain(audit, method, keep_values=True, **asked)
    places = drawn(audit, answer)
    mean, spread = background.to_numpy().mean(axis=0), background.to_numpy().std(axis=0)

    def values_of(seed: int) -> Callable[[pd.DataFrame], Any]:
        explainer = LimeTabularExplainer(background.to_numpy(), mode="regression", discretize_continuous=False, random_state=seed)

        def score(Z: Any) -> Any:
            return model.predict_proba(pd.DataFrame(Z, columns=X.columns))[:, 1]

        def run(some: pd.DataFrame) -> Any:
            weights = np.zeros(some.shape)
            for i, row in enumerate(some.to_numpy()):
                for j, weight in explainer.explain_instance(row, score, num_features=INPUTS, num_samples=SAMPLES).as_map()[1]:
                    weights[i, j] = weight
            return weights * (some.to_numpy() - mean) / spread

        return run

    theirs = [by_hand(values_of(seed), X, places) for seed in (1, 2)]
    noise, off = farthest(*theirs), farthest(theirs[0], of_explain(answer))
    se = max(float(found[1].max()) for found in theirs[0].values())
    if off > max(3 * noise, se):
        raise SystemExit(f"{name}: means differ by up to {off:g}, those of two seeds of lime by {noise:g}; there is nothing to time.")
    library, ours = times((lambda: by_hand(values_of(1), X, places), lambda: fl.explain(audit, method, **asked)))
    count = sum(map(len, places.values()))
    print(
        f"LIME, {name}: {count:,} rows in {len(places)} groups, means differ by {off:.4f} at most, two seeds of lime by {noise:.4f}, standard error {se:.4f}:"
        f" {library:.2f} s by hand, {ours:.2f} s: {library / ours:,.0f} times"
    )


def main() -> None:
    """Compare each model."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    X, y, groups = make_people(0)
    background = X.sample(BACKGROUND, random_state=1)
    for name, make in MODELS.items():
        model = make().fit(X, y)
        audit = fl.audit(X, y_true=y, model=model, threshold=0.5, sensitive_features=groups)
        compare_shap(name, model, X, audit, background, rows)
    boosted = HistGradientBoostingClassifier(max_iter=50, early_stopping=False).fit(X, y)
    audit = fl.audit(X, y_true=y, model=boosted, threshold=0.5, sensitive_features=groups)
    with threadpool_limits(1):
        compare_lime("HistGradientBoosting", boosted, X, audit, background, min(rows, 30))


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main()

"""How fast a gap is decomposed, and how that compares with exact Shapley values of every row at the same error.

``python benchmarks/gap_speed.py [rows] [subset]``. Boosted trees on 8 inputs. First the answers are compared: on a subset of the rows shap's
exact explainer works out the Shapley values against the same background, and the contributions must be those of the exact values within
their sampling error. Then the times of one run are divided. The exact explainer has the error of the people it explains; the sampling has
the error of all people and its own. "At equal error" counts how many people the exact explainer needs for the standard error that the
decomposition reached, at the time per person that it took on the subset.
"""

from __future__ import annotations

import sys
import time

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier

import fairlens as fl

INPUTS = 8


def world(rows: int, seed: int = 0) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """Inputs, groups and labels, with a gap that three of the inputs carry."""
    rng = np.random.default_rng(seed)
    group = rng.random(rows) < 0.3
    X = rng.normal(size=(rows, INPUTS))
    X[:, 0] -= 0.8 * group
    X[:, 1] += 0.5 * group
    X[:, 2] = np.where(rng.random(rows) < 0.2 + 0.5 * group, 1.0, 0.0)
    risk = X[:, 0] - 0.5 * X[:, 1] - X[:, 2] + 0.6 * X[:, 3] * X[:, 4] + 0.3 * X[:, 5]
    y = (risk + rng.normal(size=rows) > 0).astype(int)
    return pd.DataFrame(X, columns=[f"x{j}" for j in range(INPUTS)]), np.where(group, "a", "b"), y


class Slow:
    """The model, with a clock: what it takes itself cannot be saved by anybody who asks it."""

    def __init__(self, model: HistGradientBoostingClassifier) -> None:
        self.model, self.classes_, self.seconds = model, model.classes_, 0.0

    def predict_proba(self, X: pd.DataFrame) -> np.ndarray:
        """Predict, and add the time."""
        start = time.perf_counter()
        found: np.ndarray = self.model.predict_proba(X)
        self.seconds += time.perf_counter() - start
        return found


def timed(make: object) -> tuple[float, object]:
    """Seconds and the answer."""
    start = time.perf_counter()
    answer = make()  # type: ignore[operator]
    return time.perf_counter() - start, answer


def exact(model: object, X: pd.DataFrame, background: pd.DataFrame) -> tuple[float, np.ndarray]:
    """Seconds and Shapley values of the score of each row of X, by shap's exact explainer and the whole background."""
    import shap

    def score(rows: np.ndarray) -> np.ndarray:
        return model.predict_proba(pd.DataFrame(rows, columns=X.columns))[:, 1]  # type: ignore[attr-defined,no-any-return]

    masker = shap.maskers.Independent(background.to_numpy(), max_samples=len(background))
    explainer = shap.explainers.Exact(score, masker)
    seconds, found = timed(lambda: explainer(X.to_numpy(), silent=True))
    return seconds, found.values  # type: ignore[attr-defined]


def whole(rows: int) -> None:
    """All rows: seconds, and whether it closes."""
    X, group, y = world(rows)
    model = HistGradientBoostingClassifier(max_iter=100, random_state=0).fit(X, y)
    edges = [k / 20 for k in range(1, 20)]
    kinds = {
        "selection rate": {},
        "mean score": {"output": "score"},
        "log loss": {"metric": "log_loss"},
        "19 thresholds at once": {"thresholds": edges},
        "two groups and their rests": {"group": None},
    }
    slow = Slow(model)
    audit = fl.audit(X, y_true=y, model=slow, threshold=0.5, sensitive_features={"group": group})
    print(f"{rows:,} rows, {INPUTS} inputs, boosted trees (100 of up to 31 leaves)")
    for name, options in kinds.items():
        asked = {"group": "a", **options}
        slow.seconds = 0.0
        seconds, gap = timed(lambda asked=asked: fl.decompose_gap(audit, progress=False, **asked))
        gaps = list(gap) if asked["group"] is None else [gap, *gap.steps]  # type: ignore[attr-defined,call-overload]
        left = max(abs(sum(part.contribution for part in one.parts) - one.gap) for one in gaps)
        print(f"  {name:28} {seconds:6.2f} s, {seconds - slow.seconds:5.2f} of them outside of the model  {gaps[0].predictions:>9,} predictions in {gaps[0].rounds:2} rounds  closes to {left:.0e}")
        assert left <= 1e-9


def against_exact(subset: int, background: int = 100) -> None:
    """A subset of the rows: the same contributions, and the ratio of the times."""
    X, group, y = world(8_000)
    model = HistGradientBoostingClassifier(max_iter=100, random_state=0).fit(X, y)
    rng = np.random.default_rng(1)
    few, base = (X.iloc[np.sort(rng.choice(len(X), size, replace=False))] for size in (subset, background))
    own = group[few.index]
    slow, values = exact(model, few, base)
    audit = fl.audit(few, model=model, threshold=0.5, sensitive_features={"group": own})
    fast, gap = timed(lambda: fl.decompose_gap(audit, "a", output="score", background=base, progress=False))
    parts = {part.feature: part for part in gap.parts}  # type: ignore[attr-defined]
    wanted = values[own == "a"].mean(axis=0) - values[own == "b"].mean(axis=0)
    off = [(parts[name].contribution - wanted[j]) / max(parts[name].monte_carlo_se, 1e-12) for j, name in enumerate(X.columns)]
    print(f"{subset} rows against {background} background rows, shap's exact explainer")
    print(f"  same contributions: largest |z| of {INPUTS} by the sampling error {max(map(abs, off)):.2f}, largest difference "
          f"{max(abs(parts[n].contribution - wanted[j]) for j, n in enumerate(X.columns)):.4f}")  # fmt: skip
    assert max(map(abs, off)) < 4.5
    spread = np.sqrt(values[own == "a"].var(axis=0, ddof=1) / (own == "a").sum() + values[own == "b"].var(axis=0, ddof=1) / (own == "b").sum())
    ours = np.array([parts[name].se for name in X.columns])
    needed = float(np.median((spread / ours) ** 2))
    print(f"  exact {slow:.2f} s, standard errors {spread.mean():.4f}; decomposed {fast:.2f} s, {ours.mean():.4f}")
    print(f"  the exact explainer needs {needed:.2f} times these people for the same error: ratio {slow * needed / fast:,.0f}")


def main() -> None:
    """Print everything."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 8_000
    subset = int(sys.argv[2]) if len(sys.argv) > 2 else 300
    whole(rows)
    against_exact(subset)


if __name__ == "__main__":
    main()

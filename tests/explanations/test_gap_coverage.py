"""How often intervals hold the truth, by itself and together: of losses, of weighted people, and of people drawn by chance.

The model is a sum, so that the contributions in a population have a formula. Each repeat draws its people anew. Bounds are those that a
right share leaves once in a thousand times; `benchmarks/gap_coverage.py` measures the same with more repeats.
"""

from dataclasses import dataclass, field

import numpy as np
import pytest
from scipy.stats import binom, chi2

import fairlens as fl

REPEATS = 200
SIZES = (80, 140)
USED, MIX, LEFT = ("x0", "x1"), "(label mix)", "(rows not explained)"


def score(X: np.ndarray) -> np.ndarray:
    found: np.ndarray = 0.5 + 0.25 * X[:, 0] + 0.15 * X[:, 1]
    return found


def draw(group: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Inputs that differ by group and stay within -1 and 1, labels, and weights that go with an input."""
    X = rng.uniform(-1, 1, size=(len(group), 3))
    X[:, 0] -= 0.4 * group * (X[:, 0] + 1)
    X[:, 1] = 0.7 * X[:, 1] + 0.3 * X[:, 0]
    y = (rng.random(len(group)) < score(X) - 0.1 * group).astype(int)
    return X, y, np.exp(0.5 * X[:, 0]) * rng.gamma(1.0, 1.0, len(group))


def contributions(metric: str, X: np.ndarray, y: np.ndarray, background: np.ndarray) -> dict[str, np.ndarray]:
    """Each person's Shapley values by the formula: f is (a + b0 x0 + b1 x1)**2 of what is left of the label, or the score itself."""
    middle, own = background * (0.25, 0.15, 0.0), X * (0.25, 0.15, 0.0)
    if metric == "mean_score":
        parts = own - middle.mean(axis=0)
        return {"x0": parts[:, 0], "x1": parts[:, 1]}
    means, spreads = middle.mean(axis=0), middle.var(axis=0)
    both_spread = 2 * np.cov(middle[:, 0], middle[:, 1], bias=True)[0, 1] + spreads[0] + spreads[1]
    at = 0.5 - y
    nobody = (at + means[0] + means[1]) ** 2 + both_spread
    zero, one = (at + own[:, 0] + means[1]) ** 2 + spreads[1], (at + own[:, 1] + means[0]) ** 2 + spreads[0]
    everything = (at + own[:, 0] + own[:, 1]) ** 2
    return {"x0": (zero - nobody + everything - one) / 2, "x1": (one - nobody + everything - zero) / 2, MIX: nobody}


def truth(metric: str, background: np.ndarray, rng: np.random.Generator, *, weighted: bool) -> dict[str, float]:
    means = []
    for member in (True, False):
        X, y, w = draw(np.full(400_000, member), rng)
        found = contributions(metric, X, y, background)
        means.append({name: np.average(values, weights=w if weighted else None) for name, values in found.items()})
    return {name: means[0][name] - means[1][name] for name in means[0]}


@dataclass
class Seen:
    """By part: whether its interval held the truth, and its distance in standard errors; and whether all intervals held together."""

    held: dict[str, list[bool]] = field(default_factory=dict)
    off: dict[str, list[float]] = field(default_factory=dict)
    together: list[bool] = field(default_factory=list)

    def add(self, gap: fl.GapDecomposition, wanted: dict[str, float]) -> None:
        parts = [part for part in gap.parts if part.feature in wanted]
        assert len(parts) == len(wanted)
        for part in parts:
            self.held.setdefault(part.feature, []).append(part.lower <= wanted[part.feature] <= part.upper)
            self.off.setdefault(part.feature, []).append((part.contribution - wanted[part.feature]) / part.se)
        self.together.append(all(part.simultaneous_lower <= wanted[part.feature] <= part.simultaneous_upper for part in parts))


def repeated(metric: str, *, weighted: bool, sample: int = 0) -> Seen:
    rng = np.random.default_rng(7)
    background = draw(rng.random(150) < 0.4, rng)[0]
    wanted = truth(metric, background, rng, weighted=weighted) | ({LEFT: 0.0} if sample else {})
    group = np.arange(sum(SIZES)) < SIZES[0]
    limits = {"max_predictions": len(group) + len(background) + 2 * 2 * sample} if sample else {"n_rounds": 2}
    seen = Seen()
    for seed in range(REPEATS):
        X, y, w = draw(group, rng)
        audit = fl.audit(
            X, y_true=y, model=score, threshold=0.5, sensitive_features={"g": np.where(group, "a", "b")}, sample_weight=w if weighted else None
        )
        gap = fl.decompose_gap(audit, "a", metric=metric, background=background, random_state=seed, progress=False, **limits)
        assert gap.closes
        assert (gap.sampled is not None) == bool(sample)
        seen.add(gap, wanted)
    return seen


@pytest.mark.parametrize(("metric", "weighted", "sample"), [("brier_score_loss", False, 0), ("mean_score", True, 0), ("mean_score", True, 120)])
def test_intervals_hold_the_truth_as_often_as_they_say(metric, weighted, sample):
    seen = repeated(metric, weighted=weighted, sample=sample)
    least = binom.ppf(0.001, REPEATS, 0.93)
    low, high = chi2.ppf([0.0005, 0.9995], REPEATS) / REPEATS
    for name, held in seen.held.items():
        assert sum(held) >= least, name
        assert low <= np.mean(np.square(seen.off[name])) <= 1.1 * high, name
    assert sum(seen.together) >= least

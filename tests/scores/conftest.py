"""What tests of scores share: people with labels, scores and two attributes, and the real COMPAS scores."""

import numpy as np
import pandas as pd
import pytest

import fairlens as fl


@pytest.fixture(scope="session")
def scored_people():
    """Twelve hundred people; scores on a grid of hundredths, less telling for group b."""
    rng = np.random.default_rng(77)
    size = 1200
    group = rng.choice(["a", "b", "c"], size, p=[0.5, 0.35, 0.15])
    sex = rng.choice(["f", "m"], size)
    truth = rng.beta(2, 2, size)
    y = (rng.random(size) < truth).astype(int)
    noise = np.where(group == "b", 0.3, 0.1)
    s = np.clip(truth + rng.normal(0, 1, size) * noise, 0, 1).round(2)
    weight = rng.choice([0.5, 1.0, 2.0], size)
    return pd.DataFrame({"group": group, "sex": sex, "y": y, "s": s, "w": weight})


@pytest.fixture(scope="session")
def audit_scores():
    """Audit such people."""

    def make(frame, **options):
        given = {"y_true": "y", "y_score": "s", "threshold": 0.5, "sensitive_features": ["group"], "favorable": 1, **options}
        return fl.audit(frame, **given)

    return make


@pytest.fixture
def compas(real_data):
    """COMPAS scores in tenths."""
    return pd.read_csv(real_data("compas-scores-two-years.csv"))

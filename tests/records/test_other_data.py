"""The same dozen lines as in the mortgage notebook, on other people: six races and integer scores, and names in other scripts."""

import numpy as np
import pandas as pd
import pytest
from pages import PanelPage, export, offline_page

import fairlens as fl

NAMES = ["العربية", "漢字", "Ελληνικά", "עברית"]


def dozen_lines(frame, path, **roles):
    """Audit, sentence, picture, differences, panel, record, file."""
    audit = fl.audit(frame, favorable=0, **roles)
    attribute = roles["sensitive_features"][0]
    rates = audit.by_group("selection_rate", by=attribute)
    picture = rates.plot()
    differences = audit.difference("selection_rate", by=attribute)
    panel = fl.panel(audit).show(metric="false_positive_rate", by=attribute)
    panel._make_record()
    return audit, rates, picture, differences, panel, export(path, panel)


def check(browser, made, frame, attribute, predicted):
    audit, rates, picture, differences, panel, path = made
    assert len(picture.png()) > 5_000
    assert audit.sentence
    assert differences.sentence
    shown = rates.published().to_frame().set_index(attribute)
    for level, value in shown["value"].dropna().items():
        assert value == pytest.approx(predicted[frame[attribute] == level].mean(), abs=1e-12)
    with offline_page(browser, path) as (page, watch):
        page.locator("[data-live=yes]").wait_for()
        live = PanelPage(page)
        assert live.sentence == panel.view.sentence
        for row in live.rows():
            mine = (frame[attribute] == row["group"][0]) & (frame["y"] == 0)
            assert float(row["cells"][0]["value"]) == pytest.approx(predicted[mine].mean(), abs=1e-12)
        assert watch.errors == []


def test_compas(browser, tmp_path, real_data):
    frame = pd.read_csv(real_data("compas-scores-two-years.csv")).rename(columns={"two_year_recid": "y"})
    made = dozen_lines(
        frame, tmp_path / "compas.html", y_true="y", y_score="decile_score", threshold=5,
        sensitive_features=["race", "sex"],
        words={"person": "defendant", "decision": "rated medium or high risk", "truth": "rearrested"},
    )  # fmt: skip
    check(browser, made, frame, "race", frame["decile_score"] >= 5)
    assert made[0].spec.score_kind == "integer"
    assert "African-American defendants" in made[0].sentence


def test_names_in_other_scripts(browser, tmp_path):
    rng = np.random.default_rng(8)
    frame = pd.DataFrame({"語": rng.choice(NAMES, 800), "y": rng.integers(0, 2, 800)})
    frame["p"] = (rng.random(800) < np.where(frame["語"] == NAMES[1], 0.8, 0.3)).astype(int)
    made = dozen_lines(frame, tmp_path / "names.html", y_true="y", y_pred="p", sensitive_features=["語"])
    check(browser, made, frame, "語", frame["p"] == 1)
    assert NAMES[1] in made[0].sentence

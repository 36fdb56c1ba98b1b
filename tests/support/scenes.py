"""A panel in every situation that looks different: its views, what unfolds, many groups, errors. For tests of what everybody can use."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pages import PanelPage

import fairlens as fl

AREAS = 14
THEMES = Path(sys.prefix) / "share/jupyter/lab/themes/@jupyterlab"


def audit() -> Any:
    """Audit a small model on four races, two sexes and fourteen areas."""
    rng = np.random.default_rng(4)
    n = 3000
    race = rng.choice(["Asian", "Black", "other", "white"], n, p=[0.2, 0.25, 0.004, 0.546])
    X = pd.DataFrame({"income": rng.normal(50, 10, n) - 7 * (race == "Black"), "owns": rng.choice(["yes", "no"], n)})

    def model(rows: Any) -> Any:
        return 1 / (1 + np.exp(-(rows["income"].to_numpy() - 50) / 8 - (rows["owns"] == "yes").to_numpy()))

    groups = pd.DataFrame({"race": race, "sex": rng.choice(["female", "male"], n), "area": [f"area {k}" for k in rng.integers(0, AREAS, n)]})
    y = (rng.random(n) < model(X)).astype(int)
    words = {"person": "applicant", "decision": "approved", "truth": "paid back"}
    return fl.audit(X, y_true=y, model=model, threshold=0.5, favorable=1, sensitive_features=groups, words=words)


def panel(audited: Any, **options: Any) -> Any:
    """Open a panel with a criterion, a slice, an explanation of each kind and something in its log."""
    rule = fl.Criterion("selection_rate", margin=0.1, by="race")
    costs = fl.Costs(5, 2, "€", "a loan that is not paid back", "a good applicant turned away")
    slices = [fl.Slice("young areas", {"area": ["area 1", "area 2", "area 3", "area 4", "area 5"]})]
    made = fl.panel(audited, criteria=rule, costs=costs, slices=slices, **options)
    made.explain("shap", rows=20).explain("gap", "Black")
    for metric in ("accuracy", "selection_rate"):
        made.show(metric, view="disparities")
        made._answer(made._live, {"kind": "looked", "state": made._live.state}, [])
    return made


def views(made: Any) -> dict[str, str]:
    """The names of the views of a panel, and what their tabs say."""
    return {view["name"]: view["label"] for view in json.loads(made._text)["views"]}


def unfold(hands: PanelPage) -> None:
    """Open everything that unfolds and is seen."""
    unfold_in(hands.root)


def unfold_in(part: Any) -> None:
    """Open everything that unfolds in a part of a page, or in a page."""
    closed = part.locator("details:not([open]) > summary:visible")
    while closed.count():
        closed.first.click()


def _boxes(hands: PanelPage) -> None:
    hands.choose("Only area", "several…")
    for level in ("area 7", "area 8"):
        hands.root.get_by_label(level, exact=True).check()


def _slice(hands: PanelPage) -> None:
    hands.root.locator(".fl-slices summary").click()
    hands.choose("Slice", "young areas")
    hands.root.get_by_role("button", name="Compare with everybody else").click()
    unfold(hands)


def _all_columns(hands: PanelPage) -> None:
    hands.choose("Compare by", "ratios")
    hands.choose("Adjust for", "sex")
    hands.choose("and by", "sex")


def _many(hands: PanelPage) -> None:
    hands.choose("Group by", "area")
    hands.choose("and by", "race")
    hands.root.get_by_role("button", name="Show all").click()


def _cuts(hands: PanelPage) -> None:
    hands.look("Thresholds")
    hands.choose("Thresholds", "one per group")
    unfold(hands)


def _bad_cost(hands: PanelPage) -> None:
    hands.look("Thresholds")
    hands.root.locator(".fl-asks input").first.fill("-1")


def _methods(hands: PanelPage) -> None:
    hands.look("Why")
    hands.choose("Explain by", "SHAP")


def _stale(hands: PanelPage) -> None:
    hands.look("Why")
    hands.choose("Group by", "sex")


SCENES: dict[str, Callable[[PanelPage], None]] = {
    "boxes": _boxes, "slice": _slice, "columns": _all_columns, "many": _many, "cuts": _cuts, "bad cost": _bad_cost, "means": _methods, "stale": _stale,
}  # fmt: skip
"""Situations of a live or exported panel that has just been opened, by name."""


def _error(hands: PanelPage) -> None:
    hands.page.evaluate("() => window.model.set('state', { ...window.model.get('state'), metric: 99 })")


def _work(hands: PanelPage) -> None:
    hands.look("Why")
    hands.page.evaluate("() => window.model.hear({ working: { done: 20, total: 900 } })")


def _work_failed(hands: PanelPage) -> None:
    hands.look("Why")
    hands.page.evaluate("() => window.model.hear({ working: { error: 'The model raised ValueError.' } })")


LIVE_SCENES = {"error": _error, "working": _work, "failed": _work_failed}
"""Situations that need a kernel, or what a test says in its place."""


def paint(page: Any, dark: bool) -> None:
    """Give a bare page the colours and fonts of JupyterLab, from its own style sheets."""
    name = "dark" if dark else "light"
    page.add_style_tag(content=(THEMES / f"theme-{name}-extension" / "index.css").read_text("utf-8"))
    page.evaluate("dark => { document.body.dataset.jpThemeLight = String(!dark); document.body.style.background = 'var(--jp-layout-color0)'; }", dark)

"""Random states of a live panel: up to four attributes, several levels, slices; the browser says and shows what Python does."""

import random

import numpy as np
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from pages import mounted
from playwright.sync_api import expect

import fairlens as fl

STATES = 50


@pytest.fixture(scope="module", params=["people", "weighted"])
def audit(request):
    rng = np.random.default_rng(8)
    n = 4000
    frame = pd.DataFrame(
        {
            "race": rng.choice(["Black", "white", "العربية", "<script>"], n, p=[0.4, 0.4, 0.19, 0.01]),
            "sex": rng.choice(np.array(["f", "m", None], object), n, p=[0.5, 0.47, 0.03]),
            "age": rng.integers(18, 80, n),
            "region": rng.choice(["N", "S", "it's"], n),
            "y": rng.integers(0, 2, n),
            "w": rng.choice([0.3, 1.0, 2.2], n),
        }
    )
    frame["s"] = np.clip(rng.normal(0.5 + 0.1 * (frame["race"] == "white"), 0.2), 0, 1)
    weight = {"sample_weight": "w"} if request.param == "weighted" else {}
    roles = {"sensitive_features": ["race", "sex", "age"], "slice_features": ["region"], "bins": {"age": [25, 45, 62]}}
    return fl.audit(frame, y_true="y", y_score="s", threshold=0.5, favorable=1, **roles, **weight)


def drawn(panel, rng):
    """Bring the panel to a random view."""
    choices = panel._choices
    by = rng.sample(choices.axes, rng.randint(1, 4))
    where = {}
    for axis in choices.axes:
        levels = choices.levels(axis)
        least = 2 if axis in by else 1
        if rng.random() < 0.4 and len(levels) > least:
            where[axis] = rng.sample(levels, rng.randint(least, len(levels) - 1))
    free = [axis for axis in choices.axes if axis not in by and len(where.get(axis, "ab")) > 1]
    adjust = rng.sample(free, rng.randint(0, min(2, len(free))))
    threshold = rng.choice([stop for stop in choices.stops if stop is not None])
    metric = rng.choice([one.name for one in choices.metrics])
    compare, reference = rng.choice(["difference", "ratio"]), rng.choice(["largest", "rest", "overall"])
    panel.show(metric, by, where, reference, threshold, compare, adjust, "disparities", False)
    if rng.random() < 0.25:
        axes = rng.sample(choices.axes, rng.randint(1, 3))
        levels = {axis: rng.sample(choices.levels(axis), rng.randint(1, len(choices.levels(axis)) - 1)) for axis in axes}
        panel.show(slice=fl.Slice(rng.choice(["a slice", "it's", "others"]), levels), reference=rng.choice(["largest", "rest", None]))
    elif reference == "largest" and rng.random() < 0.5:
        panel.show(reference=rng.choice(panel.view.rows).group)


def test_random_states_read_as_in_python(browser, audit):
    panel, rng = fl.panel(audit), random.Random(5)
    sliced = several = crossed = 0
    with mounted(browser, panel) as (live, watch):
        for _ in range(STATES):
            drawn(panel, rng)
            state = panel.view.state
            sliced += state.slice is not None
            several += any(len(levels) > 1 for _, levels in state.where)
            crossed += len(state.by) > 2
            live.page.evaluate("state => window.model.set('state', state)", panel._live.state)
            if live.root.get_by_role("button", name="Show all").count():
                live.root.get_by_role("button", name="Show all").click()
            same(live, panel)
        assert min(sliced, several, crossed) > STATES / 10
        assert watch.errors == []


def same(live, panel):
    view = panel.view
    static = BeautifulSoup(view.html(), "html.parser")
    table = [[cell.text for cell in row.find_all(["th", "td"])] for row in static.find("table").find_all("tr")]
    found = live.read()
    assert found["sentence"] == view.sentence, view.words
    assert found["table"] == table, view.words
    for row, want in zip(found["rows"], view.rows, strict=True):
        value = row["cells"][0].get("value")
        assert (value is None) == bool(np.isnan(want.value))
        if value is not None:
            assert float(value) == pytest.approx(want.value, abs=1e-12)
            assert [float(row["cells"][0][end]) for end in ("lower", "upper")] == pytest.approx([want.lower, want.upper], abs=1e-9)
    for place, (_, columns, _) in enumerate(view.columns, start=2):
        for row, want in zip(found["rows"], view.rows, strict=True):
            changed, cell = columns.get(want.group), row["cells"][place]
            if "value" in cell:
                assert float(cell["value"]) == pytest.approx(changed.value, abs=1e-12)
                assert [float(cell[end]) for end in ("lower", "upper")] == pytest.approx([changed.lower, changed.upper], abs=1e-9)
            else:
                assert changed is None or np.isnan(changed.value)


def test_the_code_of_random_states_is_that_of_python_and_gives_the_table(browser, audit):
    panel, rng = fl.panel(audit), random.Random(6)
    with mounted(browser, panel) as (live, watch):
        live.root.get_by_text("Code of this view").click()
        for _ in range(15):
            drawn(panel, rng)
            live.page.evaluate("state => window.model.set('state', state)", panel._live.state)
            expect(live.root.locator(".fl-code textarea")).to_have_value(panel.code)
            runs_to_the_same(panel, audit)
        for view, sliced in (("why", False), ("thresholds", False), ("thresholds", fl.Slice("x", {"sex": "f"})), ("disparities", False)):
            panel.show(slice=sliced, view=view)
            live.page.evaluate("state => window.model.set('state', state)", panel._live.state)
            expect(live.root.locator(".fl-code textarea")).to_have_value(panel.code)
            lines = [line for line in panel.code.splitlines() if not line.startswith("panel =")]
            if view == "thresholds":
                exec("\n".join(lines), {"fl": fl, "audit": audit})
        for costs in ([9000, 0.1], [1e-7, 2.5e-5], [0, 0], [1e15, 1e16]):
            panel._live.state = {**panel._live.state, "view": "thresholds", "costs": costs}
            live.page.evaluate("state => window.model.set('state', state)", panel._live.state)
            expect(live.root.locator(".fl-code textarea")).to_have_value(panel.code)
        assert watch.errors == []


def runs_to_the_same(panel, audit):
    """Run the code but for its pictures; its numbers are those of the view, suppressed ones too."""
    lines = [line for line in panel.code.splitlines() if not line.endswith(".plot()")]
    space = {"fl": fl, "audit": audit}
    if len(panel.view.rows) < 2:
        return
    exec("\n".join(line for line in lines if not line.startswith("panel =")), space)
    view = panel.view
    assert [row.value for row in space["rates"].rows] == pytest.approx([row.value for row in view.rows], nan_ok=True)
    assert [row.change for row in space["gaps"].rows] == pytest.approx([row.change for row in view.pairs], nan_ok=True)
    exec(lines[-1], space)
    assert space["panel"]._live.state == {**panel._live.state, "slices": [], "costs": None}


@pytest.mark.parametrize("form", ["view", ".html", ".ipynb"])
def test_a_state_is_restored_from_a_record(audit, form, tmp_path):
    import nbformat
    import nbformat.v4 as v4
    from pages import export

    panel, rng = fl.panel(audit, slices=fl.Slice("it's", {"sex": "f"})), random.Random(7)
    path = tmp_path / f"record{form}"
    for _ in range(4):
        drawn(panel, rng)
        panel._make_record()
    if form == ".html":
        export(path, panel)
    elif form == ".ipynb":
        outputs = [v4.new_output("display_data", data=data) for made in panel.recorded for data, _ in made.outputs]
        nbformat.write(v4.new_notebook(cells=[v4.new_code_cell("panel.record()", outputs=outputs)]), path)
    again = fl.panel(audit)
    source = panel.recorded[-1] if form == "view" else path
    assert again.restore(source)._live.state == panel._live.state
    if form == ".ipynb":
        for k in (0, 2, -2):
            assert again.restore(path, k)._live.state == dict(panel.recorded[k].state)


def test_what_cannot_be_restored_is_an_error_and_loses_nothing(audit, tmp_path):
    panel = fl.panel(audit).show(by="race", where={"age": ["<25"]})
    panel._make_record()
    other = fl.panel(fl.audit(y_pred=[0, 1] * 40, sensitive_features={"race": ["Black", "white"] * 40}, favorable=1))
    before = dict(other._live.state)
    broken = tmp_path / "broken.ipynb"
    broken.write_text("{")
    for source, number in ((panel.recorded[-1], -1), (panel.recorded[-1], 3), (tmp_path / "none.html", -1), (broken, -1), (5, -1)):
        with pytest.raises(fl.exceptions.FairlensError) as caught:
            other.restore(source, number)
        assert str(caught.value).splitlines()[-1].startswith("Hint: ")
        assert other._live.state == before


def test_a_broken_record_is_an_error_in_words(audit, tmp_path):
    panel = fl.panel(audit)
    panel._make_record()
    text = panel.recorded[-1].html
    before = dict(panel._live.state)
    for k, broken in enumerate([text.replace('"reference":["largest"],', ""), text.replace('"view":"disparities"', '"view":"nowhere"'), text.replace('"by":[0]', '"by":[99]')]):
        assert broken != text
        path = tmp_path / f"{k}.html"
        path.write_text(broken, "utf-8")
        with pytest.raises(fl.exceptions.BadValue, match="Hint: "):
            panel.restore(path)
    (tmp_path / "x.html").write_bytes(b"\xff\xfe\xff" * 9)
    with pytest.raises(fl.exceptions.BadValue, match="Hint: "):
        panel.restore(tmp_path / "x.html")
    assert panel._live.state == before


def test_code_of_a_panel_of_a_narrowed_audit_gives_its_numbers(browser, audit):
    """Neither the filter nor the threshold of the audit that was handed in may slip into what the code gives."""
    moved = fl.panel(audit.at(0.3)).show("selection_rate", "race", threshold=0.5)
    chosen = fl.panel(audit.where(sex="f")).show("selection_rate", "race", {"sex": ["m"]})
    spanish = fl.panel(audit, language="es").show(slice=fl.Slice("mujeres", {"sex": "f"}))
    for panel, names in ((moved, {"audit": audit.at(0.3)}), (chosen, {"whole_audit": audit}), (spanish, {"audit": audit})):
        with mounted(browser, panel) as (live, watch):
            live.root.locator(".fl-code summary").click()
            expect(live.root.locator(".fl-code textarea")).to_have_value(panel.code)
            assert watch.errors == []
        space = {"fl": fl, **names}
        lines = panel.code.splitlines()
        exec("\n".join(line for line in lines if not line.startswith("panel =") and not line.endswith("plot()")), space)
        assert [row.value for row in space["rates"].rows] == pytest.approx([row.value for row in panel.view.rows], nan_ok=True)
        exec(lines[-1], space)
        assert [row.value for row in space["panel"].view.rows] == pytest.approx([row.value for row in panel.view.rows], nan_ok=True)


def test_code_of_one_group_compares_nothing():
    one = fl.audit(y_pred=[0, 1] * 40, sensitive_features={"sex": ["f"] * 80}, favorable=1)
    space = {"fl": fl, "audit": one}
    exec(fl.panel(one).code, space)
    assert "gaps" not in space
    assert len(space["rates"].rows) == 1


def test_code_of_names_that_need_care_is_that_of_python_and_runs(browser):
    n = 400
    names = {"class": ["it's", 'a "b" \\ {by}', "\u200bñ\xa0\U0001f600", "largest"] * (n // 4), "self": ["\tx", "rest"] * (n // 2)}
    mine = fl.Metric("mine $&", (0, 1, 0, 1, 0, 0), (1, 1, 1, 1, 0, 0), "Mine")
    audit = fl.audit(pd.DataFrame({**names, "y": [0, 1, 1] * 133 + [0], "s": np.linspace(0, 1, n)}), y_true="y", y_score="s", threshold=0.5, favorable=1, sensitive_features=list(names))
    given = {"audit": audit, "own_metric_2": mine, "population": {"self": {"\tx": 0.5, "rest": 0.5}}}
    costs = fl.Costs(9000, 0.5, "$& €", "it's \"so\"")
    panel = fl.panel(audit, metrics=["selection_rate", mine], population=given["population"], costs=costs, profile="internal")
    some = fl.Slice("\u2028q'\"\\", {"class": ["it's", "largest"]})
    states = [
        {"by": "self", "reference": ("rest",), "view": "data"},
        {"by": "class", "reference": ("largest",), "where": {"self": "\tx"}, "metric": mine, "view": "disparities"},
        {"by": "class", "threshold": {"it's": 0.3}, "where": {}, "view": "thresholds"},
        {"slice": some, "reference": some.name, "view": "thresholds"},
    ]
    with mounted(browser, panel) as (live, watch):
        live.root.locator(".fl-code summary").click()
        for shown in states:
            panel.show(**shown)
            live.page.evaluate("state => window.model.set('state', state)", panel._live.state)
            expect(live.root.locator(".fl-code textarea")).to_have_value(panel.code)
            space = {"fl": fl, **given}
            exec(panel.code, space)
            assert space["panel"]._live.state == panel._live.state
        assert watch.errors == []

"""A panel whose kernel does not answer says so and works on; what goes wrong in a view is said in words and logged."""

import json
import logging

import nbformat
import nbformat.v4 as v4
import numpy as np
import pandas as pd
import pytest
from lab import Lab, run_all
from pages import PanelPage, mounted, remount
from playwright.sync_api import expect
from server import loopback_page

import fairlens as fl
from fairlens.exceptions import FairlensError
from fairlens.texts import texts_of

TEXTS = texts_of("en")
FRONT_END = "Could not send widget sync message Error: Cannot send"
"""What JupyterLab's widget manager writes itself when it has no kernel to send a state to; it catches that error, so nobody can ask first."""
SOURCE = """import numpy as np, pandas as pd, fairlens as fl
rng = np.random.default_rng(0)
X = pd.DataFrame({"income": rng.normal(50, 10, 900)})
people = {"race": rng.choice(["a", "b"], 900), "dept": rng.choice(["x", "y"], 900)}
audit = fl.audit(X, model=lambda rows: 1 / (1 + np.exp(-(rows["income"] - 50) / 8)), threshold=0.5, favorable=1, sensitive_features=people)
fl.panel(audit)"""


@pytest.fixture(scope="module")
def audit():
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"income": rng.normal(50, 10, 600)})
    people = {"race": rng.choice(["a", "b"], 600), "dept": rng.choice(["x", "y"], 600)}

    def model(rows):
        return 1 / (1 + np.exp(-(rows["income"] - 50) / 8))

    return fl.audit(X, model=model, threshold=0.5, favorable=1, sensitive_features=people)


def lost_of(live):
    return live.root.locator(".fl-lost")


def test_a_recording_that_is_not_answered_is_said_and_taken_back(browser, audit):
    panel = fl.panel(audit)
    with mounted(browser, panel, clock=True) as (live, watch):
        page, record = live.page, live.root.get_by_role("button", name="Record this view")
        region = lost_of(live)
        assert (region.get_attribute("aria-live"), region.text_content()) == ("polite", "")
        record.click()
        page.clock.run_for(3000)
        assert region.text_content() == ""
        page.clock.run_for(3000)
        assert region.text_content() == TEXTS["panel"]["lost"]
        before = live.sentence
        live.look("Disparities")
        live.choose("Group by", "dept")
        assert live.sentence != before
        ask = page.evaluate("() => window.sent.find(message => message.kind === 'record')")
        page.evaluate("ask => window.model.hear({recorded: ask})", ask["ask"])
        assert region.text_content() == ""
        assert watch.errors == []


def test_the_kernel_answers_a_recording_with_its_own_number(audit, monkeypatch):
    panel, said = fl.panel(audit), []
    monkeypatch.setattr(type(panel._live), "send", lambda _self, content: said.append(content))
    panel._answer(panel._live, {"kind": "record", "state": dict(panel._live.state), "ask": "3-1"}, [])
    assert said == [{"recorded": "3-1"}]


def test_what_goes_wrong_while_recording_is_answered_and_logged(browser, audit, monkeypatch, caplog):
    panel, said = fl.panel(audit), []

    def fails():
        raise OSError("no room on the disk")

    monkeypatch.setattr(panel, "_record_in_slot", fails)
    monkeypatch.setattr(type(panel._live), "send", lambda _self, content: said.append(content))
    with mounted(browser, panel) as (live, watch):
        live.root.get_by_role("button", name="Record this view").click()
        message = live.page.evaluate("() => window.sent.find(message => message.kind === 'record')")
        with caplog.at_level(logging.ERROR, "fairlens"), pytest.raises(FairlensError, match="no room on the disk"):
            panel._answer(panel._live, message, [])
        live.page.evaluate("message => window.model.hear(message)", said[0])
        assert "no room on the disk" in live.root.locator("[role=alert].fl-error").first.text_content()
        assert "no room on the disk" in caplog.text
        assert watch.errors == []


def test_explaining_that_is_not_answered_is_said(browser, audit):
    with mounted(browser, fl.panel(audit), clock=True) as (live, watch):
        live.look("Why")
        explain = live.root.get_by_role("button", name="Explain this view")
        explain.click()
        live.page.clock.run_for(21_000)
        assert live.root.locator(".fl-working [role=alert]").text_content() == TEXTS["why"]["silent"]
        assert explain.get_attribute("aria-disabled") == "false"
        assert watch.errors == []


def test_a_front_end_that_refuses_messages_breaks_nothing(browser, audit):
    with mounted(browser, fl.panel(audit), clock=True) as (live, watch):
        live.page.evaluate("() => { window.model.send = window.model.save_changes = () => { throw new Error('Kernel is dead'); }; }")
        live.look("Disparities")
        before = live.sentence
        live.choose("Group by", "dept")
        live.page.clock.run_for(2000)  # the state has rested and was to be saved
        assert live.sentence != before
        assert lost_of(live).text_content() == TEXTS["panel"]["lost"]
        live.root.get_by_role("button", name="Record this view").click()
        live.look("Why")
        live.root.get_by_role("button", name="Explain this view").click()
        assert live.root.locator(".fl-working [role=alert]").text_content() == TEXTS["why"]["silent"]
        assert live.root.locator(".fl-panel > .fl-error").all_text_contents() == []
        assert watch.errors == []


@pytest.mark.parametrize("broken", ["made", "shown"])
def test_a_view_that_fails_says_so_and_the_others_work(browser, audit, caplog, broken):
    panel = fl.panel(audit)
    content = json.loads(panel._text)
    section = next(view for view in content["views"] if view["name"] == "thresholds")
    section["texts" if broken == "made" else "rates"] = None
    panel._live.payload = json.dumps(content)
    with mounted(browser, panel) as (live, watch):
        alert = live.root.locator("[role=alert].fl-error").first
        live.look("Disparities")
        assert alert.text_content() == ""
        live.look("Thresholds")
        assert alert.text_content().startswith(TEXTS["panel"]["error"].split("{")[0])
        error = live.page.evaluate("() => window.model.get('error')")
        with caplog.at_level(logging.ERROR, "fairlens"):
            panel._live.error = error
        assert "TypeError" in caplog.text
        live.look("Disparities")
        assert alert.text_content() == ""
        assert len(live.rows()) == 2
        live.look("Why")
        assert alert.text_content() == ""
        assert watch.errors == []


def test_panels_on_one_page_do_not_disturb_each_other(browser, audit):
    """Two live panels, each with a program of its own, and a recorded view."""
    first, second, third = (fl.panel(audit).show(view="disparities") for _ in range(3))
    html = third._make_record().html
    with mounted(browser, first) as (one, watch):
        page = one.page
        two, three = PanelPage(page, 1), PanelPage(page, 2)
        remount(page, second)
        page.evaluate(
            """async html => {
                document.body.insertAdjacentHTML("beforeend", html);
                (0, eval)(document.querySelector("script[data-fairlens=boot]").textContent);
            }""",
            html,
        )
        page.locator("[data-live=yes]").wait_for()
        ids = page.locator("[id]").evaluate_all("all => all.map(one => one.id)")
        assert len(ids) == len(set(ids)) > 8
        for panel in (one, two, three):
            for tab in panel.root.get_by_role("tab").all():
                assert panel.root.locator(f"#{tab.get_attribute('aria-controls')}").count() == 1
        panels = [one, two, three]
        shown = [panel.read() for panel in panels]
        assert shown[0] == shown[1] == shown[2]
        for nth, panel in enumerate(panels):
            select = panel.select("Group by")
            select.focus()
            page.keyboard.press("ArrowDown")
            assert select.evaluate("one => one === document.activeElement")
            shown[nth] = panel.read()
            assert [row["group"] for row in shown[nth]["rows"]] == [["x"], ["y"]]
            assert [other.read() for other in panels] == shown
        two.root.get_by_role("tab", name="Disparities").focus()
        page.keyboard.press("ArrowRight")
        assert two.root.get_by_role("tab", selected=True).text_content() == "Thresholds"
        assert [panel.root.get_by_role("tab", selected=True).text_content() for panel in (one, three)] == ["Disparities"] * 2
        page.evaluate("() => { window.panels[0].close(); }")
        slider = two.root.locator("input[type=range]")
        slider.focus()
        page.keyboard.press("ArrowRight")
        assert slider.evaluate("one => one === document.activeElement")
        assert [panel.read() for panel in (one, three)] == [shown[0], shown[2]]
        assert watch.errors == []


def test_after_the_kernel_was_shut_down_in_jupyterlab(browser, tmp_path):
    """The panel works on in the browser; Record and Explain say that nobody answers."""
    pytest.importorskip("jupyterlab", reason="jupyterlab is not installed")
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    nbformat.write(v4.new_notebook(cells=[v4.new_code_cell(SOURCE)], metadata=kernel), tmp_path / "lost.ipynb")
    context = browser.new_context(viewport={"width": 1280, "height": 1000})
    page, foreign, watch = loopback_page(context)
    with Lab(tmp_path) as lab:
        lab.open(page, "lost.ipynb")
        run_all(page)
        live = PanelPage(page)
        live.root.wait_for(timeout=60_000)
        page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.shutdown().then(() => true)")
        live.look("Disparities")
        before = live.sentence
        live.choose("Group by", "dept")
        changed = live.sentence
        live.threshold(3)
        assert len({before, changed, live.sentence}) == 3
        live.root.get_by_role("button", name="Record this view").click()
        page.wait_for_function("one => one.textContent !== ''", arg=lost_of(live).element_handle(), timeout=20_000)
        assert lost_of(live).text_content() == TEXTS["panel"]["lost"]
        live.look("Why")
        live.root.get_by_role("button", name="Explain this view").click()
        live.root.locator(".fl-working [role=alert]").wait_for(timeout=40_000)
        assert live.root.locator(".fl-working [role=alert]").text_content() == TEXTS["why"]["silent"]
        assert [text for text in watch.ours if not text.startswith(FRONT_END)] == []
        assert foreign == []
    context.close()


def test_after_the_kernel_was_restarted_in_jupyterlab(browser, tmp_path):
    """The panel that stands there works on and says that nobody answers; its cell run again is a panel that records, and a log that begins anew."""
    pytest.importorskip("jupyterlab", reason="jupyterlab is not installed")
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    nbformat.write(v4.new_notebook(cells=[v4.new_code_cell(SOURCE)], metadata=kernel), tmp_path / "again.ipynb")
    context = browser.new_context(viewport={"width": 1280, "height": 1000})
    page, foreign, watch = loopback_page(context)
    with Lab(tmp_path) as lab:
        lab.open(page, "again.ipynb")
        run_all(page)
        live = PanelPage(page)
        live.look("Disparities")
        page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart().then(() => true)")
        before = live.sentence
        live.choose("Group by", "dept")
        assert live.sentence != before
        live.root.get_by_role("button", name="Record this view").click()
        expect(lost_of(live)).to_have_text(TEXTS["panel"]["lost"], timeout=30_000)
        run_all(page)
        expect(page.locator(".fl-panel")).to_have_count(1)
        again = PanelPage(page)
        again.look("Disparities")
        expect(again.root.locator(".fl-looked summary")).to_contain_text("One view was looked at", timeout=30_000)
        again.root.get_by_role("button", name="Record this view").click()
        page.locator(".fl-record").first.wait_for(timeout=60_000)
        assert lost_of(again).text_content() == ""
        assert foreign == []
        assert [text for text in watch.ours if not text.startswith(FRONT_END)] == []
    context.close()

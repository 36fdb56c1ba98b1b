"""How a panel is put into a notebook: the widget with its line, or HTML."""

from types import SimpleNamespace

import pytest

import fairlens as fl
from fairlens.texts import LANGUAGES, texts_of
from fairlens.widgets._shown import OUTPUTS, SLOTS, offer, show_panel, wants_html


@pytest.fixture
def panel(people):
    return opened(people)


def opened(people, language="en"):
    return fl.panel(fl.audit(people, y_true="y", y_pred="p", favorable=1, sensitive_features=["race", "sex"]), language=language)


def put(panel, as_html):
    """Show a panel; give the outputs as they were displayed, and the slots."""
    outputs = []

    def display(data, *, raw, metadata=None, display_id=False):
        assert raw
        outputs.append((data, display_id))
        return f"slot {len(outputs)}" if display_id else None

    shown = SimpleNamespace(
        view=panel.view, texts=panel.texts, as_html=as_html, _live=panel._live, _text=panel._text, _repr_mimebundle_=panel._repr_mimebundle_
    )
    return outputs, show_panel(shown, display)


def test_a_widget_has_a_line_and_empty_places_under_it(panel):
    outputs, slots = put(panel, as_html=False)
    widget, line, *places = outputs
    assert "application/vnd.jupyter.widget-view+json" in widget[0]
    assert widget[0]["text/plain"] == panel.view.sentence
    assert set(line[0]) == {"text/html"}
    assert f'data-fairlens="offer" data-model="{panel._live.model_id}"' in line[0]["text/html"]
    assert places == [({"text/html": ""}, True)] * SLOTS * OUTPUTS
    assert slots == [tuple(f"slot {3 + OUTPUTS * nth + k}" for k in range(OUTPUTS)) for nth in range(SLOTS)]


def test_html_is_one_output_and_takes_no_records(panel):
    outputs, slots = put(panel, as_html=True)
    assert slots == []
    [(data, _)] = outputs
    assert set(data) == {"text/html", "text/plain"}
    assert texts_of("en")["shown"]["apart"] in data["text/html"]
    assert panel.view.sentence in data["text/html"]
    assert "<strong>Recorded view" not in data["text/html"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_texts_are_of_the_language_of_the_panel(people, language):
    outputs, _ = put(opened(people, language), True)
    texts = texts_of(language)["shown"]
    for name in ("apart", "still", "explore", "reset"):
        assert texts[name] in outputs[0][0]["text/html"]


def test_the_line_escapes_what_it_is_given():
    line = offer(texts_of("en"), 'a"]<b>')
    assert "<b>" not in line
    assert "<code>fl.panel(audit, as_html=True)</code>" in line


@pytest.mark.parametrize(
    ("environ", "html"),
    [
        ({}, False),
        ({"DATABRICKS_RUNTIME_VERSION": "15.4"}, True),
        ({"DATABRICKS_RUNTIME_VERSION": ""}, False),
        ({"VSCODE_PID": "1", "COLAB_RELEASE_TAG": "x", "KAGGLE_KERNEL_RUN_TYPE": "Interactive"}, False),
    ],
)
def test_html_is_chosen_where_widgets_are_known_to_fail(environ, html):
    assert wants_html(environ) is html

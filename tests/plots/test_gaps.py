"""Gaps of several groups in one picture: every number is said, nothing hidden is drawn."""

import numpy as np
import pandas as pd
import pytest

import fairlens as fl


@pytest.fixture
def table_of():
    """Make the table of the gaps of some groups to the largest."""

    def make(levels, inputs=4, small=0, **options):
        rng = np.random.default_rng(5)
        n = 60 * len(levels)
        race = np.repeat(levels, 60).astype(object)
        race[:small] = "tiny"
        X = pd.DataFrame({f"input {j}": rng.normal(size=n) - 0.5 * (j == 0) * (race == levels[0]) for j in range(inputs)})
        weights = 1 / np.arange(1, inputs + 1)
        score = lambda rows: 1 / (1 + np.exp(-(rows.to_numpy(float) @ weights)))  # noqa: E731
        audit = fl.audit(X, model=score, threshold=0.5, sensitive_features={"race": race})
        return fl.decompose_gap(audit, reference=levels[-1], n_rounds=1, progress=False, **options)

    return make


@pytest.mark.parametrize("options", [{}, {"output": "score"}])
def test_each_input_of_each_group_is_drawn_and_said(table_of, found, overlaps, options):
    table = table_of(["a", "b", "c"], **options)
    picture = table.plot()
    assert overlaps(picture.figure_) == []
    assert picture.alt.startswith(table.sentence)
    headings = [text.get_text() for ax in picture.figure_.axes for text in found(ax, "heading")]
    assert len(headings) == 2
    assert all(heading.startswith("race: ") for heading in headings)
    (lines,) = found(picture.ax_, "intervals")
    drawn = sorted(tuple(segment[:, 0]) for segment in lines.get_segments())
    wanted = sorted((part.simultaneous_lower, part.simultaneous_upper) for gap in table for part in gap.parts)
    assert np.allclose(drawn, wanted)
    assert "hold together for 2 gaps and all inputs" in picture.alt
    assert ("pts" in picture.alt) == (not options)


def test_many_groups_and_inputs_are_cut_and_the_rest_is_counted(table_of):
    picture = table_of([f"g{k:02}" for k in range(12)], inputs=10).plot()
    assert "and 3 more inputs" in picture.alt
    assert "and 3 more groups" in picture.alt


def test_a_suppressed_group_is_words(table_of):
    table = table_of(["a", "b", "c"], small=4)
    picture = table.plot()
    assert "race: tiny less c" in picture.alt
    assert "suppressed" in picture.alt
    assert len(table.of("tiny").parts) == 4
    for part in table.of("tiny").parts:
        assert f"{100 * part.contribution:+.1f} (" not in picture.alt

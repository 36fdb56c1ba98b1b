"""What every answer must be able to do, whatever the audit is made of."""

import json

import numpy as np


def answers(audit, metrics=("selection_rate", "true_positive_rate", "f1_score")):
    """Every kind of answer that an audit gives about groups."""
    found = [audit.by_group(list(metrics)), audit.overall(list(metrics)), audit.by_group("selection_rate", interval="bootstrap")]
    for metric in metrics:
        found += [audit.difference(metric, reference=reference) for reference in ("largest", "rest", "overall")]
        found.append(audit.ratio(metric))
    found.append(audit.difference("selection_rate", interval="miettinen_nurminen"))
    found.append(audit.difference("selection_rate", interval="bootstrap", reference="rest"))
    return found


def check_answers(audit, metrics=("selection_rate", "true_positive_rate", "f1_score")):
    """Print, draw and write every answer; each number that is shown has n and an interval around it."""
    assert audit.protect().title in repr(audit)
    assert "<table" in audit._repr_html_()
    if audit.spec.favorable is not None:
        assert audit.sentence.strip()
    for result in answers(audit, metrics):
        assert result.sentence in repr(result)
        assert "nan" not in result.sentence
        assert "<table" in result._repr_html_()
        json.dumps(result.to_dict(), allow_nan=False)
        frame = result.to_frame()
        changed = next((name for name in ("difference", "ratio") if name in frame), "value")
        told = frame[np.isfinite(frame[changed].astype(float))]
        assert told["n"].notna().all()
        assert (told["lower"] <= told[changed] + 1e-12).all()
        assert (told["upper"] >= told[changed] - 1e-12).all()
        assert (frame["reason"].astype(bool) | (frame["status"] == "ok")).all()
    for result in (audit.by_group("selection_rate"), audit.difference(metrics[-1])):
        picture = result.plot()
        assert "n=" in picture.alt
        assert "nan" not in picture.alt.lower()

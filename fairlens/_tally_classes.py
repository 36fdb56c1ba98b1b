"""tally_classes(): rows whose group is known as probabilities -> Classes, what bounds over uncertain membership are made from."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from ._classes import Classes
from ._columns import code_series, read
from ._membership import classes_of
from ._spec import Spec
from ._tally import _SHARES, _group, _keys_and_sums, clusters_of


def tally_classes(data: Any, spec: Spec) -> Classes:
    """Count rows by class of nearly equal probabilities too. Its answer is never saved or printed.

    Parameters
    ----------
    data
        The rows that were tallied.
    spec
        The spec of the cube, with `membership`.

    Returns
    -------
    Classes
        Distinct rows of each class. What the probabilities of the people in it add up to is exact; that they agree to two decimals
        says only who is in one class.

    Examples
    --------
    >>> import pandas as pd
    >>> from fairlens import Spec
    >>> rows = pd.DataFrame({"g: a": [0.9, 0.9, 0.2], "g: b": [0.1, 0.1, 0.8], "hired": [1, 1, 0]})
    >>> tally_classes(rows, Spec(("g",), y_pred="hired", membership=(("g", ("a", "b")),))).people.round(1).tolist()
    [[1.8, 0.2], [0.2, 0.8]]
    """
    frame = read(data)
    keys, sums, spec = _keys_and_sums(frame, spec)
    shares = sums.pop(_SHARES)
    name, levels = spec.membership[0]
    means, place = classes_of(shares)
    keys["cluster"] = code_series(frame, place)
    weighted: dict[str, Any] = {power: sums[power] for power in ("w", "w2") if power in sums}
    own = {f"{power}{k}": share * weight for power, weight in (("n", 1.0), *weighted.items()) for k, share in enumerate(shares.T)}
    cells = _group(keys, {**weighted, **own})
    size = len(cells["n"])
    table = {power: np.array([cells[f"{power}{k}"] for k in range(len(levels))], float).reshape(-1, size).T for power in ("n", *weighted)}
    people = table["n"]
    rows = replace(clusters_of(cells, spec), cluster=np.array(cells["cluster"], np.int64))
    return Classes(name, levels, rows, means, people, table.get("w", people), table.get("w2", people))

"""Applications for graduate study at Berkeley in 1973: 24 published counts, one row per application."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

ADMISSIONS = {
    "A": {"Male": (512, 313), "Female": (89, 19)},
    "B": {"Male": (353, 207), "Female": (17, 8)},
    "C": {"Male": (120, 205), "Female": (202, 391)},
    "D": {"Male": (138, 279), "Female": (131, 244)},
    "E": {"Male": (53, 138), "Female": (94, 299)},
    "F": {"Male": (22, 351), "Female": (24, 317)},
}
"""Admitted and rejected, by department and gender, as in R's table ``UCBAdmissions``."""


def load_berkeley() -> pd.DataFrame:
    """Load 4,526 applications for graduate study at Berkeley in the autumn of 1973, to the six largest departments.

    Of all who applied, fewer women were admitted; within most departments more were. It is the best known case of what adjusting for
    a third attribute can do, and `data_sheet` says what it cannot. Needs no network: the rows are made from 24 published counts.

    Returns
    -------
    pandas.DataFrame
        `dept`, `gender`, and `admitted` (1 where the application was admitted), in the order of the published table.

    References
    ----------
    Bickel, Hammel and O'Connell (1975). Sex bias in graduate admissions: data from Berkeley. Science 187, 398-404.

    Examples
    --------
    >>> import fairlens as fl
    >>> people = fl.datasets.load_berkeley()
    >>> people.groupby("gender")["admitted"].agg(["sum", "size"]).to_dict("index")
    {'Female': {'sum': 557, 'size': 1835}, 'Male': {'sum': 1198, 'size': 2691}}
    """
    import pandas as pd

    cells = [
        (dept, gender, admitted, count)
        for dept, genders in ADMISSIONS.items()
        for gender, counts in genders.items()
        for admitted, count in zip((1, 0), counts, strict=True)
    ]
    table = pd.DataFrame(cells, columns=["dept", "gender", "admitted", "count"])
    return table.loc[table.index.repeat(table["count"])].drop(columns="count").reset_index(drop=True)

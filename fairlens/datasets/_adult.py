"""Incomes of the United States census survey of 1994: the training part of UCI's "Adult", and its sheet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._fetch import Published, find
from ._sheet import DataSheet, columns_of

if TYPE_CHECKING:
    import pandas as pd

FILE = Published(
    "adult.csv",
    "https://raw.githubusercontent.com/algofairness/fairness-comparison/80b34d25bb9b0387691c6cb8651f0e40edd262c8/fairness/data/raw/adult.csv",
    "c30ce1e55a965b04950321870db74c19f4aa437120a692f32e72f6a4fa31c418",
)
_NUMBERS = {
    "age": "age",
    "education_level": "education-num",
    "hours_per_week": "hours-per-week",
    "capital_gain": "capital-gain",
    "capital_loss": "capital-loss",
    "weight": "fnlwgt",
}
_CATEGORIES = {
    "workclass": "workclass",
    "occupation": "occupation",
    "marital_status": "marital-status",
    "relationship": "relationship",
    "native_country": "native-country",
}
_COLUMNS = {
    "race": ("race, one of five of the survey", ""),
    "sex": ("sex as recorded in the survey", ""),
    "high_income": ("income above 50,000 dollars: 1 yes, 0 no", ""),
    "age": ("age; 90 stands for 90 and above", "years"),
    "education_level": ("highest education in the order of the survey, from 1 (preschool) to 16 (doctorate)", ""),
    "hours_per_week": ("hours usually worked; 99 stands for 99 and above", "hours a week"),
    "capital_gain": ("gains from assets; 99999 stands for all that is higher", "dollars a year"),
    "capital_loss": ("losses from assets", "dollars a year"),
    "weight": ("how many people of the country the person stands for in the survey", "people"),
    "education": ("the same as `education_level`, by name and in the same order", ""),
    "workclass": ("kind of employer, or self-employed", ""),
    "occupation": ("kind of occupation", ""),
    "marital_status": ("marital status; `civ` and `AF` are civilian and armed forces", ""),
    "relationship": ("who the person is in the household, such as husband, wife or own child", ""),
    "native_country": ("country of birth, as the source spells it", ""),
}
_LEFT_OUT = (
    ("the amount of the income", "the source says only whether it is above 50,000 dollars"),
    ("the test part", "the other third of the data set, which UCI publishes in a file of its own"),
)
_CAUTIONS = (
    "50,000 dollars of 1994 is a high income: about one person in four of the data has it, and far fewer of the women. What one sees"
    " depends on that line (Ding et al. 2021, Retiring Adult).",
    "`relationship` tells the sex of the married: husbands are men and wives women, but for a few rows. Leaving `sex` out of a model"
    " does not keep it out.",
    "`marital_status` and `relationship` overlap, and `education` and `education_level` are one thing twice; a model that is given both"
    " of a pair splits the credit between them.",
    "`weight` belongs to the survey's design and is not an input for a model. Without it, shares are those of the file and not of the"
    " country.",
    "`workclass` and `occupation` are missing for some people, more often for those with a low income; `native_country` is missing for a few.",
    "The people were chosen for the file by age (above 16), hours and income (above 100 dollars), so those who earn nothing are not in it.",
    "Some rows are equal in every column; they may be different people.",
)


def load_adult() -> pd.DataFrame:
    """Load 32,561 adults of the United States census survey of 1994, and who of them earned more than 50,000 dollars.

    The training part of the data set "Adult" of UCI under readable names; its "?" are missing values. The file is fetched once and kept
    in a cache; or put it into a folder, and set the environment variable ``FAIRLENS_DATA`` to that folder.

    Returns
    -------
    pandas.DataFrame
        `race`, `sex`, `high_income` (1 where the income was above 50,000 dollars), and columns that a model may use. `data_sheet` says
        what each means, and what `high_income` is not.

    Raises
    ------
    DataNotFound
        If the file is in no folder and no cache, and cannot be fetched.
    DataDiffers
        If a file of its name is there whose bytes are others.

    References
    ----------
    Becker and Kohavi (1996). Adult. UCI Machine Learning Repository, https://doi.org/10.24432/C5XW20.

    Examples
    --------
    >>> import fairlens as fl
    >>> people = fl.datasets.load_adult()  # doctest: +SKIP
    >>> people.groupby("sex")["high_income"].agg(["sum", "size"]).to_dict("index")  # doctest: +SKIP
    {'Female': {'sum': 1179, 'size': 10771}, 'Male': {'sum': 6662, 'size': 21790}}
    """
    import pandas as pd

    raw = pd.read_csv(find(FILE), skipinitialspace=True, na_values=["?"])
    names = raw.drop_duplicates("education-num").sort_values("education-num")["education"]
    columns: dict[str, Any] = {
        "race": raw["race"].astype(object),
        "sex": raw["sex"].astype(object),
        "high_income": (raw["income-per-year"] == ">50K").astype(int),
        **{name: raw[source] for name, source in _NUMBERS.items()},
        "education": pd.Categorical(raw["education"], list(names), ordered=True),
        **{name: pd.Categorical(raw[source]) for name, source in _CATEGORIES.items()},
    }
    return pd.DataFrame(columns)


def adult_sheet() -> DataSheet:
    """Write the data sheet; its counts are those of the data."""
    people = load_adult()
    return DataSheet(
        name="adult",
        title="Adult: incomes in the United States, 1994",
        what="One row is one person who was asked in the census bureau's Current Population Survey, with the income of a year.",
        who="People above the age of 16 in the United States; the training part of the data set, two thirds of it.",
        when="The survey of 1994.",
        n=len(people),
        label="`high_income` is an income above 50,000 dollars in a survey of 1994. It is not merit, nor creditworthiness, nor what somebody"
        " could earn: it holds how people were paid and which work they were given, so a model that predicts it well repeats the labour"
        " market of that year. Nobody decided it about the person, so a decision made from it is the reader's, not the data's.",
        columns=columns_of(people, _COLUMNS),
        left_out=_LEFT_OUT,
        cautions=_CAUTIONS,
        source=f"B. Becker and R. Kohavi (1996), Adult, UCI Machine Learning Repository, https://doi.org/10.24432/C5XW20; {FILE.url}",
        licence="CC BY 4.0.",
    )

"""COMPAS scores of defendants in Broward County, Florida, and who was charged again: the data of ProPublica, and their sheet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._fetch import Published, find
from ._sheet import DataSheet, columns_of

if TYPE_CHECKING:
    import pandas as pd

FILE = Published(
    "compas-scores-two-years.csv",
    "https://raw.githubusercontent.com/propublica/compas-analysis/bafff5da3f2e45eca6c2d5055faad269defd135a/compas-scores-two-years.csv",
    "c451db85908b2f7fef1d83203bedf6b71ecda0d5af468d82ae62178f91d0cc7d",
)
_NUMBERS = {
    "age": "age",
    "priors": "priors_count",
    "juvenile_felonies": "juv_fel_count",
    "juvenile_misdemeanors": "juv_misd_count",
    "juvenile_other": "juv_other_count",
}
_DAYS = 30
_LATE = "2014-04-01"
_COLUMNS = {
    "race": ("race as the county's records have it", ""),
    "sex": ("sex as the county's records have it", ""),
    "age_group": ("age in three groups, as ProPublica made them", ""),
    "two_year_recid": ("charged with a new crime within two years: 1 yes, 0 no", ""),
    "screened": ("day of the COMPAS interview", ""),
    "decile_score": ("COMPAS risk of recidivism, 10 the highest", "tenths of a comparison group"),
    "violence_decile_score": ("COMPAS risk of violence, 10 the highest", "tenths of a comparison group"),
    "age": ("age when the data were collected, in spring 2016", "years"),
    "priors": ("earlier charges, as the records count them", "charges"),
    "juvenile_felonies": ("felony charges as a juvenile", "charges"),
    "juvenile_misdemeanors": ("misdemeanor charges as a juvenile", "charges"),
    "juvenile_other": ("other charges as a juvenile", "charges"),
    "charge_degree": ("degree of the charge at hand: felony or misdemeanor", ""),
}
_LEFT_OUT = (
    ("id, name, first, last, dob, c_case_number, r_case_number, vr_case_number", "they name real people and their cases"),
    (
        "is_recid, r_charge_degree, r_days_from_arrest, r_offense_date, r_charge_desc, r_jail_in, r_jail_out, violent_recid,"
        " is_violent_recid, vr_charge_degree, vr_offense_date, vr_charge_desc, start, end, event",
        "what came after the score: the outcome, other forms of it, and times until it",
    ),
    (
        "c_jail_in, c_jail_out, in_custody, out_custody, c_offense_date, c_arrest_date, c_days_from_compas, days_b_screening_arrest",
        "days around the arrest, some of them after the score; `days_b_screening_arrest` is what `filtered` reads",
    ),
    ("c_charge_desc", "more than 400 wordings of the charge, many of them of one person"),
    (
        "screening_date, v_screening_date, score_text, v_score_text, type_of_assessment, v_type_of_assessment,"
        " decile_score.1, priors_count.1",
        "the same as columns that were kept, or one value for everybody",
    ),
)


def load_compas(filtered: bool = True) -> pd.DataFrame:
    """Load defendants of Broward County, Florida, scored by COMPAS in 2013 and 2014, and who of them was charged again.

    The table that ProPublica gathered for "Machine Bias", under readable names, without what names a person and without what came
    after the score, except the label. The file is fetched once and kept in a cache; or put it into a folder, and set the environment
    variable ``FAIRLENS_DATA`` to that folder.

    Parameters
    ----------
    filtered
        True for the 6,172 defendants whom ProPublica's analysis keeps: charged within 30 days of the interview, so that it is likely to
        be the charge that they were scored for; whose case was found (``is_recid`` is not -1); charged with more than an ordinary
        traffic offence (``c_charge_degree`` is not "O"); and with a score (``score_text`` is not "N/A"). False for all 7,214 rows of the
        file, whose error rates ProPublica published.

    Returns
    -------
    pandas.DataFrame
        `race`, `sex` and `age_group`; `two_year_recid` (1 where charged again within two years); `screened`, the scores of COMPAS, and
        columns that a model may use. `data_sheet` says what each means, and what `two_year_recid` is not.

    Raises
    ------
    DataNotFound
        If the file is in no folder and no cache, and cannot be fetched.
    DataDiffers
        If a file of its name is there whose bytes are others.

    References
    ----------
    Larson, Mattu, Kirchner and Angwin (2016). How we analyzed the COMPAS recidivism algorithm. ProPublica; the filter is that of their
    notebook, https://github.com/propublica/compas-analysis.

    Examples
    --------
    >>> import fairlens as fl
    >>> people = fl.datasets.load_compas()  # doctest: +SKIP
    >>> people["race"].value_counts().head(2).to_dict()  # doctest: +SKIP
    {'African-American': 3175, 'Caucasian': 2103}
    """
    import pandas as pd

    raw = pd.read_csv(find(FILE))
    if filtered:
        near = raw["days_b_screening_arrest"].between(-_DAYS, _DAYS)
        scored = raw["score_text"].notna() & (raw["score_text"] != "N/A")
        raw = raw[near & (raw["is_recid"] != -1) & (raw["c_charge_degree"] != "O") & scored].reset_index(drop=True)
    groups = {"Less than 25": "under 25", "25 - 45": "25 to 45", "Greater than 45": "over 45"}
    columns: dict[str, Any] = {
        "race": raw["race"].astype(object),
        "sex": raw["sex"].astype(object),
        "age_group": pd.Categorical(raw["age_cat"].map(groups), list(groups.values()), ordered=True),
        "two_year_recid": raw["two_year_recid"],
        "screened": pd.to_datetime(raw["compas_screening_date"]),
        "decile_score": raw["decile_score"],
        "violence_decile_score": raw["v_decile_score"],
        **{name: raw[source] for name, source in _NUMBERS.items()},
        "charge_degree": pd.Categorical(raw["c_charge_degree"].map({"F": "felony", "M": "misdemeanor"})),
    }
    return pd.DataFrame(columns)


def compas_sheet() -> DataSheet:
    """Write the data sheet; its counts are those of the data."""
    people, everybody = load_compas(), load_compas(filtered=False)
    return DataSheet(
        name="compas",
        title="COMPAS scores in Broward County, 2013 and 2014",
        what="One row is one defendant, scored after an arrest, with what the county's records say about the two years after.",
        who=f"People arrested in Broward County, Florida, and scored by COMPAS: {len(people):,} of the {len(everybody):,} in the file, after"
        " ProPublica's filter (`filtered=False` gives all).",
        when="Interviews of 2013 and 2014; records until spring 2016.",
        n=len(people),
        label="`two_year_recid` is that somebody was arrested and charged with a new crime within two years. It is re-arrest, not"
        " re-offence: a crime that nobody was arrested for is not in it, and an arrest without a conviction is. Where one group is"
        " policed more closely than another, the same conduct makes more of these labels for it; no comparison with the label can show"
        " that.",
        columns=columns_of(people, _COLUMNS),
        left_out=_LEFT_OUT,
        cautions=_cautions(people),
        source="J. Angwin, J. Larson, S. Mattu and L. Kirchner (2016), Machine Bias, ProPublica, with the analysis at"
        f" https://github.com/propublica/compas-analysis; {FILE.url}",
        licence="Public records of the county, gathered and published by ProPublica, which names no licence for the file.",
    )


def _cautions(people: pd.DataFrame) -> tuple[str, ...]:
    late = people["screened"] >= _LATE
    again, before = (100 * people.loc[side, "two_year_recid"].mean() for side in (late, ~late))
    return (
        f"Who was screened from April 2014 on could not be followed for two years, and is in the file almost only if charged again:"
        f" {again:.1f} in 100 of these {late.sum():,} people have the label, of those before {before:.1f} (Barenstein 2019,"
        " ProPublica's COMPAS data revisited). For rates that mean something keep `screened` before 2014-04-01.",
        "`age` is that of spring 2016, one to four years above that at the interview, and more for those scored early.",
        "`decile_score` was made with answers to a questionnaire that are not in the data, and its tenths are those of a comparison"
        " group chosen by the vendor. It is what judges saw; it is not an input that you could rebuild.",
        "`priors`, the charges and the label come from the same police and courts. Where arrests are uneven, so are all of them.",
        "These are real people, whose names are in the public file and are left out here. Do not look for them.",
        "Two of the groups of `race` have very few people; about them these data tell next to nothing.",
    )

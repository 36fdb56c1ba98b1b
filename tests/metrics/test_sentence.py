"""Sentences say counts of people, what the data support, and who is left out."""

import pytest

import fairlens as fl

BIG = {"white": (300, 105, 0, 95), "Black": (100, 4, 0, 96), "Asian": (20, 20, 0, 20)}
CLOSE = {"a": (26, 25, 24, 25), "b": (100, 100, 100, 100)}


@pytest.fixture
def audit_of(rows_of):
    def make(tables, **more):
        return fl.audit(rows_of(tables), **{"y_true": "y", "y_pred": "p", "sensitive_features": "group", "favorable": 1, **more})

    return make


def test_a_supported_difference_is_told_in_people(audit_of):
    audit = audit_of(BIG, words={"decision": "approved", "person": "applicant"})
    assert audit.sentence == (
        "Of 100 Black applicants 52 are approved, of 100 white 81: 29 fewer (21 to 37), to the disadvantage of Black applicants."
    )
    assert audit.difference("selection_rate").sentence == audit.sentence


def test_the_other_direction_harms_the_other_group(audit_of):
    sentence = audit_of(BIG, favorable=0, words={"decision": "flagged"}).sentence
    assert sentence == "Of 100 Black people 52 are flagged, of 100 white 81: 29 fewer (21 to 37), to the disadvantage of white people."


def test_without_a_direction_nobody_is_harmed(audit_of):
    sentence = audit_of(BIG, favorable=None).difference("selection_rate").sentence
    assert sentence.endswith("29 fewer (21 to 37).")
    assert "disadvantage" not in audit_of(BIG).difference("true_positive_rate", reference="Asian").sentence


def test_what_the_data_do_not_support_is_not_told(audit_of):
    assert audit_of(CLOSE).sentence == (
        "Cannot tell: of 100 a people 51 are predicted positive, of 100 b 50; the difference lies between 10 fewer and 12 more."
    )


def test_a_difference_that_cannot_be_told_says_how_many_more_people(audit_of):
    sentence = audit_of({"a": (20, 0, 30, 0), "b": (500, 0, 500, 0)}).sentence
    assert sentence.startswith("Cannot tell: of 100 a people 40 are")
    assert sentence.endswith(" If both rates stayed as they are, about 57 more a people would be enough to tell.")


def test_several_comparisons_ask_for_more(audit_of):
    """40 of 100 against 500 of 900 is told alone, and not as one of eight comparisons."""
    alone = audit_of({"a": (39, 0, 61, 0), "b": (450, 0, 450, 0)}).sentence
    assert alone.startswith("Of 100 a people 39 are")
    equal = {f"c{i}": (50, 0, 50, 0) for i in range(7)}
    many = audit_of({"a": (39, 0, 61, 0), "b": (450, 0, 450, 0), **equal}).sentence
    assert many.startswith("Cannot tell: of 100 a people 39 are")
    assert "allowing for 8 groups compared" in many


def test_who_is_left_out_is_named(audit_of):
    tables = {"a": (0, 20, 0, 20), "b": (20, 5, 10, 30), "c": (2, 20, 2, 20), "d": (30, 30, 30, 30)}
    sentence = audit_of(tables).difference("true_positive_rate").sentence
    assert sentence.endswith(" Left out: a (undefined); c (small).")
    rates = audit_of(tables).by_group("true_positive_rate").sentence
    assert rates.startswith("b true positive rate 67 % (49 to 81, n=30); c true positive rate 50 % (15 to 85, n=4, few people); d")
    assert rates.endswith(" Left out: a (undefined).")


def test_many_left_out_are_counted(audit_of):
    tables = {name: (0, 20, 0, 20) for name in "aceg"} | {"z": (30, 30, 30, 30), "y": (20, 20, 30, 30)}
    assert audit_of(tables).difference("true_positive_rate").sentence.endswith(" Left out: 4 groups, marked in the table.")


def test_nothing_to_compare_is_said(audit_of):
    audit = audit_of({"a": (1, 1, 1, 1), "b": (1, 1, 1, 2)})
    assert audit.sentence == "Cannot tell: there is no group that can be compared. Left out: b (suppressed)."


@pytest.mark.parametrize(
    ("metric", "said"),
    [
        ("true_positive_rate", "Of 100 b applicants who are creditworthy 40 are approved, of 100 a 80:"),
        ("false_positive_rate", "Of 100 b applicants who are not creditworthy 10 are approved, of 100 a 40:"),
        ("false_negative_rate", "Of 100 b applicants who are creditworthy 60 are not approved, of 100 a 20:"),
        ("precision", "Of 100 b applicants who are approved 80 are creditworthy, of 100 a 67:"),
        ("prevalence", "Cannot tell: of 100 b applicants 50.0 are creditworthy, of 100 a 50.0;"),
        ("rejection_rate", "Of 100 b applicants 75 are not approved, of 100 a 40:"),
    ],
)
def test_every_metric_has_its_own_words(audit_of, metric, said):
    audit = audit_of(
        {"a": (400, 200, 100, 300), "b": (160, 40, 240, 360)},
        words={"decision": "approved", "truth": "creditworthy", "persons": "applicants"},
    )
    assert audit.difference(metric).sentence.startswith(said)


@pytest.mark.parametrize(
    ("reference", "said"), [("rest", "of 100 others 55: 26 more"), ("overall", "of 100 people overall 71: 19 fewer"), ("white", "of 100 white 81: 29 fewer")]
)
def test_the_reference_is_named(audit_of, reference, said):
    """405 of 500 white, 104 of 200 Black, 60 of 100 Asian people are selected."""
    tables = {**BIG, "Asian": (40, 20, 20, 20)}
    assert said in audit_of(tables).difference("selection_rate", reference=reference).sentence


@pytest.mark.parametrize("name", ["{x}", "{group}", "{harm}", "a {d} b", "{", "\\1", "%s"])
def test_a_group_named_like_a_gap_stays_what_it_is(audit_of, name):
    sentence = audit_of({name: (100, 4, 0, 96), "white": (300, 105, 0, 95)}).sentence
    assert sentence == (
        f"Of 100 {name} people 52 are predicted positive, of 100 white 81: 29 fewer (21 to 37), to the disadvantage of {name} people."
    )


def test_words_named_like_a_gap_stay_what_they_are(audit_of):
    sentence = audit_of(BIG, words={"decision": "{x} of {y}"}).sentence
    assert sentence.startswith("Of 100 Black people 52 are {x} of {y}, of 100 white 81:")


def test_a_word_for_one_person_makes_the_word_for_several(audit_of):
    assert "Black patients" in audit_of(BIG, words={"person": "patient"}).sentence
    assert "Black people" in audit_of(BIG, words={"person": "person", "persons": "people"}).sentence


def test_printed_numbers_subtract(audit_of):
    """Whole people where the two rates subtract to the difference that is printed, else one decimal."""
    sentence = audit_of({"a": (174, 0, 826, 0), "b": (455, 0, 1545, 0)}).sentence
    assert sentence.startswith("Of 100 a people 17.4 are predicted positive, of 100 b 22.8: 5.4 fewer (2.3 to 8.3)")


def test_what_cannot_be_told_is_told_of_the_group_nearest_to_it(audit_of):
    """The largest difference is that of ten people, of whom the data say least."""
    audit = audit_of({"a": (1000, 0, 1000, 0), "b": (214, 0, 186, 0), "tiny": (6, 0, 4, 0)})
    rows = audit.difference("selection_rate").to_frame().set_index("group")
    assert rows.loc["tiny", "difference"] > rows.loc["b", "difference"] > 0
    assert audit.sentence.startswith("Cannot tell: of 100 b people")


def test_equal_groups_are_told_of_the_first(audit_of):
    sentence = audit_of({"a": (30, 0, 30, 0), "b": (20, 0, 20, 0), "c": (20, 0, 20, 0)}).sentence
    assert sentence.startswith("Cannot tell: of 100 b people 50.0")

"""Texts: every language says the same things, nothing is left in English, and Python and the browser write numbers alike."""

import json
import random
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

import fairlens
from fairlens._html import running
from fairlens.texts import LANGUAGES, texts_of

PACKAGE = Path(fairlens.__file__).parent
FOLDER = PACKAGE / "texts"
OTHERS = [language for language in LANGUAGES if language != "en"]
SAME = {"n", "n={n}", "{group} {share}, n={n}", "SHAP", "LIME"}
"""Texts that may be the same in two languages: names, and places between marks."""
PLACE = re.compile(r"\{(\w*)\}")


def values(language):
    """The texts of a language by file and key; those of a metric by its name and key."""
    found = {}
    for path in sorted((FOLDER / language).glob("*.toml")):
        for key, text in tomllib.loads(path.read_text("utf-8")).items():
            for name, one in text.items() if isinstance(text, dict) else [("", text)]:
                found[path.stem, key, name] = one
    return found


def test_there_is_a_second_language():
    assert {"en", "es"} <= set(LANGUAGES)


@pytest.mark.parametrize("language", OTHERS)
def test_languages_have_the_same_files_keys_and_places(language):
    english, other = values("en"), values(language)
    assert list(other) == list(english)
    for at, text in english.items():
        places, theirs = (sorted(PLACE.findall(one)) for one in (text, other[at]))
        if at[0] != "numbers":
            assert set(theirs) == set(places), at


@pytest.mark.parametrize("language", OTHERS)
def test_no_text_is_left_in_english(language):
    other = values(language)
    same = {at: text for at, text in values("en").items() if at[0] != "numbers" and other[at] == text and re.search("[a-z]", PLACE.sub("", text))}
    assert set(same.values()) <= SAME, same
    word = re.compile(r"\b(the|of|with|this|is|are|not|people|view|by|from)\b")
    assert {at: text for at, text in other.items() if word.search(PLACE.sub("", text))} == {}


def used_words():
    """What the package names in quotes or after a dot, and patterns of names that are put together."""
    files = [path for path in PACKAGE.rglob("*.py")] + list((PACKAGE / "widgets/js").glob("*.js"))
    text = "\n".join(path.read_text("utf-8") for path in files)
    words = set(re.findall(r"""["'](\w+)["']""", text)) | set(re.findall(r"\.(\w+)", text)) | set(re.findall(r"^ +(\w+):", text, re.M))
    made = [one for pair in re.findall(r"""f"([\w{}.\[\]() ]+)"|f'([\w{}.]+)'|`([\w${}.]+)`""", text) for one in pair if "{" in one and re.search(r"[a-z]", one)]
    patterns = {re.sub(r"\\?\$?\\\{.*?\\\}", r"\\w+", re.escape(one)) for one in made}
    return words, [re.compile(pattern) for pattern in patterns if len(pattern.replace(r"\w+", "")) >= 3]


def test_every_text_is_used():
    words, patterns = used_words()
    left = [at for at in values("en") if at[0] not in ("numbers", "metrics") and at[1] not in words and not any(one.fullmatch(at[1]) for one in patterns)]
    assert left == []


@pytest.mark.parametrize("language", OTHERS)
def test_every_reason_is_told_in_the_language(language):
    own, english = texts_of(language), texts_of("en")
    filled = {"least": "10", "floor": "1234", "share": "12.5", "low": "-1.5", "high": "+2.5 points", "what": "ratio", "size": "3.5"}
    for subject in ("reasons", "rulings", "intervals"):
        for name, text in english[subject].items():
            said = text.format(**filled, reason=english["reasons"]["alone"])
            told = {key: own.local(value) for key, value in filled.items()}
            told |= {"what": own["rulings"]["ratio"], "high": own["rulings"]["points"].format(size=own.local("+2.5"))}
            want = own[subject][name].format(**told, reason=own["reasons"]["alone"])
            assert own.reason(said) == want
            assert english.reason(said) == said
            both = f"{said}; {english['rulings']['across']}"
            assert own.reason(both) == f"{want}; {own['rulings']['across']}"


def test_what_nobody_translated_stays_as_it_is():
    assert texts_of("es").reason("a remark of one's own") == "a remark of one's own"
    assert texts_of("es").reason("a remark; the reference has no rate") == "a remark; la referencia no tiene tasa"
    assert texts_of("es").reason("") == ""


def test_numbers_of_spanish_have_commas_and_narrow_spaces():
    texts = texts_of("es")
    assert texts.count(1234567) == "1\u202f234\u202f567"
    assert texts.percent(0.12345, 0.1, 0.2) == "12,3 % (10,0 a 20,0)"
    assert texts.points(-0.05) == "-5,0"
    assert texts.number(1000.5) == "1\u202f000,5"
    assert texts.share(0.975) == "97,5"
    assert texts_of("en").number(1000.5) == "1,000.5"


def test_a_sentence_sets_names_from_the_right_apart():
    assert running("of 100 עברית שלום, 30 & 5") == "of 100 <bdi>עברית שלום</bdi>, 30 &amp; 5"
    assert running('<b> "x" é') == '&lt;b&gt; "x" é'


SCRIPT = """
import * as program from "./program.mjs";
const { fixedText, count, percent, points, times } = program.default;
let text = "";
for await (const part of process.stdin) text += part;
const write = ([data, n, value, digits]) => [
  count(data, n), fixedText(data, value, digits), percent(data, value), percent(data, value, value - 0.1, value + 0.1), points(data, value), times(data, value),
];
process.stdout.write(JSON.stringify(JSON.parse(text).map(write)));
"""


def test_python_and_the_browser_write_the_same_numbers():
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed")
    rng = random.Random(3)
    numbers = [0.0, -0.0, 0.0005, 0.9995, 999.95, -999.95, 1e6, -1e6, 1e9, *(rng.choice([-1, 1]) * 10 ** rng.uniform(-6, 9) for _ in range(400))]
    asked = [(language, round(1000 * number), number, rng.randint(0, 3)) for language in LANGUAGES for number in numbers]
    given = json.dumps([[{"numbers": dict(texts_of(language).marks)}, *rest] for language, *rest in asked])
    command = [node, "--input-type=module", "--eval", SCRIPT]
    ran = subprocess.run(command, input=given, capture_output=True, text=True, cwd=Path(__file__).parent / "support", timeout=60, check=True)
    for (language, n, value, digits), found in zip(asked, json.loads(ran.stdout), strict=True):
        texts = texts_of(language)
        want = [texts.count(n), texts.fixed(value, digits), texts.percent(value), texts.percent(value, value - 0.1, value + 0.1), texts.points(value), texts.times(value)]
        assert found == want, (language, value, digits)

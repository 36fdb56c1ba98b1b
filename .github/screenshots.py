"""Screenshots of each view of the panel, for people who read about it: light, dark and narrow. Needs Chromium, playwright and pillow.

python .github/screenshots.py build/screenshots           all of them
python .github/screenshots.py .github --readme            those that the README shows
"""

from __future__ import annotations

import argparse
import io
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "tests" / "support")]

from pages import FLAGS, PanelPage, chromium_path, mounted  # noqa: E402
from scenes import paint, views  # noqa: E402

LARGEST = 120_000
"""Bytes that a picture may have."""
README = {("data", "light"), ("disparities", "light"), ("thresholds", "light"), ("why", "light"), ("disparities", "dark"), ("thresholds", "narrow")}


def open_panel() -> Any:
    """Open the panel of the first notebook: an ordinary model on real mortgage applications, its gap explained."""
    from sklearn.compose import make_column_selector, make_column_transformer
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import train_test_split
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    import fairlens as fl

    people = fl.datasets.load_mortgage()
    X, y = people.drop(columns=["race", "sex", "marital_status", "approve"]), people["approve"]
    strata = (people["race"] + ", " + people["sex"]).fillna("sex not recorded")
    X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.5, stratify=strata, random_state=0)
    numbers = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    columns = make_column_transformer(
        (numbers, make_column_selector(dtype_include="number")),
        (OneHotEncoder(handle_unknown="ignore"), make_column_selector(dtype_exclude="number")),
    )
    audit = fl.audit(
        X_test, y_true=y_test, model=make_pipeline(columns, LogisticRegression(max_iter=1000)).fit(X_train, y_train), threshold=0.85, favorable=1,
        sensitive_features=people.loc[X_test.index, ["race", "sex"]], words={"person": "applicant", "decision": "approved", "truth": "approved by the lender"},
    )  # fmt: skip
    return fl.panel(audit, costs=fl.Costs(3, 1)).show("selection_rate", "race", reference="white").explain("gap", "Black")


def quantised(png: bytes) -> bytes:
    """Write a picture in as many colours as fit in its bytes."""
    from PIL import Image

    picture = Image.open(io.BytesIO(png)).convert("RGB")
    for colours in (128, 64, 32, 16):
        out = io.BytesIO()
        picture.quantize(colours, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
        if out.tell() <= LARGEST:
            return out.getvalue()
    raise ValueError(f"A picture of {picture.size} does not fit in {LARGEST} bytes.")


def main() -> None:
    """Write the pictures."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("folder", type=Path)
    asked.add_argument("--readme", action="store_true")
    chosen = asked.parse_args()
    chosen.folder.mkdir(parents=True, exist_ok=True)
    from playwright.sync_api import sync_playwright

    panel = open_panel()
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium_path(), args=FLAGS)
        for look, width in (("light", 1100), ("dark", 1100), ("narrow", 480)):
            for name, label in views(panel).items():
                if chosen.readme and (name, look) not in README:
                    continue
                panel.show(view=name)
                with mounted(browser, panel) as (hands, _):
                    shoot(hands, label, width, look == "dark", chosen.folder / f"panel-{name}-{look}.png")
        browser.close()


def shoot(hands: PanelPage, label: str, width: int, dark: bool, path: Path) -> None:
    """Take one picture of a view as it opens."""
    hands.page.set_viewport_size({"width": width, "height": 900})
    paint(hands.page, dark)
    hands.look(label)
    hands.page.mouse.move(0, 0)
    hands.page.evaluate("() => document.activeElement.blur()")
    path.write_bytes(quantised(hands.root.screenshot()))
    print(path, path.stat().st_size)


if __name__ == "__main__":
    main()

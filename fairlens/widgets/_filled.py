"""Texts with places to fill."""

from __future__ import annotations

import re


def filled(text: str, **values: str) -> str:
    """Fill a text in one pass: braces in a name are part of it."""
    return re.sub(r"\{(\w+)\}", lambda found: values.get(found[1], found[0]), text)

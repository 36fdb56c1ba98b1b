"""The texts about what was looked at that the front end itself needs."""

from __future__ import annotations

from ..texts import Texts


def looked_ui(texts: Texts) -> dict[str, str]:
    """Give the texts of a panel that is not counted, or not yet; all others come with the log."""
    return {name: texts["looked"][name] for name in ("title", "none", "frozen", "before")}

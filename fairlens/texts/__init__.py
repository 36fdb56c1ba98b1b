"""Every text that a panel, a recorded view or a sentence shows, one folder per language, one file per subject."""

from ._texts import LANGUAGES, Texts, texts_of

__all__ = ["LANGUAGES", "Texts", "texts_of"]

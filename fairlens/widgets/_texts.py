"""The English texts of the panel, by subject; those of a panel in another language are its `Choices.texts`."""

from ..texts import texts_of

LABELS = texts_of()["panel"]
CRITERIA = texts_of()["criteria"]
WHY = texts_of()["why"]

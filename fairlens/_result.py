"""Result: what every answer can do. The analyst's own numbers are raw; everything that prints or draws is published."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, Self

from .exceptions import RowsNotHeld, ThresholdNotHeld

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from .plots import Picture


class Source(Protocol):
    """An object that can be asked the same question again, protected."""

    def protect(self) -> Any: ...


@dataclass(frozen=True)
class Query:
    """The question a result answers: a method of an audit, or a function that takes one, and its arguments."""

    source: Source
    ask: str | Callable[..., Any]
    arguments: Mapping[str, Any]

    def published(self) -> Any:
        """Ask the same question of what may be published."""
        source = self.source.protect()
        if isinstance(self.ask, str):
            return getattr(source, self.ask)(**self.arguments)
        return self.ask(source, **self.arguments)


class Result(ABC):
    """A frozen answer: a tidy frame, plain data, a picture and a sentence."""

    query: Query | None

    @abstractmethod
    def to_frame(self) -> pd.DataFrame:
        """Give the answer as a tidy pandas frame. Raw: nothing is hidden in it."""

    @property
    @abstractmethod
    def sentence(self) -> str:
        """Give the answer in one plain sentence, made from what may be published."""

    @abstractmethod
    def html(self) -> str:
        """Give the published answer as an HTML table."""

    def to_dict(self) -> dict[str, Any]:
        """Give the answer as plain lists, numbers and texts, with None for undefined and "inf" for infinity. Raw: nothing is hidden in it."""
        frame = self.to_frame()
        rows = frame.astype(object).where(frame.notna(), None).to_numpy().tolist()
        plain = [[str(one) if isinstance(one, float) and math.isinf(one) else one for one in row] for row in rows]
        return {"kind": type(self).__name__, "columns": list(frame.columns), "rows": plain}

    def published(self) -> Self:
        """Give the same answer from what may be published."""
        if self.query is None:
            return self
        answer: Self = self.query.published()
        return answer

    def plot(self, ax: Axes | None = None) -> Picture:
        """Draw the published answer.

        Parameters
        ----------
        ax
            Matplotlib axes to draw into; a figure of its own, which pyplot does not know, when None.

        Returns
        -------
        Picture
            With ``figure_``, ``ax_``, ``alt`` (the text for those who cannot see it) and ``save(path)``.
        """
        from . import plots

        return plots.draw(self.published(), ax=ax)

    def __repr__(self) -> str:
        try:
            answer = self.published()
        except (ThresholdNotHeld, RowsNotHeld) as error:
            return f"{type(self).__name__}, not shown. {error}"
        return f"{answer.sentence}\n{answer.to_frame().to_string(index=False)}"

    def _repr_html_(self) -> str:
        from ._html import escape

        try:
            answer = self.published()
        except (ThresholdNotHeld, RowsNotHeld):
            return f"<pre>{escape(repr(self))}</pre>"
        return f"<div class='fairlens'><p>{escape(answer.sentence)}</p>{answer.html()}</div>"

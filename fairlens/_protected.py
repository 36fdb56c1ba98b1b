"""ProtectedAudit: an audit as readers may see it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ._html import escape
from ._levels import Level
from ._measure import Measured, disparity
from ._protect import Profile, PublishedTables
from ._remarks import INTERNAL, remarks, title
from ._spec import Spec
from ._thresholds import GroupThresholds, Threshold, read_threshold
from .exceptions import RowsNotHeld, ThresholdNotHeld
from .metrics import GroupTable
from .metrics._sentence import ENGLISH
from .texts import Texts

Selection = tuple[tuple[str, tuple[Level, ...]], ...]


@dataclass(frozen=True, eq=False)
class ProtectedAudit(Measured):
    """An audit as readers may see it. Made by `Audit.protect`."""

    published: PublishedTables
    selection: Selection
    threshold: Threshold
    profile: Profile
    notes: tuple[str, ...] = ()

    @property
    def tables(self) -> PublishedTables:
        """Tables for readers."""
        return self.published

    @property
    def spec(self) -> Spec:  # type: ignore[override]
        """How the data were read."""
        return self.published.cube.spec

    @property
    def is_published(self) -> bool:
        """Always true."""
        return True

    def protect(self, profile: Profile | None = None) -> ProtectedAudit:
        """Give itself: what is protected stays as it is."""
        return self

    @property
    def sentence(self) -> str:
        """The largest disparity that the data support, or that they cannot tell."""
        return disparity(self)

    def where(self, /, **levels: Level | Sequence[Level]) -> ProtectedAudit:
        """Keep the people at one level, or at one of several, of each named group column."""
        return replace(self, selection=self._where(levels))

    def at(self, threshold: float | Mapping[Level, float] | GroupThresholds | None, by: str | None = None) -> ProtectedAudit:
        """Decide at other published thresholds; None is the decision as it was taken."""
        wanted = read_threshold(threshold, by, self.threshold, self.spec.threshold)
        self.tables.check_threshold(wanted)
        return replace(self, threshold=wanted)

    @property
    def remarks(self) -> tuple[str, ...]:
        """What a reader has to know: the profile, who is not in these numbers, how inputs were matched."""
        return (*self._remarks(ENGLISH), *self.notes)

    def _remarks(self, texts: Texts) -> tuple[str, ...]:
        """Remarks in a language; notes, which are English, are not among them."""
        return remarks(self.published, self.spec, internal=bool(self.banner), selected=bool(self.selection), texts=texts)

    @property
    def banner(self) -> str:
        """What has to stand first in everything that leaves; empty unless the profile is "internal"."""
        return INTERNAL if self.profile == "internal" else ""

    @property
    def setting(self) -> str:
        """Who is counted and how they are decided about, in words; an internal profile is said first."""
        parts = ["internal, nothing suppressed"] if self.banner else []
        return ", ".join([*parts, *([super().setting] if super().setting else [])])

    @property
    def title(self) -> str:
        """How many people are counted, all groups and decisions together."""
        return self._title(ENGLISH) + (f" {self._among}" if self.selection else "")

    def _title(self, texts: Texts) -> str:
        """How many people are counted, in a language; not which."""
        total = self.tables.view((), dict(self.selection), self.own_threshold, clustered=False).total
        n = None if total is None else round(float(total.sum()))
        return title(n, self.spec, selected=bool(self.selection), texts=texts)

    def __str__(self) -> str:
        rates = self._rates()
        said = rates if isinstance(rates, str) else rates.sentence
        return "\n".join([*([self.banner] if self.banner else []), self.title, said, *self.remarks])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        rates = self._rates()
        table = f"<pre>{escape(rates)}</pre>" if isinstance(rates, str) else rates.html()
        small = "".join(f"<p><small>{escape(remark)}</small></p>" for remark in self.remarks)
        title = "".join(f"<p><b>{escape(line)}</b></p>" for line in (self.banner, self.title) if line)
        return f"<div class='fairlens'>{title}{table}{small}</div>"

    def _rates(self) -> GroupTable | str:
        """Selection rates, or why there are none: at this threshold, or without knowing whose rows they are."""
        try:
            return self.by_group("selection_rate")
        except (ThresholdNotHeld, RowsNotHeld) as error:
            return str(error)

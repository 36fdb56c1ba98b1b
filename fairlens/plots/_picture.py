"""Picture: a drawn answer, with the text for those who cannot see it."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import IO, Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from ._theme import DPI, quiet

_SHARP = 2  # pixels per CSS pixel, so that text is crisp on dense screens and in print
_COLOURS = 128
_FILE_FIELDS: dict[str, tuple[str, dict[str, Any]]] = {
    ".png": ("Description", {}),
    ".svg": ("Description", {"Date": None}),
    ".pdf": ("Subject", {"CreationDate": None}),
}


@dataclass(frozen=True, eq=False)
class Picture:
    """A drawn answer. Made by `draw` and by every result's ``plot``.

    Attributes
    ----------
    figure_ : matplotlib.figure.Figure
        The figure; pyplot does not know it unless the axes were the caller's.
    ax_ : matplotlib.axes.Axes
        The axes with the answer.
    alt : str
        The picture in words: title, each number with its interval and n, and what is not shown.
    owned : bool
        Whether the figure was made for this picture. A figure of the caller's shows itself.

    Examples
    --------
    >>> import fairlens as fl
    >>> audit = fl.audit(y_pred=[1, 0, 1, 1] * 10, sensitive_features={"sex": ["f", "m"] * 20})
    >>> print(audit.by_group("selection_rate").plot().alt.splitlines()[2])
    f: 100.0 % (83.9 to 100.0), n=20.
    """

    figure_: Figure
    ax_: Axes
    alt: str
    owned: bool = True

    def save(self, path: str | Path | IO[bytes]) -> None:
        """Write the picture to a file whose format its name tells; PNG, SVG and PDF carry `alt` as their description."""
        suffix = Path(path).suffix.lower() if isinstance(path, str | Path) else ".png"
        field, metadata = _FILE_FIELDS.get(suffix, ("", {}))
        kind = suffix.lstrip(".") or "png"
        self._write(path, kind, {field: self.alt, **metadata} if field else None)

    def png(self) -> bytes:
        """Give the picture as PNG, with `alt` as its description; in as many colours as it needs, so that a record stays small."""
        drawn, out = BytesIO(), BytesIO()
        self._write(drawn, "png", None)
        described = PngInfo()
        described.add_itxt("Description", self.alt)
        with Image.open(drawn) as picture:
            few = picture.convert("RGB").quantize(_COLOURS, dither=Image.Dither.NONE)
            few.save(out, "PNG", optimize=True, pnginfo=described)
        return out.getvalue()

    def _write(self, target: Any, kind: str, metadata: dict[str, Any] | None) -> None:
        with quiet():
            self.figure_.savefig(target, format=kind, dpi=_SHARP * DPI, metadata=metadata)

    def _repr_mimebundle_(
        self, include: Any = None, exclude: Any = None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        data: dict[str, Any] = {"text/plain": self.alt}
        if not self.owned:
            return data, {}
        width, height = (round(DPI * inches) for inches in self.figure_.get_size_inches())
        data["image/png"] = self.png()
        return data, {"image/png": {"alt": self.alt, "width": width, "height": height}}

    def __repr__(self) -> str:
        return self.alt

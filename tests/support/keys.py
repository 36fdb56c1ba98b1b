"""A person with a keyboard and no mouse: the Tab key, arrows, letters. What is read of the page is only looked at."""

from __future__ import annotations

import re
from typing import Any

_NAME = """() => {
    const one = document.activeElement;
    return one.getAttribute("aria-label") ?? one.labels?.[0]?.innerText.trim().split("\\n")[0] ?? one.textContent.trim();
}"""
_INSIDE = "() => document.activeElement.closest('.fl-panel') !== null"
MOST = 150


class Keys:
    """Goes through a page by the Tab key; names of controls are those that are read out."""

    def __init__(self, page: Any) -> None:
        self.page = page

    def press(self, *names: str) -> None:
        """Press keys, one after the other."""
        for name in names:
            self.page.keyboard.press(name)

    @property
    def name(self) -> str:
        """The name of what has the focus."""
        return str(self.page.evaluate(_NAME))

    @property
    def inside(self) -> bool:
        """Whether the focus is in a panel."""
        return bool(self.page.evaluate(_INSIDE))

    def reach(self, name: str | re.Pattern[str], back: bool = False) -> None:
        """Press Tab until what has this name, or one with this pattern in it, has the focus."""
        passed: list[str] = []
        while not (self.inside and (self.name == name if isinstance(name, str) else name.search(self.name))):
            passed.append(self.name)
            assert len(passed) < MOST, f"the Tab key does not reach {name!r}; it went to {passed}"
            self.press("Shift+Tab" if back else "Tab")

    def look(self, name: str) -> None:
        """Go to the tabs, and with the arrows to a view."""
        passed = 0
        while self.page.evaluate("() => document.activeElement.role !== 'tab' || !document.activeElement.closest('.fl-panel')"):
            passed += 1
            assert passed < MOST
            self.press("Shift+Tab" if self.inside else "Tab")
        self.press("Home")
        while self.name != name:
            self.press("ArrowRight")
            passed += 1
            assert passed < MOST

    def choose(self, label: str, text: str, back: bool = False) -> None:
        """Go to a select and, with the arrows, to one of its options; the focus stays on it."""
        self.reach(label, back)
        read = "() => [...document.activeElement.options].map(option => option.text)"
        at = "() => document.activeElement.selectedIndex"
        wanted = self.page.evaluate(read).index(text)
        if wanted == self.page.evaluate("() => document.activeElement.length - 1"):
            self.press("End")  # the last without those before it
        for _ in range(MOST):
            now = self.page.evaluate(at)
            if now == wanted:
                break
            self.press("ArrowDown" if now < wanted else "ArrowUp")
            wanted = self.page.evaluate(read).index(text)
        assert (self.name, self.page.evaluate(at)) == (label, wanted)

"""Put text into a folium page as it is: branca compiles what its elements print as a Jinja template, names of places included.

A settlement called ``{{ 7*7 }}`` would come out as 49, and a longer expression would run as code on the machine that draws the map. The
elements here print text that no template engine reads again. Import this module only where a map is drawn: it loads branca.
"""

from __future__ import annotations

from typing import Any

from branca.element import Element, Figure, MacroElement
from jinja2 import Template


class RawElement(Element):
    """Prints ``text`` as it is."""

    _template = Template("{{ this.text }}")

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text


class RawParts(MacroElement):
    """Adds text to a page's head, body and closing script when the map around it is rendered, after the map's own script.

    Parameters
    ----------
    header, html, script
        What to add; never read as a template.
    name
        Stable name of the element: the same input gives the same bytes.
    """

    def __init__(self, *, header: str, html: str, script: str, name: str) -> None:
        super().__init__()
        self._name, self._id = "RawParts", name
        self.header, self.html, self.script = header, html, script

    def render(self, **kwargs: Any) -> str:
        """Add the three parts to the figure; return nothing of its own to print."""
        figure = self.get_root()
        assert isinstance(figure, Figure)
        for part, text in ((figure.header, self.header), (figure.html, self.html), (figure.script, self.script)):
            part.add_child(RawElement(text), name=self.get_name())
        return ""

"""Build folium maps that open without any network: Leaflet is inlined and nothing else is asked for.

Folium's own pages load Leaflet, jQuery, Bootstrap and Font Awesome from four hosts and stay blank on an intranet. Here the
lists of remote scripts are emptied on the instance, Leaflet comes from the XStatic-Leaflet package on disk, and its pictures
become data URIs. `assert_offline` reads a page as a browser would and names every reference that would leave the machine.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING

import xstatic.pkg.leaflet

from geoplan.errors import ConfigError

if TYPE_CHECKING:
    import folium

_REMOTE = re.compile(r"^\s*(?:[a-z][a-z0-9+.\-]*:)?//|^\s*(?:https?|wss?|ftp):", re.IGNORECASE)
_LINKS = {
    "src",
    "href",
    "srcset",
    "data",
    "action",
    "formaction",
    "poster",
    "xlink:href",
    "background",
    "manifest",
    "ping",
    "cite",
}
_CSS_URL = re.compile(r"url\(\s*['\"]?([^'\")]*)['\"]?\s*\)|@import\s+['\"]([^'\"]+)['\"]", re.IGNORECASE)
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_ANY_HOST = re.compile(r"(?:https?|wss?)://[^\s'\"`)\\]+", re.IGNORECASE)
_CALLS = re.compile(r"\b(?:fetch|importScripts|EventSource|WebSocket|XMLHttpRequest|sendBeacon)\b|\bimport\s*\(|\bimport\s+['\"]")
_NAMESPACE = "http://www.w3.org/"


@dataclass(frozen=True)
class HillshadeImage:
    """A picture laid under the map.

    Attributes
    ----------
    uri
        ``data:`` URI; the picture is linear in Web Mercator.
    bounds_lonlat
        (west, south, east, north), degrees.
    """

    uri: str
    bounds_lonlat: tuple[float, float, float, float]


@cache
def _leaflet_folder() -> Path:
    return Path(xstatic.pkg.leaflet.BASE_DIR)


@cache
def leaflet_js() -> str:
    """Return Leaflet's script without its source-map line and without the link to its web site."""
    text = (_leaflet_folder() / "leaflet.js").read_text(encoding="utf-8")
    text = re.sub(r"//# sourceMappingURL=\S*", "", text)
    return text.replace('<a href="https://leafletjs.com" ', "<a ").replace("</script", "<\\/script").strip()


@cache
def leaflet_css() -> str:
    """Return Leaflet's style sheet with its pictures as data URIs."""
    folder = _leaflet_folder()

    def inline(match: re.Match[str]) -> str:
        encoded = base64.b64encode((folder / match.group(1)).read_bytes()).decode("ascii")
        return f"url(data:image/png;base64,{encoded})"

    text = (folder / "leaflet.css").read_text(encoding="utf-8")
    text = re.sub(r"[^\n;{]*behavior:\s*url\(#default#VML\);", "", text)
    return re.sub(r"url\((images/[\w\-]+\.png)\)", inline, text).strip()


def inline_leaflet() -> str:
    """Return the ``<style>`` and ``<script>`` elements that carry Leaflet inside the page."""
    return f"<style>\n{leaflet_css()}\n</style>\n<script>\n{leaflet_js()}\n</script>"


def offline_map(
    bounds_lonlat: tuple[float, float, float, float],
    *,
    background: HillshadeImage | None = None,
    basemaps: Sequence[str] = (),
    language: str = "zh",
) -> folium.Map:
    """Return a folium map of the bounds that needs no network.

    Parameters
    ----------
    bounds_lonlat
        (west, south, east, north), degrees.
    background
        Picture laid under everything; plain paper colour without it.
    basemaps
        Online base maps that the caller will offer; without any, folium's own tile layer is left out as well.
    language
        ``zh`` or ``en``, written on the page's root element.

    Raises
    ------
    ConfigError
        ``MAP-BASEMAP``: a base map that is not known.
    """
    import folium
    from branca.element import Figure

    from geoplan.report.elements import RawElement

    unknown = sorted(set(basemaps) - {"osm", "tianditu"})
    if unknown:
        raise ConfigError(f"unknown base map {', '.join(unknown)}", code="MAP-BASEMAP", remedy="Use osm or tianditu.")
    west, south, east, north = bounds_lonlat
    figure = Figure(height="640px")
    made = folium.Map(
        location=[(south + north) / 2, (west + east) / 2], zoom_start=10, tiles=None, control_scale=False, zoom_control=False,
        attribution_control=True, zoom_snap=0.25, prefer_canvas=False,
    )  # fmt: skip
    # Stable names instead of random ones: the same input gives the same bytes.
    made._id, figure._id = "geoplan", "geoplan_page"
    made.default_js, made.default_css = [], []
    figure.add_child(made)
    figure.header.add_child(RawElement(inline_leaflet()), name="leaflet_inline")
    if background is not None:
        west, south, east, north = background.bounds_lonlat
        overlay = folium.raster_layers.ImageOverlay(
            background.uri, [[south, west], [north, east]], opacity=1.0, pane="tilePane", interactive=False, control=False
        )
        overlay._id = "hillshade"
        overlay.add_to(made)
    return made


class _References(HTMLParser):
    """Collect what a browser would load from a page, and the code it would run."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.links: list[str] = []
        self.styles: list[str] = []
        self.scripts: list[str] = []
        self._inside = ""
        self._meta_refresh = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note links, inline styles and event handlers."""
        values = {name.lower(): value or "" for name, value in attrs}
        for name, value in values.items():
            if name in _LINKS:
                self.links.extend(part.strip() for part in value.split(",")) if name == "srcset" else self.links.append(value)
            elif name == "style":
                self.styles.append(value)
            elif name.startswith("on") or name == "srcdoc":
                self.scripts.append(value)
        if tag == "meta" and values.get("http-equiv", "").lower() == "refresh":
            self.links.extend(re.findall(r"url\s*=\s*(\S+)", values.get("content", ""), re.IGNORECASE))
        if tag == "script":
            self._inside = "" if values.get("type", "").lower() == "application/json" else "script"
        elif tag == "style":
            self._inside = "style"

    def handle_endtag(self, tag: str) -> None:
        """Leave a script or style element."""
        if tag in ("script", "style"):
            self._inside = ""

    def handle_data(self, data: str) -> None:
        """Keep the text of scripts and style sheets."""
        if self._inside == "script":
            self.scripts.append(data)
        elif self._inside == "style":
            self.styles.append(data)


def find_remote_references(html: str) -> list[str]:
    """Return every reference in ``html`` that a browser would follow off the machine, in order of kind.

    Looked at: link-like attributes, ``url()`` and ``@import`` in styles, and in code any host name or loading call. Comments,
    XML namespaces and ``application/json`` data are not references.
    """
    page = _References()
    page.feed(html)
    page.close()
    found = [link for link in page.links if _REMOTE.match(link)]
    for sheet in page.styles:
        urls = (one or other for one, other in _CSS_URL.findall(_COMMENT.sub("", sheet)))
        found.extend(url for url in urls if _REMOTE.match(url))
    for code in page.scripts:
        bare = _COMMENT.sub("", code)
        found.extend(host for host in _ANY_HOST.findall(bare) if not host.startswith(_NAMESPACE))
        found.extend(call.strip() for call in _CALLS.findall(bare))
    return found


def assert_offline(html: str) -> None:
    """Raise unless ``html`` opens with no network at all.

    Raises
    ------
    ConfigError
        ``PAGE-REMOTE``, naming the references found.
    """
    found = find_remote_references(html)
    if found:
        raise ConfigError(
            "the page refers to something off this machine", code="PAGE-REMOTE", ids=found,
            remedy="Inline the resource, or list an online base map in output.basemaps.",
        )  # fmt: skip

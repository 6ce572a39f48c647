"""Plot what is known of places: values of settlements as dots, of units as areas, the legs of a path, and links between places.

A value is a class whose upper end is inside it. Unknown is white under hatching or a hollow dot, what cannot be reached a colour of its own, neither ever
a class of values. Dots grow with people, area in proportion between a smallest and a largest dot. By hand: 400 people have a dot twice
as wide as 100.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from geoplan.errors import ConfigError
from geoplan.relocation.explain_route import KIND_LABELS
from geoplan.report import style
from geoplan.report.map_canvas import (
    Backdrop,
    Label,
    choose_words,
    draw_legend,
    draw_lines,
    draw_shapes,
    finish_map,
    open_figure,
)

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

LEG_COLOURS: dict[str, str] = {
    "off_road": "#117733",
    "on_foot": "#999933",
    "ride": "#332288",
    "ferry": "#0072b2",
    "bus": "#882255",
    "wait": "#555555",
}
"""Line colour of each kind of leg (`geoplan.access.route.KINDS`)."""
UNREACHED: Label = ("不可达", "not reached")
UNKNOWN: Label = ("未知", "unknown")
_ENDS = (("o", "white", "black", ("出发", "start")), ("P", "#d62728", "white", ("到达", "end")))
_PAPER = "#ffffff"
_DOT_PT2 = 0.3
"""Area of a dot per person, square points."""
_DOT_RANGE_PT2 = (4.0, 160.0)
"""Smallest and largest dot: a hamlet is still seen, and a county town does not bury its neighbours."""


def plot_places(
    places: gpd.GeoDataFrame,
    backdrop: Backdrop,
    *,
    column: str,
    bands: Sequence[float],
    label: Label,
    palette: str = "YlGnBu",
    persons: str | None = "persons",
    ax: Axes | None = None,
    title: Label | None = None,
    language: str = "zh",
    legend: bool = True,
) -> Axes:
    """Draw a value of places in classes, as dots or as areas, and return the axes.

    Parameters
    ----------
    places
        Points or polygons with ``column`` and, where a value may be missing, ``status``: ``unreachable`` and ``beyond_cutoff`` are drawn as not
        reached, anything else without a value as unknown.
    backdrop
        From `geoplan.report.map_canvas.make_backdrop`.
    column, bands, label
        The value, upper ends of its classes (rising; more than the last is a class too), and its name with its unit.
    palette
        Name of a matplotlib colour map, from the first class to the last.
    persons
        Column that dots grow with; None: all alike.
    ax, title, language, legend
        Axes, text above, ``zh`` or ``en``, and whether to draw the legend.

    Raises
    ------
    ConfigError
        ``PLOT-BANDS``: the classes do not rise.
    """
    number = classify(places[column], bands, status=places.get("status"))
    looks = _list_looks(bands, palette)
    words = choose_words(language)
    axes = ax if ax is not None else open_figure(backdrop=backdrop)[1][0]
    backdrop.paint_paper(axes)
    shown = [at for at in range(len(looks)) if at < len(looks) - 2 or (number == at).any()]
    if len(places) and (places.geom_type == "Point").all():
        _draw_dots(axes, places, [looks[at][0] for at in number], _size_dots(places, persons))
    else:
        for at in shown:
            hatch = "////" if at == len(looks) - 1 else None
            look = {"facecolor": looks[at][0], "edgecolor": "#777777", "linewidth": 0.2, "alpha": 0.85, "hatch": hatch}
            draw_shapes(axes, places.geometry[number == at], **look, zorder=2)
    handles = [_make_handle(looks[at][0], words.say(looks[at][1]), hollow=at == len(looks) - 1) for at in shown]
    finish_map(axes, backdrop, words=words, title=title)
    if legend:
        draw_legend(axes, handles, words, title=label)
    return axes


def classify(values: pd.Series, bands: Sequence[float], *, status: pd.Series | None = None) -> NDArray[np.int64]:
    """Return (n,) number of the class of every value: b = len(bands) beyond the last, b + 1 not reached, b + 2 unknown.

    >>> classify(pd.Series([10.0, 10.1, 99.0, None]), [10.0, 20.0]).tolist()
    [0, 1, 2, 4]

    Raises
    ------
    ConfigError
        ``PLOT-BANDS``.
    """
    ends = np.asarray(list(bands), dtype=np.float64)
    if not len(ends) or not np.isfinite(ends).all() or (np.diff(ends) <= 0).any():
        raise ConfigError(
            f"the classes {list(bands)} do not rise", code="PLOT-BANDS", remedy="Give rising upper ends of classes."
        )
    known = pd.to_numeric(values, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    number = np.searchsorted(ends, known, side="left")
    missed = np.zeros(len(known), dtype=bool) if status is None else status.isin(["unreachable", "beyond_cutoff"]).to_numpy()
    return np.where(np.isnan(known), np.where(missed, len(ends) + 1, len(ends) + 2), number).astype(np.int64)


def plot_legs(
    legs: gpd.GeoDataFrame,
    backdrop: Backdrop,
    *,
    roads: gpd.GeoDataFrame | None = None,
    rivers: gpd.GeoDataFrame | None = None,
    ax: Axes | None = None,
    title: Label | None = None,
    language: str = "zh",
) -> Axes:
    """Draw the legs of a path (`geoplan.access.draw_routes`, `RunResult.route`), with metres and minutes of each kind, and return the axes.

    Parameters
    ----------
    legs
        Rows with kind, leg_m, leg_min and geometry.
    backdrop
        From `geoplan.report.map_canvas.make_backdrop`; zoom it to the path.
    roads, rivers
        Lines drawn beneath.
    ax, title, language
        Axes, text above, and ``zh`` or ``en``.
    """
    words = choose_words(language)
    axes = ax if ax is not None else open_figure(backdrop=backdrop, width=7.0)[1][0]
    backdrop.paint_paper(axes)
    for beneath, look in (
        (rivers, {"color": style.RIVER_COLOUR, "linewidth": 1.6}),
        (roads, {"color": "#9c857c", "linewidth": 0.9}),
    ):
        if beneath is not None:
            draw_lines(axes, beneath.geometry[beneath.intersects(shapely.box(*backdrop.bounds))], **look, zorder=3)
    handles: list[Artist] = []
    for kind, own in legs[legs.geometry.notna()].groupby("kind", sort=False):
        colour = LEG_COLOURS[str(kind)]
        dashes = (0, (2.5, 1.2)) if kind in ("off_road", "wait") else "solid"
        draw_lines(axes, own.geometry, color="white", linewidth=4.4, zorder=6)
        draw_lines(axes, own.geometry, color=colour, linewidth=2.6, linestyle=dashes, zorder=7)
        told = f"{style.format_count(own['leg_m'].sum())} m · {own['leg_min'].sum():.1f}"
        name = KIND_LABELS[str(kind)]
        handles.append(
            _make_line(colour, words.say((f"{name[0]} {told} 分钟", f"{name[1]}: {told} min")), dashed=dashes != "solid")
        )
    drawn = legs[legs.geometry.notna()].geometry
    if len(drawn):
        ends = np.array([drawn.iloc[0].coords[0], drawn.iloc[-1].coords[-1]])
        for at, (marker, colour, edge, name) in enumerate(_ENDS):
            mark: dict[str, Any] = {"marker": marker, "edgecolor": edge, "linewidth": 0.9, "zorder": 8, "label": words.say(name)}
            handles.append(axes.scatter(ends[at : at + 1, 0], ends[at : at + 1, 1], s=64, color=colour, **mark))
    finish_map(axes, backdrop, words=words, title=title)
    draw_legend(axes, handles, words)
    return axes


def plot_links(
    links: pd.DataFrame,
    backdrop: Backdrop,
    *,
    levels: Sequence[tuple[str, Label, str]],
    ax: Axes | None = None,
    title: Label | None = None,
    language: str = "zh",
) -> Axes:
    """Draw straight links between places, a colour and width per level (who passes on to whom), and return the axes.

    Parameters
    ----------
    links
        level, from_x, from_y, to_x, to_y (metres); a row without coordinates is not drawn.
    backdrop
        From `geoplan.report.map_canvas.make_backdrop`.
    levels
        Level, its label and its colour, the lowest first.
    ax, title, language
        Axes, text above, and ``zh`` or ``en``.
    """
    from matplotlib.collections import LineCollection

    words = choose_words(language)
    axes = ax if ax is not None else open_figure(backdrop=backdrop, width=7.0)[1][0]
    backdrop.paint_paper(axes)
    handles = []
    for place, (level, label, colour) in enumerate(levels):
        own = links[links["level"] == level].dropna(subset=["from_x", "from_y", "to_x", "to_y"])
        ends = np.stack([own[["from_x", "from_y"]].to_numpy(float), own[["to_x", "to_y"]].to_numpy(float)], axis=1)
        axes.add_collection(LineCollection(list(ends), color=colour, linewidth=0.5 + 0.6 * place, alpha=0.85, zorder=5 + place))
        x, y = np.unique(ends[:, 1], axis=0).T
        axes.scatter(x, y, s=8 + 16 * place, color=colour, edgecolor="white", linewidth=0.4, zorder=9)
        handles.append(_make_line(colour, words.say(label), dashed=False))
    finish_map(axes, backdrop, words=words, title=title)
    draw_legend(axes, handles, words)
    return axes


def _list_looks(bands: Sequence[float], palette: str) -> list[tuple[str, Label]]:
    """Return colour and label of every class, then of what is not reached and of what is not known."""
    from matplotlib import colormaps
    from matplotlib.colors import to_hex

    colours = [to_hex(one) for one in colormaps[palette](np.linspace(0.1, 0.95, len(bands) + 1))]
    ends = [f"{one:g}" for one in bands]
    names = [f"≤ {ends[0]}", *(f"{a}–{b}" for a, b in pairwise(ends)), f"> {ends[-1]}"]
    classes: list[tuple[str, Label]] = [(colour, (name, name)) for colour, name in zip(colours, names, strict=True)]
    return [*classes, (style.STATE_COLOURS["unreachable"], UNREACHED), (_PAPER, UNKNOWN)]


def _size_dots(places: gpd.GeoDataFrame, persons: str | None) -> NDArray[np.float64]:
    """Return the area of every dot, square points."""
    if persons is None or persons not in places:
        return np.full(len(places), 16.0)
    people = pd.to_numeric(places[persons], errors="coerce").fillna(0.0).to_numpy(dtype=np.float64)
    return np.clip(_DOT_PT2 * people, *_DOT_RANGE_PT2)


def _draw_dots(axes: Axes, places: gpd.GeoDataFrame, colours: Sequence[str], size: NDArray[np.float64]) -> None:
    """Draw dots, small ones over large ones."""
    order = np.argsort(-size, kind="stable")
    part = places.geometry.iloc[order]
    axes.scatter(part.x, part.y, s=size[order], color=[colours[at] for at in order], edgecolor="#333333", linewidth=0.3, zorder=6)


def _make_handle(colour: str, text: str, *, hollow: bool) -> Patch:
    from matplotlib.patches import Patch

    return Patch(facecolor=colour, edgecolor="#777777", linewidth=0.5, hatch="////" if hollow else None, label=text)


def _make_line(colour: str, text: str, *, dashed: bool) -> Line2D:
    from matplotlib.lines import Line2D

    return Line2D([], [], color=colour, linewidth=2.4, linestyle=(0, (2.5, 1.2)) if dashed else "solid", label=text)

"""Draw maps for documents: one sheet of A4 or A3 as PNG, PDF or SVG, with title, legend, scale bar, north arrow and source.

A sheet is exactly its paper's size; the map fills what title, legend and source leave, in the proportions of the working CRS. Up is grid north. Colours and
labels are those of the web map. Writing the same sheet twice gives the same bytes.
By hand: A4 upright is 210 × 297 mm; with 12 mm margins the drawing is 186 mm wide.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geoplan.errors import ConfigError
from geoplan.report import style
from geoplan.report.map_canvas import (
    Backdrop,
    Label,
    Words,
    choose_words,
    cite_layers,
    draw_lines,
    draw_shapes,
    finish_map,
    make_backdrop,
    write_plainly,
)
from geoplan.report.static_theme import COUNT, Theme, choose_theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from geoplan.plan import RunResult

Paper = Literal["A4", "A3"]
PAPERS_MM: dict[str, tuple[float, float]] = {"A4": (210.0, 297.0), "A3": (297.0, 420.0)}
"""Short and long side, millimetres."""
FORMATS = ("png", "pdf", "svg")
_MARGIN_MM, _HEAD_MM, _FOOT_MM, _KEY_MM = 12.0, 17.0, 14.0, 46.0
_MM_PER_INCH = 25.4
_DPI = 200
_MOST_NAMES = 60
"""Names of townships are written up to so many."""


@dataclass(frozen=True)
class _Sheet:
    """A sheet of paper: size in millimetres, how much larger than A4 its letters are, and the words on it."""

    width: float
    height: float
    scale: float
    words: Words

    def size(self, points: float) -> float:
        """Return a font size, points."""
        return points * self.scale

    def across(self, mm: float) -> float:
        """Return millimetres from the left as a share of the width, grown with the letters."""
        return mm * self.scale / self.width

    def up(self, mm: float) -> float:
        """Return millimetres from below as a share of the height, grown with the letters."""
        return mm * self.scale / self.height

    def room(self, points: float) -> float:
        """Return how many letters as wide as Chinese ones a line has room for."""
        return (self.width - 2 * _MARGIN_MM * self.scale) / _MM_PER_INCH * 72.0 / self.size(points)


def static_map(
    result: RunResult,
    theme: str = COUNT,
    *,
    paper: Paper = "A4",
    language: str | None = None,
    title: Label | None = None,
) -> Figure:
    """Return a sheet with the coverage of one standard item, or with the number of items not met, per village group.

    Without polygons of groups those of villages or townships are drawn.

    Parameters
    ----------
    result
        Result of `Plan.run`.
    theme
        Id of a standard item, or ``count``.
    paper
        ``A4`` or ``A3``; upright or across, as the county fits better.
    language
        ``zh`` or ``en``; the plan's by default.
    title
        Text above; the item's label without it.

    Raises
    ------
    ConfigError
        ``PLOT-ITEM``, ``PLOT-PAPER``, ``PLOT-NO-UNITS``.
    """
    from matplotlib.figure import Figure

    from geoplan.access.seasons import pick_ground

    plan = result.plan
    if plan is None:
        raise ConfigError("a result without its plan cannot be drawn", code="RESULT-NO-PLAN", remedy="Take it from Plan.run().")
    if paper not in PAPERS_MM:
        raise ConfigError(f"no paper is called {paper!r}", code="PLOT-PAPER", remedy=f"Use {' or '.join(PAPERS_MM)}.")
    words = choose_words(language or plan.documents.plan.language)
    units, table = _find_units(result)
    drawn = choose_theme(theme, units, table, plan.documents.standards.items)
    inputs = plan.begin()
    layers = inputs.result("layers")
    border = shapely.union_all(units.geometry.to_numpy())
    backdrop = make_backdrop(pick_ground(inputs.result("ground"), plan.documents.plan.access.seasons[0]), border=border)
    west, south, east, north = backdrop.bounds
    short, long = PAPERS_MM[paper]
    across = (east - west) > (north - south)
    width, height = (long, short) if across else (short, long)
    sheet = _Sheet(width, height, short / PAPERS_MM["A4"][0], words)
    figure = Figure(figsize=(width / _MM_PER_INCH, height / _MM_PER_INCH), dpi=_DPI)
    axes = _place_axes(figure, sheet, across=across)
    _draw_units(axes, backdrop, units, drawn)
    _draw_context(axes, result, layers, sheet)
    finish_map(axes, backdrop, words=words)
    _draw_north(axes, sheet)
    config = plan.documents.plan
    name = (config.name, config.name_en or config.name)
    cited = cite_layers(layers, [one for one in (config.settlements, config.groups, config.roads) if one])
    _write_frame(figure, sheet, title or drawn.title, name, config.year, drawn.note, cited)
    _draw_key(figure, sheet, drawn, across=across)
    return figure


def write_static_map(
    result: RunResult,
    path: str | Path,
    theme: str = COUNT,
    *,
    paper: Paper = "A4",
    language: str | None = None,
    title: Label | None = None,
) -> Path:
    """Write a sheet as PNG, PDF or SVG, as the path's ending says; arguments as for `static_map`.

    Raises
    ------
    ConfigError
        ``PLOT-FORMAT`` for another ending; those of `static_map`.
    """
    path = Path(path)
    kind = path.suffix.lower().lstrip(".")
    if kind not in FORMATS:
        raise ConfigError(f"{path.name}: no such format", code="PLOT-FORMAT", remedy=f"End the name in {', '.join(FORMATS)}.")
    return save_figure(static_map(result, theme, paper=paper, language=language, title=title), path)


def save_figure(figure: Figure, path: Path) -> Path:
    """Write a figure whole or not at all, with the same bytes every time."""
    from io import BytesIO

    import matplotlib as mpl

    from geoplan.io.atomic import replacing

    kind = path.suffix.lower().lstrip(".")
    # Dates and random ids in the files would make two runs differ.
    when: dict[str, dict[str, Any]] = {"png": {"Software": None}, "pdf": {"CreationDate": None}, "svg": {"Date": None}}
    kept = BytesIO()
    with mpl.rc_context({"svg.hashsalt": "geoplan", "pdf.fonttype": 42, "svg.fonttype": "path"}):
        figure.savefig(kept, format=kind, dpi=_DPI, metadata=when[kind])
    with replacing(path) as scratch:
        scratch.write_bytes(kept.getvalue())
    return path


def _find_units(result: RunResult) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Return the finest units with polygons, in code order, and their roll-up."""
    from geoplan.report.payload import unit_level

    level = unit_level(result)
    if not level:
        raise ConfigError(
            "there are no polygons of groups, villages or townships",
            code="PLOT-NO-UNITS",
            remedy="Name one of these layers in the plan.",
        )
    frame: gpd.GeoDataFrame = getattr(result.demand, level)
    shaped = frame[~(frame.geometry.isna() | frame.geometry.is_empty)]
    return shaped.sort_values("code").reset_index(drop=True), getattr(result.coverage, level)


def _place_axes(figure: Figure, sheet: _Sheet, *, across: bool) -> Axes:
    """Return the axes of the map: what margins, head, foot and legend leave of the paper."""
    left, top = sheet.across(_MARGIN_MM), sheet.up(_MARGIN_MM + _HEAD_MM)
    right = sheet.across(_MARGIN_MM + (_KEY_MM + 4.0 if across else 0.0))
    bottom = sheet.up(_MARGIN_MM + _FOOT_MM + (0.0 if across else _KEY_MM))
    return figure.add_axes((left, bottom, 1.0 - left - right, 1.0 - bottom - top), anchor="NW")


def _draw_units(axes: Axes, backdrop: Backdrop, units: gpd.GeoDataFrame, theme: Theme) -> None:
    backdrop.paint_paper(axes)
    shapes = units.geometry.to_numpy()
    hatched = np.array(theme.hatched, dtype=bool)
    fills = np.array(theme.fills, dtype=object)
    draw_shapes(
        axes, shapes[~hatched], facecolor=fills[~hatched].tolist(), edgecolor="#8a8a8a", linewidth=0.25, alpha=0.86, zorder=1
    )
    if hatched.any():
        draw_shapes(
            axes,
            shapes[hatched],
            facecolor=fills[hatched].tolist(),
            edgecolor="#8a8a8a",
            linewidth=0.25,
            alpha=0.86,
            zorder=1,
            hatch="////",
        )


def _draw_context(axes: Axes, result: RunResult, layers: Any, sheet: _Sheet) -> None:
    """Draw roads that lead somewhere, township borders and names."""
    assert result.plan is not None
    roads = layers.vectors[result.plan.documents.plan.roads]
    classed = roads["road_class"].astype(object) if "road_class" in roads else pd.Series("unknown", index=roads.index)
    for name in ("township", "county", "provincial", "national", "motorway"):
        own = roads.geometry[(classed == name).to_numpy()]
        colour, px = style.ROAD_COLOURS[name]
        draw_lines(axes, own, colors=colour, linewidths=0.3 * px, zorder=2)
    towns = result.demand.townships
    if not len(towns) or not isinstance(towns, gpd.GeoDataFrame) or towns.active_geometry_name is None:
        return
    towns = towns[~(towns.geometry.isna() | towns.geometry.is_empty)]
    # Of two neighbours' borders one is drawn: dashes of both would close to a full line.
    shared = shapely.line_merge(shapely.union_all(towns.geometry.boundary.to_numpy()))
    draw_lines(axes, [shared], colors="#444444", linewidths=0.7, linestyles=[(0, (5, 2))], zorder=3)
    from matplotlib.patheffects import withStroke

    for name, point in zip(towns["name"].head(_MOST_NAMES), towns.geometry.representative_point().head(_MOST_NAMES), strict=True):
        axes.annotate(
            write_plainly(str(name)), (point.x, point.y), ha="center", va="center", fontsize=sheet.size(7), fontfamily=sheet.words.families, zorder=6,
            path_effects=[withStroke(linewidth=2.2, foreground="white")],
        )  # fmt: skip


def _draw_north(axes: Axes, sheet: _Sheet) -> None:
    """Draw an arrow to grid north in the upper right corner."""
    from matplotlib.patheffects import withStroke

    halo = [withStroke(linewidth=3, foreground="white")]
    axes.annotate(
        "", (0.955, 0.985), (0.955, 0.925), xycoords="axes fraction",
        arrowprops={"arrowstyle": "-|>", "color": "#333333", "linewidth": 1.4, "mutation_scale": 14}, zorder=9,
    )  # fmt: skip
    axes.annotate(
        sheet.words.say(("北", "N")), (0.955, 0.918), xycoords="axes fraction", ha="center", va="top", fontsize=sheet.size(9),
        fontfamily=sheet.words.families,
        zorder=9, path_effects=halo,
    )  # fmt: skip


def _write_frame(figure: Figure, sheet: _Sheet, title: Label, name: Label, year: int, note: Label, cited: Label) -> None:
    """Write head and foot of the sheet."""
    words, left = sheet.words, sheet.across(_MARGIN_MM)
    head = f"{words.say(name)} · {words.say(title)}"
    size = min(17.0, max(9.0, sheet.room(1.0) / max(_measure(head), 1.0)))
    told = f"{year} · {words.say(note)}"
    lines = (
        (head, 1.0 - sheet.up(_MARGIN_MM), size, "top", "#111111", "bold"),
        (_cut(told, sheet.room(8.5)), 1.0 - sheet.up(_MARGIN_MM + 9.5), 8.5, "top", "#444444", "normal"),
        (_cut(words.say(cited), sheet.room(7.0)), sheet.up(_MARGIN_MM + 3.0), 7.0, "bottom", "#666666", "normal"),
        (
            words.say(("制图:geoplan。上为坐标北。", "Drawn by geoplan. Up is grid north.")),
            sheet.up(_MARGIN_MM - 1.5),
            7.0,
            "bottom",
            "#666666",
            "normal",
        ),
    )
    for text, y, points, side, colour, weight in lines:
        figure.text(
            left,
            y,
            write_plainly(text),
            fontsize=sheet.size(points),
            va=side,
            color=colour,
            fontweight=weight,
            fontfamily=words.families,
        )


def _measure(text: str) -> float:
    """Return the length of a text in letters as wide as Chinese ones."""
    return sum(1.0 if ord(one) > 0x2E7F else 0.55 for one in text)


def _cut(text: str, room: float) -> str:
    """Return a text cut to one line, with dots where it was cut."""
    if _measure(text) <= room:
        return text
    lengths = np.cumsum([_measure(one) for one in text])
    return text[: int(np.searchsorted(lengths, room - 1.0))] + "…"


def _draw_key(figure: Figure, sheet: _Sheet, theme: Theme, *, across: bool) -> None:
    """Draw the legend: beside the map where the sheet lies across, below it where it stands upright."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    words, dash = sheet.words, (0, (5, 2))
    handles: list[Any] = [
        Patch(facecolor=fill, edgecolor="#777777", hatch="////" if hatch else None, label=words.say(told))
        for fill, hatch, told in theme.keys
    ]
    for name, told in (
        ("national", ("国道、省道", "national, provincial road")),
        ("county", ("县道、乡道", "county, township road")),
    ):
        colour, px = style.ROAD_COLOURS[name]
        handles.append(Line2D([], [], color=colour, linewidth=0.35 * px + 0.3, label=words.say(told)))
    handles.append(Line2D([], [], color="#444444", linewidth=0.8, linestyle=dash, label=words.say(("乡镇界", "township border"))))
    place = (
        (1.0 - sheet.across(_MARGIN_MM + _KEY_MM), 1.0 - sheet.up(_MARGIN_MM + _HEAD_MM))
        if across
        else (sheet.across(_MARGIN_MM), sheet.up(_MARGIN_MM + _FOOT_MM + _KEY_MM - 4.0))
    )
    figure.legend(
        handles=handles, loc="upper left", bbox_to_anchor=place, frameon=False, ncols=1 if across else 2, borderaxespad=0.0,
        prop={"family": words.families, "size": sheet.size(8.5)}, title=words.say(("图例", "Legend")), alignment="left",
        title_fontproperties={"family": words.families, "size": sheet.size(9.5), "weight": "bold"}, labelspacing=0.7,
    )  # fmt: skip

"""Lay the canvas that static maps are drawn on: a figure with its source line, relief beneath, the border, a scale bar, labels that can be read.

Chinese labels are used only when a font that can draw them is found (see `geoplan.report.plots.find_cjk_font`); otherwise labels are English. Every
label is given as a pair (Chinese, English). Coordinates are metres of the working CRS, and maps keep its proportions.
By hand: a map 40 km wide gets a scale bar of 5 km: the longest of 1, 2 and 5 times a power of ten no longer than 0.15 of the map.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from affine import Affine
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from geoplan.contracts.grid import Grid
from geoplan.contracts.ground import Ground
from geoplan.contracts.results import Layers
from geoplan.errors import ConfigError
from geoplan.report import plots, style
from geoplan.spatial.terrain import hillshade

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Label = tuple[str, str]
"""A text in Chinese and in English."""
Bounds = tuple[float, float, float, float]
"""West, south, east, north, metres."""

WATER_COLOUR = "#c9dcea"
"""Cells nobody walks on."""
_INK, _FAINT = "#333333", "#666666"
_SHADE_LEAST = 0.62
"""Lightness of the darkest slope: relief shows and colours stay apart."""
_FADED = 0.6
_BAR_SHARE = 0.15


@dataclass(frozen=True)
class Words:
    """The language labels are written in, and the font that can draw them."""

    language: str
    font: str | None

    def say(self, pair: Label) -> str:
        """Return the half of a label that is shown."""
        return style.label(pair, self.language)

    @property
    def families(self) -> list[str]:
        """Fonts to try, the one that draws Chinese first."""
        return [self.font, "DejaVu Sans"] if self.font else ["DejaVu Sans"]


def choose_words(language: str = "zh") -> Words:
    """Return the words of a language; English where no installed font can draw Chinese."""
    font = plots.find_cjk_font()
    return Words(language if font or language != "zh" else "en", font)


@dataclass(frozen=True)
class Backdrop:
    """What lies beneath a map.

    Attributes
    ----------
    shade
        (rows, cols) 0..1 light on every cell.
    impassable
        (rows, cols) cells nobody walks on.
    transform
        Place of the cells, north-up, metres.
    bounds
        What the map shows.
    border
        Area the map is about; ground outside it is faded. None: all of it.
    """

    shade: NDArray[np.float32]
    impassable: NDArray[np.bool_]
    transform: Affine
    bounds: Bounds
    border: BaseGeometry | None = None

    def zoom(self, shape: BaseGeometry, *, margin_share: float = 0.05, is_border: bool = True) -> Backdrop:
        """Return the backdrop of a smaller map: around ``shape``, with a margin of a share of its longer side; the shape is its border or nothing is."""
        return replace(self, bounds=_widen(shape.bounds, margin_share), border=shape if is_border else None)

    def window(self) -> tuple[slice, slice]:
        """Return the rows and columns the map shows."""
        west, south, east, north = self.bounds
        rows, cols = self.shade.shape
        t = self.transform
        left, right = math.floor((west - t.c) / t.a), math.ceil((east - t.c) / t.a)
        top, bottom = math.floor((north - t.f) / t.e), math.ceil((south - t.f) / t.e)
        return slice(max(top, 0), min(max(bottom, 0), rows)), slice(max(left, 0), min(max(right, 0), cols))

    def paint_paper(self, axes: Axes) -> None:
        """Draw the relief alone, on white."""
        self.paint(axes, np.ones((*self.shade.shape, 3)), is_smooth=True)

    def paint(self, axes: Axes, colours: NDArray[np.float64], *, is_smooth: bool = False) -> None:
        """Draw (rows, cols, 3) colours, 0..1, under the light of the relief, water as water; with classes cell by cell, or smoothly between cells."""
        here = self.window()
        light = _SHADE_LEAST + (1.0 - _SHADE_LEAST) * self.shade[here].astype(np.float64)
        seen = colours[here].copy()
        seen[self.impassable[here]] = _to_rgb(WATER_COLOUR)
        seen *= light[..., None]
        t = self.transform
        west, north = t.c + here[1].start * t.a, t.f + here[0].start * t.e
        extent = (west, west + seen.shape[1] * t.a, north + seen.shape[0] * t.e, north)
        axes.imshow(np.clip(seen, 0.0, 1.0), extent=extent, interpolation="bilinear" if is_smooth else "antialiased", zorder=0)


def make_backdrop(ground: Ground, *, border: BaseGeometry | None = None, margin_share: float = 0.03) -> Backdrop:
    """Return the backdrop of a ground: its relief, and what nobody walks on.

    Parameters
    ----------
    ground
        Grid people walk on.
    border
        Area to show and to set off from what lies around it, in the ground's CRS; the whole grid without it.
    margin_share
        Margin around the border as a share of its longer side.
    """
    height = ground.base_m + ground.height_dm.astype(np.float32) / np.float32(10.0)
    grid = Grid(height, ground.transform, ground.crs)
    light = hillshade(grid).astype(np.float32) / np.float32(255.0)
    low, high = np.quantile(light, (0.02, 0.98))
    shade = np.clip((light - low) / max(high - low, 1e-6), 0.0, 1.0) if high > low else np.ones_like(light)
    whole = grid.bounds if border is None else _widen(border.bounds, margin_share)
    return Backdrop(shade.astype(np.float32), ground.speed_class == 0, ground.transform, whole, border)


def _widen(bounds: Bounds, share: float) -> Bounds:
    """Return bounds with a margin on every side."""
    west, south, east, north = bounds
    margin = share * max(east - west, north - south)
    return (west - margin, south - margin, east + margin, north + margin)


def open_figure(
    rows: int = 1,
    cols: int = 1,
    *,
    backdrop: Backdrop | None = None,
    title: Label | None = None,
    source: Label | None = None,
    language: str = "zh",
    width: float = 5.2,
) -> tuple[Figure, list[Axes]]:
    """Return a figure for maps side by side and its axes, row by row.

    Parameters
    ----------
    rows, cols
        Number of maps.
    backdrop
        What the maps show; panels take its proportions.
    title, source
        Text above and source line below.
    language
        ``zh`` or ``en``.
    width
        Width of a map, inches.
    """
    from matplotlib import pyplot as plt

    words = choose_words(language)
    west, south, east, north = (0.0, 0.0, 4.0, 3.0) if backdrop is None else backdrop.bounds
    height = width * (north - south) / (east - west)
    size = (cols * width + 0.8, rows * (height + 0.35) + 0.7)
    figure, axes = plt.subplots(rows, cols, figsize=size, layout="constrained", squeeze=False)
    if title is not None:
        figure.suptitle(words.say(title), fontfamily=words.families, fontsize=13)
    if source is not None:
        figure.supxlabel(words.say(source), fontfamily=words.families, fontsize=8, color=_FAINT, x=0.01, ha="left")
    return figure, list(axes.ravel())


def write_plainly(text: str) -> str:
    """Return a text in which nothing is read as a formula: matplotlib takes what stands between dollar signs for one."""
    return text.replace("$", r"\$")


def cite_layers(layers: Layers, ids: Iterable[str]) -> Label:
    """Return the source line of a map: who made the layers it rests on, of when, under which licence, and the CRS.

    Raises
    ------
    ConfigError
        ``PLOT-LAYER``: there is no such layer.
    """
    records = {one.id: one for one in layers.records}
    wanted = list(dict.fromkeys(ids))
    strange = [one for one in wanted if one not in records]
    if strange:
        raise ConfigError("no such layer", code="PLOT-LAYER", ids=strange, remedy=f"Use ids of {', '.join(sorted(records))}.")
    made: dict[tuple[str, str, str], list[str]] = {}
    for one in wanted:
        record = records[one]
        made.setdefault((record.source, record.vintage, record.licence), []).append(one)
    told = "; ".join(f"{', '.join(names)}: {', '.join(part for part in key if part)}" for key, names in made.items())
    code = layers.crs.to_epsg()
    place = f"EPSG:{code}" if code else layers.crs.name
    return f"资料 {told}。坐标系 {place}", f"Source: {told}. CRS {place}"


def finish_map(axes: Axes, backdrop: Backdrop, *, words: Words, title: Label | None = None) -> None:
    """Fade what lies outside the border, draw the scale bar and the title, and show exactly the backdrop's bounds."""
    west, south, east, north = backdrop.bounds
    if backdrop.border is not None:
        around = shapely.box(west, south, east, north).difference(backdrop.border)
        draw_shapes(axes, [around], facecolor="white", alpha=_FADED, edgecolor="none", zorder=4)
        draw_shapes(axes, [backdrop.border], facecolor="none", edgecolor=_INK, linewidth=0.9, zorder=5)
    _draw_scale_bar(axes, backdrop.bounds)
    axes.set(xlim=(west, east), ylim=(south, north), xticks=[], yticks=[], aspect="equal")
    for spine in axes.spines.values():
        spine.set(color="#bbbbbb", linewidth=0.6)
    if title is not None:
        axes.set_title(words.say(title), fontfamily=words.families, fontsize=11)


def draw_shapes(axes: Axes, shapes: Iterable[BaseGeometry | None], **look: Any) -> None:
    """Draw polygons as one collection, holes open; empty and missing ones are left out."""
    from matplotlib.collections import PathCollection
    from matplotlib.path import Path

    paths = []
    for shape in shapes:
        if shape is None or shape.is_empty:
            paths.append(Path(np.empty((0, 2))))
            continue
        # Rings of holes must run against their shell, or they are filled.
        rings = shapely.get_rings(shapely.get_parts(shapely.normalize(shape)))
        paths.append(Path.make_compound_path(*(Path(shapely.get_coordinates(ring), closed=True) for ring in rings)))
    axes.add_collection(PathCollection(paths, **look))


def draw_lines(axes: Axes, lines: Iterable[BaseGeometry | None], **look: Any) -> None:
    """Draw lines as one collection; empty and missing ones are left out."""
    from matplotlib.collections import LineCollection

    xy, owner = shapely.get_coordinates(shapely.get_parts(np.array(list(lines), dtype=object)), return_index=True)
    axes.add_collection(LineCollection(np.split(xy, np.flatnonzero(np.diff(owner)) + 1) if len(xy) else [], **look))


def draw_legend(axes: Axes, handles: Sequence[Artist], words: Words, *, title: Label | None = None) -> None:
    """Draw a legend in the lower left corner."""
    legend = axes.legend(
        handles=list(handles), loc="lower left", framealpha=0.88, prop={"family": words.families, "size": 8},
        title=None if title is None else words.say(title), title_fontproperties={"family": words.families, "size": 8},
        alignment="left", labelspacing=0.3, borderpad=0.5, handlelength=1.6, borderaxespad=0.3,
    )  # fmt: skip
    legend.set_zorder(10)


def _draw_scale_bar(axes: Axes, bounds: Bounds) -> None:
    """Draw a scale bar in the lower right corner."""
    west, south, east, north = bounds
    metres = round_length_m(_BAR_SHARE * (east - west))
    right, y = east - 0.03 * (east - west), south + 0.035 * (north - south)
    text = f"{metres / 1000:g} km" if metres >= 1000 else f"{metres:g} m"
    from matplotlib.patheffects import withStroke

    halo = [withStroke(linewidth=3.5, foreground="white")]
    axes.plot([right - metres, right], [y, y], color=_INK, linewidth=2, solid_capstyle="butt", zorder=8, path_effects=halo)
    place = (right - metres / 2, y)
    axes.annotate(
        text, place, (0, 3), textcoords="offset points", ha="center", fontsize=8, color=_INK, zorder=8, path_effects=halo
    )


def round_length_m(most_m: float) -> float:
    """Return the longest of 1, 2 and 5 times a power of ten no longer than ``most_m``.

    >>> round_length_m(8000.0), round_length_m(450.0)
    (5000.0, 200.0)
    """
    power = 10.0 ** math.floor(math.log10(most_m))
    # The logarithm of a number just below a power of ten may round up to it.
    return next(one * power for one in (5.0, 2.0, 1.0, 0.5) if one * power <= most_m)


def _to_rgb(colour: str) -> NDArray[np.float64]:
    """Return the three parts of a colour, 0..1."""
    return np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)]) / 255.0


def fill_colour(shape: tuple[int, int], colour: str) -> NDArray[np.float64]:
    """Return (rows, cols, 3) of one colour, to paint on."""
    return np.broadcast_to(_to_rgb(colour), (*shape, 3)).copy()

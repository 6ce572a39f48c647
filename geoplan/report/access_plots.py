"""Plot travel-time fields: minutes under relief, the difference of two fields, time bands and catchments.

A colour is a class of minutes whose upper end is inside it, so exactly 60 min has the colour of 45–60. What the field did not reach is a colour of its own and
never the last class; what nobody walks on is water-grey. By hand: classes 15, 30: 15.0 min is in the first, 15.1 in the second, 31 in ``> 30``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from geoplan.errors import ConfigError
from geoplan.report import style
from geoplan.report.map_canvas import (
    WATER_COLOUR,
    Backdrop,
    Label,
    Words,
    choose_words,
    draw_legend,
    draw_shapes,
    fill_colour,
    finish_map,
    open_figure,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.cm import ScalarMappable

BANDS_MIN = (10.0, 20.0, 30.0, 45.0, 60.0, 90.0, 120.0)
DIFFERENCE_MIN = (1.0, 5.0, 15.0, 30.0, 60.0)
CATCHMENT_COLOURS = ("#8dd3c7", "#fdb462", "#bebada", "#b3de69", "#fccde5", "#80b1d3", "#ffed6f", "#d9b38c")
"""Light colours that neighbours are told apart by; relief and lines stay visible on them."""
MINUTES: Label = ("分钟", "minutes")
NOT_REACHED: Label = ("不可达", "not reached")
IMPASSABLE: Label = ("水体(不可步行)", "water, nobody walks")
_LOST, _GAINED = style.STATE_COLOURS["unreachable"], "#117733"
_SAME = "#f4f2ec"


def plot_minutes(
    minutes: ArrayLike,
    backdrop: Backdrop,
    *,
    ax: Axes | None = None,
    bands_min: Sequence[float] = BANDS_MIN,
    title: Label | None = None,
    language: str = "zh",
    legend: bool = True,
) -> Axes:
    """Draw a field of minutes in classes under the relief and return the axes.

    Parameters
    ----------
    minutes
        (rows, cols) of the backdrop's cells; NaN: not reached.
    backdrop
        From `geoplan.report.map_canvas.make_backdrop`.
    ax
        Axes to draw on; a new figure without it.
    bands_min
        Upper ends of the classes, minutes, rising; more than the last is a class too.
    title, language
        Text above the map, and ``zh`` or ``en``.
    legend
        Whether to draw the colour bar and the states.

    Raises
    ------
    ConfigError
        ``PLOT-SHAPE``: the minutes are not of the backdrop's cells. ``PLOT-BANDS``: the classes do not rise.
    """
    values = _read_cells(minutes, backdrop)
    axes, words = _start(ax, backdrop, language)
    scale = time_scale(bands_min)
    known = np.isfinite(values)
    colours = fill_colour(values.shape, _LOST)
    colours[known] = scale.to_rgba(values[known])[:, :3]
    backdrop.paint(axes, colours)
    finish_map(axes, backdrop, words=words, title=title)
    if legend:
        _add_bar(axes, scale, words, MINUTES, [0.0, *bands_min])
        inside = _inside(backdrop)
        states = [(_LOST, NOT_REACHED, ~known & ~backdrop.impassable), (WATER_COLOUR, IMPASSABLE, backdrop.impassable)]
        _add_states(
            axes, [(colour, label) for colour, label, where in states if (where & inside)[backdrop.window()].any()], words
        )
    return axes


def plot_difference(
    before: ArrayLike,
    after: ArrayLike,
    backdrop: Backdrop,
    *,
    ax: Axes | None = None,
    bands_min: Sequence[float] = DIFFERENCE_MIN,
    title: Label | None = None,
    language: str = "zh",
    legend: bool = True,
) -> Axes:
    """Draw by how many minutes ``after`` is longer (+) or shorter (−) than ``before``, and what was lost or gained, and return the axes.

    Parameters
    ----------
    before, after
        (rows, cols) minutes of the backdrop's cells; NaN: not reached.
    bands_min
        Ends of the classes either way, rising from above 0; less than the first is no difference.
    backdrop, ax, title, language, legend
        As for `plot_minutes`, which says what is raised.
    """
    from matplotlib import colormaps
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import BoundaryNorm

    a, b = _read_cells(before, backdrop), _read_cells(after, backdrop)
    ends = _read_bands(bands_min)
    axes, words = _start(ax, backdrop, language)
    palette = colormaps["BrBG_r"].resampled(2 * len(ends) + 1)
    norm = BoundaryNorm([*(-ends[::-1]), *ends], palette.N, extend="both")
    scale = ScalarMappable(norm, palette)
    both = np.isfinite(a) & np.isfinite(b)
    colours = fill_colour(a.shape, "#cfccc4")
    colours[both] = scale.to_rgba((b - a)[both])[:, :3]
    colours[both & (np.abs(b - a) < ends[0])] = fill_colour((1, 1), _SAME)[0, 0]
    states: list[tuple[str, Label, NDArray[np.bool_]]] = [
        (_LOST, ("变为不可达", "no longer reached"), np.isfinite(a) & ~np.isfinite(b)),
        (_GAINED, ("变为可达", "reached at last"), ~np.isfinite(a) & np.isfinite(b)),
        ("#cfccc4", ("前后均不可达", "reached neither time"), ~np.isfinite(a) & ~np.isfinite(b) & ~backdrop.impassable),
    ]
    for colour, _, where in states[:2]:
        colours[where] = fill_colour((1, 1), colour)[0, 0]
    backdrop.paint(axes, colours)
    finish_map(axes, backdrop, words=words, title=title)
    if legend:
        _add_bar(axes, scale, words, ("相差分钟\n+ 变慢", "minutes\n+ slower"), [*-ends[::-1], *ends])
        inside = _inside(backdrop)
        _add_states(
            axes, [(colour, label) for colour, label, where in states if (where & inside)[backdrop.window()].any()], words
        )
    return axes


def plot_bands(
    areas: gpd.GeoDataFrame,
    backdrop: Backdrop,
    *,
    ax: Axes | None = None,
    title: Label | None = None,
    language: str = "zh",
) -> Axes:
    """Draw service areas by time bands (`geoplan.access.draw_service_areas`), people in the legend where they were counted, and return the axes."""
    axes, words = _start(ax, backdrop, language)
    backdrop.paint_paper(axes)
    timed = areas[areas["status"] == "ok"]
    scale = time_scale(timed["to_min"].to_numpy(dtype=np.float64)[:-1]) if len(timed) > 1 else time_scale([1.0])
    entries: list[tuple[str, Label]] = []
    for place, row in enumerate(areas.itertuples()):
        if row.geometry is None or row.geometry.is_empty:
            continue
        colour = _hex(scale.cmap(place)) if row.status == "ok" else WATER_COLOUR if row.status == "unsnapped" else _LOST
        people = ("", "") if "persons" not in areas else _say_persons(row.persons)
        names = (IMPASSABLE[0], IMPASSABLE[1]) if row.status == "unsnapped" else (row.label_zh, row.label_en)
        entries.append((colour, (names[0] + people[0], names[1] + people[1])))
        if row.status != "unsnapped":
            draw_shapes(axes, [row.geometry], facecolor=colour, edgecolor="none", alpha=0.75, zorder=2)
    finish_map(axes, backdrop, words=words, title=title)
    _add_states(axes, entries, words)
    return axes


def plot_catchments(
    catchments: gpd.GeoDataFrame,
    backdrop: Backdrop,
    *,
    facilities: gpd.GeoDataFrame | None = None,
    ax: Axes | None = None,
    title: Label | None = None,
    language: str = "zh",
) -> Axes:
    """Draw catchments (`geoplan.access.draw_catchments`), neighbours in different colours, and the facilities; return the axes."""
    axes, words = _start(ax, backdrop, language)
    backdrop.paint_paper(axes)
    number = colour_neighbours(np.asarray(catchments.geometry.array, dtype=object), count=len(CATCHMENT_COLOURS))
    colours = [CATCHMENT_COLOURS[one] for one in number]
    draw_shapes(axes, catchments.geometry, facecolors=colours, edgecolor="#444444", linewidth=0.5, alpha=0.75, zorder=2)
    if facilities is not None:
        axes.scatter(facilities.geometry.x, facilities.geometry.y, s=9, color="black", zorder=6, linewidths=0)
    finish_map(axes, backdrop, words=words, title=title)
    return axes


def colour_neighbours(shapes: NDArray[np.object_], *, count: int) -> NDArray[np.int64]:
    """Return (n,) colour numbers below ``count`` so that shapes that touch differ; those with the most neighbours choose first.

    Where all colours are taken by neighbours, the one they use least is shared.
    """
    left, right = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    apart = left != right
    left, right = left[apart], right[apart]
    first = np.searchsorted(left[np.argsort(left, kind="stable")], np.arange(len(shapes) + 1))
    other = right[np.argsort(left, kind="stable")]
    chosen = np.full(len(shapes), -1, dtype=np.int64)
    for shape in np.argsort(-np.diff(first), kind="stable"):
        around = chosen[other[first[shape] : first[shape + 1]]]
        chosen[shape] = np.argmin(np.bincount(around[around >= 0], minlength=count))
    return chosen


def time_scale(bands_min: Sequence[float] | NDArray[np.float64]) -> ScalarMappable:
    """Return the colours of classes of minutes, near light and far dark; upper ends are inside, and one class lies beyond the last.

    Raises
    ------
    ConfigError
        ``PLOT-BANDS``: the minutes do not rise from above 0.
    """
    from matplotlib import colormaps
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import BoundaryNorm, ListedColormap

    ends = _read_bands(bands_min)
    palette = ListedColormap(colormaps["YlGnBu"](np.linspace(0.08, 0.95, len(ends) + 1)))
    # A boundary belongs to the class above it in matplotlib; here it belongs to the class below.
    norm = BoundaryNorm([0.0, *np.nextafter(ends, np.inf)], palette.N, extend="max")
    return ScalarMappable(norm, palette)


def _read_bands(bands_min: Sequence[float] | NDArray[np.float64]) -> NDArray[np.float64]:
    ends = np.asarray(bands_min, dtype=np.float64)
    if not len(ends) or not np.isfinite(ends).all() or ends[0] <= 0 or (np.diff(ends) <= 0).any():
        raise ConfigError(
            f"the classes {list(bands_min)} do not rise from above 0",
            code="PLOT-BANDS",
            remedy="Give minutes such as 15, 30, 60.",
        )
    return ends


def _read_cells(minutes: ArrayLike, backdrop: Backdrop) -> NDArray[np.float64]:
    values = np.asarray(minutes, dtype=np.float64)
    if values.shape != backdrop.shade.shape:
        raise ConfigError(
            f"the minutes are {values.shape}, the backdrop is {backdrop.shade.shape}",
            code="PLOT-SHAPE",
            remedy="Make the backdrop of the ground the field was solved on.",
        )
    return values


def _start(ax: Axes | None, backdrop: Backdrop, language: str) -> tuple[Axes, Words]:
    """Return the axes to draw on and the words to label with."""
    return ax if ax is not None else open_figure(backdrop=backdrop)[1][0], choose_words(language)


def _inside(backdrop: Backdrop) -> NDArray[np.bool_]:
    """Return the cells within the border, all without one."""
    if backdrop.border is None:
        return np.ones(backdrop.shade.shape, dtype=bool)
    from rasterio.features import geometry_mask

    return np.asarray(geometry_mask([backdrop.border], backdrop.shade.shape, backdrop.transform, invert=True), dtype=np.bool_)


def _add_bar(axes: Axes, scale: ScalarMappable, words: Words, label: Label, ends: Sequence[float]) -> None:
    """Draw the colour bar of classes beside the map."""
    figure = axes.get_figure()
    assert figure is not None
    bar = figure.colorbar(scale, ax=axes, shrink=0.75, pad=0.02, spacing="uniform")
    bar.set_ticks(list(ends), labels=[f"{one:+g}" if ends[0] < 0 else f"{one:g}" for one in ends], fontsize=8)
    # Above the bar: Chinese read along a vertical axis lies on its side.
    bar.ax.set_title(words.say(label), fontfamily=words.families, fontsize=8, loc="left")


def _add_states(axes: Axes, entries: Sequence[tuple[str, Label]], words: Words) -> None:
    """Draw a legend of colours in the lower left corner."""
    from matplotlib.patches import Patch

    handles = [Patch(facecolor=colour, edgecolor="#777777", linewidth=0.5, label=words.say(label)) for colour, label in entries]
    if handles:
        draw_legend(axes, handles, words)


def _say_persons(persons: float) -> Label:
    """Return the people of a legend entry."""
    told = style.format_count(persons)
    return f" · {told} 人", f" · {told} people"


def _hex(colour: tuple[float, ...]) -> str:
    return "#" + "".join(f"{round(part * 255):02x}" for part in colour[:3])

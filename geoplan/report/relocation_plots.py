"""Plot the allocation as a map, and how well an index foretells an inventory of slides as curves.

Lines run from old to new, as wide as the root of the people on them; a site's circle grows with its people, and its filled part is the
share of its capacity used. By hand: an index no better than chance runs along the diagonal of both curves; one that is right about
everything rises at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import ArrayLike, NDArray

from geoplan.contracts.relocation import AllocationResult
from geoplan.errors import ConfigError
from geoplan.report import style
from geoplan.report.chart_canvas import draw_keys, dress_chart, open_chart
from geoplan.report.map_canvas import (
    Backdrop,
    Label,
    Words,
    choose_words,
    draw_lines,
    finish_map,
    open_figure,
)
from geoplan.report.relocation_words import MOVE_COLOURS, MOVE_LABELS

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

_MOVE = "#0b5c2e"


def plot_allocation(
    allocation: AllocationResult,
    settlements: gpd.GeoDataFrame,
    sites: gpd.GeoDataFrame,
    backdrop: Backdrop,
    *,
    ax: Axes | None = None,
    title: Label | None = ("谁搬到哪里", "Who moves where"),
    language: str = "zh",
    legend: bool = True,
) -> Axes:
    """Draw who moves where, who stays, and how full the sites are, and return the axes.

    Parameters
    ----------
    allocation
        Its settlements, sites and moves.
    settlements
        settlement_id and points, in the CRS of the backdrop.
    sites
        site_id and geometry of the sites.
    backdrop
        From `geoplan.report.map_canvas.make_backdrop`.
    ax, title, language, legend
        Axes, text above, ``zh`` or ``en``, and whether to draw the legend.
    """
    words = choose_words(language)
    axes = ax if ax is not None else _open_map(backdrop)
    backdrop.paint_paper(axes)
    table = allocation.settlements.set_index("settlement_id")
    move = settlements["settlement_id"].map(table["move"]).fillna("undecided")
    persons = pd.to_numeric(settlements["settlement_id"].map(table["persons"]), errors="coerce").fillna(0.0)
    handles: list[Artist] = []
    for kind in ("stays", "undecided", "unassigned", "assigned"):
        own = settlements[(move == kind).to_numpy()]
        there = own[~(own.geometry.is_empty | own.geometry.isna())]
        size = 5.0 if kind == "stays" else np.clip(persons[there.index] * 0.35, 10.0, 90.0)
        look: dict[str, Any] = {
            "color": MOVE_COLOURS[kind],
            "edgecolor": "#333333" if kind != "stays" else "none",
            "linewidth": 0.5,
        }
        drawn = axes.scatter(
            there.geometry.x,
            there.geometry.y,
            s=size,
            zorder=6 if kind != "stays" else 3,
            **look,
            label=_count(kind, table, words),
        )
        if kind == "undecided":
            drawn.set_linestyle((0, (2, 1.5)))
        handles.append(drawn)
    moves = allocation.moves
    if len(moves):
        # Wide lines first, so that small moves are not buried.
        order = moves["persons"].fillna(0.0).argsort()[::-1]
        width = 0.6 + np.clip(np.sqrt(moves["persons"].fillna(0.0).to_numpy(dtype=np.float64)) / 4.5, 0.0, 4.5)
        draw_lines(axes, moves.geometry.iloc[order], color=_MOVE, linewidths=width[order], alpha=0.8, zorder=7)
    _draw_loads(axes, allocation, sites)
    finish_map(axes, backdrop, words=words, title=title)
    if legend:
        # Below: inside it would lie on settlements.
        draw_keys(axes, [*handles[::-1], *_site_keys(words)], words, place="below", columns=3, drop_in=0.1)
    return axes


def _open_map(backdrop: Backdrop) -> Axes:
    """Return the axes of a new figure with room for the legend below."""
    figure, axes = open_figure(backdrop=backdrop, width=7.0)
    figure.set_figheight(figure.get_figheight() + 0.8)
    return axes[0]


def _count(kind: str, table: pd.DataFrame, words: Words) -> str:
    """Return a legend entry: what becomes of them, and how many people."""
    own = pd.to_numeric(table.loc[table["move"] == kind, "persons"], errors="coerce").sum()
    told = style.format_count(float(own))
    return f"{words.say(MOVE_LABELS[kind])} {told}" + words.say((" 人", " people"))


def _draw_loads(axes: Axes, allocation: AllocationResult, sites: gpd.GeoDataFrame) -> None:
    """Draw every opened site as a bar filled by the share of its capacity, and its share in per cent."""
    from matplotlib.patheffects import withStroke

    opened = allocation.sites[allocation.sites["opened"].fillna(value=False).astype(bool)]
    place = shapely.point_on_surface(sites.geometry.to_numpy())
    where = dict(zip(sites["site_id"].astype(str), place, strict=True))
    halo = [withStroke(linewidth=2, foreground="white")]
    for row in opened.sort_values("persons", kind="stable").itertuples():
        point = where.get(str(row.site_id))
        if point is None or point.is_empty:
            continue
        share = float(row.load_share)
        _draw_gauge(axes, (point.x, point.y), share)
        text = f"{share:.0%}" if np.isfinite(share) else "–"
        axes.annotate(
            text,
            (point.x, point.y),
            (0, -5),
            textcoords="offset points",
            ha="center",
            va="top",
            fontsize=6.5,
            color="#0b3d20",
            path_effects=halo,
            zorder=10,
        )


def _draw_gauge(axes: Axes, at: tuple[float, float], share: float) -> None:
    """Draw a small bar of fixed size (points) at a place on the map."""
    from matplotlib.offsetbox import AnnotationBbox, DrawingArea
    from matplotlib.patches import Rectangle

    width, height = 18.0, 5.0
    area = DrawingArea(width, height, 0, 0)
    area.add_artist(Rectangle((0, 0), width, height, facecolor="white", edgecolor="#0b3d20", linewidth=0.7))
    filled = min(max(share, 0.0), 1.0) if np.isfinite(share) else 0.0
    colour = "#a50f2d" if share > 1.0001 else style.SITE_COLOUR
    area.add_artist(Rectangle((0, 0), width * filled, height, facecolor=colour, edgecolor="none"))
    axes.add_artist(AnnotationBbox(area, at, frameon=False, pad=0.0, zorder=9))


def _site_keys(words: Words) -> list[Artist]:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    return [
        Line2D([], [], color=_MOVE, linewidth=2, label=words.say(("搬迁方向,宽度示人数", "move, width shows people"))),
        Patch(
            facecolor=style.SITE_COLOUR, edgecolor="#0b3d20", label=words.say(("安置点,已用容量", "site, share of capacity used"))
        ),
    ]


def plot_success_rate(
    area_share: ArrayLike,
    slide_share: ArrayLike,
    *,
    low: ArrayLike | None = None,
    high: ArrayLike | None = None,
    area_under: float | None = None,
    ax: Axes | None = None,
    title: Label | None = ("成功率曲线", "Success rate"),
    language: str = "zh",
) -> Axes:
    """Draw the share of slides found in the share of ground with the highest index, beside chance, and return the axes.

    Parameters
    ----------
    area_share, slide_share
        (n,) 0..1, neither falling.
    low, high
        (n,) interval of ``slide_share`` from resampling.
    area_under
        Area under the curve, told in the legend; computed by trapezes without it.
    ax, title, language
        Axes, text above, and ``zh`` or ``en``.

    Raises
    ------
    ConfigError
        ``PLOT-CURVE``: not shares of the same number that do not fall.
    """
    names: tuple[Label, Label] = (
        ("指数最高的面积占比", "share of the area, highest index first"),
        ("其中的滑坡占比", "share of slides in it"),
    )
    return _plot_curve(
        area_share, slide_share, names, low=low, high=high, area_under=area_under, ax=ax, title=title, language=language
    )


def plot_roc(
    false_share: ArrayLike,
    true_share: ArrayLike,
    *,
    auc: float | None = None,
    interval: tuple[float, float] | None = None,
    ax: Axes | None = None,
    title: Label | None = ("ROC 曲线", "ROC curve"),
    language: str = "zh",
) -> Axes:
    """Draw the share of slides caught against the share of quiet ground flagged, beside chance, and return the axes.

    ``interval`` is that of the AUC from resampling. What is raised: as `plot_success_rate`.
    """
    names: tuple[Label, Label] = (
        ("无滑坡地面被判为危险的占比", "share of quiet ground flagged"),
        ("滑坡被判出的占比", "share of slides caught"),
    )
    return _plot_curve(
        false_share, true_share, names, area_under=auc, interval=interval, ax=ax, title=title, language=language, word="AUC"
    )


def _plot_curve(
    x: ArrayLike, y: ArrayLike, names: tuple[Label, Label], *, ax: Axes | None, title: Label | None, language: str, area_under: float | None,
    low: ArrayLike | None = None, high: ArrayLike | None = None, interval: tuple[float, float] | None = None, word: str = "",
) -> Axes:  # fmt: skip
    from matplotlib.ticker import PercentFormatter

    across, up = read_curve(x, y)
    words = choose_words(language)
    axes = open_chart(ax, width=5.0, height=5.2)
    if low is not None and high is not None:
        axes.fill_between(
            across, np.asarray(low, dtype=np.float64), np.asarray(high, dtype=np.float64), color="#9ecae8", alpha=0.6, linewidth=0
        )
    under = float(np.trapezoid(up, across)) if area_under is None else area_under
    label = f"{word or words.say(('曲线下面积', 'area under the curve'))} {under:.3f}"
    if interval is not None:
        label += f" ({interval[0]:.3f}–{interval[1]:.3f})"
    (line,) = axes.plot(across, up, color="#08519c", linewidth=2, label=label)
    (chance,) = axes.plot(
        [0, 1], [0, 1], color="#888888", linewidth=1, linestyle=(0, (4, 3)), label=words.say(("随机", "chance"))
    )
    axes.set(xlim=(0, 1), ylim=(0, 1.005), aspect="equal")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    dress_chart(axes, words, title=title, x=names[0], y=names[1])
    draw_keys(axes, [line, chance], words, place="lower right")
    return axes


def read_curve(x: ArrayLike, y: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return both shares as arrays.

    Raises
    ------
    ConfigError
        ``PLOT-CURVE``.
    """
    across, up = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    fine = across.ndim == 1 and across.shape == up.shape and len(across) >= 2
    if not fine or not all(
        np.isfinite(one).all() and one.min() >= 0 and one.max() <= 1 + 1e-9 and (np.diff(one) >= -1e-12).all()
        for one in (across, up)
    ):
        raise ConfigError(
            "no curve of shares", code="PLOT-CURVE", remedy="Give two arrays of equal length, 0..1, that do not fall."
        )
    return across, up

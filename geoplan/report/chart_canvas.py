"""Lay the canvas that charts without a map are drawn on: axes, their words in a font that can draw them, and a legend.

Labels are pairs (Chinese, English), as on maps (`geoplan.report.map_canvas`). By hand: 12 bars need 12 × 0.26 + 1.2 = 4.3 inches.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

from geoplan.report.map_canvas import Label, Words

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

_GRID, _FAINT = "#e3e0d8", "#66747b"


def open_chart(ax: Axes | None, *, width: float = 7.0, height: float = 4.4) -> Axes:
    """Return the axes given, or those of a new figure (inches)."""
    if ax is not None:
        return ax
    from matplotlib import pyplot as plt

    made: Axes = plt.subplots(figsize=(width, height), layout="constrained")[1]
    return made


def bar_height(bars: int) -> float:
    """Return the height of a chart of so many bars, inches."""
    return 1.2 + 0.26 * max(bars, 3)


def dress_chart(
    axes: Axes,
    words: Words,
    *,
    title: Label | None = None,
    x: Label | None = None,
    y: Label | None = None,
    source: Label | None = None,
    grid: str = "both",
) -> None:
    """Write title, axis labels and source line, draw a faint grid, and leave two spines; every text in a font that can draw it.

    The label of the upright axis lies level above it: Chinese read along an upright axis lies on its side.
    """
    if x is not None:
        axes.set_xlabel(words.say(x), fontfamily=words.families, fontsize=9)
    if y is not None:
        axes.annotate(
            words.say(y),
            (0, 1),
            (-28, 5),
            xycoords="axes fraction",
            textcoords="offset points",
            fontsize=9,
            fontfamily=words.families,
        )
    if title is not None:
        axes.set_title(words.say(title), fontfamily=words.families, fontsize=11, loc="left", pad=6 if y is None else 20)
    if source is not None:
        axes.annotate(
            words.say(source), (0, 0), (0, -44), xycoords="axes fraction", textcoords="offset points", va="top", fontsize=7.5, color=_FAINT,
            fontfamily=words.families, annotation_clip=False,
        )  # fmt: skip
    axes.set_axisbelow(True)
    axes.grid(visible=True, axis=grid, color=_GRID, linewidth=0.7)  # type: ignore[arg-type]
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.tick_params(labelsize=8)
    for tick in (*axes.get_xticklabels(), *axes.get_yticklabels()):
        tick.set_fontfamily(words.families)


def say_thousands(axes: Axes, axis: str = "x") -> None:
    """Write numbers along an axis with separators: 60,000."""
    from matplotlib.ticker import FuncFormatter

    getattr(axes, f"{axis}axis").set_major_formatter(FuncFormatter(lambda value, _: f"{value:,g}"))


def draw_keys(
    axes: Axes, handles: Sequence[Artist], words: Words, *, place: str = "best", columns: int = 1, drop_in: float = 0.5
) -> None:
    """Draw a legend inside the axes, or ``drop_in`` inches below them (``place`` ``below``)."""
    font: dict[str, Any] = {"family": words.families, "size": 8}
    if place == "below":
        from matplotlib.transforms import ScaledTranslation

        figure = axes.get_figure()
        assert figure is not None
        # So many inches below the axes, however high they are: room for ticks and label.
        under = axes.transAxes + ScaledTranslation(0.0, -drop_in, figure.dpi_scale_trans)
        axes.legend(
            handles=list(handles), loc="upper left", bbox_to_anchor=(0.0, 0.0), bbox_transform=under, ncols=columns, frameon=False,
            prop=font, borderaxespad=0.0,
            handlelength=1.4, columnspacing=1.2,
        )  # fmt: skip
        return
    axes.legend(handles=list(handles), loc=cast("Any", place), framealpha=0.9, prop=font, ncols=columns, handlelength=1.6)

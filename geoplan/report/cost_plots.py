"""Plot what serving and moving cost: per person against the size of the group, item by item, and what rules out ground for sites.

Serving in place costs much the same for ten people as for a hundred, moving costs each person the same: a group of n people with works of C
yuan costs C / n per person in place. By hand: 3 million yuan for 40 people are 75,000 yuan each; beside 60,000 for moving they break even
at 50 people.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from geoplan.contracts.relocation import DecisionResult
from geoplan.errors import ConfigError
from geoplan.report.chart_canvas import bar_height, draw_keys, dress_chart, open_chart, say_thousands
from geoplan.report.map_canvas import Label, Words, choose_words
from geoplan.report.relocation_words import CHEAPER_LABELS, format_yuan

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

CHEAPER_COLOURS = {"serve": "#0072b2", "move": "#a50f2d", "equal": "#777777", "unknown": "#ffffff"}
PALETTES = {"serve": "YlGnBu_r", "move": "YlOrBr_r"}
"""Colour map of each side; its items are shades from dark to light, in their order."""
BACK_COLOUR = "#41ab5d"
"""What comes back, such as released land."""
_WORKS_YUAN = (3e5, 1e6, 3e6, 1e7, 3e7)


def plot_serve_or_move(
    decision: DecisionResult,
    *,
    works_yuan: Sequence[float] = _WORKS_YUAN,
    ax: Axes | None = None,
    title: Label | None = ("就地保障与搬迁的人均费用", "Serving in place or moving, cost per person"),
    language: str = "zh",
) -> Axes:
    """Draw the cost per person of serving every group against its size, beside what moving costs, and return the axes.

    The break-even line is the median cost per person of moving, within a band of its 10th to 90th percentile: groups above it cost more to serve than to move.
    Thin lines join sizes at which the same works (``works_yuan``) are shared: where one meets the break-even line is the smallest group worth them.

    Parameters
    ----------
    decision
        Its ``groups``.
    works_yuan
        Costs of works to draw lines for; those beyond the data are left out.
    ax, title, language
        Axes, text above, and ``zh`` or ``en``.
    """
    words = choose_words(language)
    axes = open_chart(ax, width=7.6, height=5.0)
    groups = decision.groups
    known = groups[(groups["persons"] > 0) & (groups["serve_yuan_per_person"] > 0)]
    scale = 1e4 if words.language == "zh" else 1e3
    moving = groups.loc[(groups["persons"] > 0) & (groups["move_yuan_per_person"] > 0), "move_yuan_per_person"] / scale
    handles: list[Artist] = []
    for kind, colour in CHEAPER_COLOURS.items():
        own = known[known["cheaper"] == kind]
        if len(own):
            label = f"{words.say(CHEAPER_LABELS[kind])} ({len(own)})"
            handles.append(
                axes.scatter(own["persons"], own["serve_yuan_per_person"] / scale, s=20, color=colour, edgecolor="#333333", linewidth=0.4, alpha=0.85,
                             label=label, zorder=4)
            )  # fmt: skip
    axes.set_xscale("log")
    axes.set_yscale("log")
    if len(moving):
        low, middle, high = np.quantile(moving, (0.1, 0.5, 0.9))
        axes.axhspan(low, high, color="#fdd0a2", alpha=0.55, zorder=1, linewidth=0)
        told = format_yuan(float(middle) * scale, words.language)
        handles.append(
            axes.axhline(
                middle,
                color="#a63603",
                linewidth=1.6,
                zorder=3,
                label=words.say((f"搬迁人均 {told}(中位数,带为 10–90%)", f"moving: {told} each (median; band 10–90%)")),
            )
        )
    if len(known):
        _draw_works(axes, known, works_yuan, scale, words)
    _label_powers(axes)
    dress_chart(
        axes, words, title=title, x=("小组人数(对数轴)", "people in the group (log)"),
        y=("就地保障人均费用,万元(对数轴)", "cost of serving per person, thousand yuan (log)"),
    )  # fmt: skip
    gone = int((groups["serve_yuan_per_person"].isna() & (groups["persons"] > 0)).sum())
    if gone:
        from matplotlib.lines import Line2D

        handles.append(
            Line2D(
                [],
                [],
                linestyle="none",
                label=words.say((f"{gone} 个组费用未知,未绘", f"{gone} groups of unknown cost not drawn")),
            )
        )
    draw_keys(axes, handles, words, place="below", columns=2)
    return axes


def _draw_works(axes: Axes, known: pd.DataFrame, works_yuan: Sequence[float], scale: float, words: Words) -> None:
    """Draw lines of equal works, C / n."""
    x = np.array([known["persons"].min() * 0.8, known["persons"].max() * 1.25])
    y_low, y_high = known["serve_yuan_per_person"].min() / scale * 0.6, known["serve_yuan_per_person"].max() / scale * 1.8
    axes.set(xlim=x, ylim=(min(y_low, axes.get_ylim()[0]), max(y_high, axes.get_ylim()[1])))
    bottom, top = axes.get_ylim()
    for works in works_yuan:
        left, right = max(x[0], works / scale / top), min(x[1], works / scale / bottom)
        if right <= left:
            continue
        axes.plot(
            [left, right],
            [works / scale / left, works / scale / right],
            color="#8c8c8c",
            linewidth=0.8,
            linestyle=(0, (4, 3)),
            zorder=2,
        )
        axes.annotate(format_yuan(works, words.language), (right, works / scale / right), (-2, -2), textcoords="offset points", ha="right", va="top",
                      fontsize=7, color="#555555",
                      fontfamily=words.families)  # fmt: skip


def _label_powers(axes: Axes) -> None:
    """Write numbers, not powers of ten, along logarithmic axes."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(LogLocator(10, subs=(1.0, 2.0, 5.0)))
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,g}"))
        axis.set_minor_formatter(NullFormatter())


def plot_cost_items(
    decision: DecisionResult, group_code: str, *, ax: Axes | None = None, title: Label | None = None, language: str = "zh"
) -> Axes:
    """Draw what serving and moving one group cost, item by item (present values; what comes back lies left of zero), and return the axes.

    Raises
    ------
    ConfigError
        ``PLOT-GROUP``: no costs of such a group.
    """
    own = decision.items[decision.items["group_code"] == group_code]
    if own.empty:
        raise ConfigError("no costs of such a group", code="PLOT-GROUP", ids=[group_code], remedy="Use codes of decision.groups.")
    words = choose_words(language)
    axes = open_chart(ax, width=8.4, height=2.6 + 0.09 * len(own))
    scale, unit = (1e4, "万元") if words.language == "zh" else (1e6, "million yuan")
    handles: list[Artist] = []
    sides: tuple[tuple[str, Label], ...] = (("move", ("搬迁", "move")), ("serve", ("就地保障", "serve in place")))
    for place, (side, _) in enumerate(sides):
        # The upper bar's keys come first.
        handles = _stack_side(axes, own[own["side"] == side], place, PALETTES[side], scale, words) + handles
    axes.axvline(0.0, color="#333333", linewidth=0.8)
    axes.set_yticks(range(len(sides)), [words.say(name) for _, name in sides])
    axes.set_ylim(-0.6, len(sides) - 0.4)
    axes.margins(x=0.14)
    row = decision.groups[decision.groups["group_code"] == group_code]
    told = str(row["name"].iloc[0]) or group_code if len(row) else group_code
    heading = title or (f"{told}:就地与搬迁的费用构成", f"{told}: what serving and moving cost")
    dress_chart(axes, words, title=heading, x=(f"现值,{unit}", f"present value, {unit}"), grid="x")
    say_thousands(axes)
    draw_keys(axes, handles, words, place="below", columns=3 if words.language == "zh" else 2)
    return axes


def _stack_side(axes: Axes, part: pd.DataFrame, place: int, palette: str, scale: float, words: Words) -> list[Artist]:
    """Draw the items of one side end to end, what comes back to the left of zero, and return their keys; unknown ones have a key alone."""
    from matplotlib import colormaps
    from matplotlib.patches import Patch

    colours = colormaps[palette](np.linspace(0.05, 0.82, max(len(part), 1)))
    ends, keys = [0.0, 0.0], []
    for k, row in enumerate(part.to_dict("records")):
        value = float(row["present_yuan"])
        text = words.say((row["label_zh"], row["label_en"]))
        if not np.isfinite(value):
            keys.append(
                Patch(facecolor="white", edgecolor="#555555", hatch="////", label=f"{text} {words.say(('未知', 'unknown'))}")
            )
            continue
        colour = tuple(colours[k]) if value >= 0 else BACK_COLOUR
        end = int(value < 0)
        axes.barh([place], [value / scale], left=ends[end], color=colour, edgecolor="white", linewidth=0.8, height=0.56)
        ends[end] += value / scale
        keys.append(Patch(facecolor=colour, label=f"{text} {format_yuan(value, words.language)}"))
    known = len(part) > 0 and bool(part["present_yuan"].notna().all())
    total = format_yuan(float(part["present_yuan"].sum()), words.language) if known else words.say(("合计未知", "total unknown"))
    look: dict[str, Any] = {"va": "center", "fontsize": 9, "fontfamily": words.families, "fontweight": "bold"}
    axes.annotate(total, (ends[0], place), (5, 0), textcoords="offset points", **look)
    return list(keys)


def plot_exclusions(
    exclusions: pd.DataFrame,
    total_m2: float,
    *,
    ax: Axes | None = None,
    title: Label | None = ("从全县到可选用地", "From the county to ground for sites"),
    language: str = "zh",
) -> Axes:
    """Draw how every reason in turn takes ground away until what is left for sites, and return the axes.

    Parameters
    ----------
    exclusions
        ``SitesResult.exclusions``: label_zh, label_en, added_area_m2 (beyond the reasons before) and excluded_area_m2 (its own), in order.
    total_m2
        Area of the county.
    ax, title, language
        Axes, text above, and ``zh`` or ``en``.
    """
    table = exclusions[exclusions["added_area_m2"].fillna(0.0) > 0]
    words = choose_words(language)
    axes = open_chart(ax, width=8.0, height=bar_height(len(table) + 2))
    taken = table["added_area_m2"].to_numpy(dtype=np.float64) / 1e6
    own = table["excluded_area_m2"].to_numpy(dtype=np.float64) / 1e6
    whole = total_m2 / 1e6
    left = whole - np.cumsum(taken)
    place = np.arange(len(table) + 2)[::-1]
    axes.barh(place[0], whole, color="#b9b3a3", edgecolor="#555555", linewidth=0.5, height=0.7)
    axes.barh(place[1:-1], taken, left=left, color="#c75511", edgecolor="#555555", linewidth=0.5, height=0.7)
    rest = float(left[-1]) if len(left) else whole
    axes.barh(place[-1], rest, color="#117733", edgecolor="#555555", linewidth=0.5, height=0.7)
    ends = np.r_[whole, left + taken, rest]
    texts = [
        f"{whole:,.1f}",
        *(
            f"−{a:,.1f}" + ("" if b - a < 0.05 else words.say((f"(自身 {b:,.1f})", f" (own {b:,.1f})")))
            for a, b in zip(taken, own, strict=True)
        ),
        f"{rest:,.1f}",
    ]
    for at, end, text in zip(place, ends, texts, strict=True):
        axes.annotate(text, (end, at), (4, 0), textcoords="offset points", va="center", fontsize=7.5, fontfamily=words.families)
    for above, below, edge in zip(place[:-1], place[1:], np.r_[whole, left], strict=True):
        axes.plot([edge, edge], [above, below], color="#888888", linewidth=0.6, zorder=1)
    names = [
        words.say(("全县", "county")),
        *(words.say((zh, en)) for zh, en in zip(table["label_zh"], table["label_en"], strict=True)),
        words.say(("可选用地", "ground for sites")),
    ]
    axes.set_yticks(place, names)
    axes.set(xlim=(0, whole * 1.16), ylim=(-0.6, len(place) - 0.4))
    dress_chart(
        axes,
        words,
        title=title,
        x=("面积,km²(按先后扣除;括号内为该项自身面积)", "area, km² (taken in order; own area in brackets)"),
        grid="x",
    )
    say_thousands(axes)
    return axes

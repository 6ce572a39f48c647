"""Plot coverage: people covered against what is built, gaps by township, how unequally travel falls on people, and how sure ranks are.

By hand: a township of 400 people of whom 300 are covered, 60 have a gap, 0 are out of reach and 40 unknown is a bar of four parts that ends at 400.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from geoplan.contracts.coverage import RankingResult, SitingResult
from geoplan.coverage.inequality import Inequality
from geoplan.errors import ConfigError
from geoplan.report import style
from geoplan.report.chart_canvas import bar_height, draw_keys, dress_chart, open_chart, say_thousands
from geoplan.report.map_canvas import Label, Words, choose_words, write_plainly
from geoplan.report.relocation_words import format_yuan

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_BLUE, _ORANGE, _GREY = "#0072b2", "#d55e00", "#8c8c8c"
_LINES = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9")
_NAME_FIRST = 3.0
"""Points between a bar's end and the number beside it."""


def plot_coverage_curve(
    siting: SitingResult,
    question: str,
    *,
    ax: Axes | None = None,
    title: Label | None = None,
    language: str = "zh",
) -> Axes:
    """Draw the people covered against the number built: the proven best for each number, and what the building order reaches.

    Parameters
    ----------
    siting
        Its ``curve`` and ``summary``.
    question
        Id of a siting question.
    ax, title, language
        Axes, text above (the question's label without it), and ``zh`` or ``en``.

    Raises
    ------
    ConfigError
        ``PLOT-QUESTION``: there is no such question.
    """
    curve = siting.curve[siting.curve["question"] == question].sort_values("facilities")
    if curve.empty:
        raise ConfigError(
            f"no siting question is called {question!r}", code="PLOT-QUESTION",
            ids=siting.curve["question"].unique(), remedy="Use one of the questions listed.",
        )  # fmt: skip
    words = choose_words(language)
    axes = open_chart(ax, width=7.2, height=4.4)
    asked = siting.summary[siting.summary["question"] == question].iloc[0]
    x = curve["facilities"].to_numpy(dtype=np.float64)
    best = axes.plot(
        x, curve["covered_persons"], marker="o", color=_BLUE, label=words.say(("最优(已证)", "best for this number (proven)"))
    )
    order = axes.plot(
        x, curve["order_persons"], marker="s", markersize=4, linestyle="--", color=_ORANGE,
        label=words.say(("按建设次序", "following the building order")),
    )  # fmt: skip
    total = float(curve["demand_persons"].iloc[0])
    roof = axes.axhline(
        total,
        color=_GREY,
        linewidth=1.0,
        linestyle=":",
        label=words.say((f"应服务人口 {total:,.0f}", f"people asked for {total:,.0f}")),
    )
    for k, people in zip(x, curve["covered_persons"], strict=True):
        axes.annotate(f"{people:,.0f}", (k, people), (0, 6), textcoords="offset points", ha="center", fontsize=7.5)
    axes.set_xticks(x)
    axes.set_xlim(x.min() - 0.4, x.max() + 0.4)
    covered = curve[["covered_persons", "order_persons"]].to_numpy(dtype=np.float64)
    axes.set_ylim(*_choose_span(float(covered.min()), max(total, float(covered.max()))))
    say_thousands(axes, "y")
    if curve["budget_yuan"].notna().all():
        _second_axis(axes, curve, words)
    dress_chart(
        axes, words, title=title or (str(asked["label_zh"]), str(asked["label_en"])),
        x=("新建处数", "facilities built"), y=("达标人口,人", "people covered"),
    )  # fmt: skip
    draw_keys(axes, [*best, *order, roof], words, place="below", columns=3, drop_in=0.55)
    return axes


def _choose_span(least: float, most: float) -> tuple[float, float]:
    """Return where the axis of people begins and ends: at 0, or near the least where all lies close together (a line may begin anywhere, a bar may not).

    By hand: 50 to 100 people: 0 to 108. 88,310 to 90,000: the 1,690 between fill most of the axis: 87,803 to 90,135.
    """
    between = most - least
    if between <= 0.0 or least < 0.6 * most:
        return 0.0, max(most, 1.0) * 1.08
    return max(0.0, least - 0.3 * between), most + 0.08 * between


def _second_axis(axes: Axes, curve: pd.DataFrame, words: Words) -> None:
    """Write the budget of each number in small under its tick."""
    ticks = [
        f"{k:g}\n{format_yuan(float(yuan), words.language)}" if yuan > 0 else f"{k:g}"
        for k, yuan in zip(curve["facilities"], curve["budget_yuan"], strict=True)
    ]
    axes.set_xticks(curve["facilities"].to_numpy(dtype=np.float64), ticks)


def plot_township_gaps(
    townships: pd.DataFrame,
    item: str,
    *,
    ax: Axes | None = None,
    title: Label | None = None,
    language: str = "zh",
) -> Axes:
    """Draw the people of every township by state of one item, the township with most people short of it on top.

    Parameters
    ----------
    townships
        `CoverageResult.townships`.
    item
        Standard item.
    ax, title, language
        Axes, text above, and ``zh`` or ``en``.

    Raises
    ------
    ConfigError
        ``PLOT-ITEM``: there is no such item.
    """
    own = townships[townships["item"] == item]
    if own.empty:
        raise ConfigError(
            f"no standard item is called {item!r}",
            code="PLOT-ITEM",
            ids=townships["item"].unique(),
            remedy="Use one of the items listed.",
        )
    words = choose_words(language)
    short = own["gap_persons"] + own["unreachable_persons"]
    own = own.assign(_short=short).sort_values(["_short", "code"], ascending=[True, False], kind="stable")
    axes = open_chart(ax, width=7.2, height=bar_height(len(own)))
    place, left = np.arange(len(own)), np.zeros(len(own))
    handles = []
    for state in ("gap", "unreachable", "unknown", "covered"):
        people = own[f"{state}_persons"].to_numpy(dtype=np.float64)
        hatch = {"hatch": "////"} if state == "unknown" else {}
        handles.append(
            axes.barh(
                place, people, left=left, color=style.STATE_COLOURS[state], edgecolor="#777777", linewidth=0.4, height=0.72,
                label=words.say(style.STATE_LABELS[state]), **hatch,
            )
        )  # fmt: skip
        left = left + people
    for at, (people, end) in enumerate(zip(own["_short"], left, strict=True)):
        axes.annotate(
            f"{people:,.0f}", (end, at), (_NAME_FIRST, 0), textcoords="offset points", va="center", fontsize=7.5, color="#444444"
        )
    axes.set_yticks(place, [write_plainly(str(one)) for one in own["name"]])
    axes.set_ylim(-0.6, len(own) - 0.4)
    axes.set_xlim(0, max(float(left.max()), 1.0) * 1.08)  # room for the number at the end of the longest bar
    say_thousands(axes, "x")
    dress_chart(
        axes, words, title=title, x=("人口,人(条末数字为未达标人数)", "people (the number at the end: people short)"), grid="x"
    )
    draw_keys(axes, handles, words, place="below", columns=4, drop_in=0.55)  # type: ignore[arg-type]
    return axes


def plot_lorenz(
    curves: Mapping[str, Inequality],
    *,
    labels: Mapping[str, Label] | None = None,
    ax: Axes | None = None,
    title: Label | None = ("出行时间在人口中的分布(洛伦兹曲线)", "How unequally travel time falls on people (Lorenz curve)"),
    language: str = "zh",
) -> Axes:
    """Draw the Lorenz curve of travel time for one service or several, with the Gini coefficient of each.

    Parameters
    ----------
    curves
        Service → result of `geoplan.coverage.measure_inequality`.
    labels
        Service → label (Chinese, English); its id without one.
    ax, title, language
        Axes, text above, and ``zh`` or ``en``.
    """
    words = choose_words(language)
    axes = open_chart(ax, width=5.6, height=5.6)
    handles: list[Any] = list(
        axes.plot([0, 1], [0, 1], color=_GREY, linestyle=":", linewidth=1.0, label=words.say(("完全均等", "all alike")))
    )
    for (name, one), colour in zip(curves.items(), _LINES * (1 + len(curves) // len(_LINES)), strict=False):
        pair = (labels or {}).get(name, (name, name))
        lost = one.unreachable_persons + one.unknown_persons
        beside = (
            "" if lost < 0.5 else words.say((f",另 {lost:,.0f} 人不可达或未知", f"; {lost:,.0f} people out of reach or unknown"))
        )
        handles += axes.plot(
            one.curve["people_share"], one.curve["minutes_share"], color=colour, linewidth=1.8,
            label=f"{words.say(pair)} · Gini {one.gini:.2f}{beside}",
        )  # fmt: skip
    axes.set(xlim=(0, 1), ylim=(0, 1), aspect="equal")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(lambda value, _: f"{value:.0%}")
    dress_chart(
        axes, words, title=title, x=("人口累计比例(由近及远)", "share of people, nearest first"),
        y=("出行分钟累计比例", "share of all minutes travelled"),
    )  # fmt: skip
    draw_keys(axes, handles, words, place="below", columns=1, drop_in=0.55)
    return axes


def plot_ranks(
    ranking: RankingResult,
    *,
    ax: Axes | None = None,
    title: Label | None = ("乡镇排名及其把握", "Townships ranked, and how sure each rank is"),
    language: str = "zh",
) -> Axes:
    """Draw the rank of every township with its interval, the best on top; bars that overlap are not told apart.

    Parameters
    ----------
    ranking
        Its ``units``.
    ax, title, language
        Axes, text above, and ``zh`` or ``en``.
    """
    words = choose_words(language)
    units = ranking.units[ranking.units["rank"].notna()].sort_values(["rank", "code"], ascending=[False, False], kind="stable")
    axes = open_chart(ax, width=7.2, height=bar_height(len(units)))
    place = np.arange(len(units))
    low, high, rank = (units[name].to_numpy(dtype=np.float64) for name in ("rank_low", "rank_high", "rank"))
    axes.hlines(place, low, high, color="#b9cfe0", linewidth=7, zorder=2)
    axes.scatter(rank, place, color=_BLUE, s=26, zorder=3)
    for at, (end, score) in enumerate(zip(high, units["score"], strict=True)):
        axes.annotate(f"{score:.3f}", (end, at), (8, 0), textcoords="offset points", va="center", fontsize=7.5, color="#555555")
    axes.set_yticks(place, [write_plainly(str(one)) for one in units["name"]])
    axes.set_ylim(-0.6, max(len(units) - 0.4, 0.6))
    last = max(float(high.max()) if len(high) else 1.0, 1.0)
    axes.set_xlim(0.3, last + 1.6)
    step = 1 if last <= 12 else 2 if last <= 24 else 5
    axes.set_xticks(np.unique(np.r_[1, np.arange(step, last + 1, step)]))
    dress_chart(
        axes, words, title=title, grid="x",
        x=("名次(1 为最好;横条为名次区间,数字为得分 0–1)", "rank (1 is best; bar: interval of the rank; number: score 0–1)"),
    )  # fmt: skip
    return axes

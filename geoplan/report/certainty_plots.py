"""Plot how far classes can be trusted: probability of each class, acceptability of ranks, and what a settlement's score hangs on.

A bar is 1 (all draws): 应搬 0.70, 建议搬 0.30 are seven and three tenths of it. The bars of a tornado run from the score with a factor at its
low end to that at its high end, the widest on top: 0.41–0.73 above 0.60–0.64.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from geoplan.contracts.relocation import CertaintyResult
from geoplan.contracts.status import RELOCATION_CLASS_EN
from geoplan.errors import ConfigError
from geoplan.report import style
from geoplan.report.chart_canvas import bar_height, draw_keys, dress_chart, open_chart
from geoplan.report.map_canvas import Label, choose_words

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.ticker import PercentFormatter

_COLUMNS = ("p_must", "p_suggest", "p_stay", "p_undecided")
_LOW, _HIGH = "#9ecae8", "#c75511"


def plot_chances(
    certainty: CertaintyResult,
    *,
    names: pd.Series | None = None,
    ids: Sequence[str] | None = None,
    most: int = 30,
    ax: Axes | None = None,
    title: Label | None = ("各类判定的概率", "Probability of each class"),
    language: str = "zh",
) -> Axes:
    """Draw the probability of the four classes of settlements as bars that sum to 1, the surest to move on top, and return the axes.

    Parameters
    ----------
    certainty
        Its ``settlements`` and number of draws.
    names
        Names by settlement id; ids without it.
    ids
        Settlements to draw; without it the ``most`` whose class is least certain (largest probability smallest), undecided ones left out.
    most
        So many bars at most.
    ax, title, language
        Axes, text above, and ``zh`` or ``en``.

    Raises
    ------
    ConfigError
        ``PLOT-SETTLEMENT``: an id is not in the table.
    """
    from matplotlib.patches import Patch

    table = certainty.settlements.set_index("settlement_id")
    _need_ids(table.index, ids or ())
    shown = table.loc[list(ids)] if ids is not None else pick_uncertain(table, most)
    shown = shown.iloc[:most].sort_values(["p_must", "p_suggest"], kind="stable")
    words = choose_words(language)
    axes = open_chart(ax, height=bar_height(len(shown)))
    left = np.zeros(len(shown))
    for column, (klass, colour) in zip(_COLUMNS, style.RELOCATION_COLOURS.items(), strict=True):
        hatch = "////" if klass == "证据不足" else None
        axes.barh(
            np.arange(len(shown)),
            shown[column],
            left=left,
            color=colour,
            edgecolor="#555555",
            linewidth=0.5,
            height=0.72,
            hatch=hatch,
        )
        left += shown[column].to_numpy(dtype=np.float64)
    axes.set_yticks(np.arange(len(shown)), _name(shown.index, names))
    axes.set(xlim=(0, 1), ylim=(-0.6, len(shown) - 0.4))
    axes.xaxis.set_major_formatter(_percent())
    dress_chart(
        axes, words, title=title, x=(f"{certainty.draws:,} 次抽样中的占比", f"share of {certainty.draws:,} draws"), grid="x"
    )
    labels = [(one, RELOCATION_CLASS_EN[one]) for one in style.RELOCATION_COLOURS]
    handles = [
        Patch(facecolor=colour, edgecolor="#555555", linewidth=0.5, hatch="////" if klass == "证据不足" else None, label=words.say(label))
        for (klass, colour), label in zip(style.RELOCATION_COLOURS.items(), labels, strict=True)
    ]  # fmt: skip
    draw_keys(axes, handles, words, place="below", columns=4)
    return axes


def pick_uncertain(table: pd.DataFrame, most: int) -> pd.DataFrame:
    """Return the settlements whose likeliest class is least likely, at most ``most``; those whose evidence is missing in every draw are left out."""
    peak = table[list(_COLUMNS)].max(axis=1)
    return table[table["p_undecided"] < 1.0].assign(peak=peak).sort_values("peak", kind="stable").head(most)


def plot_rank_acceptability(
    certainty: CertaintyResult,
    ids: Sequence[str],
    *,
    names: pd.Series | None = None,
    ax: Axes | None = None,
    title: Label | None = ("各名次段的可接受度", "Acceptability of ranks"),
    language: str = "zh",
) -> Axes:
    """Draw in how many draws each settlement takes ranks of each band (rank 1 has the strongest case to move), and return the axes.

    Raises
    ------
    ConfigError
        ``PLOT-SETTLEMENT``: an id is not in the table.
    """
    from matplotlib import colormaps
    from matplotlib.patches import Patch

    ranks = certainty.ranks
    _need_ids(pd.Index(ranks["settlement_id"]), ids)
    wide = ranks[ranks["settlement_id"].isin(ids)].pivot_table(
        index="settlement_id", columns=["rank_from", "rank_to"], values="acceptability", aggfunc="sum", fill_value=0.0
    )
    wide = wide.loc[list(ids)[::-1]]
    words = choose_words(language)
    axes = open_chart(ax, height=bar_height(len(wide)))
    colours = colormaps["YlOrRd_r"](np.linspace(0.1, 0.95, wide.shape[1]))
    left = np.zeros(len(wide))
    handles = []
    for (first, last), colour in zip(wide.columns, colours, strict=True):
        part = wide[first, last].to_numpy(dtype=np.float64)
        axes.barh(np.arange(len(wide)), part, left=left, color=colour, edgecolor="#555555", linewidth=0.4, height=0.72)
        left += part
        text = f"{first:.0f}–{last:.0f}" if last > first else f"{first:.0f}"
        handles.append(
            Patch(facecolor=colour, edgecolor="#555555", linewidth=0.4, label=words.say((f"第 {text} 位", f"rank {text}")))
        )
    axes.set_yticks(np.arange(len(wide)), _name(wide.index, names))
    axes.set(xlim=(0, 1), ylim=(-0.6, len(wide) - 0.4))
    axes.xaxis.set_major_formatter(_percent())
    dress_chart(axes, words, title=title, x=("抽样占比", "share of draws"), grid="x")
    draw_keys(axes, handles, words, place="below", columns=5)
    return axes


def plot_tornado(
    certainty: CertaintyResult,
    settlement_id: str,
    *,
    score: float | None = None,
    thresholds: Sequence[tuple[float, Label]] = (),
    most: int = 12,
    ax: Axes | None = None,
    title: Label | None = None,
    language: str = "zh",
) -> Axes:
    """Draw how the score of one settlement moves when each factor alone goes to its low and its high end, and return the axes.

    Parameters
    ----------
    certainty
        Its ``tornado``.
    settlement_id
        Which settlement.
    score
        Its score as it stands; the median of the draws without it.
    thresholds
        Scores at which the class changes, with their names; those beyond the bars are left out.
    most
        So many factors at most, the widest.
    ax, title, language
        Axes, text above, and ``zh`` or ``en``.

    Raises
    ------
    ConfigError
        ``PLOT-SETTLEMENT``: no such settlement.
    """
    from matplotlib.patches import Patch

    own = certainty.tornado[certainty.tornado["settlement_id"] == settlement_id]
    _need_ids(pd.Index(own["settlement_id"]), [settlement_id])
    own = own.assign(width=(own["score_high"] - own["score_low"]).abs()).sort_values("width", kind="stable").tail(most)
    middle = score
    if middle is None:
        median = certainty.settlements.set_index("settlement_id")["score_p50"]
        middle = float(median.get(settlement_id, np.nan))
    words = choose_words(language)
    axes = open_chart(ax, height=bar_height(len(own)))
    place = np.arange(len(own))
    for column, colour in (("score_low", _LOW), ("score_high", _HIGH)):
        axes.barh(place, own[column] - middle, left=middle, color=colour, edgecolor="#444444", linewidth=0.5, height=0.66)
    for at, row in zip(place, own.itertuples(), strict=True):
        for value, klass in ((row.score_low, row.class_low), (row.score_high, row.class_high)):
            if own["class_low"].iloc[at] == own["class_high"].iloc[at] or not np.isfinite(value):
                continue
            outward = 1 if value > middle else -1
            told = words.say((klass, RELOCATION_CLASS_EN.get(klass, klass)))
            axes.annotate(told, (value, at), (4 * outward, 0), textcoords="offset points", ha="left" if outward > 0 else "right", va="center",
                          fontsize=7.5, fontfamily=words.families, color="#333333")  # fmt: skip
    axes.axvline(middle, color="#333333", linewidth=1)
    axes.set_yticks(place, [words.say((zh, en)) for zh, en in zip(own["label_zh"], own["label_en"], strict=True)])
    low, high = np.nanmin([own["score_low"].min(), middle]), np.nanmax([own["score_high"].max(), middle])
    # English names of classes are longer.
    pad = (0.16 if words.language == "zh" else 0.3) * max(high - low, 0.02)
    axes.set(xlim=(low - pad, high + pad), ylim=(-0.6, len(own) - 0.4))
    for value, label in thresholds:
        if not low - pad <= value <= high + pad:
            continue
        axes.axvline(value, color="#a50f2d", linewidth=1, linestyle=(0, (4, 2)))
        look: dict[str, Any] = {"fontsize": 7.5, "color": "#a50f2d", "fontfamily": words.families}
        axes.annotate(
            words.say(label), (value, 1.0), (2, 2), xycoords=("data", "axes fraction"), textcoords="offset points", **look
        )
    heading = title or (f"{settlement_id} 的得分取决于什么", f"What the score of {settlement_id} hangs on")
    dress_chart(axes, words, title=None, x=("综合得分(单因素取两端)", "score with one factor at either end"), grid="x")
    axes.set_title(words.say(heading), fontfamily=words.families, fontsize=11, loc="left", pad=16 if thresholds else 6)
    names: tuple[Label, Label] = (("该因素取低端", "factor at its low end"), ("该因素取高端", "factor at its high end"))
    handles = [
        Patch(facecolor=colour, edgecolor="#444444", label=words.say(name))
        for colour, name in zip((_LOW, _HIGH), names, strict=True)
    ]
    draw_keys(axes, handles, words, place="lower right")
    return axes


def _need_ids(known: pd.Index, ids: Sequence[str]) -> None:
    strange = [one for one in ids if one not in known]
    if strange:
        raise ConfigError("no such settlement", code="PLOT-SETTLEMENT", ids=strange, remedy="Use ids of certainty.settlements.")


def _name(ids: pd.Index, names: pd.Series | None) -> list[str]:
    if names is None:
        return [str(one) for one in ids]
    return [str(names.get(one, one) or one) for one in ids]


def _percent() -> PercentFormatter:
    from matplotlib.ticker import PercentFormatter

    return PercentFormatter(1.0, decimals=0)

"""Say in words why a unit ranks where it does: what holds it down most, and whether its rank stands apart from its neighbours'.

An indicator takes ``loss`` from the score: its weight × what is missing to full points. A rank stands apart from a neighbour's when the unit is
above (or below) it in at least the stated share of draws.

By hand: losses 0.10, 0.02, 0: "held down most by A (−0.10), B (−0.02)"; above the next in 97 % of draws at a share of 90 %: set apart from it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoplan.contracts.standards_profile import StandardItem

MOST_NAMED = 3
"""How many indicators are named."""


def word_ranks(
    units: pd.DataFrame,
    loss: NDArray[np.float64],
    items: Sequence[StandardItem],
    above: NDArray[np.float64],
    drawn: NDArray[np.bool_],
    *,
    interval_share: float,
) -> tuple[list[str], list[str]]:
    """Return one Chinese and one English text per unit.

    Parameters
    ----------
    units
        n rows: code, name, score, rank, rank_low, rank_high, unknown_share.
    loss
        (n, k) what each indicator takes from the score; NaN where it has no value.
    items
        The k indicators.
    above
        (m, m) share of draws in which one of the drawn units is above another.
    drawn
        (n,) which units took part in the draws.
    interval_share
        Share of draws from which two ranks are told apart.
    """
    place = np.cumsum(drawn) - 1
    rank = units["rank"].fillna(0).to_numpy(dtype=np.int64)
    order = np.lexsort((units["code"].to_numpy(), rank))
    order = order[rank[order] > 0]
    names = [name or code for name, code in zip(units["name"], units["code"], strict=True)]
    texts_zh, texts_en = ["未参与排名: 无可比数据"] * len(units), ["not ranked: nothing to compare by"] * len(units)
    for turn, row in enumerate(order):
        said = [_word_place(units.iloc[row]), _word_losses(loss[row], items)]
        if turn > 0:
            before = order[turn - 1]
            said.append(_word_before(names[before], float(above[place[before], place[row]]), interval_share))
        if turn + 1 < len(order):
            after = order[turn + 1]
            said.append(_word_after(names[after], float(above[place[row], place[after]]), interval_share))
        unknown = float(units["unknown_share"].iloc[row])
        if unknown > 0.0:
            said.append((f"{unknown:.1%}的情况未知", f"{unknown:.1%} is not known"))
        texts_zh[row], texts_en[row] = "; ".join(zh for zh, _ in said) + "。", "; ".join(en for _, en in said) + "."
    return texts_zh, texts_en


def _word_place(unit: pd.Series) -> tuple[str, str]:
    """Say score, rank and interval."""
    score, rank, low, high = (unit[name] for name in ("score", "rank", "rank_low", "rank_high"))
    return f"得分{score:.3f}, 第{rank}名(可信区间第{low}至{high}名)", f"score {score:.3f}, rank {rank} (between {low} and {high})"


def _word_losses(loss: NDArray[np.float64], items: Sequence[StandardItem]) -> tuple[str, str]:
    """Say which indicators take most from the score."""
    lost = np.nan_to_num(loss)
    held = [int(one) for one in np.argsort(-lost, kind="stable")[:MOST_NAMED] if lost[one] > 0.0]
    if not held:
        return "各项已知指标均满分", "full points in all that is known"
    return (
        "拖后腿最多: " + "、".join(f"{items[k].label_zh}(−{lost[k]:.3f})" for k in held),
        "held down most by " + ", ".join(f"{items[k].label_en} (−{lost[k]:.3f})" for k in held),
    )


def _word_before(name: str, share: float, least: float) -> tuple[str, str]:
    """Say how surely the unit stands below the one before it."""
    apart = share >= least
    return (
        f"{'明显落后于' if apart else '难分先后的是'}前一名{name}({share:.0%}的抽样中落后)",
        f"{'set apart' if apart else 'not told apart'} from the one before, {name} (below it in {share:.0%} of draws)",
    )


def _word_after(name: str, share: float, least: float) -> tuple[str, str]:
    """Say how surely the unit stands above the one after it."""
    apart = share >= least
    return (
        f"{'明显领先于' if apart else '难分先后的是'}后一名{name}({share:.0%}的抽样中领先)",
        f"{'set apart' if apart else 'not told apart'} from the one after, {name} (above it in {share:.0%} of draws)",
    )

"""Say in words why two rows were taken for the same, what they contradict each other in, or why a row stands alone."""

from __future__ import annotations

import numpy as np
import pandas as pd

from geoplan.contracts.columns import COLUMNS
from geoplan.contracts.coverage_config import LayerComparison

_MATCHED = {
    "code": ("编码相同", "same code"),
    "name": ("名称相近（相似度 {similarity:.2f}）{place}", "like names (similarity {similarity:.2f}){place}"),
    "place": ("仅位置相近{place}，名称不同，请核实", "near by place alone{place}, other names: verify"),
}


def name_column(column: str) -> tuple[str, str]:
    """Return the Chinese and English label of a column; a column without one keeps its name."""
    if column == "place":
        return "位置", "place"
    known = COLUMNS.get(column)
    return (column, column) if known is None else (known.label_zh, known.label_en)


def state_reasons(table: pd.DataFrame, comparison: LayerComparison) -> tuple[list[str], list[str]]:
    """Return the Chinese and English reason of every row of a comparison.

    Parameters
    ----------
    table
        matched_by, distance_m, name_similarity, state, columns, unknown_columns, doubled_code, missing.
    comparison
        Whose lists they are.
    """
    sides = {
        "left_only": (comparison.right_label_zh or comparison.right, comparison.right_label_en or comparison.right),
        "right_only": (comparison.left_label_zh or comparison.left, comparison.left_label_en or comparison.left),
    }
    zh, en = [], []
    for row in table.to_dict("records"):
        parts = [_match_words(row)] if row["matched_by"] else [_alone_words(row, sides[row["state"]], comparison.within_m)]
        for key, words in (
            ("columns", ("矛盾：{}", "contradicts: {}")),
            ("unknown_columns", ("一方缺值：{}", "one side says nothing: {}")),
        ):
            if row[key]:
                labels = [name_column(one) for one in row[key].split(";")]
                parts.append((words[0].format("、".join(a for a, _ in labels)), words[1].format(", ".join(b for _, b in labels))))
        if row["doubled_code"]:
            parts.append(("编码在一方出现多次，未按编码对应", "its code stands on several rows of one list and was not used"))
        zh.append("；".join(a for a, _ in parts) + "。")
        en.append("; ".join(b for _, b in parts) + ".")
    return zh, en


def _match_words(row: dict[str, float]) -> tuple[str, str]:
    """Return how a pair was found."""
    distance = float(row["distance_m"])
    places = (
        (f"，相距 {distance:.0f} m", f", {distance:.0f} m apart") if np.isfinite(distance) else ("，同一乡镇", ", same township")
    )
    first, second = _MATCHED[str(row["matched_by"])]
    similarity = float(row["name_similarity"])
    return first.format(similarity=similarity, place=places[0]), second.format(similarity=similarity, place=places[1])


def _alone_words(row: dict[str, float], other: tuple[str, str], within_m: float) -> tuple[str, str]:
    """Return why a row has no partner."""
    if row["missing"]:
        return (
            f"{other[0]}在同一乡镇没有同名记录，本条没有坐标",
            f"{other[1]}: no row of this name in the township; this row has no place",
        )
    return f"{other[0]}在 {within_m:g} m 内没有对应记录", f"{other[1]}: no matching row within {within_m:g} m"

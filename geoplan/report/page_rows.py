"""Print the long rows of all group pages: items with causes and remedies, settlements with hazard and candidacy.

Column by column for the whole county, escaped on the way, then joined by unit: a county has some 35,000 rows, and a template that
looks up and escapes every cell of them takes four times as long. Every text that comes from data passes `_escape` exactly once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from markupsafe import escape

from geoplan.contracts.results import PlanResult
from geoplan.contracts.status import HAZARD_KIND_ZH, RELOCATION_CLASS_EN
from geoplan.report import style
from geoplan.report.layers import text_of, tidy_numbers
from geoplan.report.payload import CLASSES
from geoplan.report.style import STATES

Words = Mapping[str, Any]


@dataclass(frozen=True)
class PageRows:
    """Rows of every unit's page as HTML, in the order of the payload's units.

    Attributes
    ----------
    items
        ``<tr>`` rows, one per standard item.
    settlements
        ``<article>`` blocks, one per settlement; ``""`` where there is none.
    """

    items: list[str]
    settlements: list[str]


def print_rows(data: Words, result: PlanResult, language: str, *, remedies: Sequence[Sequence[str]] | None = None) -> PageRows:
    """Return the rows of all pages.

    Parameters
    ----------
    data
        Payload of `payload.gather`: the numbers on map and page are the same ones.
    result
        Its gaps, exposure and contributions in full.
    language
        ``zh`` or ``en``.
    remedies
        Unit × item → what would close the gap and what that costs, as HTML (`page_remedies.print_remedies`); the profile's usual remedies without it.
    """
    members: list[list[int]] = [[] for _ in data["units"]]
    for k, unit in enumerate(data["settlements"]["u"]):
        if unit >= 0:
            members[unit].append(k)
    blocks = _settlement_blocks(data, result, language)
    return PageRows(
        items=_item_rows(data, result.coverage.gaps, members, language, remedies),
        settlements=["".join(blocks[k] for k in inside) for inside in members],
    )


def _escape(text: object) -> str:
    return str(escape(text))


def _escape_column(frame: pd.DataFrame, column: str) -> list[str]:
    return [_escape(one) for one in text_of(frame, column)]


def _item_rows(
    data: Words, gaps: pd.DataFrame, members: list[list[int]], language: str, remedies: Sequence[Sequence[str]] | None
) -> list[str]:
    """Return the item table's body for each unit."""
    cells = describe_cells(data["items"], language)
    causes = _causes(data, gaps, language)
    ranges = _value_ranges(data, members, language)
    states = {digit: _state_cell(digit, language) for digit in "0123."}
    between = "；" if language == "zh" else "; "
    remedy_word = "对策:" if language == "zh" else "Remedy: "
    out = []
    for at, (unit, inside, spans) in enumerate(zip(data["units"], members, ranges, strict=True)):
        rows = []
        for k, (digit, cell, span) in enumerate(zip(unit["s"], cells, spans, strict=True)):
            state, state_text = states[digit]
            named = dict.fromkeys(causes[one][k] for one in inside) if digit != "0" else {}
            cause = between.join(one for one in named if one)
            usual = f"<small>{remedy_word}{cell['remedy']}</small>" if digit in "12" and cell["remedy"] else ""
            remedy = usual if remedies is None or digit not in "123" else remedies[at][k]
            rows.append(
                f'<tr class="is-{state}" data-item="{cell["id"]}"><td class="gp-nowrap"><span class="gp-mark {state}"></span>{state_text}</td>'
                f'{cell["name"]}<td class="gp-num">{span}</td>{cell["limit"]}'
                f"<td>{people_words(unit['k'][4 * k : 4 * k + 4], digit, unit['q'], language)}</td><td>{cause}{remedy}</td>{cell['source']}</tr>\n"
            )
        out.append("".join(rows))
    return out


def _state_cell(digit: str, language: str) -> tuple[str, str]:
    """Return the state of a digit and its label; ``empty`` where there is none."""
    state = "empty" if digit == "." else STATES[int(digit)]
    return state, _escape(style.label(style.STATE_LABELS[state], language))


def _causes(data: Words, gaps: pd.DataFrame, language: str) -> list[list[str]]:
    """Return settlement × item → cause, in words where the gap table carries them, else its code; ``""`` where there is none."""
    ids, items = pd.Index(data["settlements"]["id"]), pd.Index([item["id"] for item in data["items"]])
    column = f"cause_{language}" if f"cause_{language}" in gaps else "cause"
    given = gaps[gaps[column].fillna("") != ""]
    codes, words = pd.factorize(given[column].astype(str))
    rows, columns = ids.get_indexer(given["settlement_id"].astype(str)), items.get_indexer(given["item"].astype(str))
    here = (rows >= 0) & (columns >= 0)
    table = np.full((len(ids), len(items)), "", dtype=object)
    table[rows[here], columns[here]] = np.array([_escape(one) for one in words], dtype=object)[codes[here]]
    return table.tolist()


def _value_ranges(data: Words, members: list[list[int]], language: str) -> list[list[str]]:
    """Return unit × item → smallest and largest known value of its settlements, as text."""
    values = np.array(data["settlements"]["v"], dtype=np.float64).reshape(len(data["settlements"]["v"]), len(data["items"]))
    units = [item["unit"] for item in data["items"]]
    spoken: dict[tuple[float, str], str] = {}

    def say(value: float, unit: str) -> str:
        if (value, unit) not in spoken:
            spoken[value, unit] = _escape(style.format_rounded(value, unit, language))
        return spoken[value, unit]

    out = []
    for inside in members:
        if not inside:
            out.append([style.MISSING] * len(units))
            continue
        own = values[inside]
        # fmin and fmax pass over what is not known.
        low, high = np.fmin.reduce(own, axis=0).tolist(), np.fmax.reduce(own, axis=0).tolist()
        texts = [(style.MISSING,) * 2 if a != a else (say(a, u), say(b, u)) for a, b, u in zip(low, high, units, strict=True)]
        out.append([a if a == b else f"{a} – {b}" for a, b in texts])
    return out


def people_words(counts: Sequence[int], digit: str, uncounted: int, language: str) -> str:
    """Return people by state, states without anybody left out, except the unit's own where it is not met.

    A unit can fall short with less than half a person (4% of the households of a hamlet of eight): it says so, for "all covered" beside
    the word gap would be a riddle. Where settlements are ``uncounted`` the people may also be theirs, and are not known.
    """
    zh = language == "zh"
    tail = " 人" if zh else ""
    few = (" 人数不详" if zh else " (people not known)") if uncounted else (" 不足 1 人" if zh else " (less than 1)")
    parts = [
        f"{style.label(style.STATE_LABELS[state], language)}{f' {n:,}{tail}' if n else few}"
        for k, (state, n) in enumerate(zip(STATES, counts, strict=True))
        if n or (k > 0 and digit == str(k))
    ]
    return " · ".join(parts) or style.MISSING


def describe_cells(items: list[dict[str, Any]], language: str) -> list[dict[str, str]]:
    """Return the cells of each item that are the same on every page: name, limit, source, and the remedy as text."""
    by = "期限" if language == "zh" else "by"
    out = []
    for item in items:
        deadline = f"<small>{by} {item['deadline']}</small>" if item["deadline"] else ""
        source = _escape(" ".join(part for part in (item["source"], item["clause"]) if part))
        evidence = _escape(style.label(style.EVIDENCE_LABELS[item["status"]], language))
        out.append(
            {
                "id": _escape(item["id"]),
                "name": f"<td><b>{style.label(style.LEVEL_LABELS[item['level']], language)}</b> {_escape(item[language])}</td>",
                "limit": f'<td class="gp-num">{_escape(limit_text(item, language))}{deadline}</td>',
                "source": f'<td class="gp-cite">{source}<small>{evidence}</small></td>',
                "remedy": _escape(item["rzh" if language == "zh" else "ren"]),
            }
        )
    return out


def limit_text(item: dict[str, Any], language: str) -> str:
    """Return the threshold with the sense in which it binds."""
    return ("≥ " if item["least"] else "≤ ") + style.format_rounded(item["t"], item["unit"], language)


def _settlement_blocks(data: Words, result: PlanResult, language: str) -> list[str]:
    """Return one printed block per settlement: people, class and why, hazards, contributions."""
    table, zh = data["settlements"], language == "zh"
    ids = pd.Index(table["id"])
    hazards = _by_settlement(result.exposure.exposure, hazard_lines(result.exposure.exposure, language), ids)
    added = _by_settlement(result.candidacy.contributions, contribution_lines(result.candidacy.contributions, language), ids)
    heads = {
        k: f'<span class="gp-class c{k}">{_escape(one if zh else RELOCATION_CLASS_EN[one])}</span>'
        for k, one in enumerate(CLASSES)
    }
    people, homes, score, evidence = (
        ("人口", "户数", "综合得分", "证据充分度") if zh else ("people", "households", "score", "evidence")
    )
    hazard_head = _table_head(("灾种", "等级", "距离", "来源") if zh else ("Hazard", "Class", "Distance", "Source"))
    score_head = _table_head(
        ("搬迁评分依据", "分值", "权重", "贡献") if zh else ("What makes the score", "Points", "Weight", "Adds")
    )
    columns = (
        table["id"],
        table["n"],
        table["p"],
        table["h"],
        table["c"],
        _scores(table),
        table["ev"],
        table["rz" if zh else "re"],
    )
    return [
        f'<article class="gp-settlement">\n<h3>{_escape(n or i)} {heads[c]}</h3>\n<p class="gp-code">{_escape(i)} · {people} {_count(p)} · '
        f"{homes} {_count(h)} · {score} {s} · {evidence} {style.MISSING if e is None else f'{e * 100:.0f}%'}</p>\n<p>{_escape(why)}</p>\n"
        f'<div class="gp-two">\n{hazard_head}{hazards[k]}</tbody></table>\n{score_head}{added[k]}</tbody></table>\n</div>\n</article>\n'
        for k, (i, n, p, h, c, s, e, why) in enumerate(zip(*columns, strict=True))
    ]


def _table_head(names: Iterable[str]) -> str:
    return f'<table class="gp-table"><thead><tr>{"".join(f"<th>{one}</th>" for one in names)}</tr></thead><tbody>\n'


def _scores(table: Words) -> list[str]:
    """Return each settlement's score with its bounds where they are known."""
    return [
        style.MISSING if one is None else f"{one:.2f}" if low is None or high is None else f"{one:.2f} ({low:.2f}–{high:.2f})"
        for one, low, high in zip(table["sc"], table["lo"], table["hi"], strict=True)
    ]


def _count(value: float | None) -> str:
    return style.MISSING if value is None else f"{value:,}"


def _by_settlement(frame: pd.DataFrame, lines: list[str], ids: pd.Index) -> list[str]:
    """Return, per settlement of ``ids``, its lines joined in table order."""
    out: list[list[str]] = [[] for _ in range(len(ids))]
    for k, line in zip(ids.get_indexer(frame["settlement_id"].astype(str)).tolist(), lines, strict=True):
        if k >= 0:
            out[k].append(line)
    return ["".join(one) for one in out]


def hazard_lines(frame: pd.DataFrame, language: str) -> list[str]:
    """Return kind, class, distance and source of each exposure row as a ``<tr>``; no data is unknown, not none."""
    zh = language == "zh"
    unknown = "未调查,未知" if zh else "not surveyed: unknown"
    kinds = {one: _escape(_kind_name(one, zh)) for one in frame["hazard_kind"].unique()}
    classes = {
        one: _escape(style.label(style.HAZARD_CLASS_LABELS.get(str(one), (str(one), str(one))), language))
        for one in frame["hazard_class"].unique()
    }
    sources = [
        _escape(f"{a} {b} {c}".strip())
        for a, b, c in zip(*(text_of(frame, one) for one in ("source_layer", "source_id", "vintage")), strict=True)
    ]
    distances = frame["distance_m"].to_numpy(dtype=np.float64, na_value=np.nan).tolist()
    rows = zip(frame["hazard_kind"], frame["status"] == "ok", frame["hazard_class"], distances, sources, strict=True)
    return [
        f'<tr><td>{kinds[kind]}</td><td>{classes[klass]}</td><td class="gp-num">{style.format_value(far, "m", language)}</td>'
        f'<td class="gp-cite">{source}</td></tr>\n'
        if known
        else f'<tr><td>{kinds[kind]}</td><td>{unknown}</td><td class="gp-num">{style.MISSING}</td><td class="gp-cite"></td></tr>\n'
        for kind, known, klass, far, source in rows
    ]


def _kind_name(kind: str, zh: bool) -> str:
    """Return a hazard's name; a kind that has none is named by itself."""
    return HAZARD_KIND_ZH.get(kind, "任一灾种" if kind == "any" else kind) if zh else style.HAZARD_KIND_EN.get(kind, kind)


def contribution_lines(frame: pd.DataFrame, language: str) -> list[str]:
    """Return reason, points, weight and contribution of each candidacy row as a ``<tr>``; what is not known is a dash."""
    reasons = _escape_column(frame, "reason_zh" if language == "zh" else "reason_en")
    points, weights, added = (
        tidy_numbers(frame[one].to_numpy(dtype=np.float64, na_value=np.nan), 3) for one in ("points", "weight", "contribution")
    )
    return [
        f'<tr><td>{why}</td><td class="gp-num">{style.MISSING if p is None else f"{p:.2f}"}</td>'
        f'<td class="gp-num">{style.MISSING if w is None else f"{w:.3f}"}</td><td class="gp-num">{style.MISSING if c is None else f"{c:.3f}"}</td></tr>\n'
        for why, p, w, c in zip(reasons, points, weights, added, strict=True)
    ]

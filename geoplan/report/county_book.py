"""Bind the county into one file that opens from a stick or a mail with no network: overview, index with search, and a page per village group.

The pages are the very HTML of the pages in the folder ``groups/``, packed by township (gzip in base64) and unfolded when one is asked for; so are the
county's shapes and the hillshade. Browsers unfold gzip since Edge and Chrome 80, Firefox 113 and Safari 16.4; older ones are told to open the folder.
The same county gives the same bytes. By hand: 700 pages of 30 kB are 21 MB; packed they are a tenth, and base64 makes four letters of three bytes.
"""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup

from geoplan.contracts.config import PlanConfig
from geoplan.contracts.coverage import LedgerResult, RankingResult
from geoplan.contracts.profiles import StandardsProfile
from geoplan.contracts.results import PlanResult
from geoplan.report import style
from geoplan.report.assets import css, script, style_payload, templates
from geoplan.report.drawing import CountyDrawing
from geoplan.report.encoding import encode_json
from geoplan.report.offline import leaflet_css, leaflet_js
from geoplan.report.page_figures import find_homes, unit_figures
from geoplan.report.pages import PAGE_SCRIPTS, print_vintage
from geoplan.report.payload import page_level
from geoplan.report.relocation_words import format_yuan


def write_county_book(
    result: PlanResult,
    path: Path,
    *,
    plan: PlanConfig,
    standards: StandardsProfile,
    drawing: CountyDrawing,
    pages: Mapping[int, tuple[str, str]],
    sentences: Sequence[str] = (),
    ledger: LedgerResult | None = None,
    ranking: RankingResult | None = None,
    language: str | None = None,
) -> Path:
    """Write the county as one HTML file.

    Parameters
    ----------
    result
        Result of a run.
    path
        File to write, whole or not at all.
    plan, standards
        Its plan file and standards.
    drawing
        `draw_county` at the level of the pages.
    pages
        Place of each unit in the payload → HTML of its page's main part, and its ways as JSON (``""``: none); from ``keep`` of `pages.write_group_pages`.
    sentences
        What was found, in words.
    ledger, ranking
        The ledger of gaps and the ranking of townships, where there are any.
    language
        ``zh`` or ``en``; the plan's own without it.
    """
    from geoplan.io.export import write_text

    chosen = language or plan.language
    data = drawing.data
    level = page_level(result)
    units = _list_units(data, level)
    shade = drawing.background
    background = encode_json(None if shade is None else {"uri": shade.uri, "bounds": shade.bounds_lonlat})
    county = f'{{"data":{drawing.encode_for(chosen)},"style":{encode_json(style_payload())},"background":{background}}}'
    text = templates(chosen).get_template("county_book.html").render(
        language=chosen, county=plan.name if chosen == "zh" else plan.name_en or plan.name, year=plan.year, standard=data["standard"][chosen],
        styles=leaflet_css() + "\n" + css("popup.css", "page.css"), sentences=list(sentences),
        items=_sum_items(result, standards, ledger, chosen), ranked=ranking is not None, **_sum_townships(result, ledger, ranking, chosen),
        vintages=Markup("<ul>{}</ul>").format(Markup().join(print_vintage(one) for one in data["vintages"])),
        units=encode_json(units), packed_county=pack(county), chunks=_pack_pages(units, pages), leaflet=leaflet_js(),
        code=script(*PAGE_SCRIPTS, "county_book.js"),
    )  # fmt: skip
    write_text(text, path)
    return path


def pack(text: str) -> str:
    """Return a text as gzip in base64; the same text gives the same letters.

    >>> gzip.decompress(base64.b64decode(pack("组"))).decode()
    '组'
    """
    return base64.b64encode(gzip.compress(text.encode("utf-8", "replace"), compresslevel=6, mtime=0)).decode("ascii")


def _list_units(data: Mapping[str, Any], level: str) -> list[dict[str, Any]]:
    """Return what the index shows of every unit, in the order of the payload."""
    out = []
    for unit, home in zip(data["units"], find_homes(data, level), strict=True):
        told = unit_figures(unit)
        out.append(
            {
                "c": unit["c"], "n": unit["n"] or unit["c"], "t": home["township_code"], "tn": home["township"], "v": home["village"],
                "p": told["persons"], "u": told["unmet"], "q": told["unknown_items"], "k": told["pill"],
            }
        )  # fmt: skip
    return out


def _pack_pages(units: Sequence[Mapping[str, Any]], pages: Mapping[int, tuple[str, str]]) -> list[dict[str, str]]:
    """Return the pages of every township as one packed text, in the order of the townships' codes."""
    parts: dict[str, list[str]] = {}
    for place, unit in enumerate(units):
        body, ways = pages[place]
        page = f"{json.dumps(unit['c'], ensure_ascii=False)}:[{json.dumps(body, ensure_ascii=False)},{ways or 'null'}]"
        parts.setdefault(unit["t"], []).append(page)
    return [{"code": code, "packed": pack("{" + ",".join(parts[code]) + "}")} for code in sorted(parts)]


def _sum_items(
    result: PlanResult, standards: StandardsProfile, ledger: LedgerResult | None, language: str
) -> list[dict[str, Any]]:
    """Return the county's people by state of every item, and its open gaps."""
    county = result.coverage.county.drop_duplicates("item").set_index("item")
    known = [one for one in standards.items if one.id in county.index]
    people = style.count_people(county.loc[[one.id for one in known]])
    open_ = _count_open(ledger, "item")
    return [
        {
            "id": one.id, "level": style.label(style.LEVEL_LABELS[one.level], language), "label": one.label_zh if language == "zh" else one.label_en,
            "people": [f"{n:,}" for n in row], "open": style.MISSING if ledger is None else f"{int(open_.get(one.id, 0)):,}",
            "deadline": one.deadline or style.MISSING,
        }
        for one, row in zip(known, people.tolist(), strict=True)
    ]  # fmt: skip


def _count_open(ledger: LedgerResult | None, column: str) -> pd.Series:
    """Return the number of gaps that are open, by a column of the ledger."""
    if ledger is None:
        return pd.Series(dtype=np.int64)
    table = ledger.ledger
    return table[table["status"] == "open"].groupby(column).size()


def _sum_townships(
    result: PlanResult, ledger: LedgerResult | None, ranking: RankingResult | None, language: str
) -> dict[str, Any]:
    """Return rows of the townships and their total."""
    towns = result.demand.townships
    names = dict(zip(towns["code"].astype(str), towns["name"].fillna("").astype(str), strict=True)) if len(towns) else {}
    settlements = result.demand.settlements
    home = settlements["township_code"].fillna("").astype(str)
    people, uncounted = settlements["persons"].groupby(home).sum(), settlements["persons"].isna().groupby(home).sum()
    table = pd.DataFrame(columns="township_code status overdue capital_yuan".split()) if ledger is None else ledger.ledger
    codes = sorted({*names, *people.index, *table["township_code"]})
    own = table["township_code"]
    counts = {
        "open": (table["status"] == "open").groupby(own).sum(), "overdue": (table["overdue"].astype(bool) & (table["status"] == "open")).groupby(own).sum(),
        "unverified": (table["status"] == "unverified").groupby(own).sum(), "capital": table["capital_yuan"].astype(np.float64).groupby(own).sum(min_count=1),
    }  # fmt: skip
    ranks = {} if ranking is None else {one.code: one for one in ranking.units.itertuples()}
    none = "未分乡镇" if language == "zh" else "no township"
    whole = (
        style.round_keeping_total(people.reindex(codes).fillna(0.0).to_numpy(dtype=np.float64)[None, :])[0].tolist()
        if codes
        else []
    )
    rows = [
        {
            "code": code,
            "name": names.get(code) or code or none,
            "people": _say_people(n, int(uncounted.get(code, 0))),
            **_say_counts(counts, code, language),
            **_say_rank(ranks.get(code)),
        }
        for code, n in zip(codes, whole, strict=True)
    ]
    summed = {name: column.to_frame().assign(_all="").groupby("_all").sum(min_count=1).iloc[:, 0] for name, column in counts.items()}
    total = _say_people(sum(whole), int(uncounted.sum()))
    return {"townships": rows, "total": {"people": total, **_say_counts(summed, "", language)}}


def _say_people(known: int, uncounted: int) -> str:
    """Return people; where settlements were not counted there are more than are known.

    >>> _say_people(1200, 0), _say_people(1200, 3), _say_people(0, 3)
    ('1,200', '1,200 + ?', '?')
    """
    if not uncounted:
        return f"{known:,}"
    return f"{known:,} + ?" if known else "?"


def _say_counts(counts: Mapping[str, pd.Series], code: str, language: str) -> dict[str, str]:
    """Return the counts of a township in words."""
    told = {name: f"{int(counts[name].get(code, 0)):,}" for name in ("open", "overdue", "unverified")}
    return {**told, "capital": format_yuan(float(counts["capital"].get(code, np.nan)), language)}


def _say_rank(unit: Any) -> dict[str, str]:
    """Return rank with interval and score; a dash where a township has none."""
    if unit is None or pd.isna(unit.rank):
        return {"rank": style.MISSING, "score": style.MISSING}
    return {"rank": f"{unit.rank:.0f} ({unit.rank_low:.0f}–{unit.rank_high:.0f})", "score": f"{unit.score:.3f}"}

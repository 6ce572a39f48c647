"""Show people what the checks found: one offline page with problems by severity, the way out of each, and the layers read."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup, escape

from geoplan.contracts.config import PlanConfig
from geoplan.contracts.results import CheckReport, LayerRecord
from geoplan.contracts.status import Severity
from geoplan.report.assets import css, templates

SEVERITIES: dict[str, tuple[str, str]] = {
    str(Severity.ERROR): ("错误:须先改正", "error: stops the run"),
    str(Severity.WARNING): ("警告:请核实", "warning: please verify"),
    str(Severity.INFO): ("提示", "note"),
}
_SHOWN_IDS = 12
_ONE_LINE = 16
"""Texts up to this length stand on one line; longer ones may break anywhere."""


def quality_page(report: CheckReport, *, plan: PlanConfig, records: Sequence[LayerRecord], language: str | None = None) -> str:
    """Return the quality page as one HTML text without any outside reference.

    Parameters
    ----------
    report
        Problems found; shown errors first, in the order of the report within a severity.
    plan
        Names the county and the language.
    records
        Layers read, with vintage, CRS, datum, checksum, licence and what was changed on reading.
    language
        ``zh`` or ``en``; the plan's own without it.
    """
    chosen = language or plan.language
    zh = chosen == "zh"
    problems = [
        {
            "code": one.code, "place": _breakable(".".join(part for part in (one.layer, one.column) if part)), "count": one.count,
            "severity": str(one.severity), "message": one.message_zh if zh else one.message_en, "remedy": one.remedy_zh if zh else one.remedy_en,
            "ids": ", ".join(one.ids[:_SHOWN_IDS]), "more": max(one.count, len(one.ids)) - min(len(one.ids), _SHOWN_IDS),
        }
        for one in report.problems
    ]  # fmt: skip
    parts = [
        {"severity": key, "label": pair[0] if zh else pair[1], "problems": [one for one in problems if one["severity"] == key]}
        for key, pair in SEVERITIES.items()
    ]
    return templates(chosen).get_template("quality.html").render(
        t=(lambda zh_text, en_text: zh_text) if zh else (lambda zh_text, en_text: en_text), language=chosen, year=plan.year,
        county=plan.name if zh else plan.name_en or plan.name, css=css("page.css"), parts=parts, ok=report.ok, records=records,
        short=lambda text: Markup(' class="gp-nowrap"') if len(text) <= _ONE_LINE else "",
    )  # fmt: skip


def _breakable(name: str) -> Markup:
    """Return a name that breaks after a point or an underscore rather than inside a word."""
    return Markup(str(escape(name)).replace(".", ".<wbr>").replace("_", "_<wbr>"))

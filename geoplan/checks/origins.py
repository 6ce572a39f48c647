"""Check where the layers come from: how old they are, and whether they carry personal data."""

from __future__ import annotations

import re

from geoplan.contracts.config import PlanConfig
from geoplan.contracts.results import Layers, Problem
from geoplan.contracts.status import Severity
from geoplan.io.problems import note_problem

_OLD_YEARS = 10
_YEAR = re.compile(r"(?<!\d)(19|20)\d{2}(?!\d)")
_PERSONAL = re.compile(
    r"姓名|户主|身份证|电话|手机|银行|卡号|联系方式"
    r"|(?:^|[_\W])(?:id_?card|id_?number|phone|mobile|telephone|bank|owner|householder|surname|first_?name|last_?name)(?:$|[_\W])",
    re.IGNORECASE,
)


def check_origins(layers: Layers, plan: PlanConfig) -> list[Problem]:
    """Return layers surveyed more than ten years before the planning year or after it, and columns that look personal."""
    problems = []
    for record in layers.records:
        found = _YEAR.search(record.vintage)
        if found is None:
            problems.append(_note_vintage("LAYER-VINTAGE", record.id, "时点不明", f"vintage {record.vintage!r} names no year"))
            continue
        age = plan.year - int(found.group())
        if age > _OLD_YEARS:
            problems.append(
                _note_vintage(
                    "LAYER-OLD", record.id, f"调查时点早于规划年 {age} 年", f"was surveyed {age} years before the planning year"
                )
            )
        elif age < 0:
            problems.append(
                _note_vintage(
                    "LAYER-LATER",
                    record.id,
                    f"调查时点晚于规划年 {-age} 年",
                    f"was surveyed {-age} years after the planning year",
                )
            )
    for name, frame in layers.vectors.items():
        personal = [str(one) for one in frame.columns if _PERSONAL.search(str(one))]
        if personal:
            problems.append(_note_personal(name, personal, plan))
    return problems


def _note_vintage(code: str, layer: str, zh: str, en: str) -> Problem:
    return note_problem(
        code,
        Severity.INFO,
        layer,
        zh=f"图层{zh}",
        en=f"the layer: {en}" if code == "LAYER-VINTAGE" else f"the layer {en}",
        fix_zh="核对是否仍与现状相符。",
        fix_en="Make sure that it still holds.",
        count=1,
    )


def _note_personal(layer: str, columns: list[str], plan: PlanConfig) -> Problem:
    leaving = [one for one in columns if one in plan.output.personal_columns]
    return note_problem(
        "PERSONAL-DATA",
        Severity.WARNING,
        layer,
        zh=f"图层带有疑似个人信息的字段：{'、'.join(columns)}"
        + (f"；其中 {'、'.join(leaving)} 会写入成果" if leaving else "；不会写入成果"),
        en=f"the layer carries columns that look personal: {', '.join(columns)}; "
        + (f"{', '.join(leaving)} will be written to the outputs" if leaving else "none is written to the outputs"),
        fix_zh="不需要时从目录的 keep 中删去；需要公布时确有依据。",
        fix_en="Drop them from `keep` unless they are needed, and let them leave only with good reason.",
        column=columns[0],
        ids=columns,
    )

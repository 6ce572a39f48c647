"""Write down what reading a layer found, in both languages, with the first fifty ids."""

from __future__ import annotations

from collections.abc import Iterable

from geoplan.contracts.results import Problem
from geoplan.contracts.status import Severity

_KEPT_IDS = 50


def note_problem(
    code: str,
    severity: Severity,
    layer: str,
    *,
    zh: str,
    en: str,
    fix_zh: str,
    fix_en: str,
    column: str = "",
    ids: Iterable[object] = (),
    count: int | None = None,
) -> Problem:
    """Return a `Problem`; ``count`` defaults to the number of ids given."""
    every = [str(one) for one in ids]
    return Problem(
        code=code,
        severity=severity,
        layer=layer,
        message_zh=zh,
        message_en=en,
        remedy_zh=fix_zh,
        remedy_en=fix_en,
        column=column,
        ids=tuple(every[:_KEPT_IDS]),
        count=len(every) if count is None else count,
    )

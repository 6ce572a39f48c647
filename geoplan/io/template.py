"""Write the commented plan file and the JSON Schema from the models, so that neither can drift from them."""

from __future__ import annotations

import json
import textwrap
from typing import Any, get_args, get_origin

from pydantic.fields import FieldInfo

from geoplan.contracts.cited import Cited
from geoplan.contracts.config import Frozen, HazardConfig, PlanConfig, ServiceConfig

_REQUIRED: dict[str, Any] = {"name": "某某县", "year": 2026, "roads": "roads", "dem": "dem"}
_SERVICE = {"id": "clinic", "label_zh": "卫生室", "label_en": "clinic", "layers": ["clinics"]}
_HAZARD = {"layer": "landslides", "kind": "landslide", "radius_m": 100.0}


def plan_template() -> str:
    """Return a plan file with every key, its meaning, unit and default; it parses as it stands."""
    head = "# A geoplan plan file. Every key is listed; those with a default are commented out.\n"
    return head + "\n".join(_lines(PlanConfig, 0, _REQUIRED)) + "\n"


def plan_schema() -> str:
    """Return the JSON Schema of the plan file."""
    return json.dumps(PlanConfig.model_json_schema(), ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def _lines(model: type[Frozen], depth: int, given: dict[str, Any]) -> list[str]:
    lines: list[str] = []
    pad = "  " * depth
    for name, field in model.model_fields.items():
        lines += textwrap.wrap(
            " ".join((field.description or "").split()), width=110, initial_indent=f"{pad}# ", subsequent_indent=f"{pad}# "
        )
        lines += _entry(name, field, pad, depth, given)
    return lines


def _entry(name: str, field: FieldInfo, pad: str, depth: int, given: dict[str, Any]) -> list[str]:
    annotation = field.annotation
    default = None if field.is_required() else field.get_default(call_default_factory=True)
    if isinstance(default, Cited):
        return [f"{pad}# {name}: {json.dumps(default.model_dump(mode='json'), ensure_ascii=False)}"]
    if isinstance(default, list) and any(isinstance(one, Frozen) for one in default):
        return [f"{pad}# {name}: {json.dumps([one.model_dump(mode='json') for one in default], ensure_ascii=False)}"]
    if isinstance(annotation, type) and issubclass(annotation, Frozen):
        return [f"{pad}# {name}:", *_lines(annotation, depth + 1, {})]
    if get_origin(annotation) is list and get_args(annotation)[0] in (ServiceConfig, HazardConfig):
        example = _SERVICE if get_args(annotation)[0] is ServiceConfig else _HAZARD
        rows = [f"{pad}  - {json.dumps(example, ensure_ascii=False)}"]
        return (
            [f"{pad}{name}:", *rows] if field.is_required() else [f"{pad}# {name}:", *(f"{pad}# {row.strip()}" for row in rows)]
        )
    if name in given:
        return [f"{pad}{name}: {json.dumps(given[name], ensure_ascii=False)}"]
    if field.is_required():
        return [f"{pad}{name}: null"]
    return [f"{pad}# {name}: {json.dumps(default, ensure_ascii=False)}"]


if __name__ == "__main__":
    import sys

    sys.stdout.write(plan_schema())

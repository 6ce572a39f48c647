"""Read the page templates, scripts and style sheets that come with geoplan, and hand the style to scripts as data."""

from __future__ import annotations

import re
from functools import cache
from importlib import resources
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import escape

from geoplan.contracts.columns import ROAD_CLASSES
from geoplan.contracts.status import HAZARD_KIND_ZH, RELOCATION_CLASS_EN
from geoplan.report import style

_FIXED_WORDS = re.compile(r"\{\{ t\('([^']*)', '([^']*)'\) \}\}")


@cache
def read_asset(name: str) -> str:
    """Return the text of a file in ``report/templates``."""
    return (resources.files("geoplan.report") / "templates" / name).read_text(encoding="utf-8")


@cache
def templates(language: str = "zh") -> Environment:
    """Return the template environment: autoescape on, an unknown name is an error, fixed words in ``language`` put in on loading."""
    return Environment(
        loader=FunctionLoader(lambda name: translate_template(read_asset(name), language)),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def translate_template(text: str, language: str) -> str:
    """Replace each plain ``{{ t('中文', 'English') }}`` by its half, so that 700 pages do not look the same words up 700 times.

    >>> translate_template("<b>{{ t('人口', 'People') }}</b>", "en")
    '<b>People</b>'
    """
    return _FIXED_WORDS.sub(lambda found: str(escape(found[1] if language == "zh" else found[2])), text)


def css(*names: str) -> str:
    """Return style sheets joined, with the font stack as a variable and the colours of `style` as classes."""
    rules = [f":root{{--gp-font:{style.FONT_STACK}}}"]
    rules += [f".gp-mark.{state}{{background:{colour}}}" for state, colour in style.STATE_COLOURS.items() if state != "unknown"]
    light = {"证据不足": "background:#fff;color:#333;border:1px dashed #555", "建议搬": "background:#f0e442;color:#1b1b1b"}
    rules += [
        f".gp-class.c{k}{{{light.get(one, f'background:{fill};color:#fff')}}}"
        for k, (one, fill) in enumerate(style.RELOCATION_COLOURS.items())
    ]
    rules += [
        f".gp-pill.k{k}{{background:{fill};color:{'#fff' if k > 1 else '#1b1b1b'}}}" for k, fill in enumerate(style.COUNT_COLOURS)
    ]
    rules.append(f".gp-pill.met{{background:{style.STATE_COLOURS['covered']}}}")
    return "\n".join([*rules, *(read_asset(name) for name in names)])


def script(*names: str) -> str:
    """Return scripts joined."""
    return "\n".join(read_asset(name) for name in names)


def style_payload() -> dict[str, Any]:
    """Return colours and labels for the scripts: `style` stays the one place where they are chosen."""
    kinds = {**HAZARD_KIND_ZH, "any": "任一灾种"}
    return {
        "states": list(style.STATES), "stateColours": style.STATE_COLOURS, "stateLabels": style.STATE_LABELS,
        "countSteps": style.COUNT_STEPS, "countColours": style.COUNT_COLOURS,
        "classes": list(style.RELOCATION_COLOURS), "classColours": style.RELOCATION_COLOURS,
        "classLabels": [[one, RELOCATION_CLASS_EN[one]] for one in style.RELOCATION_COLOURS],
        "roads": style.ROAD_COLOURS, "roadLabels": ROAD_CLASSES, "roadsShown": style.ROADS_SHOWN,
        "hazards": style.HAZARD_COLOURS, "hazardLabels": style.HAZARD_CLASS_LABELS,
        "hazardKinds": {key: [zh, style.HAZARD_KIND_EN.get(key, key)] for key, zh in kinds.items()},
        "river": style.RIVER_COLOUR, "wall": style.WALL_COLOUR, "site": style.SITE_COLOUR, "facilityColours": style.FACILITY_COLOURS,
        "units": style.UNIT_LABELS, "evidence": style.EVIDENCE_LABELS, "levels": style.LEVEL_LABELS,
    }  # fmt: skip

"""Put into words how sure a class is: with which probability, what it depends on, where that factor turns it, and on what the spread rests.

By hand: 应搬 in 62% of the draws, 建议搬 in 38%, travel speed explains 71% of the changes and turns the class at times × 1.10 →
“应搬 62%,建议搬 38%(10,000 次抽样);主要取决于路速(解释类别变化的 71%):若路速慢 9%,则由建议搬变为应搬 …”.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geoplan.contracts.certainty_config import CertaintyConfig
from geoplan.contracts.profiles import Cited, RelocationProfile
from geoplan.contracts.status import RELOCATION_CLASS_EN, RelocationClass
from geoplan.relocation.draws import name_service
from geoplan.relocation.reasons import cite
from geoplan.relocation.tornado import Turns
from geoplan.relocation.uncertain import SLOPE, Inputs

_CLASSES = [str(one) for one in RelocationClass]
_FIXED_LABELS = {
    "speed": ("路速(全县)", "travel speed (whole county)", "time factor"),
    "dem_error": ("高程模型误差", "error of the elevation model", "m/m"),
    "hazard_class": ("灾害分级误差", "error of the mapped hazard class", "class"),
    "population": ("实际人口", "people actually there", "factor"),
    "willingness": ("群众意愿", "what the people want", ""),
}
Words = tuple[list[str], list[str]]


@dataclass(frozen=True)
class Verdicts:
    """What is to be said of n settlements."""

    verdict: NDArray[np.object_]
    """(n,) certain_move / certain_stay / depends."""
    base: NDArray[np.object_]
    """(n,) class as things stand."""
    share: NDArray[np.float64]
    """(n, 4) probability of each class."""
    sure: NDArray[np.float64]
    """(n, 3) share of draws 应搬, 可留 whatever the missing evidence says, and left open by it."""
    named: list[list[tuple[str, float]]]
    """Factors and what they explain, strongest first."""
    turns: list[Turns | None]
    """Where the first movable of them turns the class."""


def describe_factor(factor: str, profile: RelocationProfile) -> tuple[str, str, str]:
    """Return the label in Chinese and English and the unit of a factor's values.

    >>> describe_factor("speed", None)  # the profile is asked for indicators only
    ('路速(全县)', 'travel speed (whole county)', 'time factor')
    """
    if factor in _FIXED_LABELS:
        return _FIXED_LABELS[factor]
    stem, _, name = factor.partition(":")
    if stem == "speed":
        about = next((one for one in profile.indicators if name_service(one.id) == name and one.id.endswith("_min")), None)
        zh, en = (about.label_zh, about.label_en) if about else (name, name)
        return f"“{zh}”的路速", f"travel speed for “{en}”", "time factor"
    about = next((one for one in profile.indicators if one.id == name), None)
    zh, en = (about.label_zh, about.label_en) if about else ("灾害调查", "hazard survey") if name == "hazard" else (name, name)
    if stem == "weight":
        return f"“{zh}”的权重", f"weight of “{en}”", "weight"
    return f"缺少的证据:{zh}", f"missing evidence: {en}", "points"


def explain_verdicts(
    found: Verdicts, inputs: Inputs, weights: NDArray[np.float64], profile: RelocationProfile, config: CertaintyConfig
) -> Words:
    """Return a sentence in Chinese and English for every settlement."""
    sentences = [_explain(s, found, inputs, weights, profile, config) for s in range(len(found.verdict))]
    return [zh for zh, _ in sentences], [en for _, en in sentences]


def _explain(
    s: int, found: Verdicts, inputs: Inputs, weights: NDArray[np.float64], profile: RelocationProfile, config: CertaintyConfig
) -> tuple[str, str]:
    """Return the sentence of one settlement."""
    order = [c for c in np.argsort(-found.share[s], kind="stable") if found.share[s, c] > 0]
    drawn = f"{config.draws:,}"
    zh = ",".join(f"{_CLASSES[c]} {percent(found.share[s, c])}" for c in order) + f"({drawn} 次抽样)"
    en = ", ".join(f"{RELOCATION_CLASS_EN[_CLASSES[c]]} {percent(found.share[s, c])}" for c in order) + f" of {drawn} draws"
    if found.verdict[s] != "depends":
        line, cited = percent(config.certain_share), config.certain_share_cited
        return f"{zh},达到 {line} 的把握线({cite(cited)})", f"{en}: at or above the {line} line ({cite(cited, 'en')})"
    (first, explained), *others = found.named[s]
    if first == "willingness":
        return f"{zh};类别稳定,去留取决于群众意愿", f"{en}; the class is firm, and moving is for the people to choose"
    first_zh, first_en, _ = describe_factor(first, profile)
    turn_zh, turn_en = _turn(s, first, found, inputs, weights, profile)
    source = _source(first, profile, config)
    if first.startswith("evidence"):
        zh += f";取决于{first_zh}(在 {percent(explained)} 的抽样中可改变类别){turn_zh}"
        en += f"; depends on {first_en} (could change the class in {percent(explained)} of the draws){turn_en}"
    else:
        zh += f";主要取决于{first_zh}(解释类别变化的 {percent(explained)}){turn_zh}"
        en += f"; depends mostly on {first_en} (explains {percent(explained)} of the changes of class){turn_en}"
    if source is not None:
        about_zh, about_en = ("分类线", "class lines") if first.startswith("evidence") else ("其不确定度", "its spread")
        zh, en = f"{zh};{about_zh}依据:{cite(source)}", f"{en}; {about_en}: {cite(source, 'en')}"
    if others:
        labels = [describe_factor(one, profile) for one, _ in others]
        zh += ";其次:" + "、".join(one[0] for one in labels)
        en += "; next: " + ", ".join(one[1] for one in labels)
    return zh, en


def _turn(
    s: int, factor: str, found: Verdicts, inputs: Inputs, weights: NDArray[np.float64], profile: RelocationProfile
) -> tuple[str, str]:
    """Return the clause that says at which level of the factor the class turns."""
    if factor.startswith("evidence"):
        lines = f"{profile.must_score:.2f}/{profile.suggest_score:.2f}"
        return f",分类线 {lines}", f", class lines {lines}"
    turn = found.turns[s]
    if turn is None or math.isnan(turn.level[0]):
        return (
            ";它单独变化(99% 范围内)不改变类别,与其他因素一起才会",
            "; alone, within 99% of its range, it does not turn the class",
        )
    level, stem = float(turn.level[0]), factor.partition(":")[0]
    if stem == "weight":
        place = [one.id for one in profile.indicators].index(factor.partition(":")[2])
        zh, en = f"权重由 {weights[place]:.3f} 变为 {level:.3f}", f"the weight goes from {weights[place]:.3f} to {level:.3f}"
    elif stem == "speed":
        slower = level > 1
        speed, time = percent(abs(1 / level - 1)), percent(abs(level - 1))
        zh = f"路速{'慢' if slower else '快'} {speed}(用时{'多' if slower else '少'} {time})"
        en = f"travel is {speed} {'slower' if slower else 'faster'} (times {time} {'longer' if slower else 'shorter'})"
    elif stem == "dem_error":
        zh, en = _slope_words(s, level, inputs)
    elif stem == "hazard_class":
        zh = f"灾害实际等级{'高' if level > 0 else '低'}一级"
        en = f"the hazard is in truth one class {'worse' if level > 0 else 'better'}"
    else:
        zh = f"实际人口{'多' if level > 1 else '少'} {percent(abs(level - 1))}"
        en = f"{percent(abs(level - 1))} {'more' if level > 1 else 'fewer'} people actually live there"
    before, after = str(found.base[s]), str(turn.classes[0])
    return (
        f":若{zh},则由{before}变为{after}",
        f": if {en}, the class turns from {RELOCATION_CLASS_EN[before]} to {RELOCATION_CLASS_EN[after]}",
    )


def _slope_words(s: int, level: float, inputs: Inputs) -> tuple[str, str]:
    """Return what an error of the slope means in degrees; of the elevation where the profile asks for no slope."""
    slope = inputs.raw[s, inputs.kinds == SLOPE]
    if len(slope) and not np.isnan(slope[0]):
        there = math.degrees(math.atan(abs(math.tan(math.radians(float(slope[0]))) + level)))
        return f"坡度实为 {there:.1f}°(现为 {slope[0]:.1f}°)", f"the slope is in truth {there:.1f}° (now {slope[0]:.1f}°)"
    return (
        f"高程实际{'高' if level > 0 else '低'}于模型",
        f"the ground is in truth {'higher' if level > 0 else 'lower'} than the model",
    )


def _source(factor: str, profile: RelocationProfile, config: CertaintyConfig) -> Cited | None:
    """Return where the spread of a factor comes from."""
    stem = factor.partition(":")[0]
    cited: dict[str, Cited] = {
        "speed": config.speed_cited,
        "dem_error": config.dem_cited,
        "hazard_class": config.hazard_cited,
        "population": config.population_cited,
    }
    if stem == "weight" and config.weights == "ranges":
        return config.weight_share_cited
    if stem == "evidence":
        return profile.thresholds_cited
    return cited.get(stem)


def percent(share: float) -> str:
    """Return a share in per cent; one digit where whole per cents would say all or nothing.

    >>> percent(0.62), percent(0.996), percent(1.0), percent(0.0004)
    ('62%', '99.6%', '100%', '<0.1%')
    """
    if 0 < share < 0.001:
        return "<0.1%"
    if 0.999 < share < 1:
        return ">99.9%"
    return f"{share:.1%}" if 0 < share < 0.01 or 0.99 < share < 1 else f"{share:.0%}"

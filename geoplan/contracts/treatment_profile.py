"""Describe as data which treatment fits a threatened place, in which stage people move, and who belongs to which batch (五个一批).

Every table is ordered and every row cited. A number ``…_from`` belongs to the row, ``…_to`` no longer does: 100 to 500 people means
100 ≤ people < 500, so that rows placed end to end leave no gap and do not overlap.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Literal, get_args

from pydantic import Field, model_validator

from geoplan.contracts.base import Code, HazardClassName, HazardKind
from geoplan.contracts.cited import Cited

Treatment = Literal["监测预警", "工程治理", "避让搬迁"]
TREATMENTS: tuple[str, ...] = get_args(Treatment)
"""The three treatments, mildest first."""
TREATMENT_EN: dict[str, str] = {"监测预警": "monitoring and warning", "工程治理": "engineering works", "避让搬迁": "moving away"}
HAZARD_SCALES: tuple[tuple[str, str, float], ...] = (
    ("小", "small", 0.0),
    ("中", "medium", 100.0),
    ("大", "large", 500.0),
    ("特大", "very large", 1000.0),
)
"""Scale of a hazard by the people it threatens: Chinese, English, people from which it holds (county geohazard plans, secondary)."""
_CLASSES: tuple[str, ...] = get_args(HazardClassName)[::-1]


class TreatmentRule(Cited):
    """One row of the treatment table; the first row that holds decides."""

    id: Code
    """Identifier."""
    label_zh: str
    """Why this treatment, Chinese."""
    label_en: str
    """Why this treatment, English."""
    treatment: Treatment
    """监测预警, 工程治理 or 避让搬迁."""
    hazard_kinds: list[HazardKind | Literal["*"]] = ["*"]
    """Hazard kinds it speaks for (``*``: all)."""
    hazard_classes: list[HazardClassName] = Field(min_length=1)
    """Hazard classes it speaks for."""
    persons_from: float | None = Field(default=None, ge=0)
    """People threatened by the same hazard source from which it holds."""
    persons_to: float | None = Field(default=None, gt=0)
    """People threatened by the same hazard source below which it holds."""
    works_yuan_per_person_from: float | None = Field(default=None, ge=0)
    """Cost of the works per person threatened from which it holds, yuan; a row with such a bound never holds where no cost is given."""
    works_yuan_per_person_to: float | None = Field(default=None, gt=0)
    """Cost of the works per person threatened below which it holds, yuan; as above."""

    @model_validator(mode="after")
    def _bounds_ascend(self) -> TreatmentRule:
        spans = (
            ("persons", self.persons_from, self.persons_to),
            ("works_yuan_per_person", self.works_yuan_per_person_from, self.works_yuan_per_person_to),
        )
        for name, low, high in spans:
            if low is not None and high is not None and low >= high:
                raise ValueError(f"treatment {self.id}: {name}_from is not below {name}_to")
        return self

    @property
    def needs_works(self) -> bool:
        """Whether the row speaks only of hazards whose works have a cost."""
        return self.works_yuan_per_person_from is not None or self.works_yuan_per_person_to is not None

    def covers(self, kind: str, hazard_class: str) -> bool:
        """Whether the row speaks of this kind and class."""
        return ("*" in self.hazard_kinds or kind in self.hazard_kinds) and hazard_class in self.hazard_classes

    def holds(self, kind: str, hazard_class: str, persons: float, works_yuan_per_person: float | None) -> bool:
        """Whether the row holds for a hazard of which everything is known (``None``: no cost of works given)."""
        if not self.covers(kind, hazard_class) or not _within(persons, self.persons_from, self.persons_to):
            return False
        if not self.needs_works:
            return True
        low, high = self.works_yuan_per_person_from, self.works_yuan_per_person_to
        return works_yuan_per_person is not None and _within(works_yuan_per_person, low, high)


class MoveStage(Cited):
    """The years in which one stage of people moves."""

    stage: Literal["应搬", "愿搬"]
    """应搬: those the rules say must move; 愿搬: those advised to who want to."""
    year_from: int = Field(ge=2000, le=2100)
    """First year."""
    year_to: int = Field(ge=2000, le=2100)
    """Last year, included."""


class BatchRule(Cited):
    """One batch (一批) and who belongs to it; batches take people in the order of the table, nobody twice."""

    id: Code
    """Identifier."""
    label_zh: str
    """Chinese label."""
    label_en: str
    """English label."""
    column: str | None = None
    """Settlement column that counts the batch's people; absent: all people left in settlements of ``classes``."""
    counts: Literal["concerned", "everybody"] = "concerned"
    """Whom ``column`` counts: people among those the batches speak of, each in one such column only, or people whoever they are; of the latter
    only those who must be among them are taken."""
    classes: list[Literal["应搬", "建议搬", "可留", "证据不足"]] = []
    """Relocation classes whose settlements it takes people from (empty: all)."""

    @model_validator(mode="after")
    def _takes_somebody(self) -> BatchRule:
        if self.column is None and not self.classes:
            raise ValueError(f"batch {self.id}: name a column, relocation classes, or both")
        if self.id in RESERVED_BATCHES:
            raise ValueError(f"batch id {self.id} is kept for people in no batch")
        return self


RESERVED_BATCHES: dict[str, tuple[str, str]] = {
    "not_concerned": ("非扶持对象", "not among the people concerned"),
    "unknown": ("去向未明", "batch not known"),
}
"""Batches every county has beside those of its table: id → Chinese and English label."""


def _within(value: float, low: float | None, high: float | None) -> bool:
    return (low is None or value >= low) and (high is None or value < high)


def check_treatments(rules: Sequence[TreatmentRule]) -> None:
    """Raise unless rule ids are unique and a worse class never gets a milder treatment, all else equal.

    Between the bounds that the rows name nothing changes, so that one case per interval is proof. A class that no row speaks of counts as
    milder than any treatment: an unmatched 极高 above a matched 高 is refused too.

    Raises
    ------
    ValueError
        Names the first kind, people and cost at which it happens.
    """
    doubled = sorted({one.id for one in rules if [other.id for other in rules].count(one.id) > 1})
    if doubled:
        raise ValueError(f"treatment ids occur twice: {', '.join(doubled)}")
    for kind, persons, works in _cases(rules):
        chosen = [next((one for one in rules if one.holds(kind, name, persons, works)), None) for name in _CLASSES]
        severity = [-1 if one is None else TREATMENTS.index(one.treatment) for one in chosen]
        for (mild, worse), (less, more) in zip(pairwise(_CLASSES), pairwise(severity), strict=True):
            if more < less:
                cost = "no cost of works" if works is None else f"works of {works:g} yuan per person"
                raise ValueError(
                    f"treatments: {kind} of class {worse} is treated milder than of class {mild} at {persons:g} people and {cost}"
                )


def _cases(rules: Sequence[TreatmentRule]) -> Iterator[tuple[str, float, float | None]]:
    """Return one case of every interval between the bounds that ``rules`` name, for every hazard kind."""
    persons = {0.0} | {bound for one in rules for bound in (one.persons_from, one.persons_to) if bound is not None}
    works = {
        bound for one in rules for bound in (one.works_yuan_per_person_from, one.works_yuan_per_person_to) if bound is not None
    }
    costs: list[float | None] = [None, *sorted(works | {0.0})]
    return ((kind, count, cost) for kind in get_args(HazardKind) for count in sorted(persons) for cost in costs)


def check_batches(rules: Sequence[BatchRule]) -> None:
    """Raise ``ValueError`` unless batch ids are unique."""
    ids = [one.id for one in rules]
    doubled = sorted({one for one in ids if ids.count(one) > 1})
    if doubled:
        raise ValueError(f"batch ids occur twice: {', '.join(doubled)}")

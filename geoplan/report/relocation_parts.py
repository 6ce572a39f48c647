"""Hold what the relocation room handed on, so that map, pages and plots are drawn from the same tables, and check that people add up.

Moved, unassigned, staying and undecided people are all people: (assigned, unassigned, stays, undecided) = (60, 10, 925, 5) of 1,000 leaves
nothing over. What is left over is told, never hidden, and whole people are rounded so that the four still add up.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from geoplan.contracts.relocation import (
    AllocationResult,
    BatchesResult,
    CertaintyResult,
    DecisionResult,
    GroupMovesResult,
    TreatmentResult,
)
from geoplan.errors import ConfigError
from geoplan.report.style import round_keeping_total

if TYPE_CHECKING:
    from geoplan.contracts.results import Demand, PlanResult

MOVES = ("assigned", "unassigned", "stays", "undecided")
"""What becomes of a settlement, in the order in which reports count people."""
_NAMES = ("allocation", "certainty", "decision", "treatment", "group_moves", "batches")


@dataclass(frozen=True)
class RelocationParts:
    """Results of the relocation room; each may be absent."""

    allocation: AllocationResult | None = None
    certainty: CertaintyResult | None = None
    decision: DecisionResult | None = None
    treatment: TreatmentResult | None = None
    group_moves: GroupMovesResult | None = None
    batches: BatchesResult | None = None

    def need_allocation(self) -> AllocationResult:
        """Return the allocation.

        Raises
        ------
        ConfigError
            ``RELOCATION-ABSENT``: there is none.
        """
        if self.allocation is None:
            raise ConfigError(
                "nobody was assigned to a receiving site",
                code="RELOCATION-ABSENT",
                remedy="Run the allocation before drawing it.",
            )
        return self.allocation


def take_parts(result: PlanResult) -> RelocationParts:
    """Return what of the relocation room a result carries."""
    return RelocationParts(**{name: getattr(result, name, None) for name in _NAMES})


@dataclass(frozen=True)
class Balance:
    """People and settlements by what becomes of them.

    Attributes
    ----------
    persons
        (4,) whole people in the order of `MOVES`; they add up to ``total``.
    settlements
        (4,) settlements in the same order.
    by_class
        (4, 4) whole people: class (`RelocationClass`) × move; adds up to ``persons``.
    uncounted
        Settlements whose people are not known.
    total
        People of the allocation, rounded.
    county
        People of the county's settlements, rounded.
    unplaced
        People of the raster in no settlement, in neither number.
    """

    persons: tuple[int, ...]
    settlements: tuple[int, ...]
    by_class: tuple[tuple[int, ...], ...]
    uncounted: int
    total: int
    county: int
    unplaced: int

    @property
    def is_whole(self) -> bool:
        """Whether moved, unassigned, staying and undecided people are all people of the county."""
        return self.total == self.county


def balance_people(
    allocation: AllocationResult, demand: Demand, candidacy: pd.DataFrame | None = None, *, classes: tuple[str, ...] = ()
) -> Balance:
    """Return people by move and by class, and whether they are all.

    A move that is none of `MOVES` counts as undecided; a settlement of the county that the allocation does not name shows in ``total`` against
    ``county``. Rounded by largest remainder: 1.5 + 1.5 people are 2 + 1, not 2 + 2.
    """
    table = allocation.settlements
    persons = pd.to_numeric(table["persons"], errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    move = table["move"].map({name: k for k, name in enumerate(MOVES)}).fillna(len(MOVES) - 1).to_numpy(dtype=np.int64)
    rows = max(len(classes), 1)
    klass = np.zeros(len(table), dtype=np.int64)
    if candidacy is not None and classes:
        given = candidacy.drop_duplicates("settlement_id").set_index("settlement_id")["relocation_class"]
        place = {name: k for k, name in enumerate(classes)}
        klass = table["settlement_id"].map(given).map(place).fillna(rows - 1).to_numpy(dtype=np.int64)
    cells = np.bincount(klass * len(MOVES) + move, weights=np.nan_to_num(persons), minlength=rows * len(MOVES)).astype(np.float64)
    whole = round_keeping_total(cells[None, :])[0].reshape(rows, len(MOVES))
    settlements = np.bincount(move, minlength=len(MOVES))
    county = float(pd.to_numeric(demand.settlements["persons"], errors="coerce").sum())
    unplaced = float(demand.unplaced_persons)
    return Balance(
        persons=tuple(whole.sum(axis=0).tolist()),
        settlements=tuple(settlements.tolist()),
        by_class=tuple(tuple(row) for row in whole.tolist()),
        uncounted=int(np.isnan(persons).sum()),
        total=int(whole.sum()),
        county=int(np.floor(county + 0.5)),
        unplaced=int(np.floor(unplaced + 0.5)) if np.isfinite(unplaced) else 0,
    )

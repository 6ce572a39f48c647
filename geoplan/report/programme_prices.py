"""Name the source of every price on the map of what to build: who said it, and whether that was a text or only a convention.

By hand: new road costs 500 yuan/m (`road.new_per_m` of the cost profile), a convention of its own wording; a plan that states ``cost_yuan`` for a
question is itself the source.
"""

from __future__ import annotations

from typing import Any

from geoplan.contracts.cited import Cited
from geoplan.contracts.cost_profile import CostProfile
from geoplan.contracts.coverage_config import SitingQuestion
from geoplan.contracts.standards_profile import StandardsProfile
from geoplan.contracts.water_profile import WaterProfile
from geoplan.coverage.building_costs import list_building_costs

ROAD_PRICES = {"new": "new_per_m", "upgrade": "upgrade_per_m"}
"""Kind of link → its price; every bridge has ``bridge_per_m``."""


def describe_price(price: Cited, yuan: float | None = None, unit: str = "m") -> dict[str, Any]:
    """Return a price as the page's JSON: ``y`` yuan per unit ``u``, ``s`` source, ``e`` evidence (cited / secondary / convention)."""
    text = f"{price.source} {price.clause}".strip()
    return {"y": yuan, "u": unit, "s": text, "e": price.status}


def price_roads(costs: CostProfile | None) -> dict[str, dict[str, Any]]:
    """Return the price of a metre of each kind of link; nothing without a profile."""
    if costs is None:
        return {}
    road = costs.road
    kinds = {kind: getattr(road, name) for kind, name in ROAD_PRICES.items()}
    return {kind: describe_price(one, costs.unit_yuan(one)) for kind, one in (kinds | {"bridge": road.bridge_per_m}).items()}


def price_site(question: SitingQuestion, costs: CostProfile | None, standards: StandardsProfile) -> dict[str, Any] | None:
    """Return where the cost of one facility of a question comes from; None where nobody has priced it."""
    if question.cost_yuan is not None:
        return {"y": question.cost_yuan, "u": "place", "s": "plan", "e": "convention"}
    if costs is None:
        return None
    yuan = list_building_costs(costs, standards).get(question.service)
    for row in costs.serve:
        own = list_building_costs(costs.model_copy(update={"serve": [row]}), standards).get(question.service)
        if own is not None and own == yuan:
            return describe_price(row.price, own, "place")
    return None


def price_pipes(water: WaterProfile | None) -> dict[str, Any] | None:
    """Return the price of a metre of each size (by inner diameter, whole millimetres) and of trench; None without a profile."""
    if water is None:
        return None
    pipes = water.pipes
    sizes = {f"{one.diameter_mm:.0f}": describe_price(one, one.yuan_per_m) for one in pipes.sizes}
    return {"sizes": sizes, "trench": describe_price(pipes.trench_per_m, pipes.trench_per_m.value)}

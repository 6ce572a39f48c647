"""Look up what building one facility of a service costs: the price of the remedy where a unit has none.

A row of the cost profile that is paid once per village or township and closes a gap of presence prices one facility of that item's service. Of several
rows the first in the profile's order counts; a row that only brings what stands up to standard (its items ask for something of the facility, such
as a doctor) builds nothing and is passed over.

By hand: ``village_clinic`` (presence of ``clinic``, one per village, 150,000 yuan) → clinic 150,000.
"""

from __future__ import annotations

from geoplan.contracts.cost_profile import CostProfile
from geoplan.contracts.standards_profile import StandardsProfile


def list_building_costs(costs: CostProfile, standards: StandardsProfile) -> dict[str, float]:
    """Return service id → yuan of building one facility, in money of the profile's year.

    Parameters
    ----------
    costs
        Prices.
    standards
        Items, which say whose facilities a row's gaps are about.
    """
    items = {one.id: one for one in standards.items}
    found: dict[str, tuple[int, float]] = {}
    for row in costs.serve:
        if row.basis not in ("village", "township") or row.price.every_year:
            continue
        for item in (items[one] for one in row.gap_items if one in items):
            if item.measure != "presence" or item.service is None:
                continue
            # An item that asks for nothing more than a facility speaks of building one, whatever stands first in the file.
            rank = len(item.require)
            if item.service not in found or rank < found[item.service][0]:
                found[item.service] = (rank, costs.unit_yuan(row.price))
    return {service: yuan for service, (_, yuan) in found.items()}

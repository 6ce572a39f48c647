"""Tell whether a plan can answer for a service at all, and whether it reaches it as a standard means.

A service that no one lists is unknown, not absent; one that is listed without a facility has an empty layer, and absence may not be
claimed from that either. ``car`` is another word for ``ride``.

By hand: an item speaks of walking children (``child_1_3``), the plan's service of adults on foot → `differs`, the item is unknown.
"""

from __future__ import annotations

from collections.abc import Sequence

from geoplan.contracts.config import ServiceConfig
from geoplan.contracts.profiles import StandardItem
from geoplan.contracts.results import AccessResult
from geoplan.coverage import causes

_SAME_MODE = {"car": "ride"}


def why_unanswered(access: AccessResult, service: str | None, *, services: Sequence[ServiceConfig] = ()) -> str:
    """Return the cause for which nothing is known of ``service``: not in the plan, or a layer without facilities; "" where there are some.

    Parameters
    ----------
    access
        Facilities and times.
    service
        Service id.
    services
        Services of the plan; those that ``access`` has times for count as listed too.
    """
    if (access.facilities["service"] == service).to_numpy(dtype=bool).any():
        return ""
    listed = any(one.id == service for one in services) or bool((access.times["service"] == service).to_numpy(dtype=bool).any())
    return causes.LAYER_EMPTY if listed else causes.SERVICE_NOT_IN_PLAN


def differs(item: StandardItem, services: Sequence[ServiceConfig]) -> bool:
    """Return True where the item names a mode or a walker and the plan's service has another, or is not known."""
    if item.mode is None and item.walker is None:
        return False
    plan = next((one for one in services if one.id == item.service), None)
    if plan is None:
        return True
    other_mode = item.mode is not None and _SAME_MODE.get(item.mode, item.mode) != _SAME_MODE.get(plan.mode, plan.mode)
    return other_mode or (item.walker is not None and item.walker != plan.walker)

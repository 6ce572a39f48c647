"""Find the weights of a profile's indicators by the method the county chose: the profile's, given, judged in pairs, or ranked.

Whatever the method, weights are at least 0 and sum to 1. Judged or ranked indicators are all there is: an indicator nobody judged or ranked has
weight 0. ``given`` replaces only what it names, after which all are scaled.

By hand: profile a 0.6, b 0.4; given {a: 1.2} → 1.2/1.6 = 0.75 and 0.25; ranking [b, a] → b 0.75, a 0.25.
"""

from __future__ import annotations

from collections.abc import Mapping

from geoplan.contracts.certainty_config import WeightScheme
from geoplan.contracts.profiles import RelocationProfile
from geoplan.errors import ConfigError
from geoplan.relocation.ahp import weigh_judgements
from geoplan.relocation.rank_weights import weigh_ranking
from geoplan.relocation.value import scale_weights


def choose_weights(
    profile: RelocationProfile, scheme: WeightScheme | None = None, *, weights: Mapping[str, float] | None = None
) -> dict[str, float]:
    """Return indicator id → weight, in the profile's order, summing to 1.

    Parameters
    ----------
    profile
        Names the indicators and their own weights.
    scheme
        How weights are found; absent: the profile's.
    weights
        Replaces the weights of the indicators it names after that; then all are scaled again.

    Raises
    ------
    ConfigError
        ``WEIGHTS-UNKNOWN`` for ids the profile does not have, ``WEIGHTS-VALUE`` for negative or all-zero weights, and those of
        `weigh_judgements` and `weigh_ranking`.
    """
    chosen = scheme or WeightScheme()
    own = {one.id: float(one.weight) for one in profile.indicators}
    if chosen.method == "ahp":
        judged = weigh_judgements(chosen.judgements, accept_inconsistent=chosen.accept_inconsistent)
        found = dict(zip(judged.names, judged.weights.tolist(), strict=True))
    elif chosen.method in ("rank_order", "rank_sum"):
        found = weigh_ranking(chosen.ranking, method="rank_sum" if chosen.method == "rank_sum" else "rank_order")
    else:
        found = {**own, **chosen.given} if chosen.method == "given" else own
    over = {name: float(one) for name, one in (weights or {}).items()}
    unknown = sorted({*found, *over} - set(own))
    if unknown:
        raise ConfigError(
            f"weights name indicators that profile {profile.id!r} does not have",
            code="WEIGHTS-UNKNOWN",
            column="weights",
            ids=unknown,
            remedy=f"Use {', '.join(own)}.",
        )
    return scale_weights({**{name: float(found.get(name, 0.0)) for name in own}, **over})

"""Score settlements for 易地搬迁 by hazard, land and remoteness, and find where people could move to."""

from geoplan.relocation.candidacy import score_candidacy
from geoplan.relocation.explain import explain_settlement
from geoplan.relocation.hazard import expose
from geoplan.relocation.indicators import build_indicators
from geoplan.relocation.remoteness import index_remoteness
from geoplan.relocation.suitability import rate_sites
from geoplan.relocation.value import apply_anchors, weigh
from geoplan.relocation.zones import read_zones

__all__ = [
    "apply_anchors",
    "build_indicators",
    "explain_settlement",
    "expose",
    "index_remoteness",
    "rate_sites",
    "read_zones",
    "score_candidacy",
    "weigh",
]

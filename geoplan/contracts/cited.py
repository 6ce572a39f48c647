"""Say where a figure comes from: document, clause, and how sure it is that the document says so."""

from __future__ import annotations

from typing import Literal

from geoplan.contracts.base import Frozen

EvidenceStatus = Literal["cited", "secondary", "convention"]


class Cited(Frozen):
    """Say where a figure comes from and how sure it is."""

    source: str
    """Document."""
    clause: str = ""
    """Clause, e.g. ``三(七)``."""
    status: EvidenceStatus
    """``cited``: text seen; ``secondary``: a re-post of it; ``convention``: common practice."""

"""List the stages about coverage beyond the gaps: seats, roads to build, water, lines, where to build, the ledger, ranking, layers compared."""

from __future__ import annotations

from geoplan.stage_shape import Stage

COVERAGE_STAGES: dict[str, Stage] = {}
"""Stages by name; `geoplan.stage_table` puts them in order."""

"""Bind a plan file to named, cached stages: read, check, run, explain. No computation lives here."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geoplan.contracts.results import CheckReport, Layers, PlanResult
from geoplan.errors import ConfigError, StageError, TableError
from geoplan.io.documents import read_catalog, read_plan, read_relocation, read_speeds, read_standards, read_walking
from geoplan.io.references import checksum_layers
from geoplan.stages import STAGE, STAGES, Documents, stage_recipes

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from geoplan.contracts.scenario import Scenario

Progress = Callable[[str, str, float], None]
"""Called with (stage, state, seconds); state is ``start``, ``done``, ``cached``, or ``compiling`` (kernels, on first use)."""


@dataclass(frozen=True)
class RunResult(PlanResult):
    """What a run found, with the documents it followed.

    Everything of `PlanResult`, and ``plan``, for drawing and explaining.
    """

    plan: Plan | None = None
    recipes: dict[str, str] = field(default_factory=dict)
    """Stage → recipe its result was made by."""

    @property
    def settlements(self) -> gpd.GeoDataFrame:
        """One row per settlement: demand, candidacy, hazard and travel times side by side (working CRS)."""
        from geoplan.spatial.aggregate import join_settlements

        return join_settlements(self)

    def route(self, code: str, service: str, season: str | None = None) -> gpd.GeoDataFrame:
        """Return the way of a settlement, or of every settlement of a village group, to a service as the legs of its line.

        Parameters
        ----------
        code
            Settlement id, or code of a group.
        service
            Id of a service of the plan.
        season
            ``dry`` or ``wet``; the plan's first by default.

        Returns
        -------
        geopandas.GeoDataFrame
            See `geoplan.access.journeys.compute_routes`; its minutes add up to ``travel_time_min``.

        Raises
        ------
        ConfigError
            ``EXPLAIN-UNKNOWN``, ``SERVICE-UNKNOWN``, ``SEASON-UNKNOWN``.
        """
        return self._own_plan().routes(service, season=season, settlement_ids=self._find_settlements(code))

    def _own_plan(self) -> Plan:
        if self.plan is None:
            raise StageError("this result carries no plan", code="RESULT-NO-PLAN", remedy="Take it from Plan.run().")
        return self.plan

    def _find_settlements(self, code: str) -> list[str]:
        """Return the id itself, or the ids of a group's settlements."""
        frame = self.demand.settlements
        chosen = frame.loc[(frame["settlement_id"] == code) | (frame["group_code"] == code), "settlement_id"]
        if chosen.empty:
            raise ConfigError(
                f"no settlement or village group has the id {code!r}",
                code="EXPLAIN-UNKNOWN",
                remedy="Look the id up in settlements.gpkg or in the map's search box.",
            )
        return chosen.astype(str).tolist()

    def explain(self, code: str, *, service: str | None = None, season: str | None = None, language: str | None = None) -> str:
        """Say in words why a settlement, or every settlement of a village group, scores what it scores.

        Parameters
        ----------
        code
            Settlement id, or code of a group (then all its settlements are explained).
        service, season
            With a service: tell its path there, leg by leg, instead.
        language
            ``zh`` or ``en``; the plan's by default.

        Raises
        ------
        ConfigError
            ``EXPLAIN-UNKNOWN`` when no settlement or group has this id; ``SERVICE-UNKNOWN``, ``SEASON-UNKNOWN``.
        """
        documents = self._own_plan().documents
        spoken = language or documents.plan.language
        chosen = self._find_settlements(code)
        if service is not None:
            return self.explain_legs(self.route(code, service, season), language=spoken)
        from geoplan.relocation.explain import explain_settlement

        return "\n\n".join(
            explain_settlement(
                one,
                self.demand,
                self.access,
                self.exposure,
                self.coverage.gaps,
                self.candidacy,
                documents.relocation,
                services=documents.plan.services,
                standards=documents.standards,
                language=spoken,
            )
            for one in chosen
        )

    def compare(self, scenario: Scenario | str | Path) -> pd.DataFrame:
        """Return what a scenario makes of every settlement's way to every service: slower, lost, gained, elsewhere.

        Parameters
        ----------
        scenario
            What happens, or the path of its YAML file. For two seasons of this result, see `geoplan.access.compare_seasons`.

        Returns
        -------
        pandas.DataFrame
            See `geoplan.access.times_difference.compare_times`; `geoplan.access.count_changes` counts people.
        """
        from geoplan.access.times_difference import compare_times

        return compare_times(self.access.times, self._own_plan().times_in(scenario))

    def explain_legs(self, legs: gpd.GeoDataFrame, *, language: str | None = None) -> str:
        """Say the legs of `route` in words, a paragraph per settlement."""
        from geoplan.relocation.explain_route import say_route

        plan = self._own_plan().documents.plan
        services = {one.id: one for one in plan.services}
        homes = self.demand.settlements.set_index("settlement_id")["name"].fillna("").astype(str)
        names = dict(
            zip(self.access.facilities["facility_id"], self.access.facilities["name"].fillna("").astype(str), strict=True)
        )
        return "\n\n".join(
            say_route(
                own,
                services[own["service"].iloc[0]],
                name=names.get(own["facility_id"].iloc[0], ""),
                home=homes[own["settlement_id"].iloc[0]],
                language=language or plan.language,
            )
            for _, own in legs.groupby("settlement_id", sort=False)
        )


class Plan:
    """A plan file with its catalogue and profiles, ready to check and run.

    The constructor only stores; `Plan.from_yaml` reads the documents.
    """

    def __init__(self, documents: Documents, *, cache: Path | None = None) -> None:
        self.documents = documents
        self.cache_folder = cache if cache is not None else documents.base / ".geoplan-cache"

    @classmethod
    def from_yaml(cls, path: str | Path, *, cache: str | Path | None = None) -> Plan:
        """Read a plan file, its catalogue and the profiles it names.

        Raises
        ------
        ConfigError
            When a document is missing or does not follow its model; every mistake is named.
        """
        path = Path(path)
        plan = read_plan(path)
        catalog_path = path.parent / plan.catalog
        documents = Documents(
            plan=plan,
            catalog=read_catalog(catalog_path),
            base=path.parent,
            catalog_base=catalog_path.parent,
            standards=read_standards(plan.standards, path.parent),
            speeds=read_speeds(plan.access.speeds, path.parent),
            relocation=read_relocation(plan.relocation, path.parent),
            walking=read_walking(plan.access.walking, path.parent),
        )
        return cls(documents, cache=Path(cache) if cache is not None else None)

    def with_changes(self, **changes: Any) -> Plan:
        """Return this plan with some fields of the plan file replaced (``weights={...}``, ``year=2027`` …).

        Raises
        ------
        ConfigError
            When a changed field does not follow the model.
        """
        from dataclasses import replace

        from geoplan.contracts.config import PlanConfig
        from geoplan.io.documents import parse

        merged = self.documents.plan.model_dump() | changes
        plan = parse(PlanConfig, merged, where="the changed plan")
        base = self.documents.base
        documents = replace(
            self.documents,
            plan=plan,
            standards=read_standards(plan.standards, base),
            speeds=read_speeds(plan.access.speeds, base),
            relocation=read_relocation(plan.relocation, base),
            walking=read_walking(plan.access.walking, base),
        )
        return Plan(documents, cache=self.cache_folder)

    def recipes(self) -> dict[str, str]:
        """Return the recipe of every stage, from the layers as they are on disk now."""
        documents = self.documents
        return stage_recipes(documents, self.checksums())

    def checksums(self) -> dict[str, str]:
        """Return the SHA-256 of every layer as it is on disk now, by catalogue id."""
        documents = self.documents
        return checksum_layers(documents.plan, documents.catalog, documents.catalog_base)

    def layers(self) -> Layers:
        """Return all layers in the working CRS (from the cache where nothing changed)."""
        return _Execution(self).result("layers")

    def check(self, *, progress: Progress | None = None) -> CheckReport:
        """Find every problem in the inputs at once, with ids and remedies."""
        return _Execution(self, progress).result("checks")

    def routes(
        self, service: str | Sequence[str], *, season: str | None = None, settlement_ids: Collection[str] | None = None
    ) -> gpd.GeoDataFrame:
        """Return the ways of settlements (all by default) to one service or several as the legs of their lines.

        See `geoplan.access.journeys.compute_routes`. Only these services and this season are searched; nothing is kept.

        Raises
        ------
        ConfigError
            ``SERVICE-UNKNOWN``, ``SEASON-UNKNOWN``.
        """
        from geoplan.questions import draw_ways

        services = [service] if isinstance(service, str) else list(service)
        return draw_ways(self.documents, _Execution(self).result, services, season=season, settlement_ids=settlement_ids)

    def times_in(self, scenario: Scenario | str | Path) -> pd.DataFrame:
        """Return the times as they are in a scenario, given or in a YAML file; see `AccessResult.times`."""
        from geoplan.contracts.scenario import Scenario
        from geoplan.io.scenarios import read_scenario
        from geoplan.questions import time_scenario

        told = scenario if isinstance(scenario, Scenario) else read_scenario(Path(scenario))
        return time_scenario(self.documents, _Execution(self).result, told)

    def run(self, *, progress: Progress | None = None) -> RunResult:
        """Run every stage whose recipe changed and take the others from the cache.

        Raises
        ------
        TableError
            ``CHECK-FAILED`` when the checks find problems that would make numbers wrong.
        """
        execution = _Execution(self, progress)
        execution.order()
        checks: CheckReport = execution.result("checks")
        if not checks.ok:
            first = checks.errors[0]
            listed = "; ".join(f"[{one.code}] {one.layer}: {one.message_en} ({one.count})" for one in checks.errors[:8])
            raise TableError(
                f"the inputs have {len(checks.errors)} problem(s) that would make numbers wrong: {listed}",
                code="CHECK-FAILED",
                layer=first.layer,
                ids=first.ids,
                remedy="`geoplan check PLAN.yaml` lists them all with remedies.",
            )
        results = {stage.name: execution.result(stage.name) for stage in STAGES if stage.name != "layers"}
        return RunResult(
            demand=results["demand"][0],
            access=results["access"],
            exposure=results["exposure"],
            coverage=results["coverage"],
            candidacy=results["candidacy"],
            sites=results["sites"],
            checks=checks,
            timings=execution.timings,
            cached=execution.cached,
            plan=self,
            recipes=execution.recipes,
        )


class _Execution:
    """One pass over the stages: each result is made or loaded at most once, and only when asked for."""

    def __init__(self, plan: Plan, progress: Progress | None = None) -> None:
        from geoplan.io.cache import StageCache

        self.documents = plan.documents
        self.cache = StageCache(plan.cache_folder)
        self.checksums = plan.checksums()
        self.recipes = stage_recipes(plan.documents, self.checksums)
        self.progress = progress or (lambda stage, state, seconds: None)
        self.timings: dict[str, float] = {}
        self.cached: dict[str, bool] = {}
        self._values: dict[str, Any] = {}
        self._compiled = False

    def order(self) -> None:
        """Note which stages the cache already answers, so that a stage nobody has to load is shown as kept."""
        for stage in STAGES:
            if self.cache.has(stage.name, self.recipes[stage.name]):
                self.cached[stage.name] = True
                self.timings[stage.name] = 0.0

    def result(self, name: str) -> Any:
        """Return the result of a stage: from memory, from the cache, or computed now."""
        if name in self._values:
            return self._values[name]
        recipe = self.recipes[name]
        if self.cache.has(name, recipe):
            try:
                self._values[name] = self.cache.load(name, recipe)
            except StageError:
                self.cache.drop(name, recipe)  # a damaged entry is made anew, never half believed
            else:
                self.cached[name] = True
                self.timings.setdefault(name, 0.0)
                self.progress(name, "cached", 0.0)
                return self._values[name]
        for upstream in STAGE[name].needs:
            self.result(upstream)
        if name != "layers":
            self.result("layers")
        self.progress(name, "start", 0.0)
        began = time.perf_counter()
        with self._compiling(name):
            value = STAGE[name].run(self.documents, self.result)
        if name == "layers":
            self._refuse_changed_layers(value)
        self._values[name] = value
        self.cached[name] = False
        self.timings[name] = time.perf_counter() - began
        self._keep(name, recipe, value)
        self.progress(name, "done", self.timings[name])
        return value

    def _compiling(self, name: str) -> AbstractContextManager[None]:
        """Tell the progress when the stage compiles kernels, so that a first use is not taken for a hang."""
        if "access" not in STAGE[name].rooms:
            return nullcontext()
        from geoplan.access.compiling import announce_compiling

        def say() -> None:
            if not self._compiled:
                self._compiled = True
                self.progress(name, "compiling", 0.0)

        return announce_compiling(say)

    def _refuse_changed_layers(self, layers: Layers) -> None:
        """Raise where a layer was written to between its checksum and its reading: the recipe would name other bytes."""
        changed = [one.id for one in layers.records if self.checksums.get(one.id, one.sha256) != one.sha256]
        if changed:
            raise StageError(
                "layers changed on disk while the run was reading them",
                code="LAYER-CHANGED",
                ids=changed,
                remedy="Run again when nobody is writing to them.",
            )

    def _keep(self, name: str, recipe: str, value: Any) -> None:
        """Store a result; a cache that cannot be written costs time, not the answer."""
        import warnings

        try:
            self.cache.save(name, recipe, value)
        except OSError as error:
            warnings.warn(f"the result of stage {name} could not be kept in {self.cache.folder}: {error}", stacklevel=3)

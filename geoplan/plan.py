"""Bind a plan file to named, cached stages: read, check, run, explain. No computation lives here."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geoplan.contracts.results import CheckReport, Layers, PlanResult
from geoplan.errors import ConfigError, StageError, TableError
from geoplan.execution import Execution, Progress
from geoplan.io.documents import (
    read_catalog,
    read_costs,
    read_plan,
    read_relocation,
    read_speeds,
    read_standards,
    read_walking,
    read_water,
)
from geoplan.io.references import checksum_layers
from geoplan.stages import STAGES, Documents, stage_recipes

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from geoplan.contracts.coverage import SitingResult
    from geoplan.contracts.coverage_config import SitingQuestion
    from geoplan.contracts.grid import Grid
    from geoplan.contracts.reach import Reach
    from geoplan.contracts.scenario import Scenario
    from geoplan.coverage.what_if_tables import CoverageChange


@dataclass(frozen=True)
class RunResult(PlanResult):
    """What a run found, with the documents it followed.

    Everything of `PlanResult`, and ``plan``, for drawing and explaining.
    """

    plan: Plan | None = None
    recipes: dict[str, str] = field(default_factory=dict)
    """Stage → recipe its result was made by."""
    kept: dict[Any, Any] = field(default_factory=dict, repr=False, compare=False)
    """Minutes to every facility, kept between the questions of `what_if`."""

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
        """Say in words why a settlement, or every settlement of a village group, has its class, how sure that is, and what the plan makes of it.

        Score, hazards, access and gaps; then treatment, where it goes or why not, certainty and terrain screening; then, once for the
        group, whether it moves whole and what serving and moving cost.

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
        from geoplan.relocation.explain_group import say_group
        from geoplan.relocation.explain_plan import say_plan

        told = []
        for one in chosen:
            case = explain_settlement(
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
            told += [case, say_plan(one, self, documents.plan, language=spoken)]
        return "\n\n".join([*told, say_group(chosen[0], self, documents.relocation, language=spoken)])

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

    def what_if(self, *, scenario: Scenario | str | Path | None = None, **change: Any) -> CoverageChange:
        """Return who gains and who loses which standard when facilities open, close or move, roads are cut, or the season turns.

        ``what_if(close=[id])``, ``what_if(move={id: place})``, ``what_if(add={id: place}, service="clinic")``, ``what_if(scenario=path)``,
        ``what_if(season_after="wet", within_min=30)``, or several at once; `geoplan.coverage_questions.ask_what_if` says all. Minutes to every
        facility are kept, so that the next question is a look-up.
        """
        from geoplan.coverage_questions import ask_what_if
        from geoplan.io.scenarios import take_scenario

        plan = self._own_plan()
        inputs = self.kept.setdefault("inputs", plan.begin().result)
        return ask_what_if(
            plan.documents, inputs, self, self.kept, scenario=None if scenario is None else take_scenario(scenario), **change
        )

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
            costs=read_costs(plan.costs, path.parent),
            water=read_water(plan.coverage.water.profile, path.parent),
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
            costs=read_costs(plan.costs, base),
            water=read_water(plan.coverage.water.profile, base),
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

    def begin(self, progress: Progress | None = None) -> Execution:
        """Return a pass over the stages, with the layers as they are on disk now; nothing runs yet."""
        return Execution(self.documents, self.cache_folder, self.checksums(), progress)

    def layers(self) -> Layers:
        """Return all layers in the working CRS (from the cache where nothing changed)."""
        return self.begin().result("layers")

    def check(self, *, progress: Progress | None = None) -> CheckReport:
        """Find every problem in the inputs at once, with ids and remedies."""
        return self.begin(progress).result("checks")

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
        return draw_ways(self.documents, self.begin().result, services, season=season, settlement_ids=settlement_ids)

    def field(self, service: str, *, season: str | None = None, direction: str = "to") -> Grid:
        """Return minutes of every cell to a service's nearest facility, ``from`` it, or ``both`` added; NaN where there is no way.

        Raises
        ------
        ConfigError
            ``SERVICE-UNKNOWN``, ``SEASON-UNKNOWN``, ``FIELD-DIRECTION``.
        """
        from geoplan.questions import solve_field

        return solve_field(self.documents, self.begin().result, service, season=season, direction=direction)

    def reach(
        self, service: str, *, cutoff_min: float, season: str | None = None, progress: Callable[[int, int], None] | None = None
    ) -> Reach:
        """Return the minutes of every settlement to every facility of a service within a cut-off, one way.

        Closing or adding a facility is then a look-up (`geoplan.access.close_facilities`, `geoplan.access.add_facilities`); ``progress``
        is called with (facilities done, facilities).

        Raises
        ------
        ConfigError
            ``SERVICE-UNKNOWN``, ``SEASON-UNKNOWN``.
        """
        from geoplan.questions import tabulate_reach

        inputs = self.begin().result
        return tabulate_reach(self.documents, inputs, service, season=season, cutoff_min=cutoff_min, progress=progress)

    def times_in(self, scenario: Scenario | str | Path) -> pd.DataFrame:
        """Return the times as they are in a scenario, given or in a YAML file; see `AccessResult.times`."""
        from geoplan.io.scenarios import take_scenario
        from geoplan.questions import time_scenario

        return time_scenario(self.documents, self.begin().result, take_scenario(scenario))

    def site(self, *questions: SitingQuestion) -> SitingResult:
        """Return where to build for questions asked by hand, as `RunResult.siting` has it for those of the plan file."""
        from geoplan.coverage_questions import answer_questions

        return answer_questions(self.documents, self.begin().result, questions)

    def run(self, *, progress: Progress | None = None) -> RunResult:
        """Run every stage whose recipe changed and take the others from the cache.

        Raises
        ------
        TableError
            ``CHECK-FAILED`` when the checks find problems that would make numbers wrong.
        """
        execution = self.begin(progress)
        execution.order()
        # The ground needs none of what is checked, and takes longest of what can begin beside it.
        checks: CheckReport = execution.results(["checks", "ground"])["checks"]
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
        results = execution.results([stage.name for stage in STAGES if stage.name != "layers"])
        return RunResult(
            demand=results["demand"][0],
            access=results["access"],
            exposure=results["exposure"],
            coverage=results["coverage"],
            candidacy=results["candidacy"],
            sites=results["sites"],
            screening=results["screening"],
            treatment=results["treatment"],
            group_moves=results["group_moves"],
            batches=results["batches"],
            certainty=results["certainty"],
            decision=results["decision"],
            allocation=results["allocation"],
            seats=results["seats"],
            ledger=results["ledger"],
            water=results["water"],
            lines=results["lines"],
            ranking=results["ranking"],
            comparison=results["comparison"],
            programme=results["programme"],
            siting=results["siting"],
            checks=checks,
            timings=execution.timings,
            cached=execution.cached,
            plan=self,
            recipes=execution.recipes,
        )

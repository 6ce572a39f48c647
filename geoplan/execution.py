"""Run the stages of a plan in one pass: each result is taken from the cache or made, at most once, and only when asked for."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from geoplan.errors import StageError
from geoplan.spatial.threads import calm_threads
from geoplan.stage_table import SHARED, STAGE, STAGES
from geoplan.stages import Documents, stage_recipes

if TYPE_CHECKING:
    from geoplan.contracts.results import Layers

_AT_ONCE = 2
"""Stages worked on at once: more would share the same two cores, and hold more in memory."""
Progress = Callable[[str, str, float], None]
"""Called with (stage, state, seconds); state is ``start``, ``done``, ``cached``, or ``compiling`` (kernels, on first use)."""


class Execution:
    """One pass over the stages: each result is made or loaded at most once, and only when asked for."""

    def __init__(self, documents: Documents, cache: Path, checksums: dict[str, str], progress: Progress | None = None) -> None:
        from geoplan.io.cache import StageCache

        self.documents = documents
        self.cache = StageCache(cache)
        self.checksums = checksums
        self.recipes = stage_recipes(documents, checksums)
        self.progress = progress or (lambda stage, state, seconds: None)
        self.timings: dict[str, float] = {}
        self.cached: dict[str, bool] = {}
        self._values: dict[str, Any] = {}
        self._compiled = False
        self._sharing = Lock()

    def order(self) -> None:
        """Note which stages the cache already answers, so that a stage nobody has to load is shown as kept."""
        for stage in STAGES:
            if self.cache.has(stage.name, self.recipes[stage.name]):
                self.cached[stage.name] = True
                self.timings[stage.name] = 0.0

    def results(self, names: Sequence[str]) -> dict[str, Any]:
        """Return the results of stages by name, working on two stages at once where neither needs the other.

        A stage starts when all it needs is there, in the order of the names; what one stage finds does not depend on which ran beside it.
        """
        rests = self._rests_on(names)
        waiting = list(rests)
        running: dict[Future[Any], str] = {}
        with calm_threads(), ThreadPoolExecutor(_AT_ONCE) as pool:
            try:
                while waiting or running:
                    busy = set(running.values())
                    ready = [one for one in waiting if not rests[one] & (set(waiting) | busy)]
                    for name in ready[: _AT_ONCE - len(running)]:
                        running[pool.submit(self.result, name)] = name
                        waiting.remove(name)
                    done, _ = wait(running, return_when=FIRST_COMPLETED)
                    for one in done:
                        del running[one]
                        one.result()
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise
        return {name: self._values[name] for name in names}

    def _rests_on(self, names: Sequence[str]) -> dict[str, set[str]]:
        """Return the stages to fetch or make, in the order of the plan's stages, and those each rests on; a kept stage rests on none."""
        rests: dict[str, set[str]] = {}
        asked = set(names)
        for stage in reversed(STAGES):
            if stage.name not in asked or stage.name in self._values:
                continue
            kept = self.cache.has(stage.name, self.recipes[stage.name])
            own = set() if kept else {*stage.needs, "layers"} - {stage.name}
            rests[stage.name] = own
            asked |= own
        return dict(reversed(rests.items()))

    def result(self, name: str) -> Any:
        """Return the result of a stage: from memory, from the cache, or computed now."""
        if name in SHARED:
            return self._share(name)
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

    def _share(self, name: str) -> Any:
        """Return what several stages take, made by the first that asks."""
        with self._sharing:
            if name not in self._values:
                self._values[name] = SHARED[name](self.documents, self.result)
            return self._values[name]

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

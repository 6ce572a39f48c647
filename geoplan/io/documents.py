"""Read plan files, catalogues and profiles: YAML in, frozen documents out, every mistake named at once."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import ValidationError

from geoplan.contracts.config import Catalog, Frozen, PlanConfig
from geoplan.contracts.cost_profile import CostProfile
from geoplan.contracts.profiles import RelocationProfile, SpeedProfile, StandardsProfile, WalkingProfile
from geoplan.contracts.water_profile import WaterProfile
from geoplan.errors import ConfigError

Document = TypeVar("Document", bound=Frozen)
_MAX_BYTES = 4_000_000


# The parser in C reads a county's documents in a fifth of the time; a build without it reads them all the same.
_Safe: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_Safe):
    """Safe loader that refuses doubled keys and leaves dates as written."""


def _mapping(loader: _Loader, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
    seen: set[Any] = set()
    for key_node, _ in node.value:
        key = loader.construct_object(key_node, deep=True)
        if isinstance(key, str | int | float | bool):
            if key in seen:
                line = key_node.start_mark.line + 1
                raise yaml.constructor.ConstructorError(
                    None, None, f"key {key!r} occurs twice (line {line})", key_node.start_mark
                )
            seen.add(key)
    loader.flatten_mapping(node)
    return {loader.construct_object(k, deep=True): loader.construct_object(v, deep=True) for k, v in node.value}


_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)
_Loader.yaml_implicit_resolvers = {
    first: [(tag, regexp) for tag, regexp in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def read_yaml(path: Path) -> dict[str, Any]:
    """Return the mapping in a YAML file.

    Raises
    ------
    ConfigError
        ``PLAN-MISSING``, ``PLAN-ENCODING``, ``PLAN-SYNTAX`` or ``PLAN-SHAPE``.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise ConfigError(
            f"{path} cannot be read: {error.strerror}", code="PLAN-MISSING", remedy="Check the path and its permissions."
        ) from error
    if len(raw) > _MAX_BYTES:
        raise ConfigError(f"{path} is larger than 4 MB", code="PLAN-SHAPE", remedy="Give a plan, catalogue or profile file.")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} is not UTF-8", code="PLAN-ENCODING", remedy="Save the file as UTF-8.") from error
    try:
        # A subclass of SafeLoader: it makes plain values only.
        loaded = yaml.load(text, Loader=_Loader)
    except (yaml.YAMLError, RecursionError) as error:
        raise ConfigError(f"{path}: {error}", code="PLAN-SYNTAX", remedy="Correct the YAML at the line named.") from error
    if not isinstance(loaded, dict):
        raise ConfigError(f"{path} does not hold a mapping", code="PLAN-SHAPE", remedy="Start from `geoplan init`.")
    return loaded


def parse(model: type[Document], values: dict[str, Any], *, where: str) -> Document:
    """Return ``values`` as ``model``, or raise one `ConfigError` that names every mistake."""
    try:
        return model.model_validate(values)
    except ValidationError as error:
        lines = [f"{'.'.join(str(part) for part in one['loc']) or '(top)'}: {one['msg']}" for one in error.errors()]
        raise ConfigError(
            f"{where} has {len(lines)} mistake(s): " + "; ".join(lines),
            code="PLAN-INVALID",
            remedy="Correct these keys; `geoplan init` writes a commented file with every key.",
        ) from error


def read_plan(path: Path) -> PlanConfig:
    """Return the plan file at ``path``."""
    return parse(PlanConfig, read_yaml(path), where=str(path))


def read_catalog(path: Path) -> Catalog:
    """Return the layer catalogue at ``path``."""
    return parse(Catalog, read_yaml(path), where=str(path))


def preset_names() -> list[str]:
    """Return the names of the profiles that come with geoplan."""
    folder = resources.files("geoplan.presets")
    return sorted(one.name.removesuffix(".yaml") for one in folder.iterdir() if one.name.endswith(".yaml"))


def _read_profile(model: type[Document], name: str, base: Path | None) -> Document:
    """Return a profile by preset name, or by path relative to ``base``."""
    if name.endswith((".yaml", ".yml")):
        path = Path(name) if base is None or Path(name).is_absolute() else base / name
        return parse(model, read_yaml(path), where=str(path))
    if name not in preset_names():
        raise ConfigError(
            f"no preset is called {name!r}",
            code="PROFILE-MISSING",
            remedy=f"Use one of {', '.join(preset_names())}, or the path of a .yaml file.",
        )
    with resources.as_file(resources.files("geoplan.presets") / f"{name}.yaml") as path:
        return parse(model, read_yaml(path), where=f"preset {name}")


def read_standards(name: str, base: Path | None = None) -> StandardsProfile:
    """Return a standards profile by preset name, or by path relative to ``base``."""
    return _read_profile(StandardsProfile, name, base)


def read_speeds(name: str, base: Path | None = None) -> SpeedProfile:
    """Return a speed profile by preset name, or by path relative to ``base``."""
    return _read_profile(SpeedProfile, name, base)


def read_relocation(name: str, base: Path | None = None) -> RelocationProfile:
    """Return a relocation profile by preset name, or by path relative to ``base``."""
    return _read_profile(RelocationProfile, name, base)


def read_costs(name: str, base: Path | None = None) -> CostProfile:
    """Return a cost profile by preset name, or by path relative to ``base``."""
    return _read_profile(CostProfile, name, base)


def read_walking(name: str, base: Path | None = None) -> WalkingProfile:
    """Return a walking profile by preset name, or by path relative to ``base``."""
    return _read_profile(WalkingProfile, name, base)


def read_water(name: str, base: Path | None = None) -> WaterProfile:
    """Return a water profile by preset name, or by path relative to ``base``."""
    return _read_profile(WaterProfile, name, base)

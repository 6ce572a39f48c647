"""Plan files, catalogues and profiles: every mistake named at once, nothing unknown let through."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from geoplan.contracts.config import PlanConfig
from geoplan.errors import ConfigError, GeoplanError
from geoplan.io.documents import (
    parse,
    preset_names,
    read_catalog,
    read_costs,
    read_plan,
    read_relocation,
    read_speeds,
    read_standards,
    read_walking,
    read_water,
    read_yaml,
)
from geoplan.io.template import plan_schema, plan_template

GOOD = """
name: 示例县
year: 2026
roads: roads
dem: dem
services:
  - {id: clinic, label_zh: 卫生室, label_en: clinic, layers: [clinics]}
"""


def write(tmp_path, text, name="plan.yaml"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_small_plan_takes_the_defaults(tmp_path):
    plan = read_plan(write(tmp_path, GOOD))
    assert plan.access.walk_kmh == 5.0
    assert plan.crs == "auto"
    assert plan.access.seasons == ["dry", "wet"]


def test_every_mistake_is_named_at_once(tmp_path):
    """Three mistakes (a bad year, an unknown key, a negative speed) come in one error, with exit code 2."""
    text = GOOD.replace("year: 2026", "year: 26") + "colour: red\naccess: {walk_kmh: -1}\n"
    with pytest.raises(ConfigError) as caught:
        read_plan(write(tmp_path, text))
    message = str(caught.value)
    assert "year" in message
    assert "colour" in message
    assert "access.walk_kmh" in message
    assert "3 mistake(s)" in message
    assert caught.value.exit_code == 2


def test_a_doubled_key_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="occurs twice"):
        read_plan(write(tmp_path, GOOD + "year: 2027\n"))


def test_doubled_service_ids_are_refused(tmp_path):
    text = GOOD + "  - {id: clinic, label_zh: 医院, label_en: hospital, layers: [clinics]}\n"
    with pytest.raises(ConfigError, match="clinic"):
        read_plan(write(tmp_path, text))


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"\xff\xfe\x00", "PLAN-ENCODING"),
        (b"a: [1, 2", "PLAN-SYNTAX"),
        (b"- 1\n- 2\n", "PLAN-SHAPE"),
        (b"", "PLAN-SHAPE"),
        (b"a: !!python/object/apply:os.system ['true']\n", "PLAN-SYNTAX"),
    ],
)
def test_a_bad_file_is_one_clear_error(tmp_path, content, code):
    path = tmp_path / "plan.yaml"
    path.write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        read_yaml(path)
    assert caught.value.code == code


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ConfigError) as caught:
        read_catalog(tmp_path / "catalog.yaml")
    assert caught.value.code == "PLAN-MISSING"
    assert "catalog.yaml" in str(caught.value)


def test_dates_stay_as_written(tmp_path):
    """A vintage of 2025-06-01 is text, not a date that YAML made of it."""
    assert read_yaml(write(tmp_path, "vintage: 2025-06-01\n")) == {"vintage": "2025-06-01"}


@settings(deadline=None, max_examples=60)
@given(st.binary(max_size=200))
def test_whatever_the_bytes_the_answer_is_a_plan_or_a_geoplan_error(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("fuzz") / "plan.yaml"
    path.write_bytes(content)
    try:
        read_plan(path)
    except GeoplanError as error:
        assert error.code.startswith("PLAN-")  # noqa: PT017


def test_every_preset_parses_as_exactly_one_kind():
    """Each YAML file among the presets is a standards, a speeds, a walking, a relocation, a cost or a water profile."""
    for name in preset_names():
        kinds = 0
        for reader in (read_standards, read_speeds, read_walking, read_relocation, read_costs, read_water):
            try:
                assert reader(name).id == name
            except ConfigError as error:
                assert error.code == "PLAN-INVALID"  # noqa: PT017
            else:
                kinds += 1
        assert kinds == 1, name


def test_an_unknown_preset_lists_the_known_ones():
    with pytest.raises(ConfigError, match="four_level_2015"):
        read_standards("nowhere")


def test_a_countys_own_profile_is_read_from_its_path(tmp_path):
    text = """
id: own
label_zh: 本县
label_en: own
items:
  - {id: clinic, label_zh: 卫生室, label_en: clinic, level: village, measure: travel_time, service: clinic, threshold: 30, unit: min,
     source: county notice, status: convention}
"""
    write(tmp_path, text, "own.yaml")
    assert read_standards("own.yaml", tmp_path).items[0].threshold == 30.0


def test_the_commented_template_is_a_plan_and_names_every_key():
    """`geoplan init` writes each key of the model, and what it writes parses as it stands."""
    text = plan_template()
    plan = parse(PlanConfig, yaml.safe_load(text), where="template")
    assert plan.roads == "roads"
    for name in PlanConfig.model_fields:
        assert f"{name}:" in text


def test_the_template_with_every_default_uncommented_still_parses():
    """Taking the comment sign off each ``key: default`` line gives the same plan: the defaults shown are the defaults used."""
    lines = []
    for line in plan_template().splitlines():
        body = line.lstrip()
        if body.startswith("# ") and body[2:].split(":")[0].replace("_", "").isalnum() and ":" in body and not body.endswith("."):
            lines.append(line.replace("# ", "", 1))
        elif not body.startswith("#"):
            lines.append(line)
    opened = parse(PlanConfig, yaml.safe_load("\n".join(lines).replace("hazards:\n", "hazards: []\n")), where="opened")
    assert opened.model_copy(update={"hazards": []}) == parse(PlanConfig, yaml.safe_load(plan_template()), where="closed")


def test_the_schema_file_is_in_step_with_the_models(root):
    """Regenerate with: python -m geoplan.io.template > geoplan/presets/plan.schema.json."""
    assert (root / "geoplan" / "presets" / "plan.schema.json").read_text(encoding="utf-8") == plan_schema()


def test_every_field_of_the_documents_is_described():
    from geoplan.contracts import config, profiles

    for module in (config, profiles):
        for model in vars(module).values():
            if isinstance(model, type) and issubclass(model, config.Frozen):
                missing = [name for name, field in model.model_fields.items() if not field.description]
                assert not missing, (model.__name__, missing)

"""The command line: exit codes, one clear error, outputs whole or not at all."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys

import geopandas as gpd
import pandas as pd
import pytest
import yaml

from geoplan.io.documents import read_standards


def geoplan(*arguments, cwd=None):
    return subprocess.run(
        [sys.executable, "-m", "geoplan.cli", *map(str, arguments)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=cwd,
        check=False,
    )


@pytest.fixture(scope="module")
def demo(root, tmp_path_factory):
    """The committed demo county in a folder of its own, with one finished run beside it."""
    folder = tmp_path_factory.mktemp("county")
    shutil.copytree(root / "layers" / "demo", folder / "demo", ignore=shutil.ignore_patterns(".geoplan-cache"))
    done = geoplan("run", folder / "demo" / "county.yaml", "--out", folder / "out")
    assert done.returncode == 0, done.stderr
    return folder, done


def stages_run(done):
    """Return which stages a run says it worked on, and of how many."""
    told = re.search(r"\[(\d+) of (\d+) stages run \(([^)]*)\)", done.stderr)
    assert told is not None, done.stderr
    names = set(told[3].split(", "))
    assert len(names) == int(told[1])
    return names, int(told[2])


def test_the_main_job_ends_with_seven_sentences_and_where_to_look(demo):
    folder, done = demo
    lines = [line for line in done.stdout.splitlines() if line.strip()]
    assert len([line for line in lines if line.endswith("。")]) == 7
    for name in (
        "coverage_map.html",
        "relocation_map.html",
        "groups/index.html",
        "sites/index.html",
        "relocation/",
        "manifest.json",
    ):
        assert f"{(folder / 'out').as_posix()}/{name} " in done.stdout
    names, total = stages_run(done)
    assert len(names) == total


def test_the_output_folder_holds_what_was_promised(demo):
    out = demo[0] / "out"
    for name in ("settlements", "groups", "villages", "townships", "county"):
        assert (out / f"{name}.parquet").is_file()
    for name in (
        "settlements.gpkg",
        "candidate_sites.geojson",
        "candidates.geojson",
        "coverage_map.html",
        "quality.html",
        "manifest.json",
    ):
        assert (out / name).is_file()
    assert (out / "groups" / "index.html").is_file()
    assert (out / "relocation_map.html").is_file()
    assert (out / "sites" / "index.html").is_file()
    for name in ("treatment", "certainty", "decision", "allocation", "group_moves"):
        assert (out / "relocation" / f"{name}.parquet").is_file()


def test_people_are_the_same_in_every_output(demo):
    """The settlements, each roll-up for each item, and the manifest count the same people; an item for an age counts the people of that age."""
    out = demo[0] / "out"
    persons = gpd.read_parquet(out / "settlements.parquet")["persons"].sum()
    assert json.loads((out / "manifest.json").read_text(encoding="utf-8"))["counts"]["persons"] == pytest.approx(persons)
    for name in ("groups", "villages", "townships", "county"):
        table = pd.read_parquet(out / f"{name}.parquet")
        states = table[["covered_persons", "gap_persons", "unreachable_persons", "unknown_persons"]].sum(axis=1)
        assert states.to_numpy() == pytest.approx(table["persons"].to_numpy())
        assert table.groupby("item")["resident_persons"].sum().to_numpy() == pytest.approx(persons)
        asked = table.groupby("item")["persons"].sum()
        for item in read_standards("four_level_2015").items:
            if item.age_group is None:
                assert asked[item.id] == pytest.approx(persons), item.id
            else:
                assert 0.0 < asked[item.id] < 0.05 * persons, item.id


def test_the_manifest_leads_back_to_layers_profiles_and_software(demo):
    manifest = json.loads((demo[0] / "out" / "manifest.json").read_text(encoding="utf-8"))
    for layer in manifest["layers"]:
        assert len(layer["sha256"]) == 64
        assert layer["crs"]
        assert layer["datum"]
        assert layer["vintage"]
        assert layer["licence"]
        assert layer["rows_out"] <= layer["rows_in"]
    assert set(manifest["profiles"]) == {"standards", "speeds", "relocation", "walking", "costs", "water"}
    assert {"geoplan", "geopandas", "python"} <= set(manifest["software"])
    assert set(manifest["timings_s"]) >= {"access", "candidacy"}


def test_a_second_run_changes_nothing_and_says_so(demo):
    folder, _ = demo
    before = (folder / "out" / "manifest.json").stat().st_mtime_ns
    done = geoplan("run", folder / "demo" / "county.yaml", "--out", folder / "out")
    assert done.returncode == 0
    assert "nothing changed" in done.stderr
    assert (folder / "out" / "manifest.json").stat().st_mtime_ns == before


def test_one_changed_weight_re_runs_the_score_and_what_rests_on_it_only(demo):
    folder, _ = demo
    plan = yaml.safe_load((folder / "demo" / "county.yaml").read_text(encoding="utf-8"))
    path = folder / "demo" / "other.yaml"
    path.write_text(yaml.safe_dump(plan | {"weights": {"hazard_index": 0.6}}, allow_unicode=True), encoding="utf-8")
    done = geoplan("run", path, "--out", folder / "other")
    assert done.returncode == 0, done.stderr
    names, total = stages_run(done)
    assert names == {"candidacy", "group_moves", "batches", "certainty", "allocation", "outputs"}
    assert total == stages_run(demo[1])[1]


def test_same_input_same_bytes(demo, demo_result):
    """Two runs, each of which computed every stage for itself in a process of its own, give the same files; only the manifest's timings differ."""
    folder, _ = demo
    kept = demo_result.plan.cache_folder
    assert kept != folder / "demo" / ".geoplan-cache"
    done = geoplan("run", folder / "demo" / "county.yaml", "--out", folder / "again", "--cache", kept)
    assert done.returncode == 0, done.stderr
    first = {path.relative_to(folder / "out"): path for path in (folder / "out").rglob("*") if path.is_file()}
    second = {path.relative_to(folder / "again"): path for path in (folder / "again").rglob("*") if path.is_file()}
    assert first.keys() == second.keys()
    differing = [str(name) for name in first if first[name].read_bytes() != second[name].read_bytes()]
    assert differing in ([], ["manifest.json"])


def test_a_killed_run_resumes_from_the_stages_it_finished(demo, tmp_path):
    """Drop the last stages from the cache, as if the run had been killed before them: only they run again."""
    folder, _ = demo
    cache = tmp_path / "cache"
    shutil.copytree(folder / "demo" / ".geoplan-cache", cache)
    for stage in ("candidacy", "sites"):
        shutil.rmtree(cache / stage)
    done = geoplan("run", folder / "demo" / "county.yaml", "--out", tmp_path / "out", "--cache", cache)
    assert done.returncode == 0, done.stderr
    assert stages_run(done)[0] == {"candidacy", "sites", "outputs"}


def test_a_folder_geoplan_did_not_make_is_never_replaced(demo, tmp_path):
    folder, _ = demo
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "thesis.doc").write_text("years of work", encoding="utf-8")
    done = geoplan("run", folder / "demo" / "county.yaml", "--out", precious)
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    assert [path.name for path in precious.iterdir()] == ["thesis.doc"]


def test_check_passes_the_demo_and_writes_the_quality_page(demo, tmp_path):
    folder, _ = demo
    done = geoplan("check", folder / "demo" / "county.yaml", "--out", tmp_path / "quality.html")
    assert done.returncode == 0, done.stdout
    assert "0 error" in done.stdout
    assert (tmp_path / "quality.html").stat().st_size > 1000


def test_explain_says_why_in_both_languages(demo):
    folder, _ = demo
    code = gpd.read_parquet(folder / "out" / "settlements.parquet").sort_values("rank")["settlement_id"].iloc[0]
    chinese = geoplan("explain", folder / "demo" / "county.yaml", code)
    english = geoplan("explain", folder / "demo" / "county.yaml", code, "--language", "en")
    assert chinese.returncode == english.returncode == 0, chinese.stderr
    for words in ("应搬", "隐患处置:", "去向:", "等级把握:", "地形筛查(", "整组搬迁与意愿(", "就地配套还是搬迁("):
        assert words in chinese.stdout
    for words in (
        code,
        "Treatment of hazards:",
        "Where to:",
        "How sure the class is:",
        "screening, no survey",
        "Serve in place or move (",
    ):
        assert words in english.stdout


def test_explain_of_an_unknown_id_is_one_clear_error(demo):
    done = geoplan("explain", demo[0] / "demo" / "county.yaml", "000")
    assert done.returncode == 2
    assert "EXPLAIN-UNKNOWN" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_missing_plan_exits_with_2_and_a_missing_layer_with_3(demo, tmp_path):
    missing = geoplan("run", tmp_path / "none.yaml", "--out", tmp_path / "out")
    assert missing.returncode == 2
    copy = tmp_path / "demo"
    shutil.copytree(demo[0] / "demo", copy)
    victim = next(path for path in sorted(copy.iterdir()) if path.suffix == ".gpkg")
    victim.unlink()
    done = geoplan("run", copy / "county.yaml", "--out", tmp_path / "out")
    assert done.returncode == 3, done.stderr
    assert "LAYER-MISSING" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()


def test_help_teaches():
    done = geoplan("--help")
    assert done.returncode == 0
    for word in ("run", "check", "explain", "demo", "init", "fetch", "易地搬迁"):
        assert word in done.stdout


def test_init_writes_a_plan_once(tmp_path):
    assert geoplan("init", tmp_path / "county.yaml").returncode == 0
    again = geoplan("init", tmp_path / "county.yaml")
    assert again.returncode == 2
    assert "PLAN-EXISTS" in again.stderr


def test_an_unknown_language_is_refused(demo):
    done = geoplan("check", demo[0] / "demo" / "county.yaml", "--language", "fr")
    assert done.returncode == 2
    assert "LANGUAGE" in done.stderr

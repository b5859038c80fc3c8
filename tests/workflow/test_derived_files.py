"""Files that have to agree with each other."""

import json
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

import topolens
from topolens.config.study_files import find_study_files, load_studies
from topolens.derived_files import conda_environment, figures_page, read_minutes, schemas

ROOT = Path(__file__).parents[2]


def test_conda_environment_has_the_pins_of_the_lock():
    lock = (ROOT / "requirements.lock").read_text()
    assert (ROOT / "environment.yml").read_text() == conda_environment(lock)


def test_lock_pins_every_dependency_without_hosts_hashes_or_local_versions():
    lock = (ROOT / "requirements.lock").read_text()
    pinned = {line.split("==")[0].lower().replace("_", "-") for line in lock.splitlines()}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = project["dependencies"] + project["optional-dependencies"]["dev"]
    names = {re.split(r"[<>=~!\[ ]", line)[0].lower().replace("_", "-") for line in wanted}
    assert names <= pinned
    assert not re.search(r"://|--hash|\+|@", lock)


@pytest.mark.parametrize("name", schemas())
def test_json_schemas_are_in_step(name):
    file = ROOT / "workflow" / "config" / "schemas" / f"{name}.schema.json"
    assert file.read_text() == schemas()[name], "run `make schema`"


@pytest.mark.parametrize("name", ["study"])
def test_every_key_of_the_configuration_is_described(name):
    schema = json.loads(schemas()[name])
    for definition in [schema, *schema["$defs"].values()]:
        for key, value in definition.get("properties", {}).items():
            described = "description" in value or "$ref" in value or "$ref" in str(value.get("anyOf"))
            assert described, f"{definition['title']}.{key}"


def test_the_citation_is_of_this_version_and_of_papers_that_the_paper_cites():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["version"] == tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    bibliography = (ROOT / "paper" / "references.bib").read_text(encoding="utf-8")
    plain = re.sub(r"[{}]", "", " ".join(bibliography.split())).lower()
    for paper in citation["references"]:
        assert paper["title"].lower() in plain
        assert f"{paper['year']}" in plain


def test_the_page_of_figures_is_in_step():
    studies = load_studies(find_study_files(ROOT / "workflow" / "config" / "studies", []).values(), "full")
    page = (ROOT / "figures" / "README.md").read_text(encoding="utf-8")
    assert page == figures_page(studies, read_minutes(ROOT)), "run `python -m topolens figures_page`"
    for name, study in studies.items():
        assert all(f"| `{name}_{figure}` |" in page for figure in study.figures)


def test_the_table_of_coverage_has_the_numbers_of_the_paper():
    paper = (ROOT / "paper" / "main.tex").read_text(encoding="utf-8")
    numbers = {
        f"{study}_{name}": number
        for number, float_ in enumerate(re.findall(r"\\begin\{figure\}.*?\\end\{figure\}", paper, re.DOTALL), 1)
        for study, name in re.findall(r"figures/(\w+)/(\w+)\.pdf", float_)
    }
    coverage = (ROOT / "docs" / "coverage.md").read_text(encoding="utf-8")
    told = re.findall(r"Fig\. (\d+) \(`(\w+)`\)", coverage)
    assert {target: int(number) for number, target in told} == {target: numbers[target] for _, target in told}
    assert [row[0] for row in re.findall(r"^\| (S\d+) \|(.*Fig\. \d+)", coverage, re.MULTILINE)] == [
        f"S{row}" for row in range(1, 19)
    ]


def test_readme_example_runs_as_printed():
    readme = (ROOT / "README.md").read_text()
    (example,) = re.findall(r"```python\n(.*?)```", readme, re.DOTALL)
    assert len([line for line in example.splitlines() if line.strip()]) <= 12
    exec(compile(example, "README.md", "exec"), {})


def test_the_tutorial_runs_as_printed(tmp_path, monkeypatch):
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8"), re.DOTALL)
    monkeypatch.chdir(tmp_path)
    exec(compile("".join(blocks), "tutorial.md", "exec"), {})
    assert (tmp_path / "landscapes.png").stat().st_size > 5_000


def test_pages_of_the_functions_name_all_that_is_public(tmp_path):
    makefile = (ROOT / "Makefile").read_text()
    (arguments,) = re.findall(r"pdoc (.*)\n", makefile)
    command = [sys.executable, "-m", "pdoc", *shlex.split(arguments.replace("docs/api", str(tmp_path)))]
    subprocess.run(command, check=True, capture_output=True)
    page = (tmp_path / "topolens.html").read_text(encoding="utf-8")
    for name in topolens.__all__:
        assert f'id="{name}"' in page, name
    assert not re.findall(r"<(?:script|link|img)[^>]+(?:src|href)=[\"']https?://|url\(https?:", page)


def test_readme_names_existing_targets():
    readme = (ROOT / "README.md").read_text()
    makefile = (ROOT / "Makefile").read_text()
    for target in re.findall(r"`make ([a-z]+)", readme):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_readme_is_short_and_links_to_what_there_is():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)#]+)[^)]*\)", readme)
    places = re.findall(r"\]\(results/VERDICTS\.md#([^)]+)\)", readme)
    anchors = re.findall(r'<a id="([^"]+)">', (ROOT / "results" / "VERDICTS.md").read_text(encoding="utf-8"))
    assert len(anchors) == len({*anchors})
    assert places
    assert {*places} <= {*anchors}
    assert len(links) > 10
    assert [link for link in links if not (ROOT / link).is_file()] == []
    assert len(readme.splitlines()) <= 120


def test_the_speed_that_the_readme_tells_is_that_of_the_benchmarks():
    table = (ROOT / "tests" / "benchmarks" / "README.md").read_text(encoding="utf-8")
    cells = [line.strip("|").split("|") for line in table.splitlines() if line.startswith("|") and " ms |" in line]
    known, ratios = "", {"pipelines": [], "training": []}
    for what, rival, *_, ratio in ([cell.strip() for cell in row] for row in cells):
        known = what or known
        if known.startswith("training"):
            ratios["training"].append(float(ratio))
        elif (
            known.startswith(("points to landscape", "permutation test", "channel vectors of")) and "bare" not in rival
        ):
            ratios["pipelines"].append(float(ratio))
    readme = " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())
    low, high, slower, faster = re.search(
        r"tests (\d+) to (\d+) times as fast as the published pipelines, training (\d+) to (\d+) times", readme
    ).groups()
    assert [int(low), int(high)] == [min(ratios["pipelines"]), max(ratios["pipelines"])]
    assert [int(slower), int(faster)] == [min(ratios["training"]), max(ratios["training"])]


def test_make_help_lists_the_targets():
    text = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for target in ("reproduce", "full", "test", "bench", "verify", "disks", "mnist"):
        assert target in text

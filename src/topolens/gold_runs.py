"""Gold runs: a scale from several root seeds, tables and claims only, and the reference that is made of them."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from topolens.artifacts import read_json, write_json, write_table
from topolens.claims.stability import with_stability
from topolens.config.study import Study
from topolens.config.study_files import find_study_files, load_studies
from topolens.errors import TopolensError
from topolens.verification import compute
from topolens.verification.fingerprint import FILE, fingerprint
from topolens.verification.gold import CLAIMS, FILES, write_gold
from topolens.verification.tables import read_tables, settings_of

FEWEST = 3  # gold runs without which nothing is said of a spread


def gold(root: Path, scale: str, seeds: Sequence[int]) -> None:
    """Run a scale from each seed into results/gold/SCALE/SEED; a seed that is done or was killed goes on where it was.

    What no seed touches is made once: data are linked from the run of the scale itself, weights are the committed ones.

    Raises:
        TopolensError: a run that fails; those before it stay.
    """
    studies = _studies(root, scale)
    _snakemake(root, scale, {}, [f"results/{scale}/{path}" for path in _data_files(studies)])
    for seed in seeds:
        folder = root / "results" / "gold" / scale / str(seed)
        for path in _data_files(studies):
            for name in (path, path.replace(".npz", ".provenance.json")):
                _link(root / "results" / scale / name, folder / name)
        _snakemake(root, scale, {"seed": seed, "results": folder.relative_to(root)}, ["tables", CLAIMS])
        write_json(folder / FILE, fingerprint(folder, settings_of(studies), scale, seed))


def make_reference(root: Path, scale: str, seed: int) -> list[int]:
    """Make the reference of a scale from its gold runs: the tables of one seed, and what all of them say of its rows.

    Fewer than FEWEST say nothing of its rows: runs of other seeds, or of other networks, cannot be compared with it.

    Returns:
        The seeds.

    Raises:
        TopolensError: not that of the seed among them, or runs of different code.
    """
    gold_folder = root / "results" / "gold" / scale
    folders = {int(file.parent.name): file.parent for file in sorted(gold_folder.glob(f"*/{FILE}"))}
    if seed not in folders:
        raise TopolensError(
            f"{gold_folder}: expected gold runs, best of {FEWEST} seeds and more, {seed} among them, found "
            f'{", ".join(map(str, sorted(folders))) or "none"}; run `make gold SCALE={scale} SEEDS="{seed} ..."`'
        )
    prints: dict[int, dict[str, Any]] = {number: read_json(folder / FILE) for number, folder in folders.items()}
    for name in ("code", "settings", "packages"):
        if len({str(one[name]) for one in prints.values()}) > 1:
            raise TopolensError(f"{gold_folder}: the runs differ in {name}; run `make gold SCALE={scale}` again")
    studies = [*_studies(root, scale)]
    tables = {number: read_tables(folder, studies) for number, folder in folders.items()}
    reference = root / "results" / "reference" / scale
    reference.mkdir(parents=True, exist_ok=True)
    for name in studies:
        (reference / f"{name}.csv").write_bytes((folders[seed] / f"{name}.csv").read_bytes())
    write_json(reference / FILE, prints[seed])
    write_table(reference / compute.FILE, compute.compute_table(folders[seed], studies))
    claims = tables[seed][CLAIMS]
    for name in FILES:
        (reference / name).unlink(missing_ok=True)
    if len(folders) >= FEWEST:
        claims = with_stability(claims, write_gold(reference, tables[seed], [*tables.values()]))[[*claims]]
    write_table(reference / f"{CLAIMS}.csv", claims)
    return sorted(folders)


def _studies(root: Path, scale: str) -> dict[str, Study]:
    return load_studies(find_study_files(root / "workflow" / "config" / "studies", []).values(), scale)


def _data_files(studies: dict[str, Study]) -> list[str]:
    """The files of data of all runs that are made by default, relative to the folder of results."""
    from topolens.config.artifacts import owner

    return sorted(
        {f"{study.name}/{owner(study, run, 'data.npz')}/data.npz" for study in studies.values() for run in study.runs}
    )


def _link(source: Path, target: Path) -> None:
    """The same file under another name, in place of what was there."""
    if target.exists() and target.samefile(source):
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    target.unlink(missing_ok=True)
    os.link(source, target)


def _snakemake(root: Path, scale: str, config: dict[str, object], targets: list[str]) -> None:
    """Run snakemake on all cores, its text on the screen."""
    values = [f"scale={scale}", *(f"{name}={value}" for name, value in config.items())]
    command = [sys.executable, "-m", "snakemake", "--cores", "all", "--config", *values, "--", *targets]
    if subprocess.run(command, cwd=root, check=False).returncode:
        raise TopolensError(f"`{' '.join(command[2:])}` failed; mend it and run the same command again, which goes on")

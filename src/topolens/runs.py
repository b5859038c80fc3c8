"""Around a whole run: is another one alive, and what did this one leave behind."""

import subprocess
import sys
from collections import Counter, defaultdict
from pathlib import Path

import psutil

from topolens.artifacts import read_json, write_text
from topolens.claims.findings import in_readme, load_findings
from topolens.claims.model import load_claims
from topolens.claims.publish import PublishedVerdict, as_json, published_verdicts, stability_told, verdicts_page
from topolens.claims.verdicts import headline_counts, read_verdicts
from topolens.config.study_files import find_study_files, load_studies
from topolens.errors import TopolensError

QUICK = "quick"  # its gold runs tell how stable verdicts are where those of another scale do not


def unlock(root: Path) -> None:
    """Remove the lock that a killed run left in this folder, unless a run is alive here.

    Raises:
        TopolensError: another run is at work in this folder, or Snakemake refuses, as with a mistake in a study.
    """
    if not any((root / ".snakemake" / "locks").glob("*")):
        return
    alive = _snakemake_processes(root)
    if alive:
        raise TopolensError(f"{root}: a run is at work here (process {alive[0]}); wait for it or stop it")
    # By the interpreter: `make reproduce` runs without the environment's programs on the path.
    command = [sys.executable, "-m", "snakemake", "--unlock"]
    told = subprocess.run(command, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if told.returncode:
        raise TopolensError(f"{root}: could not be unlocked: {told.stdout.strip()}")


def _snakemake_processes(root: Path) -> list[int]:
    """Other processes that run snakemake in this folder."""
    found = []
    for process in psutil.process_iter():
        try:
            command, folder = " ".join(process.cmdline()[:3]), process.cwd()
        except psutil.Error:
            continue
        if "snakemake" in command and Path(folder) == root.resolve() and process.pid != psutil.Process().pid:
            found.append(process.pid)
    return found


def summary(root: Path, scale: str) -> str:
    """Where paper, report and claims lie, the verdicts counted, and how long each study computed."""
    results = root / "results" / scale
    claims_file = results / "claims.csv"
    if not claims_file.is_file():
        raise TopolensError(f"{claims_file}: not made yet; run `make reproduce SCALE={scale}`")
    claims = read_verdicts(claims_file)
    headlines = ", ".join(f"{count} {verdict}" for verdict, count in headline_counts(claims).items())
    lines = [
        f"paper    {results / 'topolens.pdf'}",
        f"report   {results / 'report.html'}",
        f"figures  {root / 'figures' / scale}",
        f"claims   {claims_file}",
        "",
        f"published claims, each once: {headlines}",
    ]
    for study, seconds in sorted(study_seconds(root, scale).items()):
        verdicts = claims.loc[claims["study"] == study, "verdict"].value_counts()
        counted = ", ".join(f"{count} {verdict}" for verdict, count in verdicts.items())
        lines.append(f"{study:8s} {seconds / 60:5.1f} minutes of computation; rows: {counted}")
    return "\n".join(lines)


def publish(root: Path, scale: str) -> None:
    """Write the README's findings, VERDICTS.md and claims.json from the reference of a scale.

    Raises:
        TopolensError: no reference, one by other definitions than those of today, or no place for them in the README.
    """
    for file, text in published_texts(root, scale).items():
        write_text(file, text)


def published_texts(root: Path, scale: str) -> dict[Path, str]:
    """What :func:`publish` writes, by file."""
    verdicts, findings = _verdicts(root, scale), load_findings(root / "workflow" / "config" / "findings.yaml")
    stability = stability_told(verdicts)
    if scale != QUICK and _reference(root, QUICK).is_file():
        quick = _verdicts(root, QUICK)
        unstable = all(one.stability is None for one in verdicts)
        told = stability_told(quick)
        stability = f"At the {QUICK} scale, {told[0].lower()}{told[1:]}" if unstable else stability
        stability = _held_against_quick(verdicts, quick) + stability
    readme = root / "README.md"
    return {
        readme: in_readme(readme.read_text(encoding="utf-8"), findings, verdicts, scale, stability),
        root / "results" / "VERDICTS.md": verdicts_page(verdicts, scale),
        root / "results" / "claims.json": as_json(verdicts),
    }


def _held_against_quick(verdicts: list[PublishedVerdict], quick: list[PublishedVerdict]) -> str:
    """How many headline verdicts the quick scale shares, and what it says of the others, in one sentence."""
    there = {(one.study, one.name): one.verdict for one in quick}
    pairs = [(one.verdict, there.get((one.study, one.name), "absent")) for one in verdicts if one.headline]
    others = Counter(found for said, found in pairs if found != said)
    told = "".join(f"; {count} are {verdict} there" for verdict, count in others.items())
    return f"Of these the {QUICK} scale, with fewer units, shares {len(pairs) - others.total()}{told}. "


def _reference(root: Path, scale: str) -> Path:
    return root / "results" / "reference" / scale / "claims.csv"


def _verdicts(root: Path, scale: str) -> list[PublishedVerdict]:
    """Those of the reference of a scale."""
    config = root / "workflow" / "config"
    studies = load_studies(find_study_files(config / "studies").values(), scale)
    claims = load_claims(config / "claims.yaml", studies)
    return published_verdicts(read_verdicts(_reference(root, scale)), claims, studies, scale)


def study_seconds(root: Path, scale: str) -> dict[str, float]:
    """Seconds that the stages of each study took, summed over their provenance files."""
    seconds: dict[str, float] = defaultdict(float)
    for folder in (root / "results" / scale, root / "figures" / scale):
        for study in (path for path in folder.iterdir() if path.is_dir()):
            for sidecar in study.rglob("*.provenance.json"):
                seconds[study.name] += read_json(sidecar)["wall_seconds"]
    return dict(seconds)

"""Which study files there are: the repository's own, and those that a run adds."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from topolens.config.names import NAME_PATTERN
from topolens.config.study import Study, load_study
from topolens.errors import TopolensError


def find_study_files(own: Path, added: Sequence[Path] = ()) -> dict[str, Path]:
    """All study files by the name of their study.

    Args:
        own: The repository's folder of studies.
        added: Further YAML files, or folders of them.

    Raises:
        TopolensError: a path that is not there, a folder without studies, two studies of one name, a wrong name.
    """
    found: dict[str, Path] = {}
    for place in (own, *added):
        for file in _files_at(place):
            if not re.fullmatch(NAME_PATTERN, file.stem) or "\n" in file.stem:
                raise TopolensError(
                    f"{file}: expected a study's name that matches {NAME_PATTERN}, found {file.stem!r}; rename the file"
                )
            if file.stem in found:
                raise TopolensError(f"{file}: there is a study {file.stem!r} already, {found[file.stem]}; rename it")
            found[file.stem] = file
    return found


def _files_at(place: Path) -> list[Path]:
    if place.is_dir():
        files = sorted(place.glob("*.yaml"))
        if not files:
            raise TopolensError(f"{place}: expected a folder with study files (*.yaml), found none")
        return files
    if not place.is_file() or place.suffix != ".yaml":
        raise TopolensError(f"{place}: expected a study file (*.yaml) or a folder of them; see --config studies=PATH")
    return [place]


def load_studies(files: Iterable[Path], scale: str) -> dict[str, Study]:
    """Studies by name, resolved for a scale."""
    return {file.stem: load_study(file, scale) for file in files}

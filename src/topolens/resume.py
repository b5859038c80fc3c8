"""Parts of a long stage that survive a killed run."""

import hashlib
import shutil
from pathlib import Path

import numpy as np

from topolens.artifacts import read_arrays, write_arrays
from topolens.errors import TopolensError


class Parts:
    """Finished parts beside the file they will make up, valid only for one key.

    The key holds all that the parts depend on; parts of another key are removed, not used.
    """

    def __init__(self, final: Path, key: str) -> None:
        # Named by their key, so that shards of one stage may start at once.
        self.folder = final.parent / f".{final.stem}.parts" / key
        self.folder.mkdir(parents=True, exist_ok=True)
        for other in self.folder.parent.iterdir():
            if other.name != key:
                shutil.rmtree(other, ignore_errors=True)

    def path(self, name: str) -> Path:
        """Where the part of this name lies or will lie."""
        return self.folder / f"{name}.npz"

    def read(self, name: str) -> dict[str, np.ndarray] | None:
        """A finished part, or None when it has to be made (again)."""
        path = self.path(name)
        try:
            return read_arrays(path) if path.is_file() else None
        except TopolensError:
            return None

    def write(self, name: str, arrays: dict[str, np.ndarray]) -> None:
        """Keep a finished part."""
        write_arrays(self.path(name), arrays)

    def remove(self) -> None:
        """Forget all parts: the final file is written."""
        shutil.rmtree(self.folder.parent, ignore_errors=True)


def content_key(*values: str | Path) -> str:
    """A hash of texts and of the contents of files."""
    digest = hashlib.sha256()
    for value in values:
        if isinstance(value, Path):
            with value.open("rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
        else:
            digest.update(value.encode())
    return digest.hexdigest()

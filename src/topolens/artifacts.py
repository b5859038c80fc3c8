"""Reading and writing the files that stages hand to each other: always whole or not at all."""

import contextlib
import errno
import json
import os
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from topolens.errors import TopolensError

FULL = (errno.ENOSPC, errno.EDQUOT)
# What libraries say that do not pass on the system's error: safetensors, torch.save, zipfile.
SAID_WHEN_FULL = ("No space left", "Disk quota exceeded", "PytorchStreamWriter failed", "file write failed")
# Less room than this counts as none, whatever a library says.
NO_ROOM = 2**16


@contextlib.contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """A temporary path beside `path`, renamed to it when the block ends without an error.

    A killed run or a full disk leaves the old file or none, never half of a new one. The file has the rights that the
    umask leaves.

    Raises:
        TopolensError: no room on the disk, or no right to write there.
    """
    temporary: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem}-", suffix=path.suffix)
        temporary = Path(name)
        os.close(handle)
        yield temporary
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(path)
    except PermissionError as error:
        raise TopolensError(
            f"{path}: cannot be written ({error.strerror}); look at the rights of its folder"
        ) from error
    except Exception as error:
        if isinstance(error, TopolensError) or not _is_full(error, path.parent):
            raise
        free = shutil.disk_usage(path.parent).free
        raise TopolensError(
            f"{path}: the disk is full, {free / 2**20:.1f} MB are free; make room there and run again, which goes on "
            "from here"
        ) from error
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


def _is_full(error: Exception, folder: Path) -> bool:
    """Whether a failed write says, in its own words, that the disk is full."""
    if isinstance(error, OSError) and error.errno in FULL:
        return True
    return any(said in str(error) for said in SAID_WHEN_FULL) and (
        "space" in str(error) or "quota" in str(error) or shutil.disk_usage(folder).free < NO_ROOM
    )


def _umask() -> int:
    """What the process takes from the rights of new files; it can only be read by setting it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def write_arrays(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Write named arrays as an uncompressed .npz."""
    with written_whole(path) as temporary, temporary.open("wb") as file:
        np.savez(file, **dict(arrays))  # type: ignore[arg-type]


def read_arrays(path: Path) -> dict[str, np.ndarray]:
    """All arrays of an .npz; pickled objects are refused."""
    try:
        with np.load(path, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile, zlib.error) as error:
        raise TopolensError(f"{path}: not a readable .npz ({error}); delete it and run again") from error


def write_json(path: Path, value: Any) -> None:
    """Write `value` as indented JSON with sorted keys."""
    with written_whole(path) as temporary:
        temporary.write_text(json.dumps(value, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def read_json(path: Path) -> Any:
    """Read a JSON file."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:  # not JSON, not even text, or nested without end
        raise TopolensError(f"{path}: not readable JSON ({error}); delete it and run again") from error


def write_table(path: Path, table: pd.DataFrame, digits: int = 10) -> None:
    """Write a tidy table as CSV; floats with so many significant digits, 17 to keep every bit, missing values empty."""
    with written_whole(path) as temporary:
        table.to_csv(temporary, index=False, float_format=f"%.{digits}g", lineterminator="\n")


def read_table(path: Path, **options: Any) -> pd.DataFrame:
    """A tidy table as write_table wrote it; `options` are those of pandas.read_csv."""
    try:
        return pd.read_csv(path, **options)
    except (OSError, ValueError) as error:  # pandas' own errors are ValueErrors, as is text that is no UTF-8
        raise TopolensError(
            f"{path}: not a readable table ({' '.join(str(error).split())}); delete it and run again"
        ) from error


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text."""
    with written_whole(path) as temporary:
        temporary.write_text(text, encoding="utf-8")

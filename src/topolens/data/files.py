"""Finding data files, and never using one that is not what it should be."""

import contextlib
import errno
import fcntl
import hashlib
import logging
import lzma
import os
import tarfile
import tempfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

from pydantic import Field

from topolens.config.model import Model
from topolens.config.names import Name
from topolens.config.validation import checked
from topolens.config.yaml_file import read_yaml
from topolens.errors import TopolensError

log = logging.getLogger("topolens")
# What readers raise on damaged and hostile files, sizes that no file has and nests without end included.
UNREADABLE = (OSError, EOFError, ValueError, MemoryError, OverflowError, RecursionError)


class KnownFile(Model):
    """How one file is recognised, or a folder: by the sum of its `listing`."""

    sha256: str | None = Field(default=None, description="SHA-256 of the file.")
    md5: str | None = Field(default=None, description="MD5 of the file, where the source publishes that.")


class KnownArchive(KnownFile):
    """How a tar archive of a data set is recognised."""

    into: str = Field(default=".", description="Folder inside data/ that it is unpacked into, where it brings none.")


class KnownDataset(Model):
    """An entry of datasets.yaml."""

    title: str = Field(description="What it is.")
    source: str = Field(description="Who published it.")
    licence: str = Field(description="Terms as stated by the source.")
    files: dict[str, KnownFile] = Field(description="Files, or a whole folder, by path inside a data folder.")
    archives: dict[str, KnownArchive] = Field(
        default={}, description="Tar archives of all the files by path inside a data folder; any one is enough."
    )


class Catalogue(Model):
    """All of datasets.yaml."""

    datasets: dict[Name, KnownDataset]


def read_catalogue(file: Path) -> dict[str, KnownDataset]:
    """The entries of datasets.yaml by name.

    Raises:
        TopolensError: with file, key, what was expected and found.
    """
    content = read_yaml(file, dict)
    return checked(Catalogue, {"datasets": content}, f"{file}").datasets


def data_folders(root: Path) -> list[Path]:
    """Folders that may hold data, in the order they are looked at, relative to the Snakefile's folder.

    Raises:
        TopolensError: TOPOLENS_DATA is set, but to no folder that can be read.
    """
    own = [root / "data", root / ".." / "shared" / "data"]
    named = os.environ.get("TOPOLENS_DATA")
    if not named:
        return own
    try:
        folder = Path(named).expanduser()
        next(folder.iterdir(), None)
    except (OSError, RuntimeError) as error:  # no such folder, a file, a loop of links, too long, no such user
        raise TopolensError(
            f"TOPOLENS_DATA={named[:100]}: expected a folder that can be read: {str(error)[:100]}; correct or unset it"
        ) from error
    return [folder, *own]


def find_real(
    name: str, known: KnownDataset, root: Path, *, real_only: bool, download: Callable[[Path], None] | None = None
) -> dict[Path, bytes] | None:
    """The checked contents of a data set's files, by the lookup order that the README states.

    Args:
        name: What messages call the data set.
        known: How its files and their archives are recognised.
        root: The folder of the Snakefile.
        real_only: Refuse to go on without the files (the full scale).
        download: Puts the files into the folder it is given; None where the network may not be asked.

    Returns:
        The contents by path (of a folder: its listing); None when nothing was found.

    Raises:
        TopolensError: a wrong checksum, an archive without the files, or no files where they are demanded.
    """
    files = find_files(known, data_folders(root)) or find_packed(known, root)
    if files is None and download is not None:
        try:
            download(root / "data")
            files = find_files(known, [root / "data"])
        except (RuntimeError, OSError) as error:
            log.warning("%s: download failed (%s)", name, error)
    if files is None and real_only:
        packed = f" or an archive of them ({', '.join(known.archives)})" if known.archives else ""
        looked_at = ", ".join(map(str, data_folders(root)))
        raise TopolensError(
            f"{name}: the full scale needs the real files ({', '.join(known.files)}){packed}; put them into data/ or a "
            f"folder named by TOPOLENS_DATA; looked at were {looked_at}"
        )
    return files


def find_files(known: KnownDataset, folders: list[Path]) -> dict[Path, bytes] | None:
    """The checked contents of a data set's files from the first folder that has them all, else None.

    Raises:
        TopolensError: a file that is there but has another checksum.
    """
    for folder in folders:
        paths = [folder / name for name in known.files]
        if paths and all(path.exists() for path in paths):
            return {
                path: checked_content(path, expected)
                for path, expected in zip(paths, known.files.values(), strict=True)
            }
    return None


def find_packed(known: KnownDataset, root: Path) -> dict[Path, bytes] | None:
    """The same from the first archive in a data folder, unpacked into data/; None when there is no archive.

    Raises:
        TopolensError: an archive that has another checksum, is damaged or lacks some of the files.
    """
    target = root / "data"
    for folder in data_folders(root):
        for name, expected in known.archives.items():
            archive = folder / name
            if archive.is_file():
                with one_at_a_time(archive):
                    files = find_files(known, [target])
                    if files is not None:
                        return files
                    check_archive(archive, expected)
                    with added_whole(known, target) as temporary:
                        unpack(archive, temporary / expected.into)
                files = find_files(known, [target])
                if files is None:
                    missing = ", ".join(name for name in known.files if not (target / name).exists())
                    raise TopolensError(
                        f"{target}: {missing} missing after {archive} was unpacked; if {target} has a folder "
                        "with only some of the files, remove it and run again"
                    )
                return files
    return None


@contextlib.contextmanager
def one_at_a_time(file: Path) -> Iterator[None]:
    """Wait until no other job is in such a block with the same file: of jobs that want one archive, one unpacks it.

    It saves work and nothing hangs on it: on a file system without locks, every job unpacks for itself.
    """
    with file.open("rb") as opened:
        with contextlib.suppress(OSError):
            fcntl.flock(opened, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def added_whole(known: KnownDataset, folder: Path) -> Iterator[Path]:
    """A temporary folder inside `folder`; when the block ends well, the data set in it moves to `folder`.

    Each top-level folder of the data set moves by one rename: a killed job leaves all of it or none, and of
    two jobs at the same time the second finds the folder of the first and keeps that.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        unfinished = tempfile.TemporaryDirectory(dir=folder, prefix=".unfinished-")
    except OSError as error:
        raise TopolensError(f"{folder}: cannot be written ({error.strerror}); look at its rights") from error
    with unfinished as temporary:
        yield Path(temporary)
        for name in {Path(name).parts[0] for name in known.files}:
            source = Path(temporary) / name
            try:
                if source.exists():
                    source.rename(folder / name)
            except OSError as error:
                if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                    raise


def checked_content(path: Path, expected: KnownFile) -> bytes:
    """The content of a file (the listing of a folder) whose checksum is as expected; else a TopolensError."""
    if not path.is_dir() and not path.is_file():
        raise TopolensError(f"{path}: expected a file, found a pipe or a device; remove it")
    try:
        content = listing(path) if path.is_dir() else path.read_bytes()
    except OSError as error:
        raise TopolensError(f"{path}: cannot be read ({error.strerror}); look at its rights") from error
    kind, wanted = _sum(expected)
    _compare(path, kind, wanted, hashlib.new(kind, content).hexdigest())
    return content


def check_archive(path: Path, expected: KnownFile) -> None:
    """Raise a TopolensError unless the checksum of a file is as expected, however large it is."""
    kind, wanted = _sum(expected)
    with path.open("rb") as file:
        _compare(path, kind, wanted, hashlib.file_digest(file, kind).hexdigest())


def listing(folder: Path) -> bytes:
    """What `sha256sum` prints for the files of a folder sorted by path; hidden files and folders do not count."""
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if is_visible(path, folder))
    sums = [hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in names]
    return "".join(f"{digest}  {name}\n" for digest, name in zip(sums, names, strict=True)).encode()


def is_visible(path: Path, folder: Path) -> bool:
    """Whether a path inside a folder is a file that counts: neither it nor a folder on its way begins with a dot."""
    return path.is_file() and not any(part.startswith(".") for part in path.relative_to(folder).parts)


def _sum(expected: KnownFile) -> tuple[str, str | None]:
    return ("sha256", expected.sha256) if expected.sha256 else ("md5", expected.md5)


def _compare(path: Path, kind: str, wanted: str | None, found: str) -> None:
    if found != wanted:
        raise TopolensError(f"{path}: {kind} expected {wanted}, found {found}; replace or remove it")


def unpack(archive: Path, folder: Path) -> None:
    """Unpack a tar archive; if a member would leave the folder, nothing.

    Raises:
        TopolensError: such a member, a damaged archive, or a folder that cannot be written.
    """
    try:
        with tarfile.open(archive) as tar:
            base = folder.resolve()
            for member in tar.getmembers():
                target = (base / member.name).resolve()
                if not target.is_relative_to(base) or not (member.isfile() or member.isdir()):
                    raise TopolensError(
                        f"{archive}: member {member.name!r} is a link or leaves the folder; nothing was unpacked"
                    )
            tar.extractall(base, filter="data")
    except (*UNREADABLE, tarfile.TarError, zlib.error, lzma.LZMAError) as error:
        raise TopolensError(
            f"{archive}: cannot be unpacked into {folder} ({error}); replace it if it is damaged, "
            "else look at the folder's rights and space"
        ) from error

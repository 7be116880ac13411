"""Look into a zip archive that a stranger packed, without unpacking it.

Entries whose names leave the archive, links, encrypted and oddly packed entries are refused one by one; what is read
is bounded by what comes out, not by what the archive says of itself.
"""

import re
import stat
import zlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from mlsd.errors import DataError

__all__ = ["Budget", "members", "read_member"]

DIRECTORY_MB = 16
PIECE = 64 * 1024


@dataclass
class Budget:
    """How many bytes may still come out of one archive."""

    left: int = 2**30


def members(path: Path) -> list[tuple[PurePosixPath, ZipInfo, str]]:
    """What an archive holds: for each entry a clean path, its record, and why it is refused, or "".

    Parameters
    ----------
    path : Path
        The archive.

    Returns
    -------
    list of (PurePosixPath, ZipInfo, str)
        The path has no ``..``, drive or leading slash.

    Raises
    ------
    DataError
        If it is no zip archive, or lists more entries than it should.
    """
    try:
        _refuse_long_lists(path)
        with ZipFile(path) as archive:
            return [(_clean(_decoded(info)), info, _refusal(info)) for info in archive.infolist()]
    except (BadZipFile, ValueError, NotImplementedError, OSError) as error:
        raise DataError(f"{path.name} cannot be read as a zip archive: {error}.") from error


def read_member(path: Path, info: ZipInfo, *, largest: int, budget: Budget) -> bytes:
    """The bytes of one entry.

    Parameters
    ----------
    path : Path
        The archive.
    info : ZipInfo
        Its entry.
    largest : int
        Bytes that it may have.
    budget : Budget
        What the whole archive may still give; it is drawn on.

    Returns
    -------
    bytes
        All of the entry.

    Raises
    ------
    DataError
        If it is larger, or damaged.
    """
    pieces, size = list[bytes](), 0
    try:
        with ZipFile(path) as archive, archive.open(info) as entry:
            while piece := entry.read(PIECE):
                size, budget.left = size + len(piece), budget.left - len(piece)
                if size > largest or budget.left < 0:
                    raise DataError(f"It is too large: more than {largest // 2**20} MB in an archive, or 1 GB in all.")
                pieces.append(piece)
    except (BadZipFile, ValueError, NotImplementedError, RuntimeError, EOFError, zlib.error, OSError) as error:
        raise DataError(f"It cannot be taken out of the archive: {error}.") from error
    return b"".join(pieces)


def _refuse_long_lists(path: Path) -> None:
    """Python reads the whole list of entries into memory, so look first how long it says it is."""
    with path.open("rb") as file:
        file.seek(max(path.stat().st_size - 66_000, 0))
        tail = file.read()
    ends = [match.start() for match in re.finditer(b"PK\x05\x06", tail)]
    longest = max((int.from_bytes(tail[at + 12 : at + 16], "little") for at in ends), default=0)
    if b"PK\x06\x07" in tail or longest > DIRECTORY_MB * 2**20:
        raise DataError(f"{path.name} holds too many files, or more than 4 GB.")


def _refusal(info: ZipInfo) -> str:
    name = info.filename
    if name.startswith(("/", "\\")) or re.match(r"[A-Za-z]:", name) or ".." in re.split(r"[/\\]", name):
        return f"Its name leads out of the archive: {name}."
    if stat.S_ISLNK(info.external_attr >> 16):
        return f"{name} is a link; links are not followed."
    if info.flag_bits & 1:
        return f"{name} needs a password."
    # Other methods can give gigabytes for one piece that is read.
    return "" if info.compress_type in (ZIP_STORED, ZIP_DEFLATED) else f"{name} is packed in an unusual way."


def _decoded(info: ZipInfo) -> str:
    """The name, also where the packer wrote UTF-8 without saying so, as macOS does."""
    try:
        return info.filename if info.flag_bits & 0x800 else info.filename.encode("cp437").decode()
    except UnicodeError:
        return info.filename


def _clean(name: str) -> PurePosixPath:
    parts = [part for part in re.split(r"[/\\]", re.sub(r"^[A-Za-z]:", "", name)) if part not in ("", ".", "..")]
    return PurePosixPath(*parts)

"""Marks that people gave and that have no place any more: kept in a file of their own until they have one again."""

import csv
import io
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

from mlsd.errors import DataError

from .hand import number
from .handed import FIX, Given, Key
from .harmless import csv_cell, from_csv_cell
from .marks import Mark
from .report import write_whole

__all__ = ["DIFFER", "KEPT", "come_back", "differing", "read_kept", "write_kept"]

KEPT = "kept_marks.csv"
Kept = Sequence[tuple[Given, str]]
DIFFER = "graders differ"
COLUMNS = ("submission", "criterion", "mark", "comment", "by", "why")


def read_kept(path: Path) -> list[tuple[Given, str]]:
    """What is kept, each with why; empty where there is no file."""
    if not path.exists():
        return []
    rows = csv.DictReader(io.StringIO(path.read_bytes().decode("utf-8-sig", errors="replace"), newline=""))
    if missing := [name for name in COLUMNS if name not in (rows.fieldnames or [])]:
        raise DataError(f"{path} has no column {missing[0]!r}.", fix="Move the file elsewhere and grade again.")
    kept = []
    for row in rows:
        texts = [from_csv_cell(row[name] or "") for name in COLUMNS]
        try:
            mark = float(texts[2]) if texts[2] else None
        except ValueError as error:
            raise DataError(f"{path}, row {rows.line_num}, column mark: {texts[2]!r} is no number.", fix=FIX) from error
        kept.append(
            (Given(texts[0], texts[1], mark, texts[3], texts[4], f"{path.name}, row {rows.line_num}"), texts[5])
        )
    return kept


def write_kept(path: Path, kept: Kept) -> None:
    """Write what is kept; no file where nothing is kept and nothing was."""
    if not kept and not path.exists():
        return
    held = io.StringIO()
    writer = csv.writer(held, lineterminator="\n")
    writer.writerow(COLUMNS)
    rows = [
        [*given.key, "" if given.mark is None else number(given.mark), given.comment, given.by, why]
        for given, why in kept
    ]
    writer.writerows(dict.fromkeys(tuple(csv_cell(text) for text in row) for row in rows))
    write_whole(path, lambda beside: beside.write_bytes(held.getvalue().encode()))


def come_back(kept: Kept, hands: Mapping[Key, Given], now: Mapping[Key, Mark]) -> dict[Key, Given]:
    """Entries that were put aside and have a place again, where only one was given."""
    single = {key: given[0] for key, given in _by_key(kept, hands).items() if len(given) == 1}
    return {key: given for key, given in single.items() if key in now and (given.mark or 0) <= now[key].points}


def differing(kept: Kept, hands: Mapping[Key, Given]) -> dict[Key, list[Given]]:
    """Entries on which graders differed, and which nobody has decided since."""
    return _by_key([pair for pair in kept if pair[1] == DIFFER], hands)


def _by_key(kept: Kept, hands: Mapping[Key, Given]) -> dict[Key, list[Given]]:
    found = defaultdict[Key, list[Given]](list)
    for given, _ in kept:
        if given.key not in hands:
            found[given.key].append(given)
    return found

"""A table into PostgreSQL and SQLite and out again, beside pandas' own to_sql and read_sql.

The floors: the server's COPY of the same rows from a CSV file, a copy of the SQLite file, the bytes of a binary COPY.
"""

import io
import shutil
from pathlib import Path

import pandas as pd
import sqlalchemy as sa
from _bench import arguments, compare, folder, postgresql, prices

from mlsd import store

DECLARED = (
    '"Date" timestamp, "Open" double precision, "High" double precision, "Low" double precision, '
    '"Close" double precision, "Adj Close" double precision, "Volume" bigint, ticker text'
)


def main() -> None:
    asked = arguments(__doc__, rows=1_000_000)
    frame = prices(asked.rows)
    with folder() as home, postgresql() as url:
        db = store.connect(url)
        into_postgresql(db, frame, home, asked.rounds)
        out_of_postgresql(db, asked.rounds)
    with folder() as home:
        db = store.connect(f"sqlite:///{home / 'bench.db'}")
        into_sqlite(db, frame, home, asked.rounds)
        out_of_sqlite(db, asked.rounds)


def into_postgresql(db: store.Store, frame: pd.DataFrame, home: Path, rounds: int) -> None:
    file = home / "prices.csv"
    frame.to_csv(file, index=False)

    def copy() -> None:
        with db.engine.begin() as connection:
            connection.exec_driver_sql(f"drop table if exists copied; create table copied ({DECLARED})")
            connection.exec_driver_sql(f"copy copied from '{file}' (format csv, header)")

    compare(
        f"DataFrame → PostgreSQL, {len(frame):,} rows",
        {
            "ours": lambda: db.write(frame, "ours", if_exists="replace"),
            "to_sql": lambda: frame.to_sql("peer", db.engine, index=False, if_exists="replace"),
        },
        floor=copy,
        rounds=rounds,
        same=lambda _: same_tables(db, "ours", "peer"),
    )


def out_of_postgresql(db: store.Store, rounds: int) -> None:
    def copy() -> int:
        with db.engine.connect() as connection:
            sink = io.BytesIO()
            connection.connection.cursor().copy_expert("copy ours to stdout (format binary)", sink)
            return sink.tell()

    compare(
        f"PostgreSQL → DataFrame, {len(db.read('ours')):,} rows",
        {"ours": lambda: db.read("ours"), "read_sql": lambda: pd.read_sql("select * from ours", db.engine)},
        floor=copy,
        rounds=rounds,
        same=lambda read: same_frames(read["ours"], read["read_sql"]),
    )


def into_sqlite(db: store.Store, frame: pd.DataFrame, home: Path, rounds: int) -> None:
    peer = sa.create_engine(f"sqlite:///{home / 'peer.db'}")
    compare(
        f"DataFrame → SQLite, {len(frame):,} rows",
        {
            "ours": lambda: db.write(frame, "ours", if_exists="replace"),
            "to_sql": lambda: frame.to_sql("peer", peer, index=False, if_exists="replace"),
        },
        floor=lambda: shutil.copyfile(home / "bench.db", home / "copy.db"),
        rounds=rounds,
        same=lambda _: same_frames(db.read("ours"), pd.read_sql("select * from peer", peer, parse_dates=["Date"])),
    )


def out_of_sqlite(db: store.Store, rounds: int) -> None:
    def read_sql() -> pd.DataFrame:
        return pd.read_sql("select * from ours", db.engine, parse_dates=["Date"])

    compare(
        f"SQLite → DataFrame, {len(db.read('ours')):,} rows",
        {"ours": lambda: db.read("ours"), "read_sql": read_sql},
        rounds=rounds,
        same=lambda read: same_frames(read["ours"], read["read_sql"]),
    )


def same_frames(ours: pd.DataFrame, peer: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(ours, peer.astype(ours.dtypes), check_exact=True)


def same_tables(db: store.Store, ours: str, peer: str) -> None:
    """Compare inside the database: rows of one table that the other lacks, both ways."""
    with db.engine.connect() as connection:
        for one, other in ((ours, peer), (peer, ours)):
            missing = f"select count(*) from (select * from {one} except all select * from {other}) missing"
            assert connection.exec_driver_sql(missing).scalar() == 0


if __name__ == "__main__":
    main()

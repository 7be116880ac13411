"""The database of the quizzes: five tables in SQLite or PostgreSQL, in which an acknowledged answer stays.

=============  ========================================================================================
quiz_attempts  one for each cohort, quiz and learner: the paper, and when it was opened and submitted
quiz_answers   the answer to each question of a paper, with a version that grows with each change
quiz_devices   each browser that opened a link, by the hash of its cookie; at most one of an attempt is open
quiz_events    what happened, for the people of the team
=============  ========================================================================================
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

__all__ = ["ANSWERS", "ATTEMPTS", "CHANGES", "DEVICES", "EVENTS", "UtcTime", "connect", "reading", "writing"]

CHANGES = 3  # browsers after the first that a learner may go on in without asking anybody


class UtcTime(sa.TypeDecorator[datetime]):
    """A moment, kept in UTC: SQLite has no time zones, and two servers may stand in two."""

    impl = sa.DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        """To the database."""
        return value and value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        """From the database."""
        return value and value.replace(tzinfo=UTC)


_METADATA = sa.MetaData()
ATTEMPTS = sa.Table(
    "quiz_attempts",
    _METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("cohort", sa.Text, nullable=False),
    sa.Column("quiz", sa.Text, nullable=False),
    sa.Column("learner", sa.Text, nullable=False),
    sa.Column("link_version", sa.Integer, nullable=False, default=1),
    sa.Column("changes", sa.Integer, nullable=False, default=0),
    sa.Column("changes_allowed", sa.Integer, nullable=False, default=CHANGES),
    sa.Column("paper", sa.Text),
    sa.Column("opened_at", UtcTime),
    sa.Column("last_at", UtcTime),
    sa.Column("submitted_at", UtcTime),
    sa.UniqueConstraint("cohort", "quiz", "learner"),
)
ANSWERS = sa.Table(
    "quiz_answers",
    _METADATA,
    sa.Column("attempt", sa.ForeignKey("quiz_attempts.id"), primary_key=True),
    sa.Column("place", sa.Integer, primary_key=True),
    sa.Column("answer", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("saved_at", UtcTime, nullable=False),
    sa.Column("seconds", sa.Float, nullable=False),
)
DEVICES = sa.Table(
    "quiz_devices",
    _METADATA,
    sa.Column("cookie_hash", sa.Text, primary_key=True),
    sa.Column("attempt", sa.ForeignKey("quiz_attempts.id"), nullable=False, index=True),
    sa.Column("agent", sa.Text, nullable=False),
    sa.Column("opened_at", UtcTime, nullable=False),
    sa.Column("closed_at", UtcTime),
)
EVENTS = sa.Table(
    "quiz_events",
    _METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("attempt", sa.ForeignKey("quiz_attempts.id"), nullable=False, index=True),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("what", sa.Text, nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
)


def connect(url: str | None = None) -> sa.Engine:
    """Open the database of the quizzes, and make its tables where there are none.

    Parameters
    ----------
    url : str, optional
        SQLAlchemy URL of SQLite or PostgreSQL; by default what MLSD_DATABASE_URL says.

    Returns
    -------
    sqlalchemy.Engine
        Every commit is on disk when it returns: SQLite writes ahead with full synchronisation, PostgreSQL as its own
        settings say.

    Raises
    ------
    SettingsError
        If the URL cannot be read or names another kind of database.
    ServiceError
        If the database does not answer.
    """
    from mlsd import store

    found = store.connect(url).engine.url  # says what is wrong with the URL, or why nobody answers
    if found.get_backend_name() == "postgresql":
        options = {"connect_timeout": 2} if "connect_timeout" not in found.query else {}
        found = found.set(drivername="postgresql+psycopg2")
        engine = sa.create_engine(found, connect_args=options, pool_size=10, max_overflow=0, pool_pre_ping=True)
    else:
        engine = sa.create_engine(found, connect_args={"timeout": 30}, pool_size=10, max_overflow=0)
        sa.event.listen(engine, "connect", _durable)
        sa.event.listen(engine, "begin", _begin)
    with writing(engine) as connection:
        if engine.dialect.name == "postgresql":  # two processes that start at once must not both make a table
            connection.execute(sa.text("select pg_advisory_xact_lock(7_110_719)"))
        _METADATA.create_all(connection)
    return engine


@contextmanager
def reading(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A transaction that only reads: it waits for no writer.

    Parameters
    ----------
    engine : sqlalchemy.Engine
        As `connect` returns it.

    Yields
    ------
    sqlalchemy.Connection
        All that it reads is of one moment.
    """
    level = {"isolation_level": "REPEATABLE READ"} if engine.dialect.name == "postgresql" else {"reads_only": True}
    with engine.connect().execution_options(**level) as connection, connection.begin():
        yield connection


@contextmanager
def writing(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A transaction that writes: all of it is there at the end of the block, or nothing.

    Parameters
    ----------
    engine : sqlalchemy.Engine
        As `connect` returns it.

    Yields
    ------
    sqlalchemy.Connection
        SQLite has one writer at a time; on PostgreSQL, lock the rows that you read and change.
    """
    with engine.begin() as connection:
        yield connection


def _durable(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # the driver's own idea of when a transaction begins would come too late
    connection.execute("pragma journal_mode = wal")
    connection.execute("pragma synchronous = full")
    connection.execute("pragma foreign_keys = on")


def _begin(connection: sa.Connection) -> None:
    reads_only = connection.get_execution_options().get("reads_only", False)
    # a writer that begins as a reader may find, too late, that somebody else has written
    connection.exec_driver_sql("begin" if reads_only else "begin immediate")

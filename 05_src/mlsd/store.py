"""A table in SQLite or PostgreSQL: write in bulk, read, any SQL with parameters, transactions.

Tables travel as Arrow through ADBC (Apache Arrow Database Connectivity), everything else through SQLAlchemy. A write
is one transaction on both databases: the new table is filled beside the old one and takes its place at the commit, so
a killed process or a full disk leaves the old table as it was.

What a database cannot express about a column (a time zone's name, a category, a 16-bit integer in SQLite) is kept in
the table ``mlsd_columns``, written in the same transaction, so that ``read("flights")`` gives back what was written.
"""

import json
import re
import threading
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from itertools import chain
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import sqlalchemy as sa

from . import columns, settings
from .errors import ColumnError, DataError, MlsdError, ServiceError, SettingsError, WriteError

__all__ = ["Store", "connect"]

IF_EXISTS = ("fail", "replace", "append")
CATALOG = "mlsd_columns"
CHUNK_ROWS = 100_000
URL_FORMS = (
    "Use sqlite:///path/to/file.db or postgresql+psycopg2://user:password@127.0.0.1:5432/name in MLSD_DATABASE_URL."
)

# ADBC brings a SQLite library of its own beside Python's. Two libraries with one file open in one process would drop
# each other's locks (https://www.sqlite.org/howtocorrupt.html, section 2.2.1), so a process uses one at a time.
_one_sqlite = threading.RLock()
_open_here = threading.local()

_QUERY = re.compile(r"\s*(select|with|values|table)\b", re.IGNORECASE)


def connect(url: str | None = None) -> "Store":
    """Open the database and make sure that it answers.

    Parameters
    ----------
    url : str, optional
        SQLAlchemy URL, for example ``sqlite:///flights.db`` or ``postgresql+psycopg2://user:password@host/name``.
        Default: ``settings.database_url()``.

    Returns
    -------
    Store
        Holds no open connection between calls.

    Raises
    ------
    SettingsError
        If the URL cannot be read or names another kind of database.
    ServiceError
        If the database does not answer within 2 seconds.

    Examples
    --------
    >>> db = connect("sqlite:///" + str(getfixture("tmp_path") / "example.db"))
    >>> db.write(pd.DataFrame({"carrier": ["UA", "B6"], "delay": [4.0, 9.5]}), "delays")
    2
    >>> db.read("select carrier from delays where delay > :limit", params={"limit": 5})
      carrier
    0      B6
    """
    parsed = _parse(url or settings.database_url())
    store = Store(_engine(parsed))
    try:
        store.execute("select 1")
    except sa.exc.OperationalError as error:
        raise ServiceError(*_why_no_answer(parsed, error)) from error
    return store


class Store:
    """One database. Make it with :func:`connect`.

    Attributes
    ----------
    engine : sqlalchemy.Engine
        For everything that SQLAlchemy or pandas can do and this object does not repeat.
    """

    def __init__(self, engine: sa.Engine, connection: sa.Connection | None = None):
        self.engine = engine
        self._connection = connection  # set inside transaction()

    def __repr__(self) -> str:
        return f"Store({self.engine.url.render_as_string(hide_password=True)!r})"

    @property
    def is_sqlite(self) -> bool:
        """Whether this is SQLite; else it is PostgreSQL."""
        return self.engine.dialect.name == "sqlite"

    def tables(self) -> list[str]:
        """Names of the tables and views, sorted."""
        with self._connected() as connection:
            inspector = sa.inspect(connection)
            return sorted({*inspector.get_table_names(), *inspector.get_view_names()} - {CATALOG})

    def execute(self, sql: str, params: Mapping[str, Any] | list[Mapping[str, Any]] | None = None) -> int:
        """Run any SQL statement in a transaction of its own, or in the one around it.

        Parameters
        ----------
        sql : str
            One statement; ``:name`` marks a parameter.
        params : mapping or list of mappings, optional
            Values of the parameters; a list runs the statement once for each.

        Returns
        -------
        int
            Rows changed; -1 where the database does not count.
        """
        with self._connected() as connection:
            return connection.execute(sa.text(sql), self._bindable(params)).rowcount

    def read(self, sql_or_table: str, params: Mapping[str, Any] | None = None) -> pd.DataFrame:
        """Read a whole table, or the result of a query.

        Parameters
        ----------
        sql_or_table : str
            The name of a table or view, or SQL in which ``:name`` marks a parameter.
        params : mapping, optional
            Values of the parameters. They are bound by the driver, never formatted into the text.

        Returns
        -------
        pandas.DataFrame
            A table comes back with the column types that it was written with. In a query's result, times, durations,
            true/false and JSON columns that keep their stored name do too, unless two tables of the query use that
            name for different types; exact decimals become float64.

        Raises
        ------
        DataError
            If a single word names no table.
        """
        if self._connection is not None:  # the transaction's own rows are seen by its own connection only
            return pd.concat(list(self.read_chunks(sql_or_table, params)), ignore_index=True)
        sql, table = self._statement(sql_or_table)
        with self._bulk() as bulk, bulk.cursor() as cursor:
            if self.is_sqlite:  # look at every row before a type is chosen, not only at the first thousand
                cursor.adbc_statement.set_options(**{"adbc.sqlite.query.batch_rows": str(2**30)})
            elif not _QUERY.match(sql):  # `explain` and its like cannot be copied out
                cursor.adbc_statement.set_options(**{"adbc.postgresql.use_copy": "false"})
            cursor.execute(*self._bound(sql, params))
            rows = cursor.fetch_arrow_table()
        return columns.restore(rows, self._stored(sql, table), exact=table is not None)

    def read_chunks(
        self, sql_or_table: str, params: Mapping[str, Any] | None = None, *, rows: int = CHUNK_ROWS
    ) -> Iterator[pd.DataFrame]:
        """Read as :meth:`read` does, a chunk at a time, for a result that is larger than memory.

        Parameters
        ----------
        sql_or_table : str
            As in :meth:`read`.
        params : mapping, optional
            As in :meth:`read`.
        rows : int
            Rows of a chunk; the last one may have fewer.

        Yields
        ------
        pandas.DataFrame
            With a fresh index each.
        """
        sql, table = self._statement(sql_or_table)
        stored = self._stored(sql, table)
        with self._connected() as connection:
            options = {"stream_results": bool(_QUERY.match(sql)), "max_row_buffer": rows}
            result = connection.execute(sa.text(sql), self._bindable(params), execution_options=options)
            names, part = list(result.keys()), result.fetchmany(rows)
            while True:  # a result without rows is one chunk without rows, so that its columns are known
                yield columns.restore(_arrow(names, part), stored, exact=table is not None)
                part = result.fetchmany(rows)
                if not part:
                    return

    def write(self, frame: pd.DataFrame | Iterable[pd.DataFrame], name: str, if_exists: str = "fail") -> int:
        """Write a table in bulk: all rows, or none and the old table untouched.

        Parameters
        ----------
        frame : pandas.DataFrame, or an iterable of them
            The rows; an iterable of chunks is one table, for data larger than memory. The index is not written. A
            column of dicts or lists becomes JSON (``jsonb`` on PostgreSQL).
        name : str
            The table.
        if_exists : {"fail", "replace", "append"}
            What to do when the table is there. A replaced table loses its indexes, as with ``DataFrame.to_sql``.

        Returns
        -------
        int
            Rows written.

        Raises
        ------
        DataError
            If the table is there and `if_exists` is "fail", or a column cannot be stored.
        ColumnError
            If appended rows have other columns than the table.
        WriteError
            If the database stopped the write. The old table is as it was.
        """
        if if_exists not in IF_EXISTS:
            raise DataError(f"`if_exists` must be one of {list(IF_EXISTS)}, got: {if_exists!r}.")
        if self._connection is not None:
            raise WriteError("write() is a transaction of its own.", "Call it outside `with db.transaction()`.")
        chunks = iter([frame] if isinstance(frame, pd.DataFrame) else frame)
        first = next(chunks, None)
        if first is None:
            raise DataError(f"There is no chunk to write to table {name!r}.", "Pass at least one frame, even if empty.")
        exists = name in self.tables()
        if exists and if_exists == "fail":
            raise DataError(f"Table {name!r} is there already.", 'Pass if_exists="replace" or if_exists="append".')
        with self._bulk() as bulk, bulk.cursor() as cursor:
            try:
                written = self._fill(cursor, name, first, chunks, append=exists and if_exists == "append")
                bulk.commit()
            except MlsdError:
                raise
            except Exception as error:
                raise WriteError(
                    f"Table {name!r} was not written: {_first_line(error)}. What was there before is unchanged.",
                    "Go by that reason: free disk space, mend the column that it names, or drop the table's views.",
                ) from error
        return written

    def drop(self, name: str) -> None:
        """Drop a table, and what is kept about its columns; nothing happens if it is not there.

        Parameters
        ----------
        name : str
            The table.
        """
        with self._connected() as connection:
            sa.Table(name, sa.MetaData()).drop(connection, checkfirst=True)
            if sa.inspect(connection).has_table(CATALOG):
                connection.execute(sa.text(f"delete from {CATALOG} where table_name = :name"), {"name": name})  # noqa: S608

    @contextmanager
    def transaction(self) -> Iterator["Store"]:
        """Several statements, all or none: an exception inside undoes them.

        Yields
        ------
        Store
            Its ``execute``, ``read`` and ``tables`` belong to the transaction.

        Examples
        --------
        >>> db = connect("sqlite:///" + str(getfixture("tmp_path") / "bank.db"))
        >>> with db.transaction() as tx:
        ...     _ = tx.execute("create table account (owner text, balance integer)")
        ...     _ = tx.execute("insert into account values ('Ada', 10)")
        >>> db.read("account")
          owner  balance
        0   Ada       10
        """
        with self._connected() as connection:
            yield Store(self.engine, connection)

    @contextmanager
    def _connected(self) -> Iterator[sa.Connection]:
        if self._connection is not None:
            yield self._connection
        elif self.is_sqlite:
            with _one_sqlite, _counted(), self.engine.begin() as connection:
                yield connection
        else:
            with self.engine.begin() as connection:
                yield connection

    @contextmanager
    def _bulk(self) -> Iterator[Any]:
        """An ADBC connection in a transaction; leaving it without a commit rolls back."""
        url = self.engine.url
        if self.is_sqlite:
            import adbc_driver_sqlite.dbapi as sqlite

            if getattr(_open_here, "count", 0):
                raise DataError(
                    "A transaction or a read in chunks is open in this thread, and SQLite has one user at a time.",
                    "Use the transaction's own tx.read and tx.execute, or end it first.",
                )
            with _one_sqlite, sqlite.connect(url.database) as connection:
                yield connection
        else:
            import adbc_driver_postgresql.dbapi as postgresql

            with postgresql.connect(_libpq_uri(url)) as connection:
                yield connection

    def _quote(self, name: str) -> str:
        return self.engine.dialect.identifier_preparer.quote_identifier(name)

    def _statement(self, sql_or_table: str) -> tuple[str, str | None]:
        """The SQL to run, and the table's name if it is one."""
        tables = self.tables()
        if sql_or_table in tables:
            return f"select * from {self._quote(sql_or_table)}", sql_or_table  # noqa: S608  (a quoted, existing name)
        if len(sql_or_table.split()) < 2:
            raise DataError(f"There is no table {sql_or_table!r} in {self!r}.", f"The tables are {tables}.")
        return sql_or_table, None

    def _bindable(self, params: Any) -> Any:
        if isinstance(params, list):
            return [self._bindable(row) for row in params]
        return {name: columns.bindable(value, sqlite=self.is_sqlite) for name, value in (params or {}).items()}

    def _bound(self, sql: str, params: Mapping[str, Any] | None) -> tuple[Any, ...]:
        """What ADBC's execute takes: the SQL and its values, bound by each database's own driver."""
        compiled = sa.text(sql).bindparams(**self._bindable(params)).compile(dialect=self.engine.dialect)
        if self.is_sqlite:
            return str(compiled), tuple(compiled.params[name] for name in compiled.positiontup or ())
        if not params:
            return (str(compiled).replace("%%", "%"),)  # SQLAlchemy doubles them for psycopg2, which is not asked here
        with self.engine.connect() as connection:  # psycopg2 quotes each value; ADBC would want its exact column type
            return (connection.connection.cursor().mogrify(str(compiled), compiled.params).decode(),)

    def _fill(
        self, cursor: Any, name: str, first: pd.DataFrame, chunks: Iterator[pd.DataFrame], *, append: bool
    ) -> int:
        """Fill a staging table, then let it take the table's place (or join its rows), all in the open transaction."""
        described = columns.describe(first)
        table, staging = self._quote(name), f"mlsd_new_{uuid.uuid4().hex[:12]}"
        self._create(cursor, staging, described)
        written = 0
        for chunk in chain([first], chunks):
            rows = columns.to_arrow(chunk, described, sqlite=self.is_sqlite)
            written += rows.num_rows
            if rows.num_rows:
                cursor.adbc_ingest(staging, rows, mode="append")
        for column in described:
            if column.dtype == "json" and not self.is_sqlite:
                quoted = self._quote(column.name)
                cursor.execute(f"alter table {staging} alter {quoted} type jsonb using {quoted}::jsonb")
        if append:
            self._check_columns(name, described)
            names = ", ".join(self._quote(column.name) for column in described)
            cursor.execute(f"insert into {table} ({names}) select {names} from {staging}")  # noqa: S608
            cursor.execute(f"drop table {staging}")
        else:
            cursor.execute(f"drop table if exists {table}")
            cursor.execute(f"alter table {staging} rename to {table}")
            self._remember(cursor, name, described)
        return written

    def _create(self, cursor: Any, table: str, described: list[columns.Column]) -> None:
        if self.is_sqlite:
            cursor.execute("pragma legacy_alter_table = on")  # else a rename fails while a view waits for the table
        types = {column.name: column.sqlite if self.is_sqlite else column.postgresql for column in described}
        if not self.is_sqlite:  # ADBC sends JSON as text; _fill turns the column when all rows are there
            types = {name: "text" if sql_type == "jsonb" else sql_type for name, sql_type in types.items()}
        definition = ", ".join(f"{self._quote(column)} {sql_type}" for column, sql_type in types.items())
        cursor.execute(f"create table {table} ({definition})")

    def _check_columns(self, name: str, described: list[columns.Column]) -> None:
        with self.engine.connect() as connection:
            existing = {column["name"] for column in sa.inspect(connection).get_columns(name)}
        given = {column.name for column in described}
        if given != existing:
            raise ColumnError(
                f"Rows for table {name!r}: {sorted(given - existing)} too many, {sorted(existing - given)} missing.",
                'Give them the table\'s columns, or pass if_exists="replace".',
            )

    def _remember(self, cursor: Any, name: str, described: list[columns.Column]) -> None:
        """Keep what SQL cannot say about the columns, in the same transaction."""
        mark = ["?", "?", "?"] if self.is_sqlite else ["$1", "$2", "$3"]
        cursor.execute(f"create table if not exists {CATALOG} (table_name text, column_name text, dtype text)")
        cursor.execute(f"delete from {CATALOG} where table_name = {mark[0]}", (name,))  # noqa: S608
        rows = [(name, column.name, column.dtype) for column in described]
        cursor.executemany(f"insert into {CATALOG} values ({', '.join(mark)})", rows)  # noqa: S608

    def _stored(self, sql: str, table: str | None) -> dict[str, str]:
        """Column types as written: of the table, or of those that the query names where they agree on a column."""
        with self._connected() as connection:
            if not sa.inspect(connection).has_table(CATALOG):
                return {}
            rows = connection.execute(sa.text(f"select table_name, column_name, dtype from {CATALOG}")).all()  # noqa: S608
        asked = {table} if table else {name for name, *_ in rows if name.lower() in sql.lower()}
        pairs = {(column, dtype) for name, column, dtype in rows if name in asked}
        columns_named = [column for column, _ in pairs]
        return {column: dtype for column, dtype in pairs if columns_named.count(column) == 1}


@contextmanager
def _counted() -> Iterator[None]:
    _open_here.count = getattr(_open_here, "count", 0) + 1
    try:
        yield
    finally:
        _open_here.count -= 1


def _parse(url: str) -> sa.URL:
    try:
        parsed = sa.make_url(url)
    except (sa.exc.ArgumentError, ValueError) as error:
        raise SettingsError(f"The database URL cannot be read: {_hidden(url)!r}.", URL_FORMS) from error
    if parsed.get_backend_name() not in ("sqlite", "postgresql"):
        raise SettingsError(f"mlsd works with SQLite and PostgreSQL, not {parsed.drivername!r}.", URL_FORMS)
    if parsed.get_backend_name() == "sqlite" and parsed.host:
        raise SettingsError(f"A slash is missing: {url!r} names a server, and SQLite has none.", URL_FORMS)
    if parsed.get_backend_name() == "sqlite" and parsed.database in (None, "", ":memory:"):
        raise SettingsError("A SQLite database in memory cannot be shared between connections.", URL_FORMS)
    return parsed


def _engine(url: sa.URL) -> sa.Engine:
    if url.get_backend_name() == "postgresql":
        wait = {} if "connect_timeout" in url.query else {"connect_timeout": 2}
        return sa.create_engine(url.set(drivername="postgresql+psycopg2"), connect_args=wait, poolclass=sa.NullPool)
    try:
        Path(url.database or "").absolute().parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        fix = "Name a folder that you may write to in MLSD_DATABASE_URL or MLSD_DATA_DIR."
        raise ServiceError(f"No folder for the SQLite file {url.database!r}: {error.strerror}.", fix) from error
    engine = sa.create_engine(url, connect_args={"timeout": 30}, poolclass=sa.NullPool)
    sa.event.listen(engine, "connect", _leave_transactions_to_sqlalchemy)
    sa.event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("begin"))
    return engine


def _leave_transactions_to_sqlalchemy(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # Python's driver would commit before a `create table`
    connection.execute("pragma foreign_keys = on")


def _arrow(names: list[str], rows: Sequence[Any]) -> pa.Table:
    """Fetched Python rows as Arrow, so that they are restored as bulk rows are."""
    values = list(zip(*rows, strict=True)) if rows else [()] * len(names)
    return pa.Table.from_arrays([_array(column) for column in values], names=names)


def _array(values: tuple[Any, ...]) -> pa.Array:
    if any(isinstance(value, Decimal) for value in values):
        values = tuple(None if value is None else float(value) for value in values)
    elif any(isinstance(value, dict | list) for value in values):
        values = tuple(None if value is None else json.dumps(value) for value in values)
    return pa.array(values)


def _libpq_uri(url: sa.URL) -> str:
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


def _hidden(url: str) -> str:
    return re.sub(r"//([^:/@]*):[^@]*@", r"//\1:***@", url)


def _first_line(error: BaseException) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__


def _why_no_answer(url: sa.URL, error: Exception) -> tuple[str, str]:
    """The problem and its fix, by what the driver said."""
    said = _first_line(getattr(error, "orig", error))
    problem = f"The database {url.render_as_string(hide_password=True)} does not answer: {said}"
    if "password" in said or "authentication" in said:
        return problem, "Set the right user and password in MLSD_DATABASE_URL (.env)."
    if "does not exist" in said:
        return problem, f"Create the database {url.database!r}, or name another in MLSD_DATABASE_URL (.env)."
    if url.get_backend_name() == "sqlite":
        return problem, "Name a file in a folder that you may write to in MLSD_DATABASE_URL or MLSD_DATA_DIR (.env)."
    return problem, "Start it with `mlsd up`, or take MLSD_DATABASE_URL out of .env to use SQLite."

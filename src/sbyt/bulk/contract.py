"""What a bulk transaction can do, whichever database it is on, and why it may fail."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import pyarrow as pa

#: The advisory lock that PostgreSQL's bulk writers hold, so that two imports or runs never interleave. ("sbyt")
BULK_LOCK = 0x73627974


class UnableToOpenDatabase(RuntimeError):
    """The database doesn't answer, or is busy with another bulk writer for too long."""

    def __init__(self, name: str, reason: object) -> None:
        super().__init__(f"Не удалось открыть базу {name}: {reason}. Проверьте DATABASE_URL и что база доступна.")


class UnableToAppend(ValueError):
    """The table to append has a column that the database's table has not, or there is no such table."""

    def __init__(self, table: str, columns: set[str]) -> None:
        known = f"нет столбцов {', '.join(sorted(columns))}" if columns else "такой таблицы нет"
        super().__init__(f"Не удалось записать в таблицу {table}: {known}. Выполните sbyt migrate.")


class UnableToRunStatement(RuntimeError):
    """The database refused a statement or the rows appended; nothing of this transaction stays."""

    def __init__(self, action: str, reason: object) -> None:
        super().__init__(f"База отказала при «{action}»: {reason}. Ничего из этого не записано.")


class Bulk(Protocol):
    """An open transaction. Statements are written in the SQL that SQLite and PostgreSQL share."""

    vendor: str  # sqlite or postgresql

    def read(self, sql: str, schema: pa.Schema | None = None) -> pa.Table:
        """The rows of a query.

        :param schema: the columns in the order of the query, with the types wanted. SQLite keeps dates and times as
            text and booleans as 0 and 1; given a schema they come out as Arrow dates, as timestamps (in UTC) and as
            booleans on either database. Without one, they come as the database keeps them.
        :raises UnableToRunStatement: if the database refuses the query.
        """

    def stream(self, sql: str, schema: pa.Schema | None = None) -> pa.RecordBatchReader:
        """The same, batch by batch, in flat memory. Read it to the end before the next statement."""

    def last_ids(self, tables: Sequence[str]) -> dict[str, int]:
        """The greatest id of each table (0 in an empty one) such that no row with a smaller one can still appear.

        An id is given before its row is committed: in a transaction that writes, other writers to these tables are
        waited for.

        :raises UnableToRunStatement: if one of them takes longer than a minute.
        """

    def append(self, table: str, rows: pa.Table | pa.RecordBatchReader) -> int:
        """Add rows to an existing table; the database gives the ids. Columns are found by name.

        Dates, timestamps (UTC) and booleans are stored as Django stores them on this database, JSON is given as text.
        Every column without a default in the database must be there: Django keeps its defaults to itself.

        :returns: how many rows were added.
        :raises UnableToAppend: if there is no such table or column.
        :raises UnableToRunStatement: if the database refuses a row.
        """

    def scratch(self, name: str, rows: pa.Table | pa.RecordBatchReader) -> int:
        """Make a temporary table of these rows (in place of one so named), for statements of this transaction.

        :returns: how many rows it has.
        """

    def execute(self, sql: str) -> None:
        """Run a statement that gives nothing back.

        :raises UnableToRunStatement: if the database refuses it.
        """


class Closing(Bulk, Protocol):
    """A transaction as whoever opened it sees it."""

    def finish(self, *, commit: bool) -> None:
        """Commit or roll back.

        :raises UnableToRunStatement: if the database refuses.
        """

    def close(self) -> None:
        """Leave the database."""

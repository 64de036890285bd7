"""Where a file is judged before anything of it reaches the database: tables of DuckDB, in bounded memory."""

from __future__ import annotations

import tempfile
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from sbyt.usecases.import_files import values
from sbyt.usecases.import_files.kinds import Column
from sbyt.usecases.import_files.report import TOLD, BadRow
from sbyt.usecases.import_files.source import Layout, Source, UnableToReadFile
from sbyt.usecases.import_files.values import quoted

#: A record (a line, or several with line breaks in quotes) is no longer than this.
_BLOCK = 8 << 20
#: Tables are kept in memory up to here; what doesn't fit is spilled to the temporary folder.
_MEMORY = "1GB"
_STRETCH = 500_000  # lines
_SHOWN = 60  # figures and letters of a bad cell that are shown


@dataclass
class Workspace:
    """The tables of one file: ``raw`` as it is written, ``rows`` read by the types of its columns, ``bad``."""

    duck: duckdb.DuckDBPyConnection
    layout: Layout
    rows_written: int = 0  # in the file, bad ones too
    untold: int = 0  # bad rows that are counted only, not in ``bad``

    def run(self, sql: str) -> None:
        self.duck.execute(sql)

    def number(self, sql: str) -> int:
        """The one number that a query gives; 0 for NULL."""
        ((found,),) = self.duck.execute(sql).fetchall()
        return int(found or 0)

    def table(self, sql: str) -> pa.Table:
        return self.duck.sql(sql).to_arrow_table()

    def stream(self, sql: str) -> pa.RecordBatchReader:
        """The rows of a query, batch by batch, read on a cursor of its own."""
        return self.duck.cursor().sql(sql).to_arrow_reader(100_000)

    def in_order(self, columns: str, table: str) -> pa.RecordBatchReader:
        """Rows of a table by line, a stretch of lines at a time: sorted at once they would all have to be in memory."""
        last = self.number(f'SELECT max(line) FROM "{table}"')
        stretches = range(0, last + 1, _STRETCH)
        query = f'SELECT {columns} FROM "{table}" WHERE line >= {{}} AND line < {{}} ORDER BY line'
        schema = self.table(f'SELECT {columns} FROM "{table}" LIMIT 0').schema
        batches = (batch for start in stretches for batch in self.stream(query.format(start, start + _STRETCH)))
        return pa.RecordBatchReader.from_batches(schema, batches)

    def keep(self, name: str, rows: pa.Table | pa.RecordBatchReader) -> None:
        """Take rows from outside into a table."""
        self.duck.register("from_outside", rows)
        self.run(f'CREATE OR REPLACE TABLE "{name}" AS SELECT * FROM from_outside')
        self.duck.unregister("from_outside")

    def reject(self, column: str, reason: str, rest: str) -> None:
        """Add bad rows.

        :param reason: an SQL expression; NULL is no reason.
        :param rest: what stands after the list of columns; the line is ``line``.
        """
        self.run(
            f"INSERT INTO bad SELECT line, {quoted(column)}, reason "
            f"FROM (SELECT line, {reason} AS reason {rest}) WHERE reason IS NOT NULL"
        )

    def bad_count(self) -> int:
        """How many lines are bad."""
        return self.number("SELECT count(DISTINCT line) FROM bad") + self.untold

    def bad_rows(self) -> list[BadRow]:
        """The first of them, by line."""
        found = self.duck.execute(f"SELECT DISTINCT line, name, reason FROM bad ORDER BY ALL LIMIT {TOLD}").fetchall()
        return [BadRow(*row) for row in found]


@contextmanager
def workspace(source: Source, layout: Layout, advance: Callable[[int], None]) -> Iterator[Workspace]:
    """Read a file into a workspace; cells that can't be read are in ``bad`` and their rows not in ``rows``.

    :param advance: told how many bytes of the file have been read.
    :raises UnableToReadFile: if it is no CSV.
    """
    with tempfile.TemporaryDirectory(prefix="sbyt-import-") as folder:
        config: dict[str, Any] = {"memory_limit": _MEMORY, "temp_directory": folder}
        with duckdb.connect(":memory:", config=config) as duck:
            duck.execute("SET enable_progress_bar = false")
            made = Workspace(duck, layout)
            made.run("CREATE TABLE bad (line BIGINT, name VARCHAR, reason VARCHAR)")
            _read_raw(made, source, advance)
            _read_rows(made)
            yield made


def _read_raw(work: Workspace, source: Source, advance: Callable[[int], None]) -> None:
    """The cells as they are written, with the line on which their row begins; empty rows are left out."""
    named = [name for name in work.layout.columns if not name.startswith("unused ")]
    batches = _Batches(source, work.layout, advance)
    reader = pa.RecordBatchReader.from_batches(
        pa.schema([("line", pa.int64()), *((name, pa.string()) for name in named)]), batches.read(named)
    )
    blanks = ", ' \t\r\n\u00a0'" if work.layout.odd_blanks or work.layout.quotes else ""
    trimmed = ", ".join(f'trim("{name}"{blanks}) AS "{name}"' for name in named)
    filled = " OR ".join(f"\"{name}\" <> ''" for name in named)
    work.duck.register("file", reader)
    try:
        work.run(f"CREATE TABLE raw AS SELECT * FROM (SELECT line, {trimmed} FROM file) WHERE {filled}")
    except (duckdb.Error, pa.ArrowException) as error:
        raise batches.unreadable(error) from error
    finally:
        work.duck.unregister("file")
    if not work.layout.quotes_pair and batches.last_spans:
        raise UnableToReadFile("кавычка не закрыта; кавычки внутри текста удваивают", batches.last_line)
    for bad in batches.bad:
        work.duck.execute("INSERT INTO bad VALUES (?, ?, ?)", [bad.line, bad.column, bad.reason])
    work.untold = batches.skipped - len(batches.bad)


@dataclass
class _Run:
    """Records one after another with more or fewer cells than columns."""

    first: int  # number of the record
    count: int = 0
    breaks: int = 0  # line breaks in all of them, and in the last
    last_breaks: int = 0
    told: list[tuple[int, int, int]] = field(default_factory=list)  # number, line breaks, cells


class _Batches:
    """The rows of a file in batches, numbered by line."""

    def __init__(self, source: Source, layout: Layout, advance: Callable[[int], None]) -> None:
        self._source = source
        self._layout = layout
        self._advance = advance
        self._runs: deque[_Run] = deque()  # skipped, and not yet passed by in counting lines
        self._record = layout.header_lines  # of the last row given
        self._breaks = 0  # line breaks within cells so far
        self.last_line = layout.header_lines
        self.last_spans = False  # whether the last row has line breaks
        self.skipped = 0
        self.bad: list[BadRow] = []  # the first of the skipped

    def read(self, named: list[str]) -> Iterator[pa.RecordBatch]:
        with self._source.path.open("rb") as file:
            for batch in self._open(file):
                columns = {name: batch.column(name) for name in named}
                lines = self._lines(batch)
                yield pa.record_batch([lines, *columns.values()], names=["line", *named])
                self._advance(file.tell())
        self._lines_of_rest()

    def unreadable(self, error: Exception) -> UnableToReadFile:
        """What to say about an error in the midst of reading."""
        if "straddling" in str(error):
            reason = f"запись длиннее {_BLOCK >> 20} МБ или не закрыта кавычка"
            return UnableToReadFile(reason, self.last_line + 1)
        return UnableToReadFile(f"файл не разобрать как CSV: {str(error).splitlines()[0][:200]}", self.last_line + 1)

    def _open(self, file: Any) -> Iterator[pa.RecordBatch]:
        layout = self._layout
        reading = pyarrow.csv.ReadOptions(
            use_threads=False,
            block_size=_BLOCK,
            column_names=list(layout.columns),
            skip_rows=layout.header_lines,
            encoding=layout.encoding,
        )
        parsing = pyarrow.csv.ParseOptions(
            delimiter=layout.delimiter,
            newlines_in_values=layout.quotes,
            ignore_empty_lines=False,  # they count as lines
            invalid_row_handler=self._skip,
        )
        kinds = dict.fromkeys(layout.columns, pa.string())
        converting = pyarrow.csv.ConvertOptions(column_types=kinds, strings_can_be_null=False)
        try:
            yield from pyarrow.csv.open_csv(file, reading, parsing, converting)
        except pa.ArrowInvalid as error:
            if "Empty CSV file" not in str(error):  # a header alone is a file without rows
                raise

    def _skip(self, row: Any) -> str:
        if not self._runs or self._runs[-1].first + self._runs[-1].count != row.number:
            self._runs.append(_Run(row.number))
        run = self._runs[-1]
        run.count += 1
        run.last_breaks = row.text.count("\n")
        run.breaks += run.last_breaks
        self.skipped += 1
        if self.skipped <= TOLD:
            run.told.append((row.number, run.last_breaks, row.actual_columns))
        return "skip"

    def _lines(self, batch: pa.RecordBatch) -> pa.Array:
        """On which line each row of the batch begins."""
        if not self._runs and not self._layout.quotes:
            lines = pa.array(range(self._record + 1, self._record + batch.num_rows + 1), pa.int64())
            self._record += batch.num_rows
            self.last_line = self._record
            return lines
        return pa.array(self._counted_lines(_line_breaks(batch)), pa.int64())

    def _counted_lines(self, breaks: list[int]) -> Iterator[int]:
        for within in breaks:
            self._record += 1
            if self._runs and self._runs[0].first == self._record:
                self._pass_skipped()
                self._record += 1
            self.last_line = self._record + self._breaks
            self.last_spans = within > 0
            yield self.last_line
            self._breaks += within

    def _pass_skipped(self) -> None:
        """Count the lines of the first run of skipped records."""
        run = self._runs.popleft()
        columns = len(self._layout.columns)
        before = self._breaks
        for number, within, cells in run.told:
            self.bad.append(BadRow(number + before, "", f"столбцов {cells}, а в заголовке {columns}"))
            before += within
        self._record = run.first + run.count - 1
        self._breaks += run.breaks
        self.last_line = self._record + self._breaks - run.last_breaks
        self.last_spans = run.last_breaks > 0

    def _lines_of_rest(self) -> None:
        """Bad rows after the last good one."""
        while self._runs:
            self._pass_skipped()


def _line_breaks(batch: pa.RecordBatch) -> list[int]:
    found = [0] * batch.num_rows
    for column in batch.columns:
        if pc.any(pc.match_substring(column, "\n")).as_py():
            counted = pc.count_substring(column, "\n").to_pylist()
            found = [before + here for before, here in zip(found, counted, strict=True)]
    return found


def _read_rows(work: Workspace) -> None:
    """Read the cells by their types; rows with a cell that can't be read go to ``bad``."""
    columns = work.layout.kind.columns
    work.run(f"CREATE TABLE rows AS SELECT line, {', '.join(_typed(work, column) for column in columns)} FROM raw")
    work.rows_written = work.number("SELECT count(*) FROM raw")
    checks = [f"count(*) FILTER (WHERE {_unread(work, column)})" for column in columns]
    (found,) = work.duck.execute(f"SELECT {', '.join(checks)} FROM raw POSITIONAL JOIN rows").fetchall()
    for column, unread in zip(columns, found, strict=True):
        if unread:
            work.reject(column.name, _reason(column), f"FROM raw JOIN rows USING (line) WHERE {_unread(work, column)}")
    work.run("DROP TABLE raw")  # a large file is not kept twice
    if any(found):
        work.run("DELETE FROM rows WHERE line IN (SELECT line FROM bad)")


def _typed(work: Workspace, column: Column) -> str:
    if not work.layout.has(column.name):
        return f'CAST({column.default} AS {column.value.type}) AS "{column.name}"'
    cell = f'raw."{column.name}"'
    read = column.value.read(cell)
    typed = f"CASE WHEN {cell} = '' THEN {column.default or 'NULL'} ELSE {read} END"
    written = f'CAST({typed} AS {column.value.type}) AS "{column.name}"'
    if column.value is values.TIME:
        written += f', {values.HAS_OFFSET.read(cell)} AS "{column.name}_has_offset"'
    return written


def _unread(work: Workspace, column: Column) -> str:
    """A condition on ``raw`` and ``rows`` side by side: the cell is there and not read, or empty and needed."""
    if not work.layout.has(column.name):
        return "false"
    unread = f'raw."{column.name}" <> \'\' AND rows."{column.name}" IS NULL'
    return unread if column.optional else f"{unread} OR raw.\"{column.name}\" = ''"


def _reason(column: Column) -> str:
    cell = f'raw."{column.name}"'
    shown = f"CASE WHEN length({cell}) > {_SHOWN} THEN concat(left({cell}, {_SHOWN}), '…') ELSE {cell} END"
    value = column.value
    return (
        f"CASE WHEN {cell} = '' THEN {quoted(f'пусто, {value.needed} {value.must_be}')} "
        f"WHEN {value.too_large.replace('{v}', cell)} "
        f"THEN concat('«', {shown}, '»: слишком велико, нужно ', {quoted(value.must_be)}) "
        f"ELSE concat('«', {shown}, '»: ', {quoted(f'{value.needed} {value.must_be}')}) END"
    )

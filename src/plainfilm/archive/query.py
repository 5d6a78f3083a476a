"""SQL over catalog and tags together: DuckDB reads the Parquet parts and the catalog's tables."""

import re
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import duckdb
import pyarrow as pa
from sqlalchemy import BigInteger, Float, Integer, Table, select

from plainfilm.archive import schema
from plainfilm.archive.catalog import Catalog
from plainfilm.archive.tags import FILM_ID
from plainfilm.errors import ArchiveError, BadTable

__all__ = ["query"]

_FETCH_ROWS: Final = 50_000
# Messages about the statement itself. Others come of its rows, and may quote the values in them.
_ABOUT_STATEMENT: Final = (duckdb.ParserException, duckdb.BinderException, duckdb.CatalogException)
_TABLES: Final = {table.name: table for table in schema.CATALOG_TABLES}


def query(
    catalog: Catalog, folder: Path, sql: str, parameters: Mapping[str, object] | None = None
) -> pa.Table:
    """Run one read-only statement and return its rows.

    Tables are the catalog's (`film`, `study`, `patient`, …), `tags` with a row for each film, and
    `films`, which adds each film's path and keys to its tags. The statement sees nothing else: no
    other files, no network, no settings.

    Raises:
        BadTable: the statement is wrong, is not a single SELECT, names an unknown table, or does
            not suit the values it meets, of which the message then shows none.
        ArchiveError: a part of the tag table is missing or damaged.
    """
    with duckdb.connect(":memory:") as connection:
        try:
            wanted = _tables_of(connection, sql)
            _register(connection, catalog, folder, wanted)
            connection.execute("SET allowed_directories = [$tags]", {"tags": str(folder / "tags")})
            connection.execute("SET enable_external_access = false")
            connection.execute("SET lock_configuration = true")
            return _result(connection, sql, dict(parameters or {}))
        except duckdb.IOException as error:
            raise ArchiveError(f"the tag table in {folder / 'tags'} cannot be read") from error
        except _ABOUT_STATEMENT as error:
            raise BadTable(f"the query failed: {_first_lines(error)}") from error
        except duckdb.Error as error:
            kind = type(error).__name__
            # No `from error`: a traceback in a log would show what the message leaves out.
            raise BadTable(
                f"the query failed: {kind} while it ran; what DuckDB says of it is not shown,"
                " since it may quote values of tags. TRY_CAST gives NULL where CAST fails."
            ) from None


def _result(connection: Any, sql: str, parameters: dict[str, object]) -> pa.Table:
    if not parameters:
        return connection.sql(sql).to_arrow_table()
    with warnings.catch_warnings():
        # Only a prepared statement takes parameters; DuckDB warns that its rows are copied once.
        warnings.simplefilter("ignore", UserWarning)
        return connection.execute(sql, parameters).to_arrow_table()


def _tables_of(connection: Any, sql: str) -> set[str]:
    statements = connection.extract_statements(sql)
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        raise BadTable("a query is one SELECT statement")
    # DuckDB tells no table names of a statement with parameters; a word too many does no harm.
    return set(re.findall(r"\w+", sql.lower()))


def _register(connection: Any, catalog: Catalog, folder: Path, wanted: set[str]) -> None:
    joined = {"film", "series", "study", "patient", "tags"}
    names = wanted | joined if "films" in wanted else wanted
    for name in sorted(names & _TABLES.keys() | ({"film"} if "tags" in names else set())):
        connection.register(name, _catalog_table(catalog, _TABLES[name]))
    if "tags" in names:
        connection.execute(_tags_view(catalog, folder))
    if "films" in wanted:
        connection.execute(
            "CREATE VIEW films AS SELECT tags.*, film.path, film.member, film.transfer_syntax_uid,"
            " film.series_pk, series.study_pk, study.patient_pk, patient.patient_key FROM tags"
            " JOIN film USING (film_id) JOIN series USING (series_pk)"
            " JOIN study USING (study_pk) JOIN patient USING (patient_pk)"
        )


def _tags_view(catalog: Catalog, folder: Path) -> str:
    """Only parts that the catalog names exist, and of them only rows whose film is still there."""
    with catalog.reading() as reader:
        parts = reader.scalars(select(schema.tag_part.c.name).order_by("name")).all()
    if not parts:
        return f"CREATE VIEW tags AS SELECT NULL::BIGINT AS {FILM_ID} WHERE false"
    files = ", ".join("'" + str(folder / "tags" / part).replace("'", "''") + "'" for part in parts)
    source = f"read_parquet([{files}], union_by_name = true)"
    return f"CREATE VIEW tags AS SELECT * FROM {source} SEMI JOIN film USING ({FILM_ID})"  # noqa: S608 - names of our own


def _catalog_table(catalog: Catalog, table: Table) -> pa.Table:
    fields = pa.schema([(column.name, _arrow_type(column)) for column in table.columns])
    batches = []
    with catalog.reading() as connection:
        rows = connection.execution_options(stream_results=True).execute(select(table))
        for part in rows.partitions(_FETCH_ROWS):
            columns = zip(*part, strict=True)
            arrays = [pa.array(c, f.type) for c, f in zip(columns, fields, strict=True)]
            batches.append(pa.record_batch(arrays, schema=fields))
    return pa.Table.from_batches(batches, schema=fields)


def _arrow_type(column: Any) -> pa.DataType:
    if isinstance(column.type, (Integer, BigInteger)):
        return pa.int64()
    return pa.float64() if isinstance(column.type, Float) else pa.string()


def _first_lines(error: duckdb.Error) -> str:
    """DuckDB's message without its picture of the statement."""
    return str(error).split("\n\nLINE", maxsplit=1)[0].replace("\n", " ").strip()

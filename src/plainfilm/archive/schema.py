"""The catalog's tables. One row of `source_file` per file ever seen; one of `film` per film.

Primary keys are handed out by the one writer (`id_counter`), so rows go in by the thousand without
asking the database for each new id, on SQLite and PostgreSQL alike, and an id is never used twice.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
)

__all__ = ["CATALOG_TABLES", "SCHEMA_VERSION", "metadata"]

SCHEMA_VERSION = "0004"
"""The newest migration in `migrations/versions`; a test holds the two together."""

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _key(name: str) -> Column[int]:
    return Column(name, BigInteger, primary_key=True, autoincrement=False)


archive_info = Table(
    "archive_info",
    metadata,
    Column("archive_id", Text, primary_key=True),
)

id_counter = Table(
    "id_counter",
    metadata,
    Column("name", Text, primary_key=True),
    Column("next_value", BigInteger, nullable=False),
)

run = Table(
    "run",
    metadata,
    _key("run_id"),
    Column("step", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("parameters", Text, nullable=False),
    Column("started", Text, nullable=False),
    Column("finished", Text),
    Column("counts", Text),
)

tag_part = Table(
    "tag_part",
    metadata,
    Column("name", Text, primary_key=True),
    Column("films", Integer, nullable=False),
    Column("run_id", ForeignKey("run.run_id"), nullable=False),
)

patient = Table(
    "patient",
    metadata,
    _key("patient_pk"),
    # PatientID and its issuer; the study's UID where a film names no patient, so that two
    # nameless patients are never taken for one.
    Column("patient_key", Text, nullable=False, unique=True),
    Column("patient_id", Text),
    Column("issuer", Text),
)

study = Table(
    "study",
    metadata,
    _key("study_pk"),
    Column("patient_pk", ForeignKey("patient.patient_pk"), nullable=False, index=True),
    Column("study_instance_uid", Text, nullable=False, unique=True),
    Column("accession_number", Text, index=True),
    Column("study_date", Text),
    Column("study_description", Text),
)

series = Table(
    "series",
    metadata,
    _key("series_pk"),
    Column("study_pk", ForeignKey("study.study_pk"), nullable=False, index=True),
    Column("series_instance_uid", Text, nullable=False, unique=True),
    Column("modality", Text),
    Column("series_description", Text),
)

film = Table(
    "film",
    metadata,
    _key("film_id"),
    Column("series_pk", ForeignKey("series.series_pk"), nullable=False, index=True),
    Column("sop_instance_uid", Text, nullable=False, unique=True),
    Column("sop_class_uid", Text),
    Column("transfer_syntax_uid", Text),
    Column("rows", Integer),
    Column("columns", Integer),
    Column("frames", Integer),
    # Absolute, or relative to the archive for a film that was copied into `objects/`.
    Column("path", Text, nullable=False),
    Column("member", Text),
    Column("tag_part", ForeignKey("tag_part.name"), nullable=False),
)

source_file = Table(
    "source_file",
    metadata,
    Column("path", Text, nullable=False),
    Column("member", Text, nullable=False, server_default=""),
    Column("bytes", BigInteger),
    Column("mtime_ns", BigInteger),
    Column("outcome", Text, nullable=False),  # film | duplicate | rejected
    Column("film_id", ForeignKey("film.film_id"), index=True),
    Column("reason", Text),
    Column("detail", Text),
    Column("run_id", ForeignKey("run.run_id"), nullable=False),
    PrimaryKeyConstraint("path", "member"),
    sqlite_with_rowid=False,
)

report = Table(
    "report",
    metadata,
    _key("report_id"),
    Column("name", Text, nullable=False, unique=True),
    Column("study_pk", ForeignKey("study.study_pk"), index=True),
    Column("accession_number", Text, index=True),
    Column("study_instance_uid", Text),
    Column("text", Text, nullable=False),
)

prediction = Table(
    "prediction",
    metadata,
    Column("film_id", ForeignKey("film.film_id"), nullable=False),
    Column("task", Text, nullable=False),
    Column("value", Text, nullable=False),
    Column("probability", Float),
    Column("details", Text, nullable=False),
    Column("run_id", ForeignKey("run.run_id"), nullable=False),
    PrimaryKeyConstraint("film_id", "task"),
)

decision = Table(
    "decision",
    metadata,
    Column("film_id", ForeignKey("film.film_id"), primary_key=True, autoincrement=False),
    Column("outcome", Text, nullable=False),  # agree | repair | conflict | unknown
    Column("category", Text, nullable=False),
    Column("probability", Float),
    Column("laterality", Text, nullable=False),
    Column("details", Text, nullable=False),
    Column("run_id", ForeignKey("run.run_id"), nullable=False),
)

# Without a key: a film may show the same thing twice, and what finds boxes may find one twice.
box = Table(
    "box",
    metadata,
    Column("film_id", ForeignKey("film.film_id"), nullable=False, index=True),
    Column("task", Text, nullable=False),
    Column("label", Text, nullable=False),
    # Pixels of the stored frame. PostgreSQL has an xmin and xmax of its own in every table.
    Column("x_min", Float, key="xmin", nullable=False),
    Column("y_min", Float, key="ymin", nullable=False),
    Column("x_max", Float, key="xmax", nullable=False),
    Column("y_max", Float, key="ymax", nullable=False),
    Column("score", Float, nullable=False),
    Column("run_id", ForeignKey("run.run_id"), nullable=False),
)

label = Table(
    "label",
    metadata,
    Column("report_id", ForeignKey("report.report_id"), nullable=False),
    Column("label_set", Text, nullable=False),
    Column("finding", Text, nullable=False),
    Column("value", Integer, nullable=False),
    Column("mentions", Text, nullable=False),
    Column("run_id", ForeignKey("run.run_id"), nullable=False),
    PrimaryKeyConstraint("report_id", "label_set", "finding"),
)

clean_film = Table(
    "clean_film",
    metadata,
    Column("film_id", ForeignKey("film.film_id"), primary_key=True, autoincrement=False),
    Column("path", Text, nullable=False),
    Column("patient", Text, nullable=False),
    Column("study", Text, nullable=False),
    Column("uid", Text, nullable=False),
    Column("actions", Text, nullable=False),
    Column("run_id", ForeignKey("run.run_id"), nullable=False),
)

# De-identified copies of structured reports, which are no films: files that ingest rejected.
clean_structured_report = Table(
    "clean_structured_report",
    metadata,
    Column("path", Text, nullable=False),
    Column("member", Text, nullable=False, server_default=""),
    Column("sop_instance_uid", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("parameters", Text, nullable=False),
    Column("clean_path", Text),  # NULL where the step rejected the report
    Column("reason", Text),
    Column("detail", Text),
    Column("run_id", ForeignKey("run.run_id"), nullable=False),
    PrimaryKeyConstraint("path", "member"),
    sqlite_with_rowid=False,
)

# The latest result of each step for each item. Results of another version or other parameters are
# replaced, so that what the tables hold is always what the newest run of a step made.
step_result = Table(
    "step_result",
    metadata,
    Column("step", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("parameters", Text, nullable=False),
    Column("item_kind", Text, nullable=False),  # film | report
    Column("item_id", BigInteger, nullable=False),
    Column("run_id", ForeignKey("run.run_id"), nullable=False),
    Column("reason", Text),  # why the step rejected the item; NULL when it did not
    Column("detail", Text),
    PrimaryKeyConstraint("step", "item_id"),
    Index("ix_step_result_item", "item_kind", "item_id"),
)

CATALOG_TABLES = (
    run, patient, study, series, film, source_file, report, prediction, decision, box,
    label, clean_film, clean_structured_report, step_result, tag_part,
)  # fmt: skip
"""The tables that `query` shows; the other two are bookkeeping."""

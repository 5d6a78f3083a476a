"""Publishing in the layout of MIMIC-CXR-JPG, from an archive with everything in it."""

import csv
import errno
import gzip
import os
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from plainfilm.dicom import read_dataset, write_dataset
from plainfilm.engine import LocalEngine
from plainfilm.errors import ArchiveError, InputError, PrivacyError, Reason, SettingsError
from plainfilm.publish import DatasetOptions, MimicCxrJpg, PublishSummary, SplitSizes
from plainfilm.publish import publish as publish_dataset
from plainfilm.publish.export import ExportImage, OutputFailed
from plainfilm.steps import BatchResult

if TYPE_CHECKING:
    from conftest import Sample

pytestmark = pytest.mark.usefixtures("without_pictures")

Publish = Callable[..., PublishSummary]


@pytest.fixture
def publish(key: bytes, tmp_path: Path) -> Publish:
    def call(sample: "Sample", name: str = "set", **options: object) -> PublishSummary:
        given = {"layout": MimicCxrJpg(), "engine": sample.engine, "key": key, **options}
        return publish_dataset(sample.archive, tmp_path / name, **given)

    return call


def table(dataset: Path, name: str) -> list[dict[str, str]]:
    with gzip.open(dataset / f"{dataset.name}-{name}.csv.gz", "rt", newline="") as file:
        return list(csv.DictReader(file))


def contents(dataset: Path) -> dict[str, bytes]:
    files = (path for path in dataset.rglob("*") if path.is_file())
    return {str(path.relative_to(dataset)): path.read_bytes() for path in files}


def test_images_lie_where_readers_of_mimic_cxr_look(sample: "Sample", publish: Publish) -> None:
    dataset = publish(sample).path
    rows = table(dataset, "metadata")
    assert len(rows) == 5
    for row in rows:
        subject, study, film = row["subject_id"], row["study_id"], row["dicom_id"]
        assert re.fullmatch(r"1\d{7}", subject)
        assert re.fullmatch(r"5\d{7}", study)
        # As torchxrayvision's MIMIC_Dataset puts the path together.
        assert (dataset / "files" / f"p{subject[:2]}" / f"p{subject}" / f"s{study}").is_dir()
        assert (dataset / f"files/p{subject[:2]}/p{subject}/s{study}/{film}.jpg").is_file()
    assert len(list(dataset.glob("files/*/*/*/*.jpg"))) == 5


def test_metadata_has_the_columns_of_mimic_cxr_jpg(sample: "Sample", publish: Publish) -> None:
    rows = table(publish(sample).path, "metadata")
    assert list(rows[0]) == [
        "dicom_id",
        "subject_id",
        "study_id",
        "PerformedProcedureStepDescription",
        "ViewPosition",
        "Rows",
        "Columns",
        "StudyDate",
        "StudyTime",
        "ProcedureCodeSequence_CodeMeaning",
        "ViewCodeSequence_CodeMeaning",
        "PatientOrientationCodeSequence_CodeMeaning",
    ]
    assert Counter(row["ViewPosition"] for row in rows) == {"PA": 3, "LL": 1, "AP": 1}
    order = [(row["subject_id"], row["study_id"], row["dicom_id"]) for row in rows]
    assert order == sorted(order)  # not the order of ingestion, nor that of the workers
    assert "083005.120" in {row["StudyTime"] for row in rows}


def test_labels_are_one_row_per_study_with_a_report(sample: "Sample", publish: Publish) -> None:
    """Two reports of one study: positive over uncertain over negative."""
    dataset = publish(sample).path
    rows = table(dataset, "chexpert")
    assert list(rows[0])[:4] == ["subject_id", "study_id", "Atelectasis", "Cardiomegaly"]
    assert len(list(rows[0])) == 2 + 14
    given = [{k: v for k, v in row.items() if v and not k.endswith("_id")} for row in rows]
    assert sorted(given, key=len) == [
        {},  # a report that mentions nothing
        {"Cardiomegaly": "1.0", "Edema": "-1.0", "Pneumonia": "1.0"},
    ]
    studies = {(row["subject_id"], row["study_id"]) for row in table(dataset, "metadata")}
    assert {(row["subject_id"], row["study_id"]) for row in rows} < studies


def test_a_report_that_no_labeler_read_is_not_called_blank(
    sample: "Sample", publish: Publish
) -> None:
    assert table(publish(sample, label_set="nih").path, "nih") == []


def test_no_patient_is_in_two_splits(sample: "Sample", publish: Publish) -> None:
    summary = publish(sample, options=DatasetOptions(SplitSizes((0.4, 0.3, 0.3))))
    split_of: dict[str, set[str]] = {}
    for row in table(summary.path, "split"):
        split_of.setdefault(row["subject_id"], set()).add(row["split"])
    assert len(split_of) == 3
    assert all(len(splits) == 1 for splits in split_of.values())
    assert (summary.films, summary.studies, summary.patients) == (5, 4, 3)
    parts = [counts for name, counts in summary.splits.items() if name != "all"]
    assert sum(counts.films for counts in parts) == 5
    assert sum(counts.patients for counts in parts) == 3


def test_categories_are_a_table_of_their_own(sample: "Sample", publish: Publish) -> None:
    rows = table(publish(sample).path, "categories")
    assert Counter(row["category"] for row in rows) == {"chest_pa_ap": 4, "": 1}


def test_sha256sum_finds_every_file_sound(sample: "Sample", publish: Publish) -> None:
    dataset = publish(sample).path
    program = shutil.which("sha256sum")
    assert program is not None
    subprocess.run(
        [program, "--check", "--strict", "--quiet", "SHA256SUMS"], cwd=dataset, check=True
    )
    listed = {line.split("  ")[1] for line in (dataset / "SHA256SUMS").read_text().splitlines()}
    assert listed == set(contents(dataset)) - {"SHA256SUMS"}


def test_no_identity_and_no_report_text_leaves(sample: "Sample", publish: Publish) -> None:
    secrets = (*sample.NAME.split("^"), sample.REPORT, "p-of-", str(sample.folder))
    for name, content in contents(publish(sample).path).items():
        plain = gzip.decompress(content) if name.endswith(".gz") else content
        for secret in secrets:
            assert secret.encode() not in plain, (name, secret)


def test_the_same_archive_gives_the_same_bytes(sample: "Sample", publish: Publish) -> None:
    first = contents(publish(sample, "one/set").path)
    with LocalEngine(workers=2) as engine:
        second = contents(publish(sample, "two/set", engine=engine).path)
    assert first == second


def test_ids_and_splits_stay_when_films_are_added(own_sample: "Sample", publish: Publish) -> None:
    before = {tuple(row.items()) for row in table(publish(own_sample, "v1").path, "split")}
    for number in range(6):
        own_sample.add(f"new{number}", f"n{number}", f"new{number}-pa")
    own_sample.add("A", "a3", "a3-pa")
    own_sample.run()
    after = {tuple(row.items()) for row in table(publish(own_sample, "v2").path, "split")}
    assert len(after) == len(before) + 7
    assert before < after


def test_films_that_cannot_be_exported_are_listed(own_sample: "Sample", publish: Publish) -> None:
    broken = own_sample.clean_copy("a1-pa")
    broken.write_bytes(broken.read_bytes()[:-64])
    heard: list[int] = []
    summary = publish(own_sample, progress=heard.append)
    assert [rejection.reason for rejection in summary.rejections] == [Reason.TRUNCATED_PIXELS]
    assert summary.films == 4
    assert sum(heard) == 5
    assert len(table(summary.path, "metadata")) == 4
    assert "the file ends inside its pixel data" in (summary.path / "README.md").read_text()


def test_a_worker_that_dies_leaves_no_half_image(sample: "Sample", publish: Publish) -> None:
    class Killer:
        """Runs all but the first film, whose worker dies after a part of the image."""

        def run(self, step: ExportImage, batches: object) -> Iterator[BatchResult]:
            for batch in batches:
                half = batch[0].folder / batch[0].image
                half.parent.mkdir(parents=True)
                half.write_bytes(b"half")
                yield BatchResult(batch, step.process(batch[1:]), batch[:1])

    summary = publish(sample, engine=Killer())
    assert [rejection.reason for rejection in summary.rejections] == [Reason.WORKER_DIED]
    assert len(list(summary.path.glob("files/*/*/*/*.jpg"))) == 4


def test_nothing_is_published_when_no_film_can_be(
    own_sample: "Sample", publish: Publish, tmp_path: Path
) -> None:
    for path in own_sample.clean.iterdir():
        path.unlink()
    with pytest.raises(InputError, match="none of 5 films could be exported: file_vanished"):
        publish(own_sample)
    assert not (tmp_path / "set").exists()


def test_originals_are_never_published(
    empty_sample: "Sample", publish: Publish, tmp_path: Path
) -> None:
    empty_sample.add("A", "a1", "a1-pa")
    empty_sample.archive.ingest([empty_sample.films], engine=empty_sample.engine)
    with pytest.raises(PrivacyError, match="originals are never published"):
        publish(empty_sample)
    assert not (tmp_path / "set").exists()


@pytest.mark.parametrize("workers", [1, 2])
def test_a_copy_that_is_not_marked_clean_stops_everything(
    own_sample: "Sample", publish: Publish, workers: int, tmp_path: Path
) -> None:
    path = own_sample.clean_copy("b1-ap")
    dataset = read_dataset(path)
    dataset.PatientIdentityRemoved = "NO"
    write_dataset(dataset, path)
    with (
        LocalEngine(workers) as engine,
        pytest.raises(PrivacyError, match=r"\.dcm: PatientIdentityRemoved is not YES"),
    ):
        publish(own_sample, engine=engine)
    assert sorted(path.name for path in own_sample.folder.iterdir()) == [
        "archive",
        "clean",
        "films",
    ]


def test_copies_under_two_keys_are_refused(own_sample: "Sample", publish: Publish) -> None:
    with own_sample.archive._catalog.writing() as connection:
        first = "SELECT min(film_id) FROM clean_film"
        change = f"UPDATE clean_film SET patient = 'p-of-other-key' WHERE film_id = ({first})"
        connection.execute(text(change))
    with pytest.raises(PrivacyError, match="different keys"):
        publish(own_sample)


def test_a_full_disk_stops_with_a_clear_error(
    sample: "Sample", publish: Publish, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    cause = os.strerror(errno.ENOSPC)
    monkeypatch.setattr(
        ExportImage, "process", lambda _, batch: [OutputFailed(task, cause) for task in batch]
    )
    with pytest.raises(
        ArchiveError, match=r"\.jpg: No space left on device; nothing was published"
    ):
        publish(sample)
    assert not list(tmp_path.glob("set*"))


def test_a_published_dataset_is_never_changed(
    sample: "Sample", publish: Publish, tmp_path: Path
) -> None:
    before = contents(publish(sample).path)
    with pytest.raises(SettingsError, match="choose a new folder"):
        publish(sample)
    assert contents(tmp_path / "set") == before


@pytest.mark.parametrize(
    "options",
    [
        {"label_set": "radpath"},
        {"key": b"short"},
    ],
)
def test_options_out_of_range_are_refused(
    sample: "Sample", publish: Publish, options: dict[str, object], tmp_path: Path
) -> None:
    with pytest.raises(SettingsError):
        publish(sample, **options)
    assert not list(tmp_path.glob("set*"))


def test_the_readme_gives_counts_and_lineage(sample: "Sample", publish: Publish) -> None:
    text = (publish(sample).path / "README.md").read_text()
    assert "5 plain radiographs of 3 patients in 4 studies" in text
    assert "| Cardiomegaly | 1 (50.0 %) | 0 (0.0 %) | 0 (0.0 %) | 1 (50.0 %) |" in text
    assert re.search(r"\| deidentify \| 7 \| `[0-9a-f]{16}` \| 5 \|", text)
    assert re.search(r"\| export-image \| 2 \| `[0-9a-f]{16}` \| 5 \|", text)

"""What an archive knows of its films' findings, written into a folder once and for all."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import tiny_finding_models as tiny
from plainfilm.archive import Archive
from plainfilm.dicom import read_dataset
from plainfilm.dicom_results import Kind, export_findings
from plainfilm.engine import LocalEngine
from plainfilm.errors import ArchiveError, Reason, SettingsError
from plainfilm.models.store import add_model
from read_archive import (
    BRIGHT_TOP_LEFT,
    DARK,
    ENGINE,
    read_chests,
    read_spines,
    write_quarters,
)

ReadArchive = Callable[..., tuple[Archive, list[str]]]


@pytest.fixture
def archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Archive]:
    monkeypatch.setenv("PLAINFILM_MODELS", str(tmp_path / "store"))
    with Archive.create(tmp_path / "archive") as made:
        yield made


@pytest.fixture
def chests(archive: Archive, tmp_path: Path) -> list[str]:
    """Two films, of which the second shows nothing."""
    films = tmp_path / "films"
    uids = [
        write_quarters(films, number, quarters)
        for number, quarters in enumerate((BRIGHT_TOP_LEFT, DARK))
    ]
    read_chests(archive, films, uids, tiny.write_finding_model(tmp_path / "model"))
    return uids


def made(folder: Path) -> dict[str, list[str]]:
    """Film → kinds of its objects, as their files are called."""
    found: dict[str, list[str]] = {}
    for path in sorted(folder.rglob("*.dcm")):
        film, _, kind = path.name.removesuffix(".dcm").rpartition(".")
        found.setdefault(film, []).append(kind)
    return found


def test_each_film_has_a_report_and_one_with_boxes_has_all(
    archive: Archive, chests: list[str], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    summary = export_findings(archive, out, engine=ENGINE)
    assert summary.films == 2
    assert summary.written == {
        Kind.SR: 2, Kind.PRESENTATION_STATE: 1, Kind.SEGMENTATION: 1, Kind.KEY_IMAGE: 1,
    }  # fmt: skip
    assert made(out) == {
        f"{chests[0]}.chest": ["key-image", "presentation-state", "segmentation", "sr"],
        f"{chests[1]}.chest": ["sr"],
    }
    path = next(out.rglob(f"{chests[0]}.chest.presentation-state.dcm"))
    assert path.parent.name == str(read_dataset(tmp_path / "films" / "0.dcm").StudyInstanceUID)
    (box,) = read_dataset(path).GraphicAnnotationSequence[0].GraphicObjectSequence
    stored = archive.rows("SELECT x_min, y_min, x_max, y_max FROM box")[0]
    assert list(box.GraphicData)[:2] == pytest.approx([stored["x_min"], stored["y_min"]])
    assert list(box.GraphicData)[4:6] == pytest.approx([stored["x_max"], stored["y_max"]])


def test_a_second_run_leaves_everything_and_a_lost_object_is_made_as_it_was(
    archive: Archive, chests: list[str], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    export_findings(archive, out, engine=ENGINE)
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in out.rglob("*.dcm")}
    again = export_findings(archive, out, engine=ENGINE)
    assert (again.written.total(), again.skipped) == (0, 5)
    lost = next(out.rglob("*.key-image.dcm"))
    lost.write_bytes(lost.read_bytes()[:100])
    mended = export_findings(archive, out, engine=ENGINE)
    assert (dict(mended.written), mended.skipped) == ({Kind.KEY_IMAGE: 1}, 4)
    for path, (content, moment) in before.items():
        assert path.read_bytes() == content
        assert path == lost or path.stat().st_mtime_ns == moment
    elsewhere = tmp_path / "elsewhere"
    export_findings(archive, elsewhere, engine=ENGINE)
    for path, (content, _) in before.items():
        assert (elsewhere / path.relative_to(out)).read_bytes() == content


def test_other_findings_replace_the_objects_and_withdraw_what_is_no_longer_shown(
    archive: Archive, chests: list[str], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    export_findings(archive, out, engine=ENGINE)
    report = next(out.rglob(f"{chests[0]}.chest.sr.dcm"))
    before = read_dataset(report).SOPInstanceUID
    stern = tiny.write_finding_model(tmp_path / "stern", thresholds=dict.fromkeys(tiny.LABELS, 0.9))
    read_chests(archive, tmp_path / "films", chests, stern)
    summary = export_findings(archive, out, engine=ENGINE)
    assert summary.withdrawn == 3
    assert made(out) == {f"{uid}.chest": ["sr"] for uid in chests}
    assert read_dataset(report).SOPInstanceUID != before


def test_heat_maps_are_made_again_by_a_model_of_the_store_turned_as_it_saw_the_film(
    archive: Archive, tmp_path: Path
) -> None:
    films = tmp_path / "films"
    # Bright low on the left as stored; a turn clockwise brings that to the upper left.
    uid = write_quarters(films, 1, (20, 20, 200, 20))
    model = tiny.write_finding_model(tmp_path / "model")
    add_model(model)
    read_chests(archive, films, [uid], model, turn=90)
    summary = export_findings(archive, tmp_path / "out", (Kind.SEGMENTATION,), engine=ENGINE)
    assert summary.without_heat == []
    found = read_dataset(next((tmp_path / "out").rglob("*.segmentation.dcm")))
    assert found.SegmentationType == "FRACTIONAL"
    assert found.SegmentSequence[0].SegmentLabel == "top_left"
    heat = memoryview(found.PixelData).cast("B")
    rows, columns = 128, 128
    assert heat[(rows - 20) * columns + 20] == 255
    assert heat[20 * columns + 20] == 0
    assert heat[(rows - 20) * columns + columns - 20] == 0
    again = export_findings(archive, tmp_path / "out", (Kind.SEGMENTATION,), engine=ENGINE)
    assert (again.written.total(), again.skipped) == (0, 1)


def test_without_the_model_segmentations_hold_boxes_and_the_model_is_told(
    archive: Archive, chests: list[str], tmp_path: Path
) -> None:
    summary = export_findings(archive, tmp_path / "out", (Kind.SEGMENTATION,), engine=ENGINE)
    assert summary.without_heat == ["tiny-findings 1"]
    found = read_dataset(next((tmp_path / "out").rglob("*.segmentation.dcm")))
    assert found.SegmentationType == "BINARY"


def test_a_spine_names_classifier_and_detector_and_what_they_say_together(
    archive: Archive, tmp_path: Path
) -> None:
    uid = write_quarters(tmp_path / "films", 3, (200, 190, 200, 200))
    read_spines(archive, tmp_path / "films", [uid], tmp_path / "models")
    summary = export_findings(archive, tmp_path / "out", engine=ENGINE)
    assert summary.written.total() == 4
    report = read_dataset(next((tmp_path / "out").rglob("*.spine.sr.dcm")))
    for told in ("tiny-spine", "tiny-detector", "263654008"):
        assert told in str(report)
    comments = [item.get("TextValue", "") for item in report.ContentSequence]
    assert any("by classifier and detector joined" in text for text in comments)


def test_a_chosen_part_of_the_films_is_exported(
    archive: Archive, chests: list[str], tmp_path: Path
) -> None:
    where = f"SOPInstanceUID = '{chests[1]}'"
    assert export_findings(archive, tmp_path / "out", engine=ENGINE, where=where).films == 1
    assert list(made(tmp_path / "out")) == [f"{chests[1]}.chest"]


def test_a_film_that_changed_or_went_is_a_rejection(
    archive: Archive, chests: list[str], tmp_path: Path
) -> None:
    write_quarters(tmp_path / "other", 9, DARK)
    shutil.copy(tmp_path / "other" / "9.dcm", tmp_path / "films" / "0.dcm")
    (tmp_path / "films" / "1.dcm").unlink()
    summary = export_findings(archive, tmp_path / "out", engine=ENGINE)
    assert summary.rejected == {Reason.FILE_CHANGED: 1, Reason.FILE_VANISHED: 1}
    assert made(tmp_path / "out") == {}


def test_several_workers_make_the_same_objects(
    archive: Archive, chests: list[str], tmp_path: Path
) -> None:
    export_findings(archive, tmp_path / "one", engine=ENGINE)
    with LocalEngine(workers=2) as engine:
        export_findings(archive, tmp_path / "two", engine=engine)
    for path in (tmp_path / "one").rglob("*.dcm"):
        other = tmp_path / "two" / path.relative_to(tmp_path / "one")
        assert other.read_bytes() == path.read_bytes()


def test_results_never_mix_with_films_or_other_files(
    archive: Archive, chests: list[str], tmp_path: Path
) -> None:
    for inside in (tmp_path / "films" / "out", tmp_path / "films", archive.path / "out"):
        with pytest.raises(SettingsError, match="lie within one another"):
            export_findings(archive, inside, engine=ENGINE)
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "note.txt").write_text("mine")
    with pytest.raises(SettingsError, match="is not empty"):
        export_findings(archive, tmp_path / "taken", engine=ENGINE)


def test_an_archive_without_findings_is_told_what_to_do(archive: Archive, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="run `plainfilm findings"):
        export_findings(archive, tmp_path / "out", engine=ENGINE)


def test_a_folder_that_cannot_be_written_stops_the_export(
    archive: Archive, chests: list[str], tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(ArchiveError):
        export_findings(archive, tmp_path / "file" / "out", engine=ENGINE)

"""Repaired copies: written once, never in place of an original, and undone byte by byte."""

import csv
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from archive_steps import Decide
from films_on_disk import write_film
from plainfilm.archive import Archive
from plainfilm.demo import stable_uid
from plainfilm.dicom import read_dataset, read_header
from plainfilm.engine import LocalEngine
from plainfilm.errors import ArchiveError, BadSource, BadTable, Reason, SettingsError
from plainfilm.records import Outcome
from plainfilm.repair import (
    ProposalCounts,
    apply_proposals,
    film_proposals,
    undo_repairs,
    write_proposals,
)
from plainfilm.repair.folder import JOURNAL, MARKER

Decided = Callable[..., list[Path]]

CHEST = {"BodyPartExamined": "CHEST", "PositionerType": "NONE"}


def copies(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.dcm"))


def table_of(archive: Archive, path: Path, **options: Any) -> list[dict[str, str]]:
    write_proposals(film_proposals(archive, **options), path)
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_the_table_has_a_row_for_each_proposal(
    archive: Archive, decided: Decided, tmp_path: Path
) -> None:
    (film,) = decided(CHEST | {"ViewPosition": "AP"})
    rows = table_of(archive, tmp_path / "table.csv")
    assert rows[0] == {
        "film_id": "1",
        "path": str(film),
        "sop_instance_uid": stable_uid("film", 0),
        "keyword": "BodyPartExamined",
        "present": "CHEST",
        "proposed": "KNEE",
        "outcome": "repair",
        "category": "knee_ap",
        "probability": "0.9700",
        "evidence": "pixels",
        "why": "contradicts",
    }
    assert [row["keyword"] for row in rows[1:]] == ["AnatomicRegionSequence", "ViewCodeSequence"]


def test_proposals_are_counted(archive: Archive, decided: Decided) -> None:
    decided(CHEST, {"BodyPartExamined": "KNEE", "SOPClassUID": "1.2.840.10008.5.1.4.1.1.1"})
    counts = ProposalCounts()
    found = list(film_proposals(archive, counts=counts))
    assert (counts.decided, counts.films, counts.proposals) == (2, 2, 6)
    assert counts.by_keyword["BodyPartExamined"] == 1
    assert sum(len(one.proposals) for one in found) == 6


def test_values_that_do_not_fit_their_column_are_read(archive: Archive, decided: Decided) -> None:
    decided({"BodyPartExamined": ["CHEST", "RIB"]}, {"BodyPartExamined": ["KNEE", "X17"]})
    found = {
        one.film.film_id: proposal.present
        for one in film_proposals(archive)
        for proposal in one.proposals
        if proposal.keyword == "BodyPartExamined"
    }
    assert found == {1: "CHEST\\RIB"}


def test_where_chooses_films_also_by_their_decision(archive: Archive, decided: Decided) -> None:
    decided(CHEST, CHEST)
    assert len(list(film_proposals(archive, where="InstanceNumber = 1 -- one of two"))) == 1
    by_decision = "film_id IN (SELECT film_id FROM decision WHERE outcome = 'agree')"
    assert not list(film_proposals(archive, where=by_decision))
    with pytest.raises(BadTable):
        list(film_proposals(archive, where="NoSuchColumn = 1"))


def test_a_repaired_copy_says_what_was_proposed_and_the_original_stays(
    archive: Archive, decided: Decided, tmp_path: Path, engine: LocalEngine
) -> None:
    (film,) = decided(CHEST)
    before, moment = film.read_bytes(), film.stat().st_mtime_ns
    summary = apply_proposals(archive, tmp_path / "out", engine=engine)
    (copy,) = copies(tmp_path / "out")
    repaired = read_dataset(copy)
    assert (summary.repaired, summary.skipped, summary.rejections) == (1, 0, [])
    assert (repaired.BodyPartExamined, repaired.ViewPosition) == ("KNEE", "AP")
    assert copy.stem == repaired.SOPInstanceUID == stable_uid("film", 0)
    assert copy.parent.name == repaired.StudyInstanceUID
    assert repaired.PixelData == read_dataset(film).PixelData
    assert (film.read_bytes(), film.stat().st_mtime_ns) == (before, moment)


def test_a_repaired_film_gets_no_proposals_any_more(
    archive: Archive, decided: Decided, tmp_path: Path, engine: LocalEngine
) -> None:
    decided(CHEST, {})
    apply_proposals(archive, tmp_path / "out", engine=engine)
    with Archive.create(tmp_path / "second") as second:
        taken = second.ingest([tmp_path / "out"], engine=engine)
        assert (taken.films, taken.rejections) == (2, [])
        uids = [stable_uid("film", number) for number in range(2)]
        step = Decide(dict.fromkeys(uids, (Outcome.REPAIR, "knee_ap", 0.97)))
        assert second.run(step, engine=engine).done == 2
        assert list(film_proposals(second)) == []


def test_running_again_writes_nothing(
    archive: Archive, decided: Decided, tmp_path: Path, engine: LocalEngine
) -> None:
    decided(CHEST, CHEST)
    out = tmp_path / "out"
    apply_proposals(archive, out, engine=engine)
    times = [path.stat().st_mtime_ns for path in copies(out)]
    summary = apply_proposals(archive, out, engine=engine)
    assert (summary.repaired, summary.skipped, summary.withdrawn) == (0, 2, 0)
    assert [path.stat().st_mtime_ns for path in copies(out)] == times


def test_a_killed_run_goes_on_with_what_is_missing(
    archive: Archive, decided: Decided, tmp_path: Path, engine: LocalEngine
) -> None:
    decided(CHEST, CHEST, CHEST)
    out = tmp_path / "out"
    apply_proposals(archive, out, engine=engine)
    copies(out)[0].unlink()  # one film lost, another one's line cut
    lines = (out / JOURNAL).read_text().splitlines()
    (out / JOURNAL).write_text("\n".join(lines)[:-10])
    summary = apply_proposals(archive, out, engine=engine)
    assert summary.repaired + summary.skipped == 3
    assert summary.repaired in {1, 2}
    assert len(copies(out)) == 3


def test_another_decision_writes_the_film_anew(
    archive: Archive, decided: Decided, tmp_path: Path, engine: LocalEngine
) -> None:
    decided(CHEST)
    apply_proposals(archive, tmp_path / "out", engine=engine)
    decided(CHEST, category="hand_ap")
    assert apply_proposals(archive, tmp_path / "out", engine=engine).repaired == 1
    (copy,) = copies(tmp_path / "out")
    assert read_header(copy).tags["BodyPartExamined"] == "HAND"


def test_copies_of_films_that_need_no_repair_any_more_are_withdrawn(
    archive: Archive, decided: Decided, tmp_path: Path, engine: LocalEngine
) -> None:
    decided(CHEST, CHEST)
    out = tmp_path / "out"
    apply_proposals(archive, out, engine=engine)
    decided(CHEST, CHEST, outcome=Outcome.CONFLICT)
    some = apply_proposals(archive, out, engine=engine, where="InstanceNumber = 0")
    assert (some.withdrawn, len(copies(out))) == (0, 2)
    assert apply_proposals(archive, out, engine=engine).withdrawn == 2
    assert copies(out) == []


def test_films_that_changed_or_went_are_rejected(
    archive: Archive, decided: Decided, tmp_path: Path, engine: LocalEngine
) -> None:
    changed, swapped, gone, cut, right = decided(*[CHEST] * 5)
    write_film(changed, 0, BodyPartExamined="HAND")
    write_film(swapped, 17, **CHEST)
    gone.unlink()
    cut.write_bytes(cut.read_bytes()[:-100])
    summary = apply_proposals(archive, tmp_path / "out", engine=engine)
    assert {item.location.path: item.reason for item in summary.rejections if item.location} == {
        changed: Reason.FILE_CHANGED,
        swapped: Reason.FILE_CHANGED,
        gone: Reason.FILE_VANISHED,
        cut: Reason.TRUNCATED_PIXELS,
    }
    (copy,) = copies(tmp_path / "out")
    assert copy.stem == read_header(right).tags["SOPInstanceUID"]


def test_what_a_rejection_says_shows_no_value(
    archive: Archive, decided: Decided, tmp_path: Path, engine: LocalEngine
) -> None:
    (film,) = decided(CHEST)
    write_film(film, 0, BodyPartExamined="SECRET")
    summary = apply_proposals(archive, tmp_path / "out", engine=engine)
    assert "SECRET" not in summary.rejections[0].detail


def test_members_of_zip_files_and_films_in_the_archive_are_repaired(
    archive: Archive, tmp_path: Path, engine: LocalEngine
) -> None:
    inside = write_film(tmp_path / "a.dcm", 0, **CHEST)
    (tmp_path / "zips").mkdir()
    with zipfile.ZipFile(tmp_path / "zips" / "films.zip", "w") as packed:
        packed.write(inside, "deep/a.dcm")
    copied = write_film(tmp_path / "more" / "b.dcm", 1, **CHEST)
    archive.ingest([tmp_path / "zips"], engine=engine)
    archive.ingest([copied], engine=engine, copy=True)
    uids = [stable_uid("film", number) for number in range(2)]
    step = Decide(dict.fromkeys(uids, (Outcome.REPAIR, "knee_ap", 0.97)))
    archive.run(step, engine=engine)
    assert apply_proposals(archive, tmp_path / "out", engine=engine).repaired == 2
    assert undo_repairs(tmp_path / "out", tmp_path / "back", engine=engine).restored == 2
    restored = {path.stem: path.read_bytes() for path in copies(tmp_path / "back")}
    assert restored == {uids[0]: inside.read_bytes(), uids[1]: copied.read_bytes()}


def test_workers_write_the_same_films(
    archive: Archive, decided: Decided, tmp_path: Path, engine: LocalEngine
) -> None:
    decided(*[CHEST] * 20)
    with LocalEngine(workers=2) as two:
        assert apply_proposals(archive, tmp_path / "two", engine=two).repaired == 20
    apply_proposals(archive, tmp_path / "one", engine=engine)
    assert [path.name for path in copies(tmp_path / "two")] == [
        path.name for path in copies(tmp_path / "one")
    ]


def test_a_folder_with_other_things_is_refused(
    archive: Archive, decided: Decided, tmp_path: Path, engine: LocalEngine
) -> None:
    decided(CHEST)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "letter.txt").write_text("mine")
    with pytest.raises(SettingsError, match="not empty"):
        apply_proposals(archive, tmp_path / "full", engine=engine)
    assert [path.name for path in (tmp_path / "full").iterdir()] == ["letter.txt"]


def test_the_result_of_another_archive_is_refused(
    archive: Archive, decided: Decided, tmp_path: Path, engine: LocalEngine
) -> None:
    decided(CHEST)
    apply_proposals(archive, tmp_path / "out", engine=engine)
    with (
        Archive.create(tmp_path / "other") as other,
        pytest.raises(SettingsError, match="not an earlier result"),
    ):
        apply_proposals(other, tmp_path / "out", engine=engine)
    (tmp_path / "out" / MARKER).write_text("{")
    with pytest.raises(SettingsError, match="damaged"):
        apply_proposals(archive, tmp_path / "out", engine=engine)


@pytest.mark.parametrize("place", ["films", "films/out", "archive/out", "."])
def test_a_folder_among_the_originals_is_refused(
    archive: Archive, decided: Decided, tmp_path: Path, engine: LocalEngine, place: str
) -> None:
    decided(CHEST)
    with pytest.raises(SettingsError, match="within one another"):
        apply_proposals(archive, tmp_path / place, engine=engine)


def test_a_folder_that_cannot_be_written_stops_the_run(
    archive: Archive, decided: Decided, tmp_path: Path, engine: LocalEngine
) -> None:
    decided(CHEST)
    out = tmp_path / "out"
    apply_proposals(archive, out, engine=engine)
    (copy,) = copies(out)
    shutil.rmtree(copy.parent)
    copy.parent.write_text("a file where the study's folder should be")
    with pytest.raises(ArchiveError, match="cannot make"):
        apply_proposals(archive, out, engine=engine)


@pytest.mark.filterwarnings("ignore:Invalid value for VR CS")
def test_undo_gives_the_original_byte_by_byte(
    archive: Archive, decided: Decided, tmp_path: Path, engine: LocalEngine
) -> None:
    films = decided(CHEST, {"BodyPartExamined": "chest", "ViewPosition": None}, {})
    apply_proposals(archive, tmp_path / "out", engine=engine)
    summary = undo_repairs(tmp_path / "out", tmp_path / "back", engine=engine)
    assert (summary.restored, summary.unchanged, summary.rejections) == (3, 0, [])
    originals = {stable_uid("film", n): path for n, path in enumerate(films)}
    for path in copies(tmp_path / "back"):
        assert path.read_bytes() == originals[path.stem].read_bytes()
        assert read_dataset(path) == read_dataset(originals[path.stem])


def test_undo_takes_one_film_and_leaves_what_was_never_repaired(
    archive: Archive, decided: Decided, tmp_path: Path, engine: LocalEngine
) -> None:
    (film,) = decided(CHEST)
    apply_proposals(archive, tmp_path / "out", engine=engine)
    (copy,) = copies(tmp_path / "out")
    assert undo_repairs(copy, tmp_path / "back", engine=engine).restored == 1
    assert (tmp_path / "back" / copy.name).read_bytes() == film.read_bytes()
    summary = undo_repairs(film, tmp_path / "again", engine=engine)
    assert (summary.restored, summary.unchanged) == (0, 1)
    assert copies(tmp_path / "again") == []


def test_undo_lists_what_it_cannot_read(tmp_path: Path, engine: LocalEngine) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "note.txt").write_text("no film")
    summary = undo_repairs(tmp_path / "in", tmp_path / "back", engine=engine)
    assert [item.reason for item in summary.rejections] == [Reason.NOT_DICOM]


def test_undo_may_run_again_into_its_own_result_and_no_other(
    archive: Archive, decided: Decided, tmp_path: Path, engine: LocalEngine
) -> None:
    decided(CHEST)
    out, back = tmp_path / "out", tmp_path / "back"
    apply_proposals(archive, out, engine=engine)
    assert undo_repairs(out, back, engine=engine).restored == 1
    assert undo_repairs(out, back, engine=engine).restored == 1
    with pytest.raises(SettingsError, match="not an earlier result"):
        undo_repairs(copies(out)[0], back, engine=engine)
    with pytest.raises(SettingsError, match="within one another"):
        undo_repairs(out, out / "back", engine=engine)
    with pytest.raises(BadSource):
        undo_repairs(tmp_path / "nowhere", back, engine=engine)

"""Running steps: what is done is skipped, what changed is replaced, what is bad is listed."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

import pytest

from archive_steps import BoxDecided, CountWords, DecideByModality, NameModality
from films_on_disk import write_film, write_films
from plainfilm.archive import Archive
from plainfilm.engine import LocalEngine
from plainfilm.errors import BadTable, InputError, Reason
from plainfilm.records import CleanFilm, Film, Prediction, Rejection, SourceReport


@pytest.fixture
def filled(archive: Archive, engine: LocalEngine, tmp_path: Path) -> Archive:
    archive.ingest([write_films(tmp_path / "in", 6)], engine=engine)
    return archive


def _values(archive: Archive) -> list[str]:
    return [row["value"] for row in archive.rows("SELECT value FROM prediction ORDER BY film_id")]


def test_a_step_sees_the_tags_it_asks_for_and_its_results_are_stored(
    filled: Archive, engine: LocalEngine
) -> None:
    summary = filled.run(NameModality(), engine=engine)
    assert (summary.done, summary.skipped) == (6, 0)
    assert _values(filled) == ["DX"] * 6


def test_what_is_done_is_skipped(filled: Archive, engine: LocalEngine) -> None:
    filled.run(NameModality(), engine=engine)
    assert filled.to_do(NameModality()) == 0
    summary = filled.run(NameModality(), engine=engine)
    assert (summary.done, summary.skipped) == (0, 6)
    assert filled.run(NameModality(), engine=engine, again=True).done == 6


def test_other_parameters_replace_the_results(filled: Archive, engine: LocalEngine) -> None:
    filled.run(NameModality(), engine=engine)
    filled.run(NameModality(prefix="x"), engine=engine)
    assert _values(filled) == ["xDX"] * 6
    filled.run(NameModality(), engine=engine)
    assert _values(filled) == ["DX"] * 6


def test_a_newer_version_replaces_the_results(filled: Archive, engine: LocalEngine) -> None:
    filled.run(NameModality(), engine=engine)

    class Newer(NameModality):
        version = "2"

    assert filled.run(Newer(), engine=engine).done == 6
    assert len(_values(filled)) == 6


def test_new_films_only_are_computed(filled: Archive, engine: LocalEngine, tmp_path: Path) -> None:
    filled.run(NameModality(), engine=engine)
    filled.ingest([write_films(tmp_path / "more", 9)], engine=engine)
    summary = filled.run(NameModality(), engine=engine)
    assert (summary.done, summary.skipped) == (3, 6)


def test_rejected_films_are_counted_listed_and_not_tried_again(
    filled: Archive, engine: LocalEngine
) -> None:
    step = NameModality(reject=(2, 4))
    summary = filled.run(step, engine=engine)
    assert summary.rejected == {Reason.UNDECODABLE_PIXELS: 2}
    assert len(_values(filled)) == 4
    rows = filled.rows("SELECT reason, detail FROM step_result WHERE reason IS NOT NULL")
    assert rows == [{"reason": "undecodable_pixels", "detail": "not this one"}] * 2
    assert filled.run(step, engine=engine).done == 0


def test_a_condition_chooses_films(filled: Archive, engine: LocalEngine) -> None:
    summary = filled.run(NameModality(), engine=engine, where="InstanceNumber >= 4")
    assert summary.done == 2
    with pytest.raises(BadTable, match="query failed"):
        filled.run(NameModality(), engine=engine, where="NoSuchTag = 1")


def test_a_run_that_stops_midway_keeps_what_was_committed(
    filled: Archive, engine: LocalEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("plainfilm.archive.run_step.BATCH_ITEMS", 1)
    monkeypatch.setattr("plainfilm.archive.run_step._COMMIT_ITEMS", 2)

    def stop(count: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        filled.run(NameModality(), engine=engine, progress=stop)
    assert filled.to_do(NameModality()) == 4
    assert filled.run(NameModality(), engine=engine).done == 4


def test_a_manifest_tells_what_ran_and_holds_no_secret(
    filled: Archive, engine: LocalEngine
) -> None:
    step = NameModality(prefix="x", reject=(1,), secret=b"a very secret key")
    summary = filled.run(step, engine=engine)
    (path,) = (filled.path / "runs").glob("*-modality.json")
    manifest = json.loads(path.read_text())
    assert manifest["run_id"] == summary.run_id
    assert (manifest["step"], manifest["version"]) == ("modality", "1")
    assert manifest["parameters"]["prefix"] == "x"
    assert manifest["counts"] == {"done": 6, "skipped": 0, "undecodable_pixels": 1}
    assert manifest["duration_s"] >= 0
    (rejection,) = manifest["rejections"]
    assert rejection["reason"] == "undecodable_pixels"
    assert "secret" not in path.read_text().replace('"secret"', "")


def test_another_secret_is_another_parameter(filled: Archive, engine: LocalEngine) -> None:
    filled.run(NameModality(secret=b"one"), engine=engine)
    assert filled.to_do(replace(NameModality(), secret=b"other")) == 6


def test_label_sets_stand_side_by_side(archive: Archive, engine: LocalEngine) -> None:
    archive.ingest_reports([SourceReport("r1", "some text"), SourceReport("r2", "")])
    archive.run(CountWords("chexpert"), engine=engine)
    archive.run(CountWords("nih"), engine=engine)
    rows = archive.rows("SELECT label_set, finding, value FROM label ORDER BY label_set")
    assert [row["label_set"] for row in rows] == ["chexpert", "nih"]
    assert archive.to_do(CountWords("chexpert")) == 0


def test_workers_give_what_one_process_gives(filled: Archive, tmp_path: Path) -> None:
    with LocalEngine(2) as engine:
        assert filled.run(NameModality(prefix="w"), engine=engine).done == 6
    assert _values(filled) == ["wDX"] * 6


def test_a_film_that_was_out_of_reach_is_tried_again(filled: Archive, engine: LocalEngine) -> None:
    class OutOfReach(NameModality):
        def _one(self, film: Film) -> Prediction:
            raise InputError("the share is not mounted", Reason.FILE_VANISHED)

    assert filled.run(OutOfReach(), engine=engine).rejected == {Reason.FILE_VANISHED: 6}
    assert filled.run(NameModality(), engine=engine).done == 6


def test_earlier_rejections_are_told_among_the_skipped(
    filled: Archive, engine: LocalEngine
) -> None:
    step = NameModality(reject=(2, 4))
    assert filled.run(step, engine=engine).rejected_before == 0
    again = filled.run(step, engine=engine)
    assert (again.skipped, again.rejected_before) == (6, 2)


def test_a_condition_counts_the_chosen_only(filled: Archive, engine: LocalEngine) -> None:
    filled.run(NameModality(), engine=engine, where="InstanceNumber = 4")
    assert filled.to_do(NameModality(), where="InstanceNumber >= 4") == 1
    summary = filled.run(NameModality(), engine=engine, where="InstanceNumber >= 4")
    assert (summary.done, summary.skipped) == (1, 1)


@dataclass(frozen=True)
class CopyOrWithhold:
    """Makes a copy of each film, or withholds all."""

    out: Path
    withhold: bool = False
    name: ClassVar[str] = "copy"
    version: ClassVar[str] = "1"
    keywords: ClassVar[tuple[str, ...]] = ()

    def process(self, batch: Sequence[Film]) -> Sequence[CleanFilm | Rejection]:
        if self.withhold:
            return [Rejection(f.location, Reason.BURNED_IN_TEXT, "", f.film_id) for f in batch]
        copies = [self.out / f"{film.film_id}.dcm" for film in batch]
        for copy in copies:
            copy.write_bytes(b"clean")
        return [
            CleanFilm(film.film_id, copy, "p", "s", "u")
            for film, copy in zip(batch, copies, strict=True)
        ]


def test_a_film_that_is_withheld_now_loses_its_earlier_copy(
    filled: Archive, engine: LocalEngine, tmp_path: Path
) -> None:
    filled.run(CopyOrWithhold(tmp_path), engine=engine)
    filled.run(CopyOrWithhold(tmp_path), engine=engine, again=True)
    assert len(list(tmp_path.glob("*.dcm"))) == 6
    filled.run(CopyOrWithhold(tmp_path, withhold=True), engine=engine)
    assert list(tmp_path.glob("*.dcm")) == []
    assert filled.rows("SELECT * FROM clean_film") == []


def test_a_film_that_changed_loses_its_copy(
    filled: Archive, engine: LocalEngine, tmp_path: Path
) -> None:
    (tmp_path / "out").mkdir()
    filled.run(CopyOrWithhold(tmp_path / "out"), engine=engine)
    write_film(tmp_path / "in" / "000.dcm", 0, StudyDescription="OTHER")
    filled.ingest([tmp_path / "in"], engine=engine)
    assert len(list((tmp_path / "out").glob("*.dcm"))) == 5


def _decisions(archive: Archive) -> list[tuple[str, str]]:
    rows = archive.rows("SELECT outcome, category FROM decision ORDER BY film_id")
    return [(row["outcome"], row["category"]) for row in rows]


def test_a_step_gets_the_predictions_that_it_asks_for(filled: Archive, engine: LocalEngine) -> None:
    filled.run(NameModality(reject=(2,)), engine=engine)
    filled.run(DecideByModality(), engine=engine)
    decided = _decisions(filled)
    assert sorted(decided) == [("agree", "DX")] * 5 + [("unknown", "")]
    (row,) = filled.rows("SELECT * FROM decision ORDER BY film_id LIMIT 1")
    assert (row["probability"], row["laterality"]) == (0.5, "R")
    assert json.loads(row["details"]) == {"why": "same"}


def test_a_step_is_done_anew_when_what_it_builds_on_was(
    filled: Archive, engine: LocalEngine
) -> None:
    filled.run(NameModality(), engine=engine)
    assert filled.run(DecideByModality(), engine=engine).done == 6
    assert filled.run(DecideByModality(), engine=engine).done == 0
    filled.run(NameModality(prefix="x"), engine=engine)
    assert filled.to_do(DecideByModality()) == 6
    filled.run(DecideByModality(), engine=engine)
    assert _decisions(filled) == [("agree", "xDX")] * 6


def test_a_prediction_that_is_no_more_undoes_the_decision(
    filled: Archive, engine: LocalEngine
) -> None:
    filled.run(NameModality(), engine=engine)
    filled.run(DecideByModality(), engine=engine)
    filled.run(NameModality(reject=tuple(range(7))), engine=engine)
    filled.run(DecideByModality(), engine=engine)
    assert _decisions(filled) == [("unknown", "")] * 6


def test_a_film_that_changed_loses_its_decision(
    filled: Archive, engine: LocalEngine, tmp_path: Path
) -> None:
    filled.run(NameModality(), engine=engine)
    filled.run(DecideByModality(), engine=engine)
    write_film(tmp_path / "in" / "000.dcm", 0, StudyDescription="OTHER")
    assert filled.ingest([tmp_path / "in"], engine=engine).films == 1
    assert len(_decisions(filled)) == 5


def _boxes(archive: Archive) -> list[dict[str, object]]:
    return archive.rows("SELECT * FROM box ORDER BY film_id")


def test_a_step_gets_the_decision_that_it_builds_on_and_leaves_boxes(
    filled: Archive, engine: LocalEngine
) -> None:
    filled.run(NameModality(reject=(2,)), engine=engine)
    filled.run(DecideByModality(), engine=engine)
    filled.run(BoxDecided(), engine=engine)
    boxes = _boxes(filled)
    assert len(boxes) == 10  # two alike in each film are two
    found = {name: boxes[0][name] for name in ("task", "label", "x_min", "y_min", "x_max", "y_max")}
    assert found == {
        "task": "chest", "label": "DX", "x_min": 1.0, "y_min": 2.0, "x_max": 3.0, "y_max": 4.5,
    }  # fmt: skip
    assert boxes[0]["score"] == 0.25


def test_boxes_are_replaced_and_go_with_the_decision(filled: Archive, engine: LocalEngine) -> None:
    filled.run(NameModality(), engine=engine)
    filled.run(DecideByModality(), engine=engine)
    filled.run(BoxDecided(), engine=engine)
    assert filled.run(BoxDecided(), engine=engine, again=True).done == 6
    assert len(_boxes(filled)) == 12
    filled.run(NameModality(reject=tuple(range(7))), engine=engine)
    filled.run(DecideByModality(), engine=engine)
    filled.run(BoxDecided(), engine=engine)
    assert _boxes(filled) == []


def test_a_film_that_changed_loses_its_boxes(
    filled: Archive, engine: LocalEngine, tmp_path: Path
) -> None:
    filled.run(NameModality(), engine=engine)
    filled.run(DecideByModality(), engine=engine)
    filled.run(BoxDecided(), engine=engine)
    write_film(tmp_path / "in" / "000.dcm", 99)
    filled.ingest([tmp_path / "in"], engine=engine)
    assert len(_boxes(filled)) == 10


def test_only_the_films_that_are_named_are_computed(filled: Archive, engine: LocalEngine) -> None:
    ids = [row["film_id"] for row in filled.rows("SELECT film_id FROM film ORDER BY film_id")]
    assert filled.to_do(NameModality(), only=ids[:2]) == 2
    assert filled.run(NameModality(), engine=engine, only=ids[:2]).done == 2
    chosen = filled.run(NameModality(), engine=engine, only=ids[1:], where="InstanceNumber < 4")
    assert (chosen.done, chosen.skipped) == (2, 1)

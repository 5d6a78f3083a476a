"""Orders against an archive's films: links, rows, counts."""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from made_studies import Made, film_uid, make_archive, study_uid
from plainfilm.archive import Archive
from plainfilm.categories import CategoryFromText
from plainfilm.dicom import Dataset
from plainfilm.engine import LocalEngine
from plainfilm.errors import BadSource, BadTable, SettingsError
from plainfilm.records import Outcome
from plainfilm.studies import Fault, Order, OrderCheck, check_orders, write_check


def order(study: str, procedure: str, **given: Any) -> Order:
    return Order(f"orders, {procedure}", procedure, accession_numbers=(f"A-{study}",), **given)


def check(
    folder: Path, films: Sequence[Made], orders: Sequence[Order] | None, **options: Any
) -> OrderCheck:
    with Archive.open(make_archive(folder, films)) as archive:
        return check_orders(archive, orders, **options)


def told(found: OrderCheck, about: str = "order") -> list[str]:
    rows = [row for row in found.rows if row.about == about]
    return [" ".join(filter(None, (row.result, row.why))) for row in rows]


KNEE = [Made("s", "knee_ap", "R"), Made("s", "knee_lateral", "R")]


def test_order_is_found_by_accession_number_and_by_study(tmp_path: Path) -> None:
    films = [*KNEE, Made("t", "chest_pa_ap"), Made("u", "hand_ap")]
    orders = [
        order("s", "XR KNEE 2 VIEWS RIGHT"),
        Order("by study", "XR CHEST 1 VIEW", study_instance_uid=study_uid("t")),
        # The second of an order's numbers is the study's; a UID that is not there says nothing.
        Order("late", "XR HAND 1 VIEW", "", "", "", ("F1", "A-u"), study_instance_uid="1.2.3"),
    ]
    found = check(tmp_path, films, orders)
    assert told(found) == ["matched"] * 3
    assert told(found, "film") == ["matched"] * 4
    assert (found.counts("study"), found.counts("view"), found.left_out) == ({}, {}, 0)


def test_order_has_the_worst_of_its_results(tmp_path: Path) -> None:
    films = [Made("s", "knee_ap", "L"), Made("s", "chest_pa_ap"), Made("s", "hand_ap")]
    found = check(tmp_path, films, [order("s", "XR KNEE 2 VIEWS RIGHT")])
    assert told(found) == ["wrong_part"]
    assert sorted(told(found, "film")) == ["extra_film another_part", "wrong_part", "wrong_side"]
    film = next(row for row in found.rows if row.result == "wrong_side")
    assert (film.expected, film.found) == ("knee_ap R", "knee_ap L")
    assert (film.sop_instance_uid, Path(film.path).name) == (film_uid(0), "000.dcm")
    assert (film.accession_number, film.study_instance_uid) == ("A-s", study_uid("s"))
    assert film.procedure == "XR KNEE 2 VIEWS RIGHT"


def test_missing_view_is_a_row_of_its_own(tmp_path: Path) -> None:
    found = check(tmp_path, KNEE[:1], [order("s", "XR KNEE 2 VIEWS RIGHT")])
    assert (told(found), told(found, "view")) == (["missing_view"], ["missing_view"])
    assert next(row.expected for row in found.rows if row.about == "view") == "knee_lateral R"


def test_orders_and_studies_without_one_another_are_told(tmp_path: Path) -> None:
    found = check(tmp_path, KNEE, [order("gone", "XR HAND")])
    assert told(found) == ["order_without_study"]
    assert told(found, "study") == ["study_without_order"]


def test_orders_of_other_modalities_are_no_loss(tmp_path: Path) -> None:
    orders = [order("x", "CT HEAD"), order("x", "Knee", modality="MR"), order("x", "Knee")]
    found = check(tmp_path, KNEE, orders)
    assert told(found) == ["other_modality", "other_modality", "order_without_study"]


def test_cancelled_order_is_no_order(tmp_path: Path) -> None:
    orders = [order("s", "XR KNEE", cancelled=True), order("gone", "XR HAND", cancelled=True)]
    found = check(tmp_path, KNEE, orders)
    assert told(found) == ["cancelled", "cancelled"]
    assert told(found, "study") == ["study_without_order cancelled"]


def test_unreadable_order_accuses_no_film(tmp_path: Path) -> None:
    found = check(tmp_path, KNEE, [order("s", "IMAGING")])
    assert told(found) == ["unreadable_order no_part"]
    assert told(found, "film") == ["undecided unreadable_order"] * 2
    assert told(found, "study") == []


def test_unreadable_order_beside_a_readable_one_may_have_asked_for_more(tmp_path: Path) -> None:
    films = [*KNEE, Made("s", "chest_pa_ap")]
    found = check(tmp_path, films, [order("s", "IMAGING"), order("s", "XR KNEE 2V RIGHT")])
    assert told(found) == ["unreadable_order no_part", "undecided"]
    assert sorted(told(found, "film")) == ["matched", "matched", "undecided unreadable_order"]


def test_fault_of_reading_is_kept(tmp_path: Path) -> None:
    found = check(tmp_path, KNEE, [Order("m", fault=Fault.BAD_MESSAGE)])
    assert told(found) == ["unreadable_order bad_message"]


def test_two_orders_of_one_accession_number_share_its_films(tmp_path: Path) -> None:
    films = [*KNEE, Made("s", "chest_pa_ap")]
    found = check(tmp_path, films, [order("s", "XR CHEST 1V"), order("s", "XR KNEE 2V RIGHT")])
    assert told(found) == ["matched", "matched"]
    by_order = [row.order for row in found.rows if row.about == "film"]
    assert by_order == ["orders, XR CHEST 1V", *["orders, XR KNEE 2V RIGHT"] * 2]


def test_accession_number_of_two_patients_is_ambiguous(tmp_path: Path) -> None:
    shared = {"AccessionNumber": "A-s"}
    films = [Made("s", "knee_ap"), Made("t", "knee_ap", patient="P2", tags=shared)]
    found = check(tmp_path, films, [order("s", "XR KNEE 1V")])
    assert told(found) == ["ambiguous_order several_patients"]
    assert len(told(found, "study")) == 2


def test_one_accession_number_may_have_two_studies(tmp_path: Path) -> None:
    films = [Made("s", "knee_ap"), Made("t", "knee_lateral", tags={"AccessionNumber": "A-s"})]
    assert told(check(tmp_path, films, [order("s", "XR KNEE 2V")])) == ["matched"]


def test_same_exam_within_a_day_is_told_as_repeated(tmp_path: Path) -> None:
    films = [
        Made("a", "chest_pa_ap", date="20240305"),
        Made("b", "chest_pa_ap", date="20240305", time="161500"),
        Made("c", "chest_pa_ap", date="20240308"),
        Made("d", "chest_pa_ap", date="20240305", patient="P2"),
    ]
    orders = [order(study, "XR CHEST") for study in "abcd"]
    with Archive.open(make_archive(tmp_path, films)) as archive:
        assert told(check_orders(archive, orders)) == [
            "matched", "repeated_exam again_after_6.0_hours", "matched", "matched",
        ]  # fmt: skip
        assert told(check_orders(archive, orders, repeat_hours=0)) == ["matched"] * 4


def test_the_other_side_within_a_day_is_no_repetition(tmp_path: Path) -> None:
    films = [Made("a", "knee_ap", "R"), Made("b", "knee_ap", "L", time="110000")]
    films += [Made("c", "hand_ap"), Made("d", "hand_ap", time="110000")]
    orders = [order("a", "XR KNEE 1V"), order("b", "XR KNEE 1V")]
    orders += [order("c", "XR HAND 1V"), order("d", "XR HAND 1V")]
    assert told(check(tmp_path, films, orders)) == ["matched"] * 4


def test_where_chooses_studies(tmp_path: Path) -> None:
    films = [*KNEE, Made("t", "chest_pa_ap", date="20230101")]
    orders = [order("s", "XR KNEE 2V RIGHT"), order("t", "XR HAND")]
    found = check(tmp_path, films, orders, where="StudyDate = '20240305'")
    assert (told(found), told(found, "study"), found.left_out) == (["matched"], [], 1)


def test_wrong_condition_and_limits_are_refused(tmp_path: Path) -> None:
    with Archive.open(make_archive(tmp_path, KNEE)) as archive:
        with pytest.raises(BadTable, match="query failed"):
            check_orders(archive, [], where="no such column")
        with pytest.raises(SettingsError, match="must not be negative"):
            check_orders(archive, [], retake_minutes=-1)


def test_archive_without_decisions_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="run `plainfilm categorize` first"):
        check(tmp_path, [Made("s", outcome=None)], [])


def test_undecided_films_are_told_as_such(tmp_path: Path) -> None:
    films = [Made("s", "knee_ap"), Made("s", outcome=Outcome.CONFLICT), Made("s", outcome=None)]
    found = check(tmp_path, films, [order("s", "XR KNEE 2V")])
    assert told(found) == ["undecided"]
    assert told(found, "film") == ["matched", "undecided conflict", "undecided no_decision"]


def test_part_of_an_other_film_is_what_its_texts_say(tmp_path: Path) -> None:
    films = [Made("s", "other", tags={"SeriesDescription": "RIBS OBLIQUE"})]
    with Archive.open(make_archive(tmp_path, films)) as archive:
        archive.run(CategoryFromText(), engine=LocalEngine(workers=1))
        assert told(check_orders(archive, [order("s", "XR RIBS")])) == ["matched"]
        assert told(check_orders(archive, [order("s", "XR KNEE 1V")])) == ["wrong_part"]


def code(value: str, meaning: str) -> Dataset:
    item = Dataset()
    item.CodeValue, item.CodeMeaning = value, meaning
    return item


def test_orders_are_taken_from_the_tags(tmp_path: Path) -> None:
    request = Dataset()
    request.RequestedProcedureDescription = "XR HAND 1V"
    coded = Dataset()
    coded.RequestedProcedureCodeSequence = [code("W2", "XR WRIST 2V")]
    scheduled = Dataset()
    scheduled.ScheduledProcedureStepDescription = "XR FOOT 1V"
    films = [
        Made("s", "knee_ap", tags={"RequestedProcedureDescription": "XR KNEE 1V"}),
        Made("t", "chest_pa_ap", tags={"RequestedProcedureCodeSequence": [code("C", "CHEST 1V")]}),
        Made("u", "hand_ap", tags={"RequestAttributesSequence": [request]}),
        Made("v", "wrist_ap", tags={"RequestAttributesSequence": [coded]}),
        Made("w", "foot_ap", tags={"RequestAttributesSequence": [scheduled]}),
        Made("x", "pelvis_ap"),
    ]
    found = check(tmp_path, films, None)
    results = {row.accession_number: row.result for row in found.rows if row.about == "order"}
    assert results == dict.fromkeys(["A-s", "A-t", "A-u", "A-w"], "matched") | {
        "A-v": "missing_view"
    }
    assert found.counts("study") == {"study_without_order": 1}
    assert f"tags of study {study_uid('s')}" in {row.order for row in found.rows}


def test_archive_whose_films_name_no_request_has_studies_without_orders(tmp_path: Path) -> None:
    assert check(tmp_path, KNEE, None).counts("study") == {"study_without_order": 1}


def test_rows_are_written_as_a_table(tmp_path: Path) -> None:
    found = check(tmp_path, KNEE, [order("s", "XR KNEE 3V RIGHT")])
    write_check(found, tmp_path / "out.csv")
    with (tmp_path / "out.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [(row["about"], row["result"], row["expected"]) for row in rows] == [
        ("order", "missing_view", ""),
        ("view", "missing_view", "any R"),
        ("film", "matched", "knee_ap R"),
        ("film", "matched", "knee_lateral R"),
    ]
    with pytest.raises(BadSource, match="cannot be written"):
        write_check(found, tmp_path / "none" / "out.csv")

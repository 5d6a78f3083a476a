"""Tags gathered from batches."""

import numpy as np
import pyarrow as pa
import pytest

from plainfilm.clusters import TagColumn, TagTable, tag_table
from plainfilm.errors import BadTable


def _column(values: list[object], name: str = "KVP", kind: pa.DataType | None = None) -> TagColumn:
    return TagTable.of(pa.table({name: pa.array(values, kind)})).columns[name]


def _texts(column: TagColumn) -> list[str | None]:
    return [None if code < 0 else column.values[code] for code in column.codes]


def test_batches_need_not_have_the_same_columns() -> None:
    first = pa.record_batch({"film_id": [7, 8], "Modality": ["CR", "DX"]})
    second = pa.record_batch({"film_id": [9], "KVP": [60.0]})
    third = pa.record_batch({"film_id": [11], "Modality": ["CR"], "KVP": [70.0]})
    table = TagTable.of([first, second, third])
    assert table.film_ids.tolist() == [7, 8, 9, 11]
    assert _texts(table.columns["Modality"]) == ["CR", "DX", None, "CR"]
    kvp = table.columns["KVP"].numbers[:, 0]
    assert np.isnan(kvp[:2]).all()
    assert kvp[2:].tolist() == [60, 70]


def test_identity_is_not_gathered_unless_asked_for() -> None:
    films = pa.table({"PatientID": ["a"], "PatientSex": ["F"], "Modality": ["CR"]})
    table = TagTable.of(films, also=["PatientSex"])
    assert set(table.columns) == {"PatientSex", "Modality"}
    assert table.set_aside == ("PatientID",)


def test_numbers_in_texts_are_numbers_where_the_tag_is_one_of_numbers() -> None:
    column = _column(["60", " 70.5", "1e2", "", None])
    assert column.numbers[:3, 0].tolist() == [60, 70.5, 100]
    assert column.known().tolist() == [True, True, True, False, False]
    # A code that looks like a number is a text: LO is no VR of numbers.
    assert _texts(_column(["60003"], "AcquisitionDeviceProcessingCode")) == ["60003"]


def test_a_tag_may_be_a_number_in_some_films_and_a_text_in_others() -> None:
    column = _column(["60", "AUTO", "70"])
    assert _texts(column) == [None, "AUTO", None]
    assert column.numbers[[0, 2], 0].tolist() == [60, 70]
    assert np.isnan(column.numbers[1, 0])
    assert _texts(column.as_texts()) == ["60", "AUTO", "70"]


def test_unknown_columns_hold_numbers_where_nine_of_ten_values_are() -> None:
    assert _column(["1"] * 9 + ["x"], "dose").numbers.shape[1] == 1
    assert _column(["1"] * 8 + ["x", "y"], "dose").numbers.shape[1] == 0


def test_nan_and_infinity_are_missing() -> None:
    column = _column([60.0, float("nan"), float("inf"), None])
    assert column.known().tolist() == [True, False, False, False]
    kvp = _column(["60", "nan", "NaN", "inf", "-Infinity", "1e400", "AUTO"])
    assert kvp.known().tolist() == [True, *[False] * 5, True]
    assert kvp.values == ("AUTO",)
    assert _texts(_column(["nan", "NaN\\NaN", "inf"], "Grid")) == [None, None, "inf"]
    assert not _column(["NaN", "inf"], "Exposure").known().any()


def test_lists_of_numbers_are_parts_and_lists_of_texts_are_one_text() -> None:
    spacing = _column([[0.1, 0.2], None, [0.3], []], "PixelSpacing", pa.list_(pa.float64()))
    assert spacing.numbers[0].tolist() == [0.1, 0.2]
    assert spacing.numbers[2, 0] == 0.3
    assert spacing.known().tolist() == [True, False, True, False]
    kind = _column([["ORIGINAL", "PRIMARY"], None, [None, "x"]], "ImageType", pa.list_(pa.string()))
    assert _texts(kind) == ["ORIGINAL\\PRIMARY", None, "\\x"]


def test_a_slice_of_a_table_is_its_own_films() -> None:
    table = pa.table({"PixelSpacing": [[9.0], [0.1, 0.2]], "ImageType": [["a"], ["b", "c"]]})
    columns = TagTable.of(table.slice(1)).columns
    assert columns["PixelSpacing"].numbers.tolist() == [[0.1, 0.2]]
    assert columns["ImageType"].values == ("b\\c",)


def test_of_a_code_sequence_its_meaning_is_read() -> None:
    films = [
        '[{"CodeValue":"T-D3000","CodeMeaning":"Chest"},{"CodeValue":"x"}]',
        '[{"CodeValue":"R-102"}]',
        "[]",
        "no JSON",
        '[{"CodeValue":"other","CodeMeaning":"Chest"}]',
    ]
    column = _column(films, "AnatomicRegionSequence")
    assert _texts(column) == ["Chest", "R-102", None, None, "Chest"]


def test_texts_of_which_nearly_every_film_has_its_own_are_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tag_table, "_MANY_TEXTS", 10)
    films = pa.table({"plate": [f"n{n}" for n in range(12)], "KVP": [str(n) for n in range(12)]})
    table = TagTable.of(films)
    assert table.columns["plate"].abandoned
    assert not table.columns["plate"].known().any()
    assert table.columns["KVP"].known().all()


def test_unknown_columns_that_hold_names_of_people_or_many_texts_are_not_kept() -> None:
    names = _column(["MEIER^HANS", "CR"] * 50, "kind of film")
    assert (names.values, names.abandoned and names.abandoned.reason) == ((), "identity")
    many = [f"t{number}" for number in range(65)] * 4
    found = _column(list(many), "kind of film")
    assert (found.values, found.abandoned and found.abandoned.reason) == ((), "free_text")
    assert _column(list(many[:64]) * 4, "kind of film").values
    asked = TagTable.of(pa.table({"kind of film": many}), also=["kind of film"])
    assert len(asked.columns["kind of film"].values) == 65
    assert _column(["Thorax^PA"] * 9, "SeriesDescription").values  # of the Standard


def test_two_columns_of_a_tag_that_is_never_a_feature_are_no_matter() -> None:
    films = pa.table({"Operators' Name": ["a"], "OperatorsName": ["b"], "KVP": [1]})
    assert TagTable.of(films).set_aside == ("OperatorsName",)


def test_no_films_and_a_tag_named_twice_are_refused() -> None:
    with pytest.raises(BadTable, match="no films"):
        TagTable.of(pa.table({"Modality": pa.array([], pa.string())}))
    with pytest.raises(BadTable, match="BodyPartExamined"):
        TagTable.of(pa.table({"BodyPartExamined": ["a"], "Body Part Examined": ["b"]}))

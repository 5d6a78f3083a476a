"""The tag table: types from the dictionary; what does not fit goes to `Other`; nothing is lost."""

import json
import math

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plainfilm.archive.tags import column_type, decode_batch, encode_batch


def _one(tags: dict[str, object]) -> dict[str, object]:
    (row,) = decode_batch(encode_batch([tags])).to_pylist()  # type: ignore[list-item]
    return row


@pytest.mark.parametrize(
    ("keyword", "expected"),
    [
        ("PatientID", pa.string()),
        ("Rows", pa.int64()),
        ("InstanceNumber", pa.int64()),  # IS
        ("KVP", pa.float64()),  # DS
        ("PixelSpacing", pa.list_(pa.float64())),
        ("ImageType", pa.list_(pa.string())),
        ("RequestAttributesSequence", pa.string()),  # JSON
        ("PixelData", None),
        ("00091001", None),
    ],
)
def test_a_columns_type_follows_from_the_dictionary(
    keyword: str, expected: pa.DataType | None
) -> None:
    assert column_type(keyword) == expected


def test_a_single_value_of_a_multi_valued_tag_is_a_list() -> None:
    assert _one({"PixelSpacing": 0.14})["PixelSpacing"] == [0.14]


@pytest.mark.parametrize(
    ("tags", "other"),
    [
        ({"KVP": "seventy"}, {"KVP": "seventy"}),  # text in a number
        ({"KVP": [70.0, 80.0]}, {"KVP": [70.0, 80.0]}),  # two values where one may be
        ({"PixelSpacing": "wide"}, {"PixelSpacing": "wide"}),
        ({"00091001": "vendor"}, {"00091001": "vendor"}),
        ({"00091001": b"1234"}, {"00091001": "MTIzNA=="}),
        ({"00091001": bytes(2000)}, {"00091001": {"length": 2000}}),
        ({"InstanceNumber": 2**70}, {"InstanceNumber": 2**70}),
    ],
)
def test_what_does_not_fit_its_column_is_kept_in_other(
    tags: dict[str, object], other: dict[str, object]
) -> None:
    row = _one(tags)
    assert all(row.get(keyword) is None for keyword in tags)
    assert json.loads(str(row["Other"])) == other


def test_one_odd_value_leaves_its_neighbours_in_their_column() -> None:
    rows = decode_batch(encode_batch([{"KVP": 70.0}, {"KVP": "odd"}, {}])).to_pylist()
    assert [row["KVP"] for row in rows] == [70.0, None, None]
    assert [row["Other"] for row in rows] == [None, '{"KVP":"odd"}', None]


def test_sequences_are_json_even_with_numbers_that_json_lacks() -> None:
    item = {"KVP": math.nan, "Item": [{"PatientID": "x"}], "ICCProfile": bytes(1025)}
    row = _one({"RequestAttributesSequence": [item]})
    found = json.loads(str(row["RequestAttributesSequence"]))
    assert found == [{"KVP": None, "Item": [{"PatientID": "x"}], "ICCProfile": {"length": 1025}}]


def test_text_that_utf8_cannot_carry_is_kept_readable() -> None:
    assert _one({"PatientID": "a\udcffb"})["PatientID"] == "a?b"


_VALUES = st.one_of(
    st.none(),
    st.text(max_size=8),
    st.integers(-(2**80), 2**80),
    st.floats(),
    st.binary(max_size=8),
    st.lists(st.one_of(st.text(max_size=3), st.floats(), st.integers()), max_size=3),
)
_KEYWORDS = st.sampled_from(
    ["PatientID", "KVP", "Rows", "PixelSpacing", "ImageType", "00091001", "ReferencedImageSequence"]
)


@given(st.lists(st.dictionaries(_KEYWORDS, _VALUES), min_size=1, max_size=5))
def test_any_values_make_a_table_with_a_row_for_each_film(
    films: list[dict[str, object]],
) -> None:
    table = decode_batch(encode_batch(films))  # type: ignore[arg-type]
    assert table.num_rows == len(films)
    table.validate(full=True)

"""Tags as features."""

import numpy as np
import pyarrow as pa
import pytest

from plainfilm.clusters import Features, FeatureSettings, Treatment, build_features
from plainfilm.errors import BadTable, SettingsError


def _made(columns: dict[str, list[object]], **settings: object) -> Features:
    return build_features(pa.table(columns), FeatureSettings(**settings))  # type: ignore[arg-type]


def _of(features: Features, name: str) -> list[float]:
    place = features.columns.index(name)
    return features.matrix[:, [place]].toarray()[:, 0].tolist()


def _reason(features: Features, keyword: str) -> str:
    return next(plan.reason for plan in features.plan if plan.keyword == keyword)


def test_numbers_are_scaled_and_texts_get_a_column_each() -> None:
    made = _made({"KVP": [60.0, 80.0, 120.0, 60.0], "Modality": ["CR", "DX", "CR", "DX"]})
    assert made.columns == ("KVP", "Modality=CR", "Modality=DX")
    assert made.matrix.dtype == np.float32
    assert _of(made, "KVP") == pytest.approx([0, 1 / 3, 1, 0])
    assert _of(made, "Modality=DX") == [0, 1, 0, 1]
    assert made.matrix.has_sorted_indices
    assert made.matrix.nnz == 6  # noughts are not kept


def test_several_values_become_several_columns() -> None:
    made = _made({"PixelSpacing": [[0.1, 0.2], [0.2, 0.2], [0.3, 0.1]]})
    assert made.columns == ("PixelSpacing0", "PixelSpacing1")
    assert _of(made, "PixelSpacing1") == [1, 1, 0]


def test_a_missing_number_is_not_the_least_number() -> None:
    made = _made({"KVP": [60.0, None, float("nan"), 120.0]})
    assert _of(made, "KVP") == [0, 0, 0, 1]
    assert _of(made, "KVP missing") == [0, 1, 1, 0]


def test_numbers_and_texts_in_one_tag_are_both_kept() -> None:
    made = _made({"KVP": ["60", "AUTO", "120", "AUTO", None, "90"]})
    assert made.plan[0].treatment is Treatment.BOTH
    assert _of(made, "KVP") == [0, 0, 1, 0, 0, 0.5]
    assert _of(made, "KVP=AUTO") == [0, 1, 0, 1, 0, 0]
    assert _of(made, "KVP missing") == [0, 0, 0, 0, 1, 0]


@pytest.mark.parametrize(
    ("keyword", "values", "reason"),
    [
        ("Modality", ["CR"] * 30, "one_value"),
        ("KVP", [60.0] * 30, "one_value"),
        ("KVP", [None] * 30, "absent"),
        ("ViewPosition", ["PA", "AP"] + [None] * 28, "rare_tag"),
        ("plate", [f"c{n}" for n in range(30)], "own_values"),
        ("StationName", ["A", "B"] * 15, "on_request"),
        ("StudyDescription", ["A", "B"] * 15, "description"),
        ("PatientID", ["A", "B"] * 15, "identity"),
        ("SOPInstanceUID", ["1.2", "1.3"] * 15, "uid"),
    ],
)
def test_the_plan_says_why_a_tag_is_left_out(
    keyword: str, values: list[object], reason: str
) -> None:
    made = _made({keyword: values, "Rows": [1, 2] * 15}, leave_out={"StationName"})
    assert _reason(made, keyword) == reason
    assert made.columns == ("Rows",)


def test_how_many_films_must_have_a_tag_is_a_setting() -> None:
    films = {"ViewPosition": ["PA", "AP", "PA", "AP"] + [None] * 6}
    assert _made(films, least_share=0.4).columns == ("ViewPosition=AP", "ViewPosition=PA")
    assert _made(films, least_share=0.5).columns == ()


def test_rare_values_share_a_column() -> None:
    made = _made({"PlateType": ["a"] * 5 + ["b"] * 5 + ["c", "d"]})
    assert made.columns == ("PlateType=a", "PlateType=b", "PlateType=(rare)")
    assert _of(made, "PlateType=(rare)") == [0] * 10 + [1, 1]


def test_many_values_are_hashed_always_in_the_same_way() -> None:
    made = _made({"StationName": [f"S{n}" for n in range(40)] * 2}, most_categories=8)
    assert made.plan[0].treatment is Treatment.HASHED
    assert len(made.columns) == 32
    dense = made.matrix.toarray()
    assert (dense.sum(axis=1) == 1).all()
    assert (dense[:40] == dense[40:]).all()
    assert made.columns[int(dense[0].argmax())] == "StationName~4"  # crc32(b"S0") % 32


def test_one_wrong_number_does_not_squeeze_the_others() -> None:
    values = [60.0 + n % 50 for n in range(5_000)]
    made = _made({"KVP": [*values, 1e308, -1e308]})
    assert np.median(_of(made, "KVP")) == pytest.approx(0.5, abs=0.02)
    assert made.matrix.data.max() == 1
    assert np.isfinite(made.matrix.data).all()


def test_words_of_descriptions_are_weighted_by_how_rare_they_are() -> None:
    films = {
        "StudyDescription": ["Chest PA", "chest lateral", "Knee", "Chest", "Knee Miller"],
        "SeriesDescription": ["PA", None, "AP", "lateral", None],
    }
    made = _made(films, descriptions=True)
    # `AP` and a name are in one film each.
    assert made.columns == ("word:chest", "word:knee", "word:lateral", "word:pa")
    # By hand: chest in 3 of 5 films, twice pa in one: 1 + ln(6/4), 2 (1 + ln(6/2)); length 1.
    chest, pa_ = 1 + np.log(6 / 4), 2 * (1 + np.log(6 / 2))
    assert _of(made, "word:pa")[0] == pytest.approx(pa_ / np.hypot(chest, pa_))
    assert (made.matrix.toarray() ** 2).sum(axis=1) == pytest.approx(1)


def test_one_film_and_films_that_are_all_alike_have_no_features() -> None:
    assert _made({"Modality": ["CR"], "KVP": [60.0]}).matrix.shape == (1, 0)
    assert _made({"Modality": ["CR"] * 5, "KVP": [60.0] * 5}).matrix.shape == (5, 0)


def test_no_films_are_refused_and_so_are_wrong_settings() -> None:
    with pytest.raises(BadTable, match="no films"):
        build_features([])
    for wrong in ({"least_share": 1.5}, {"outliers": 0.5}, {"hash_buckets": 0}):
        with pytest.raises(SettingsError):
            FeatureSettings(**wrong)  # type: ignore[arg-type]

"""`localize` and `detect` from end to end."""

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import tiny_finding_models as tiny
from plainfilm.demo import make_film
from plainfilm.dicom import encode_png, write_dataset
from plainfilm.findings import BOX_COLUMNS

Run = Callable[..., "Ran"]  # noqa: F821 - of this folder's conftest

COLUMNS = list(BOX_COLUMNS)


@pytest.fixture
def films(tmp_path: Path) -> Path:
    """A DICOM film and a PNG, bright in their upper left quarter, an even PNG and a text."""
    folder = tmp_path / "films"
    folder.mkdir()
    frame = np.full((100, 200), 20, np.uint8)
    frame[:50, :100] = 220
    tags = {"WindowCenter": 128, "WindowWidth": 256}
    write_dataset(make_film(tags, frame=frame, bits_stored=8), folder / "a.dcm")
    (folder / "b.png").write_bytes(encode_png(frame))
    (folder / "even.png").write_bytes(encode_png(np.full((100, 200), 9, np.uint8)))
    (folder / "note.txt").write_text("a note")
    return folder


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def test_localize_writes_boxes_and_pictures(plainfilm: Run, films: Path, tmp_path: Path) -> None:
    # Half of the square is black, so that the upper left quarter is a quarter as bright.
    model = tiny.write_finding_model(tmp_path / "m", thresholds={"top_left": 0.2})
    out, maps = tmp_path / "boxes.csv", tmp_path / "maps"
    ran = plainfilm(
        "localize", films, "--model", model, "--out", out, "--maps", maps, "--json"
    )  # fmt: skip
    assert ran.code == 3
    assert ran.facts["reasons"] == {"blank_image": 1, "not_an_image": 1}
    assert (ran.facts["films"], ran.facts["labels"], ran.facts["pictures"]) == (
        2,
        {"top_left": 2},
        2,
    )
    found = rows(out)
    assert [row["image_id"] for row in found] == ["a", "b"]
    assert list(found[0]) == COLUMNS
    assert float(found[0]["xmax"]) == pytest.approx(100, abs=15)
    with Image.open(maps / "a.top_left.png") as picture:
        assert (picture.size, picture.mode) == ((200, 100), "RGB")


def test_detect_writes_the_table_that_evaluate_takes(
    plainfilm: Run, films: Path, tmp_path: Path
) -> None:
    out = tmp_path / "boxes.csv"
    model = tiny.write_detector(tmp_path / "d", framing="stretch")
    ran = plainfilm("detect", films, "--model", model, "--out", out, "--json")
    assert (ran.code, ran.facts["boxes"]) == (3, 4)
    assert [row["lesion_type"] for row in rows(out)] == ["left", "right"] * 2
    assert [float(rows(out)[0][end]) for end in ("xmin", "ymin", "xmax", "ymax")] == [
        20,
        25,
        80,
        50,
    ]


def test_a_classifier_that_calls_a_film_normal_leaves_only_sure_boxes(
    plainfilm: Run, films: Path, tmp_path: Path
) -> None:
    out = tmp_path / "boxes.csv"
    ran = plainfilm(
        "detect", films / "a.dcm", "--out", out, "--json",
        "--model", tiny.write_detector(tmp_path / "d", framing="stretch"),
        "--classifier", tiny.write_classifier(tmp_path / "c"),
    )  # fmt: skip
    assert (ran.code, ran.facts["boxes"]) == (0, 0)
    assert rows(out) == []


def test_films_of_one_name_are_told(plainfilm: Run, films: Path, tmp_path: Path) -> None:
    (films / "more").mkdir()
    (films / "b.png").rename(films / "more" / "a.png")
    ran = plainfilm(
        "detect", films, "--model", tiny.write_detector(tmp_path / "d"), "--out", tmp_path / "o"
    )
    assert (ran.code, "such as a;" in ran.err) == (1, True)


def test_wrong_use_is_told(plainfilm: Run, films: Path, tmp_path: Path) -> None:
    out = tmp_path / "o.csv"
    blind = tiny.write_finding_model(tmp_path / "m", has_maps=False)
    ran = plainfilm("localize", films, "--model", blind, "--out", out)
    assert (ran.code, "does not tell where" in ran.err) == (1, True)
    ran = plainfilm("localize", films, "--model", blind, "--out", out, "--level", 300)
    assert (ran.code, "--level" in ran.err) == (1, True)
    model = tiny.write_detector(tmp_path / "d")
    ran = plainfilm("detect", films, "--model", model, "--out", films / "a.dcm")
    assert (ran.code, "is one of the films" in ran.err) == (1, True)
    ran = plainfilm("detect", tmp_path / "nowhere", "--model", model, "--out", out)
    assert ran.code == 1

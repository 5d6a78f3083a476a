"""Films with boxes are read from three layouts, and what is wrong with them is told."""

import csv
import gzip
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from importlib import resources
from pathlib import Path

import numpy as np
import pytest

from plainfilm.dicom import encode_png
from plainfilm.errors import BadTable
from plainfilm.findings.training.detection_data import image_files
from plainfilm.findings.training.film_store import store_films
from plainfilm.findings.training.lesions import LESION_CLASSES, lesion_class, lesion_names
from plainfilm.findings.training.read_boxed_films import read_boxed_films
from plainfilm.findings.training.spine_data import abnormality_table

HEAD = ["study_id", "series_id", "image_id", "rad_id", "lesion_type"]
HEAD += ["xmin", "ymin", "xmax", "ymax"]
Write = Callable[[Sequence[Sequence[object]]], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Three films of 40 x 30 pixels, and a table of what is given."""
    pixels = np.arange(40 * 30, dtype=np.uint8).reshape(40, 30)
    for name in ("a", "b", "c"):
        (tmp_path / f"{name}.png").write_bytes(encode_png(pixels))

    def write_table(rows: Sequence[Sequence[object]]) -> Path:
        with (tmp_path / "annotations.csv").open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(HEAD)
            writer.writerows([f"s{row[0]}", "x", row[0], "r", *row[1:]] for row in rows)
        return tmp_path

    return write_table


GOOD = ("a", "Osteophytes", 1, 2, 11, 22)
NORMAL = ("b", "No finding", "", "", "", "")


def test_each_of_the_thirteen_findings_has_one_of_the_seven_classes() -> None:
    with resources.files("plainfilm.findings.training").joinpath("lesions.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert {row["class"] for row in rows} == set(LESION_CLASSES)
    assert all(row["source"] for row in rows)
    assert len(lesion_names()) == 14  # one of the thirteen is spelt in two ways
    assert lesion_class("foreign_body ") == "other lesions"
    assert lesion_class("Spondylolysthesis") == lesion_class("spondylolisthesis")
    assert lesion_class("gallstone") is None


def test_a_folder_of_vindr_spinexr_is_read(write: Write) -> None:
    found = read_boxed_films(write([GOOD, ("a", "fracture", 5, 5, 9, 9), NORMAL]))
    first, second = found.films
    assert found.labels == LESION_CLASSES
    assert (first.name, first.patient) == ("a", "sa")
    assert first.boxes.tolist() == [[1, 2, 11, 22], [5, 5, 9, 9]]
    assert first.labels == ("osteophytes", "other lesions")
    assert second.labels == ()
    assert second.boxes.shape == (0, 4)
    assert found.unlabelled == 1  # of c nothing is told, so that it is not taken for normal


def test_parts_come_from_the_published_folders(write: Write, tmp_path: Path) -> None:
    write([GOOD, NORMAL])
    table = (tmp_path / "annotations.csv").read_text().splitlines()
    folder = tmp_path / "annotations"
    folder.mkdir()
    (tmp_path / "annotations.csv").unlink()
    (folder / "train.csv").write_text("\n".join(table[:2]))
    (folder / "test.csv").write_text("\n".join([table[0], table[2]]))
    films = read_boxed_films(tmp_path).films
    assert {film.name: film.part for film in films} == {"a": "train", "b": "test"}
    (folder / "test.csv").write_text("\n".join([table[0], table[1]]))
    with pytest.raises(BadTable, match="in both train and test"):
        read_boxed_films(tmp_path)


@pytest.mark.parametrize(
    ("row", "why"),
    [
        (("a", "Osteophytes", 11, 2, 1, 22), r"row 3: xmin \(11\) is above xmax \(1\)"),
        (("a", "Osteophytes", 1, 22, 11, 2), r"ymin \(22\) is above ymax \(2\)"),
        (("a", "Osteophytes", 1, 2, 1, 22), "the box has no area"),
        (("a", "Osteophytes", "", 2, 1, 22), "a coordinate is no number"),
        (("a", "Osteophytes", "nan", 2, 1, 22), "a coordinate is no number"),
        (("z", "Osteophytes", 1, 2, 11, 22), "there is no film of this image_id"),
        (("a", "No finding", 1, 2, 11, 22), "row 3: No finding has a box"),
        (("a", "", "", "", "", ""), r"not known: no name \(1\)"),
        (("a", "gallstone", 1, 2, 11, 22), r"not known: gallstone \(1\): known are Ankylosis"),
    ],
)
def test_an_annotation_that_cannot_be_used_is_told_and_may_be_left_out_with_its_film(
    write: Write, row: Sequence[object], why: str
) -> None:
    folder = write([("c", *GOOD[1:]), row, NORMAL])
    with pytest.raises(BadTable, match=why):
        read_boxed_films(folder)
    found = read_boxed_films(folder, leave_out_faults=True)
    assert {film.name for film in found.films} == {"b", "c"}  # what is left of a is not all of it
    assert len(found.faults) == 1


def test_names_may_carry_endings_and_what_is_empty_may_be_called_so(write: Write) -> None:
    rows = [("a.png", *GOOD[1:]), ("b.dicom", "no_finding", "nan", "NaN", "", "None")]
    assert [film.labels for film in read_boxed_films(write(rows)).films] == [("osteophytes",), ()]


def test_what_several_readers_boxed_is_one_lesion(write: Write, tmp_path: Path) -> None:
    folder = write([])
    rows = [
        ("r1", "Osteophytes", 0, 0, 10, 10),
        ("r1", "Osteophytes", 0, 0, 10, 10),  # twice the same row
        ("r1", "Osteophytes", 0, 0, 10, 8),  # one's own boxes are never the same lesion
        ("r2", "Osteophytes", 0, 1, 10, 10),  # another's
        ("r2", "Osteophytes", 8, 8, 20, 20),  # elsewhere
        ("r2", "Fracture", 0, 0, 10, 10),  # of another class
        ("r3", "No finding", "", "", "", ""),
    ]
    with (folder / "annotations.csv").open("a", newline="") as file:
        csv.writer(file).writerows(["s", "x", "a", *row] for row in rows)
    (film,) = read_boxed_films(folder).films
    assert film.labels == ("osteophytes", "osteophytes", "osteophytes", "other lesions")
    assert film.boxes[:, 3].tolist() == [10, 8, 20, 10]


def test_films_without_an_ending_are_told_by_what_they_hold(write: Write, tmp_path: Path) -> None:
    folder = write([("1.2.840.7", *GOOD[1:]), NORMAL])
    (folder / "1.2.840.7").write_bytes(bytes(128) + b"DICM")
    (folder / "LICENSE").write_text("terms")
    assert {path.name for path in image_files(folder).values()} == {
        *("1.2.840.7", "a.png", "b.png", "c.png")
    }


def test_of_a_dicom_file_and_its_picture_it_is_the_dicom_file(write: Write) -> None:
    folder = write([GOOD])
    (folder / "train_images").mkdir()
    (folder / "train_images" / "a.dicom").write_bytes(b"")
    assert image_files(folder)["a"].suffix == ".dicom"
    (folder / "train_images" / "a.dcm").write_bytes(b"")
    with pytest.raises(BadTable, match="have one name"):
        read_boxed_films(folder)


def test_lesions_may_go_by_their_own_names(write: Write) -> None:
    found = read_boxed_films(write([GOOD, ("b", "gallstone", 1, 2, 3, 4)]), own_names=True)
    assert found.labels == ("Osteophytes", "gallstone")
    with pytest.raises(BadTable, match="No finding has a box"):  # and no lesion of that name
        read_boxed_films(write([GOOD, ("b", "No finding", 0, 0, 1, 1)]), own_names=True)


def test_boxes_outside_their_film_are_told(write: Write, tmp_path: Path) -> None:
    folder = write([GOOD, ("b", "Osteophytes", 1, 2, 60, 22), ("c", "Osteophytes", 0, 0, 30.4, 9)])
    films = read_boxed_films(folder).films
    store = store_films(films, LESION_CLASSES, 40, 40, tmp_path / "films", lambda _: None)
    assert [str(fault) for fault in store.faults] == [
        "film b, box 0: reaches out of its 30 x 40 pixels"
    ]
    assert [film.place for film in store.films] == [0, 2]
    assert store.films[1].boxes.tolist() == [[0, 0, 30, 9]]  # less than a pixel is cut off


def test_stored_films_are_no_larger_than_needed_and_their_boxes_fit(
    write: Write, tmp_path: Path
) -> None:
    films = read_boxed_films(write([GOOD])).films
    (film,) = store_films(films, LESION_CLASSES, 15, 30, tmp_path / "f", lambda _: None).films
    assert film.pixels.shape == (20, 15)
    assert film.boxes.tolist() == [[0.5, 1, 5.5, 11]]


def test_a_film_that_cannot_be_read_is_rejected(write: Write, tmp_path: Path) -> None:
    films = read_boxed_films(write([GOOD, NORMAL])).films
    (tmp_path / "b.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    store = store_films(films, LESION_CLASSES, 40, 40, tmp_path / "f", lambda _: None)
    assert [film.place for film in store.films] == [0]
    assert [each.location.path.name for each in store.rejections if each.location] == ["b.png"]


def coco(tmp_path: Path, **changes: object) -> Path:
    box = {"id": 7, "image_id": 1, "category_id": 2, "bbox": [1, 2, 10, 20]}
    content = {
        "images": [
            {"id": 1, "file_name": "a.png", "width": 30, "height": 40},
            {"id": 2, "file_name": "b.png", "width": 30, "height": 40},
        ],
        "categories": [{"id": 2, "name": "Mass"}, {"id": 5, "name": "Nodule"}],
        "annotations": [box | changes],
    }
    (tmp_path / "instances_train.json").write_text(json.dumps(content))
    return tmp_path / "instances_train.json"


def test_coco_is_read(write: Write, tmp_path: Path) -> None:
    write([])
    found = read_boxed_films(coco(tmp_path))
    assert found.labels == ("Mass", "Nodule")
    assert found.films[0].boxes.tolist() == [[1, 2, 11, 22]]
    assert found.films[0].labels == ("Mass",)
    assert found.films[1].labels == ()


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"image_id": 9}, "annotation 7: there is no image of its image_id"),
        ({"category_id": 9}, "there is no category 9"),
        ({"bbox": [1, 2, 0, 4]}, "the box has no area"),
        ({"bbox": [1, 2, -3, 4]}, "is above xmax"),
        ({"bbox": [1, 2]}, "bbox is not x, y, width, height"),
        ({"bbox": "all"}, "is no COCO JSON"),
    ],
)
def test_what_is_wrong_with_coco_is_told(
    write: Write, tmp_path: Path, changes: dict[str, object], why: str
) -> None:
    write([])
    with pytest.raises(BadTable, match=why):
        read_boxed_films(coco(tmp_path, **changes))


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"id": 1}, "two images have one id"),
        ({"file_name": "a.png"}, "two images have one file_name"),  # or one film learns and tests
        ({"height": 0}, "image 2: it has no width or no height"),
    ],
)
def test_images_that_coco_tells_of_wrongly_are_refused(
    write: Write, tmp_path: Path, changes: dict[str, object], why: str
) -> None:
    write([])
    path = coco(tmp_path)
    content = json.loads(path.read_text())
    content["images"][1] |= changes
    path.write_text(json.dumps(content))
    with pytest.raises(BadTable, match=why):
        read_boxed_films(path)


def test_coco_without_its_images_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadTable, match="image 1: its file is not there"):
        read_boxed_films(coco(tmp_path))


@pytest.mark.parametrize("suffix", ["csv", "csv.gz"])
def test_the_boxes_of_chestxray14_are_read(write: Write, tmp_path: Path, suffix: str) -> None:
    write([])
    (tmp_path / "a.png").rename(tmp_path / "00000013_005.png")
    text = "Image Index,Finding Label,Bbox [x,y,w,h],,,\n"
    text += "00000013_005.png,Infiltrate,512,256,102.4,51.2,,,\n"
    text += "00000099_005.png,Mass,512,256,102.4,51.2,,,\n"
    path = tmp_path / f"BBox_List_2017.{suffix}"
    path.write_bytes(gzip.compress(text.encode()) if suffix.endswith("gz") else text.encode())
    found = read_boxed_films(path)
    (film,) = found.films
    assert found.labels == ("Infiltration",)
    assert film.patient == "00000013"
    assert film.frame == (1024, 1024)
    (stored,) = store_films(
        found.films, found.labels, 40, 40, tmp_path / "films", lambda _: None
    ).films
    # Told of 1024 x 1024 pixels, whatever the image's own size.
    assert stored.boxes.tolist() == [[pytest.approx(v) for v in (15, 10, 18, 12)]]


def test_a_film_with_a_lesion_is_abnormal_and_the_test_has_no_part_in_it(write: Write) -> None:
    table = abnormality_table(read_boxed_films(write([GOOD, NORMAL])))
    assert table.labels == ("abnormal",)
    assert [film.labels for film in table.films] == [(1.0,), (0.0,)]
    data = read_boxed_films(write([GOOD, NORMAL, ("c", *GOOD[1:])]))
    tested = (*data.films[:2], replace(data.films[2], part="test"))
    assert len(abnormality_table(replace(data, films=tested)).films) == 2
    with pytest.raises(BadTable, match="both normal and abnormal"):
        abnormality_table(read_boxed_films(write([GOOD])))

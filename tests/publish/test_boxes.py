"""Boxes around findings: what a table of them may hold, and where they lie on resized images."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from plainfilm.demo import stable_uid
from plainfilm.errors import BadSource, BadTable, SettingsError
from plainfilm.publish.boxes import Box, fitted_box, read_boxes
from plainfilm.publish.images import Resize

if TYPE_CHECKING:
    from conftest import Sample

HEAD = "sop_instance_uid,finding,x,y,width,height\n"
FILM = stable_uid("a1-pa")  # 32 rows of 24 pixels
WITHHELD = stable_uid("c1-text")


def write(folder: Path, text: str) -> Path:
    path = folder / "boxes.csv"
    path.write_text(text)
    return path


def test_a_film_is_named_by_its_own_or_its_new_uid(sample: "Sample", tmp_path: Path) -> None:
    own, other = sample.archive.rows(
        "SELECT film_id, clean_film.uid FROM film JOIN clean_film USING (film_id)"
        " ORDER BY sop_instance_uid <> $uid, film_id LIMIT 2",
        uid=FILM,
    )
    rows = f"{FILM},Nodule,1,2,3,4\n\n{other['uid']},Mass,0,0,24,32\n{FILM}, Mass ,1.5,2,3,4\n"
    assert read_boxes(write(tmp_path, HEAD + rows), sample.archive) == {
        own["film_id"]: (Box("Nodule", 1, 2, 3, 4), Box("Mass", 1.5, 2, 3, 4)),
        other["film_id"]: (Box("Mass", 0, 0, 24, 32),),
    }


def test_columns_may_stand_in_any_order_and_others_beside_them(
    sample: "Sample", tmp_path: Path
) -> None:
    text = f"Reader;Height;Width;Y;X;Finding;SOP_Instance_UID\nme;4;3;2;1;Nodule;{FILM}\n"
    boxes = read_boxes(write(tmp_path, text), sample.archive)
    assert list(boxes.values()) == [(Box("Nodule", 1, 2, 3, 4),)]


def test_boxes_of_withheld_films_are_left_out(sample: "Sample", tmp_path: Path) -> None:
    assert not read_boxes(write(tmp_path, f"{HEAD}{WITHHELD},Nodule,1,2,3,4\n"), sample.archive)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("1.2.3,Nodule,1,2,3,4", "sop_instance_uid is that of no film of the archive"),
        ("{film},,1,2,3,4", "finding is in no label set"),
        ("{film},nodule of Quillfeather,1,2,3,4", "finding is in no label set"),
        ("{film},Nodule,one,2,3,4", "x is no number"),
        ("{film},Nodule,1,,3,4", "y is no number"),
        ("{film},Nodule,1,2,nan,4", "width is no number"),
        ("{film},Nodule,1,2,3,inf", "height is no number"),
        ("{film},Nodule,-1,2,3,4", "x must be at least 0"),
        ("{film},Nodule,1,-2,3,4", "y must be at least 0"),
        ("{film},Nodule,1,2,0,4", "width must be above 0"),
        ("{film},Nodule,1,2,3,-4", "height must be above 0"),
        ("{film},Nodule,20,2,5,4", "width reaches beyond the film's 24 pixels"),
        ("{film},Nodule,1,30,3,2.5", "height reaches beyond the film's 32 pixels"),
        ("{film},Nodule,1,2,3", "has 5 values, fewer than the table has columns"),
        ('{film},"Nod"ule,1,2,3,4', "expected after"),
    ],
)
def test_a_wrong_box_is_named_by_line_and_column(
    sample: "Sample", tmp_path: Path, row: str, said: str
) -> None:
    good = f"{FILM},Nodule,1,2,3,4\n"
    path = write(tmp_path, HEAD + good + row.format(film=FILM) + "\n")
    with pytest.raises(BadTable, match="line 3: .*" + said) as told:
        read_boxes(path, sample.archive)
    assert "Quillfeather" not in str(told.value)


def test_a_finding_of_no_label_set_is_taken_where_it_is_declared(
    sample: "Sample", tmp_path: Path
) -> None:
    path = write(tmp_path, f"{HEAD}{FILM},Tube,1,2,3,4\n")
    (boxes,) = read_boxes(path, sample.archive, ["Tube"]).values()
    assert boxes == (Box("Tube", 1, 2, 3, 4),)
    for name in ("", "T" * 65, "a\nb"):
        with pytest.raises(SettingsError, match="1 to 64 printable"):
            read_boxes(path, sample.archive, ["Tube", name])


def test_missing_columns_are_named_and_no_value_is_shown(sample: "Sample", tmp_path: Path) -> None:
    path = write(tmp_path, "Quillfeather,finding,x\n")
    with pytest.raises(BadTable, match="lacks the columns sop_instance_uid, y, width, height") as e:
        read_boxes(path, sample.archive)
    assert "Quillfeather" not in str(e.value)


def test_a_table_that_is_not_there(sample: "Sample", tmp_path: Path) -> None:
    with pytest.raises(BadSource, match="cannot be opened"):
        read_boxes(tmp_path / "none.csv", sample.archive)


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ("longer:1000", Box("Mass", 50, 100, 150, 200)),
        ("shorter:500", Box("Mass", 50, 100, 150, 200)),
        # The film is 500 pixels wide in a square of 1000: 250 of black on either side.
        ("square:1000", Box("Mass", 300, 100, 150, 200)),
        ("longer:4000", Box("Mass", 100, 200, 300, 400)),
    ],
)
def test_boxes_move_with_the_film(size: str, expected: Box) -> None:
    stored = (2000, 1000)
    box = Box("Mass", 100, 200, 300, 400)
    assert fitted_box(box, stored, Resize.parse(size).fitting(*stored)) == expected

"""Which films orders ask for, and tables of hospitals' own."""

from pathlib import Path

import pytest

from plainfilm.errors import BadSource, BadTable
from plainfilm.studies import Fault, Order, load_procedures

HEADER = "part,views,procedure,laterality,films\n"

# order text → slots; ? may be missing, * any number
ASKED = {
    "XR KNEE 2 VIEWS RIGHT": "knee_ap R, knee_lateral R",
    "XR KNEES BILATERAL 2V": "knee_ap R, knee_ap L, knee_lateral R, knee_lateral L",
    "XR CHEST 2 VIEWS": "chest_pa_ap, chest_lateral",
    "XR CHEST": "chest_pa_ap, chest_lateral?, any?*",
    "XR PELVIS AP": "pelvis_ap",
    "XR PELVIS LEFT AP": "pelvis_ap",
    "XR KNEE 1 VIEW": "any",
    "XR KNEE 1 OR 2 VIEWS": "any, any?",
    "XR KNEE 5 VIEWS": "knee_ap, knee_lateral, any, any, any",
    "XR KNEE AP LAT 3 VIEWS": "knee_ap, knee_lateral, any",
    "XR SKULL 3 VIEWS": "any, any, any",
    "XR SKULL": "any*",
    "XR PELVIS AND HIP RT 3V": "any R, any R, any R",
    "XR CHEST AND PELVIS": "chest_pa_ap, chest_lateral?, any?*, pelvis_ap, any?*",
    "XR SKELETAL SURVEY": "film*",
}


def slots(order: Order, path: Path | None = None) -> str:
    asked = load_procedures(path).asked(order)
    assert not isinstance(asked, Fault)
    marked = [
        f"{slot}{'' if slot.required else '?'}{'*' if slot.many else ''}" for slot in asked.slots
    ]
    return ", ".join(marked)


@pytest.mark.parametrize("text", ASKED)
def test_texts_ask_for_films(text: str) -> None:
    assert slots(Order("here", procedure=text)) == ASKED[text]


def test_side_and_views_beside_the_text_count() -> None:
    assert slots(Order("here", "XR KNEE", laterality="L", views="2")) == "knee_ap L, knee_lateral L"
    assert slots(Order("here", "XR KNEE LEFT", laterality="R", views="AP")) == "knee_ap R"
    assert slots(Order("here", "XR KNEE 4 VIEWS", views="2")) == "knee_ap, knee_lateral"


def test_text_without_a_part_is_a_fault() -> None:
    for order in (Order("here", "IMAGING"), Order("here", code="71046")):
        assert load_procedures().asked(order) is Fault.NO_PART


def test_hospitals_name_their_own_procedures_and_series(tmp_path: Path) -> None:
    table = tmp_path / "own.csv"
    table.write_text(
        "# ours\n"
        + HEADER
        + ",,CXR2,,chest_pa_ap chest_lateral\n"
        + ",,Knie Standard re,R,knee_ap knee_lateral patella_axial?\n"
        + "wrist,,,,wrist_ap wrist_lateral any\n"
    )
    assert slots(Order("here", code="cxr2"), table) == "chest_pa_ap, chest_lateral"
    assert slots(Order("here", "knie standard RE"), table) == (
        "knee_ap R, knee_lateral R, patella_axial R?"
    )
    assert slots(Order("here", "XR WRIST"), table) == "wrist_ap, wrist_lateral, any"
    assert slots(Order("here", "XR CHEST 1 VIEW"), table) == "chest_pa_ap"


def test_a_code_that_asks_for_any_film_needs_a_part(tmp_path: Path) -> None:
    table = tmp_path / "own.csv"
    table.write_text(HEADER + ",,X1,,any any\n,,X2,,film+\n")
    assert load_procedures(table).asked(Order("here", code="X1")) is Fault.NO_PART
    asked = load_procedures(table).asked(Order("here", "KNEE SPECIAL", "X1"))
    assert not isinstance(asked, Fault)
    assert all({"knee", "patella"} <= slot.covers for slot in asked.slots)
    assert slots(Order("here", code="X2"), table) == "film*"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "missing columns part, views, procedure, laterality, films; found none"),
        ("DOE JANE,12345\n", "laterality, films; found no known name among 2"),
        ('part,views,procedure,laterality,films\nknee,2,"', "line 2: no CSV"),
        ("part,films\nknee,knee_ap\n", "missing columns views, procedure, laterality"),
        (HEADER + "knee,,,,knee_up\n", "line 2: 'knee_up' is no film"),
        (HEADER + "knee,,,,knee_ap!\n", "line 2: 'knee_ap!' is no film"),
        (HEADER + "# a\nknee,,,,\n", "line 3: names no films"),
        (HEADER + "knie,,,,any\n", "line 2: 'knie' is no body part"),
        (HEADER + "knee,0,,,any\n", "views must be a number"),
        (HEADER + "knee,two,,,any\n", "views must be a number"),
        (HEADER + "knee,,,R,any\n", "laterality goes with a procedure"),
        (HEADER + ",,X,left,any\n", "laterality must be R, L, B"),
        (HEADER + "knee,,X,,any\n", "for a procedure, or for a part"),
        (HEADER + "knee,,any\n", "line 2: expected 5 values"),
    ],
)
def test_wrong_tables_are_refused(tmp_path: Path, text: str, says: str) -> None:
    table = tmp_path / "own.csv"
    table.write_text(text)
    with pytest.raises(BadTable, match=says):
        load_procedures(table)


def test_missing_table_is_told(tmp_path: Path) -> None:
    with pytest.raises(BadSource, match="cannot be opened"):
        load_procedures(tmp_path / "none.csv")

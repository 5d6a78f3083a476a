"""What the names of examinations ask for."""

import pytest

from plainfilm.categories import ViewCount, exam_from_text

ONE, TWO, THREE = ViewCount(1, 1), ViewCount(2, 2), ViewCount(3, 3)

# text, parts with the categories of the views they name, numbers of views, side
TRUTH: list[tuple[str, dict[str, list[str]], list[ViewCount], str]] = [
    ("XR KNEE 2 VIEWS RIGHT", {"knee": []}, [TWO], "right"),
    ("XR CHEST 1 VIEW", {"chest": []}, [ONE], ""),
    ("XR CHEST SINGLE VIEW", {"chest": []}, [ONE], ""),
    ("CHEST PA AND LATERAL", {"chest": ["chest_pa_ap", "chest_lateral"]}, [], ""),
    ("Thorax in 2 Ebenen", {"chest": []}, [TWO], ""),
    ("Thorax p.a./seitl.", {"chest": ["chest_pa_ap", "chest_lateral"]}, [], ""),
    ("Röntgen Kniegelenk rechts in zwei Ebenen", {"knee": []}, [TWO], "right"),
    ("RX MANO IZQ 2 PROYECCIONES", {"hand": []}, [TWO], "left"),
    ("genou droit 3 incidences", {"knee": []}, [THREE], "right"),
    # Named views outside the table are `other`; views of which the text leaves open which, empty.
    ("ANKLE AP LAT MORTISE", {"ankle": ["ankle_ap", "ankle_lateral", "other"]}, [], ""),
    ("HIP LATERAL LT", {"hip": [""]}, [], "left"),
    # A list of three is no oblique lateral.
    ("HAND PA OBL LAT", {"hand": ["hand_ap", "hand_oblique", "other"]}, [], ""),
    ("HAND OBL LAT", {"hand": ["hand_oblique"]}, [], ""),
    # A view that tells its part.
    ("OPG", {"jaw": ["panoramic_radiograph"]}, [], ""),
    ("KNEE AP SUNRISE", {"knee": ["knee_ap", "patella_axial"]}, [], ""),
    # Numbers.
    ("XR HAND MIN 3 VIEWS", {"hand": []}, [ViewCount(3, None)], ""),
    ("XR HAND 3+ VIEWS", {"hand": []}, [ViewCount(3, None)], ""),
    ("XR HAND 3 OR MORE VIEWS", {"hand": []}, [ViewCount(3, None)], ""),
    ("XR KNEE 1 OR 2 VIEWS", {"knee": []}, [ViewCount(1, 2)], ""),
    ("XR KNEE 1-2 VIEWS", {"knee": []}, [ViewCount(1, 2)], ""),
    # Several parts.
    ("XR PELVIS AND HIP RT 3V", {"pelvis": [], "hip": []}, [THREE], "right"),
    ("XR SPINE", {"spine": []}, [], ""),
    ("consultation", {}, [], ""),
]


@pytest.mark.parametrize(("text", "parts", "counts", "side"), TRUTH, ids=[t[0] for t in TRUTH])
def test_exams_are_read(
    text: str, parts: dict[str, list[str]], counts: list[ViewCount], side: str
) -> None:
    exam = exam_from_text(text)
    assert {part.name: list(part.categories) for part in exam.parts} == parts
    assert (list(exam.counts), exam.laterality) == (counts, side)


def test_a_part_covers_what_lies_in_it() -> None:
    (hand,) = exam_from_text("hand").parts
    assert {"hand", "finger", "scaphoid"} <= hand.covers
    assert "wrist" not in hand.covers
    assert hand.paired
    assert not exam_from_text("pelvis").parts[0].paired


def test_exams_of_other_modalities_are_known() -> None:
    assert exam_from_text("CT HEAD").other_modality
    assert not exam_from_text("XR SKULL").other_modality

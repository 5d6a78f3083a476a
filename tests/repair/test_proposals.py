"""What is proposed for a decided film, as a truth table."""

from dataclasses import replace
from typing import Any

import pytest

from plainfilm.categories import CategoryFromText, DecideCategory
from plainfilm.records import Decision, Film, Location, Outcome, Prediction
from plainfilm.repair import Why, propose
from plainfilm.repair.orientation import stored_orientation
from plainfilm.repair.present import shown
from plainfilm.studies import load_hanging_rules
from plainfilm.vocabulary import CATEGORIES

CR = "1.2.840.10008.5.1.4.1.1.1"
DX = "1.2.840.10008.5.1.4.1.1.1.1"
SC = "1.2.840.10008.5.1.4.1.1.7"
CT = "1.2.840.10008.5.1.4.1.1.2"


def code(value: str, meaning: str, scheme: str = "SCT") -> list[dict[str, str]]:
    return [{"CodeValue": value, "CodingSchemeDesignator": scheme, "CodeMeaning": meaning}]


CHEST, KNEE = code("816094009", "Chest"), code("72696002", "Knee")
FRONTAL, LATERAL = code("399033003", "frontal"), code("399067008", "lateral")
AP, PA = code("399348003", "antero-posterior"), code("272479007", "postero-anterior")
# A DX film in whose header nothing says what it shows, with the DX Positioning module.
BARE = {"SOPClassUID": DX, "PositionerType": "NONE"}
UPRIGHT = {"turn": 0, "turn_probability": 0.99, "mirrored": 0.01}

# A chest film in which nothing is wrong.
RIGHT_CHEST = {
    "SOPClassUID": DX,
    "PositionerType": "COLUMN",
    "BodyPartExamined": "CHEST",
    "AnatomicRegionSequence": CHEST,
    "ViewPosition": "PA",
    "ViewCodeSequence": PA,
    "PatientOrientation": ["L", "F"],
    "ImageLaterality": "U",
}
RIGHT_KNEE = {
    **RIGHT_CHEST,
    "BodyPartExamined": "KNEE",
    "AnatomicRegionSequence": KNEE,
    "ViewPosition": "LL",
    "ViewCodeSequence": LATERAL,
    "ImageLaterality": "R",
}


def proposals(
    tags: dict[str, Any],
    category: str = "chest_pa_ap",
    *,
    outcome: Outcome = Outcome.REPAIR,
    side: str = "",
    **details: Any,
) -> dict[str, str]:
    """Keyword → what is proposed, as a table shows it."""
    found = propose(*film_and_decision(tags, category, outcome, side, details))
    return {one.keyword: shown(one.proposed) for one in found}


def film_and_decision(
    tags: dict[str, Any],
    category: str,
    outcome: Outcome,
    side: str,
    details: dict[str, Any],
) -> tuple[Film, Decision]:
    held = {name: value for name, value in tags.items() if value is not None}
    film = Film(1, "1.2", Location("film.dcm"), held)
    return film, Decision(1, outcome, category, 0.97, side, details)


def with_(**changes: Any) -> dict[str, Any]:
    return {**RIGHT_CHEST, **changes}


# Tags of a chest film PA or AP; what is proposed. None: the tag is absent.
CHEST_FILMS: list[tuple[str, dict[str, Any], dict[str, str]]] = [
    ("all right", {}, {}),
    # --- BodyPartExamined: synonyms, other languages and wider parts are right (Annex L)
    ("THORAX", {"BodyPartExamined": "THORAX"}, {}),
    ("German", {"BodyPartExamined": "BRUSTKORB"}, {}),
    ("a part in it", {"BodyPartExamined": "LUNG"}, {}),
    ("lower case", {"BodyPartExamined": "chest"}, {}),
    ("two values", {"BodyPartExamined": ["CHEST", "RIB"]}, {}),
    ("knee", {"BodyPartExamined": "KNEE"}, {"BodyPartExamined": "CHEST"}),
    ("absent", {"BodyPartExamined": None}, {"BodyPartExamined": "CHEST"}),
    ("empty", {"BodyPartExamined": "  "}, {"BodyPartExamined": "CHEST"}),
    ("says nothing", {"BodyPartExamined": "UNKNOWN"}, {"BodyPartExamined": "CHEST"}),
    # --- AnatomicRegionSequence
    (
        "knee by code",
        {"AnatomicRegionSequence": KNEE},
        {"AnatomicRegionSequence": "SCT 816094009 (Chest)"},
    ),
    (
        "no item",
        {"AnatomicRegionSequence": []},
        {"AnatomicRegionSequence": "SCT 816094009 (Chest)"},
    ),
    ("SNOMED RT", {"AnatomicRegionSequence": code("T-D3000", "Chest", "SRT")}, {}),
    ("SNOMED RT, SNM3", {"AnatomicRegionSequence": code("T-D3000", "Chest", "SNM3")}, {}),
    (
        "SNOMED RT of the knee",
        {"AnatomicRegionSequence": code("T-D9200", "Knee", "SRT")},
        {"AnatomicRegionSequence": "SCT 816094009 (Chest)"},
    ),
    ("earlier SNOMED CT", {"AnatomicRegionSequence": code("51185008", "Chest")}, {}),
    ("wider region", {"AnatomicRegionSequence": code("416550000", "Chest and Abdomen")}, {}),
    ("the heart", {"AnatomicRegionSequence": code("80891009", "Heart")}, {}),
    ("the hospital's own", {"AnatomicRegionSequence": code("17", "Thx", "99HOUSE")}, {}),
    # --- ViewPosition: the direction of the beam is not known from the pixels
    ("AP", {"ViewPosition": "AP", "ViewCodeSequence": AP}, {}),
    ("absent view", {"ViewPosition": None}, {}),
    ("a view not known", {"ViewPosition": "X17"}, {}),
    ("lateral", {"ViewPosition": "LL"}, {"ViewPosition": ""}),
    ("device's word", {"ViewPosition": "LATERAL"}, {"ViewPosition": ""}),
    # --- ViewCodeSequence follows ViewPosition
    (
        "no code, PA",
        {"ViewCodeSequence": None},
        {"ViewCodeSequence": "SCT 272479007 (postero-anterior)"},
    ),
    (
        "no code, AP",
        {"ViewCodeSequence": None, "ViewPosition": "AP"},
        {"ViewCodeSequence": "SCT 399348003 (antero-posterior)"},
    ),
    (
        "neither",
        {"ViewCodeSequence": None, "ViewPosition": None},
        {"ViewCodeSequence": "SCT 399033003 (frontal)"},
    ),
    ("frontal is right", {"ViewCodeSequence": FRONTAL}, {}),
    (
        "lateral by code",
        {"ViewCodeSequence": LATERAL},
        {"ViewCodeSequence": "SCT 272479007 (postero-anterior)"},
    ),
    ("SNOMED RT view", {"ViewCodeSequence": code("R-10206", "AP", "SRT")}, {}),
    # --- a name that is another film's
    (
        "eponymous",
        {"ProjectionEponymousNameCodeSequence": code("399169008", "Lauenstein")},
        {"ProjectionEponymousNameCodeSequence": ""},
    ),
]


@pytest.mark.parametrize(
    ("tags", "expected"), [row[1:] for row in CHEST_FILMS], ids=[row[0] for row in CHEST_FILMS]
)
def test_chest_films(tags: dict[str, Any], expected: dict[str, str]) -> None:
    assert proposals(with_(**tags)) == expected
    assert proposals(with_(**tags), outcome=Outcome.AGREE) == expected


# A category, and what a DX film without any of these tags gets.
BARE_FILMS: list[tuple[str, dict[str, str]]] = [
    (
        "knee_ap",
        {
            "BodyPartExamined": "KNEE",
            "AnatomicRegionSequence": "SCT 72696002 (Knee)",
            "ViewPosition": "AP",
            "ViewCodeSequence": "SCT 399348003 (antero-posterior)",
        },
    ),
    (
        "lumbar_spine_lateral",  # left or right lateral is not known
        {
            "BodyPartExamined": "LSPINE",
            "AnatomicRegionSequence": "SCT 122496007 (Lumbar spine)",
            "ViewCodeSequence": "SCT 399067008 (lateral)",
        },
    ),
    (
        "foot_ap",
        {
            "BodyPartExamined": "FOOT",
            "AnatomicRegionSequence": "SCT 56459004 (Foot)",
            "ViewPosition": "AP",
            "ViewCodeSequence": "SCT 399335002 (dorsoplantar)",
        },
    ),
    (
        "abdomen_left_lateral_decubitus",
        {
            "BodyPartExamined": "ABDOMEN",
            "AnatomicRegionSequence": "SCT 818981001 (Abdomen)",
            "ViewPosition": "LLD",
            "ViewCodeSequence": "SCT 399348003 (antero-posterior)",
        },
    ),
    (
        "hip_oblique_lateral",  # CID 4012 has the name; CID 4010 has no such view
        {
            "BodyPartExamined": "HIP",
            "AnatomicRegionSequence": "SCT 24136001 (Hip joint)",
            "ProjectionEponymousNameCodeSequence": "SCT 399169008 (Lauenstein)",
        },
    ),
    (
        "panoramic_radiograph",
        {"BodyPartExamined": "JAW", "AnatomicRegionSequence": "SCT 661005 (Jaw region)"},
    ),
]


@pytest.mark.parametrize(("category", "expected"), BARE_FILMS, ids=[row[0] for row in BARE_FILMS])
def test_films_without_any_tag(category: str, expected: dict[str, str]) -> None:
    assert proposals(BARE, category) == expected


@pytest.mark.parametrize("category", CATEGORIES, ids=lambda category: category.name)
def test_what_is_proposed_is_right_the_next_time(category: Any) -> None:
    first = propose(*film_and_decision(BARE, category.name, Outcome.REPAIR, "", UPRIGHT))
    tags = BARE | {one.keyword: one.proposed for one in first}
    assert proposals(tags, category.name, **UPRIGHT) == {}


# Writers' own ways to say a view of these categories, none of which contradicts them.
VIEWS_THAT_STAND = [
    ("knee_lateral", "LL"),
    ("knee_lateral", "RL"),
    ("knee_lateral", "ML"),
    ("foot_oblique", "RLO"),
    ("foot_ap", "DP"),
    ("hand_ap", "PA"),
    ("knee_ap", "PA"),
    ("abdomen_left_lateral_decubitus", "AP"),
    ("abdomen_left_lateral_decubitus", "LLD"),
    ("hip_oblique_lateral", "AP"),
    ("hip_oblique_lateral", "LATERAL"),
    ("shoulder_outlet", "LATERAL"),
]


@pytest.mark.parametrize(("category", "position"), VIEWS_THAT_STAND)
def test_views_that_stand(category: str, position: str) -> None:
    found = proposals({"SOPClassUID": CR, "ViewPosition": position}, category)
    assert "ViewPosition" not in found


@pytest.mark.parametrize(
    ("object_", "expected"),
    [
        (CR, {"BodyPartExamined", "AnatomicRegionSequence", "ViewPosition"}),
        (
            DX,
            {"BodyPartExamined", "AnatomicRegionSequence", "ViewPosition", "ViewCodeSequence"},
        ),
        (SC, {"BodyPartExamined", "AnatomicRegionSequence"}),
        (CT, set()),
        (None, set()),
    ],
    ids=["CR", "DX", "SC", "CT", "none"],
)
def test_an_object_gets_what_its_modules_hold(object_: str | None, expected: set[str]) -> None:
    tags = {"SOPClassUID": object_, "PositionerType": "NONE"}
    assert proposals(tags, "knee_ap").keys() == expected


def test_the_positioning_module_of_dx_is_not_begun() -> None:
    """It is the writer's choice (PS3.3 A.26), and has required attributes."""
    found = proposals({"SOPClassUID": DX}, "knee_ap")
    assert found.keys() == {"BodyPartExamined", "AnatomicRegionSequence"}
    wrong = proposals({"SOPClassUID": DX, "ViewPosition": "LL"}, "knee_ap")
    assert (wrong["ViewPosition"], "ViewCodeSequence" in wrong) == ("AP", True)


def test_a_wrong_tag_is_mended_also_where_the_modules_lack_it() -> None:
    tags = {"SOPClassUID": CR, "ViewCodeSequence": LATERAL}
    assert proposals(tags, "knee_ap")["ViewCodeSequence"] == "SCT 399348003 (antero-posterior)"


@pytest.mark.parametrize(
    ("outcome", "category"),
    [
        (Outcome.CONFLICT, "knee_ap"),
        (Outcome.UNKNOWN, "knee_ap"),
        (Outcome.REPAIR, "other"),
        (Outcome.REPAIR, ""),
        (Outcome.AGREE, "a_category_of_a_users_own"),
    ],
)
def test_nothing_for_undecided_films(outcome: Outcome, category: str) -> None:
    assert proposals({"SOPClassUID": DX}, category, outcome=outcome) == {}


def text_says(part: str, view: str) -> list[dict[str, str]]:
    return [
        {"source": "SeriesDescription", "says": "body_part", "value": part, "term": "x"},
        {"source": "SeriesDescription", "says": "view", "value": view, "term": "x"},
    ]


def test_the_text_tells_the_direction_of_the_beam() -> None:
    tags = with_(ViewPosition=None, ViewCodeSequence=None)
    found = propose(
        *film_and_decision(
            tags,
            "chest_pa_ap",
            Outcome.AGREE,
            "",
            {"text": "chest_pa_ap", "text_evidence": text_says("chest", "pa")},
        )
    )
    assert [(one.keyword, shown(one.proposed), one.evidence) for one in found] == [
        ("ViewPosition", "PA", "text"),
        ("ViewCodeSequence", "SCT 272479007 (postero-anterior)", "text"),
    ]


def test_a_text_that_was_not_believed_tells_no_direction() -> None:
    tags = with_(ViewPosition=None, ViewCodeSequence=None)
    details = {"text": "knee_ap", "text_evidence": text_says("knee", "ap")}
    assert proposals(tags, **details) == {"ViewCodeSequence": "SCT 399033003 (frontal)"}


@pytest.mark.parametrize(
    ("details", "expected"),
    [
        ({"text": "knee_ap", "pixels": [["knee_ap", 0.9]]}, "text and pixels"),
        ({"text": "", "pixels": [["knee_ap", 0.9], ["hip_ap", 0.1]]}, "pixels"),
        ({"text": "knee_ap", "pixels": []}, "text"),
        ({"text": "knee_ap", "pixels": [["knee_lateral", 0.5]]}, "text"),
    ],
)
def test_the_table_tells_which_evidence_there_is(details: dict[str, Any], expected: str) -> None:
    found = propose(*film_and_decision({"SOPClassUID": CR}, "knee_ap", Outcome.AGREE, "", details))
    assert {one.evidence for one in found} == {expected}


def test_the_table_tells_why() -> None:
    tags = with_(BodyPartExamined="KNEE", AnatomicRegionSequence=None, ViewPosition="LL")
    found = propose(*film_and_decision(tags, "chest_pa_ap", Outcome.REPAIR, "", {}))
    assert [(one.keyword, one.present, one.why) for one in found] == [
        ("BodyPartExamined", "KNEE", Why.CONTRADICTS),
        ("AnatomicRegionSequence", "", Why.MISSING),
        ("ViewPosition", "LL", Why.CONTRADICTS),
    ]


# Side that the decision tells from the text, the tags, and what is proposed.
SIDES: list[tuple[str, dict[str, Any], str | None]] = [
    ("R", {"ImageLaterality": None}, "R"),
    ("L", {"ImageLaterality": ""}, "L"),
    ("B", {"ImageLaterality": None}, "B"),
    ("", {"ImageLaterality": None}, None),
    ("R", {"ImageLaterality": "L"}, None),  # a side is never changed
    ("R", {"ImageLaterality": "U"}, None),
    ("R", {"ImageLaterality": None, "Laterality": "R"}, None),
    ("R", {"ImageLaterality": None, "Laterality": "L"}, None),
]


def side_says(source: str, part: str = "knee", view: str = "lateral") -> list[dict[str, str]]:
    """Evidence in which one source names the side."""
    side = {"source": source, "says": "laterality", "value": "any", "term": "x"}
    return [*text_says(part, view), side]


@pytest.mark.parametrize(("side", "tags", "expected"), SIDES)
def test_sides_come_from_text_alone(side: str, tags: dict[str, Any], expected: str | None) -> None:
    details = {"text": "knee_lateral", "text_evidence": side_says("SeriesDescription")}
    found = proposals({**RIGHT_KNEE, **tags}, "knee_lateral", side=side, **details)
    assert found == ({} if expected is None else {"ImageLaterality": expected})


@pytest.mark.parametrize(
    ("source", "side", "expected"),
    [
        ("ProtocolName", "B", "B"),
        ("StudyDescription", "R", "R"),
        # One film of a study of both knees shows one of them.
        ("StudyDescription", "B", None),
        ("RequestedProcedureDescription", "B", None),
    ],
)
def test_both_sides_are_taken_from_a_films_own_text(
    source: str, side: str, expected: str | None
) -> None:
    details = {"text": "knee_lateral", "text_evidence": side_says(source)}
    found = proposals({**RIGHT_KNEE, "ImageLaterality": None}, "knee_lateral", side=side, **details)
    assert found == ({} if expected is None else {"ImageLaterality": expected})


@pytest.mark.parametrize(
    ("study", "series", "category"),
    [
        ("XR KNEE BILATERAL", "Knee AP", "knee_ap"),
        ("Left knee and right hand", "Hand PA", "hand_ap"),
        ("Left knee", "Hand PA", "hand_ap"),
    ],
)
def test_a_studys_sides_are_not_taken_for_the_films(study: str, series: str, category: str) -> None:
    film = Film(
        1,
        "1.2",
        Location("film.dcm"),
        {"SOPClassUID": CR, "StudyDescription": study, "SeriesDescription": series},
    )
    (text,) = CategoryFromText().process([film])
    pixels = Prediction(1, "category_pixels", category, 0.97, {"ranked": [[category, 0.97]]})
    predictions = {"category_text": text, "category_pixels": pixels}
    (decision,) = DecideCategory().process([replace(film, predictions=predictions)])
    assert decision.category == category
    assert "ImageLaterality" not in {one.keyword for one in propose(film, decision)}


def test_the_side_of_a_part_that_the_film_does_not_show_is_not_taken() -> None:
    details = {"text": "knee_ap", "text_evidence": side_says("SeriesDescription", "knee", "ap")}
    assert proposals(with_(ImageLaterality=None), side="R", **details) == {}


# PatientOrientation, what the pixels say, and what is proposed for a chest film.
ORIENTATIONS: list[tuple[Any, dict[str, Any], str | None]] = [
    (None, {}, "L\\F"),
    (["", ""], {}, "L\\F"),
    ("L", {}, "L\\F"),  # one value of two
    (None, {"turn": 90}, "F\\R"),
    (None, {"turn": 180}, "R\\H"),
    (None, {"turn": 270}, "H\\L"),
    (["L", "F"], {}, None),
    (["LF", "FR"], {}, None),  # mostly left, mostly to the feet
    (["A", "F"], {}, "L\\F"),  # of a lateral film
    (["L", "F"], {"turn": 180}, "R\\H"),  # upside down
    (["R", "F"], {}, None),  # left and right are for a person
    (None, {"mirrored": 0.97}, None),  # or the heart is on the right
    (None, {"mirrored": None}, None),
    (None, {"turn_probability": 0.9}, None),
    (None, {"turn": None}, None),
]


@pytest.mark.parametrize(("present", "details", "expected"), ORIENTATIONS)
def test_orientation_comes_from_sure_pixels(
    present: Any, details: dict[str, Any], expected: str | None
) -> None:
    found = proposals(with_(PatientOrientation=present), **{**UPRIGHT, **details})
    assert found == ({} if expected is None else {"PatientOrientation": expected})


@pytest.mark.parametrize("category", [category.name for category in CATEGORIES])
def test_an_orientation_is_what_the_hanging_of_the_film_turns_to(category: str) -> None:
    found = proposals(BARE, category, **UPRIGHT).get("PatientOrientation")
    edges = load_hanging_rules().edges[category]
    known = edges.lower and edges.right
    assert found == (f"{edges.right}\\{edges.lower}" if known else None)


@pytest.mark.parametrize("category", ["hand_ap", "wrist_ap", "finger_ap", "foot_ap", "knee_ap"])
def test_an_arm_or_leg_gets_no_orientation(category: str) -> None:
    """Fingers point upwards, and the side that lies right is the other one on the other hand."""
    assert "PatientOrientation" not in proposals(BARE, category, **UPRIGHT)


def test_a_lateral_film_gets_no_orientation() -> None:
    tags = {**RIGHT_KNEE, "PatientOrientation": None}
    assert proposals(tags, "knee_lateral", **UPRIGHT) == {}


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_turning_a_stored_film_upright_gives_the_upright_orientation(turn: int) -> None:
    right, down = stored_orientation(("L", "F"), turn)
    opposite = {"L": "R", "R": "L", "F": "H", "H": "F"}
    for _ in range(turn // 90):
        # Turned clockwise, what pointed right points down, and what pointed up points right.
        right, down = opposite[down], right
    assert (right, down) == ("L", "F")

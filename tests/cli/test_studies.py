"""`check-orders` and `hang` from end to end."""

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from made_studies import Made, film_uid, make_archive, study_uid
from plainfilm.records import Outcome

Run = Callable[..., "Ran"]  # noqa: F821 - of this folder's conftest

ORDERS = """accession_number,procedure,laterality
A-knee,XR KNEE 2 VIEWS,R
A-chest,XR CHEST 1 VIEW,
A-gone,XR HAND,
"""
MESSAGE = (
    "MSH|^~\\&|RIS|H|PACS|H|20240305||ORM^O01|1|P|2.5\r"
    "ORC|NW|P1|F1\r"
    "OBR|1|P1|F1|K2^XR KNEE 2 VIEWS|||||||||||^^^^R|||A-knee\r"
)


@pytest.fixture(scope="module")
def studies(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_archive(
        tmp_path_factory.mktemp("studies"),
        [
            Made("knee", "knee_lateral", "R", details={"turn": 90, "turn_probability": 0.99}),
            Made("knee", "knee_ap", "L", tags={"RequestedProcedureDescription": "XR KNEE 1V"}),
            Made("knee", outcome=Outcome.UNKNOWN),
            Made("chest", "chest_pa_ap", date="20230101"),
            Made("elbow", "elbow_ap", date=""),
        ],
    )


@pytest.fixture
def orders(tmp_path: Path) -> Path:
    path = tmp_path / "orders.csv"
    path.write_text(ORDERS)
    return path


def test_orders_are_checked_and_written(
    plainfilm: Run, studies: Path, orders: Path, tmp_path: Path
) -> None:
    ran = plainfilm("check-orders", studies, orders, "--out", tmp_path / "out.csv", "--json")
    assert ran.code == 0
    assert ran.facts["orders"] == {"matched": 1, "wrong_side": 1, "order_without_study": 1}
    assert ran.facts["films"] == {"matched": 2, "wrong_side": 1, "undecided": 1}
    assert ran.facts["studies"] == {"study_without_order": 1}
    assert "rows" not in ran.facts
    with (tmp_path / "out.csv").open(newline="") as stream:
        assert len(list(csv.DictReader(stream))) == 3 + 4 + 1


def test_orders_are_checked_for_people(plainfilm: Run, studies: Path, orders: Path) -> None:
    ran = plainfilm("check-orders", studies, orders)
    assert "To look at" in ran.out
    assert "wrong_side" in ran.out
    assert "A-gone" in ran.out
    assert ran.err == ""


def test_rows_come_as_json(plainfilm: Run, studies: Path, orders: Path) -> None:
    rows = plainfilm("check-orders", studies, orders, "--json").facts["rows"]
    wrong = next(row for row in rows if row["result"] == "wrong_side" and row["about"] == "film")
    assert (wrong["expected"], wrong["found"]) == ("knee_ap R", "knee_ap L")
    assert wrong["sop_instance_uid"] == film_uid(1)


def test_messages_and_tags_are_orders_too(plainfilm: Run, studies: Path, tmp_path: Path) -> None:
    (tmp_path / "hl7").mkdir()
    (tmp_path / "hl7" / "1.hl7").write_bytes(MESSAGE.encode())
    ran = plainfilm("check-orders", studies, tmp_path / "hl7", "--json")
    assert ran.facts["orders"] == {"wrong_side": 1}
    ran = plainfilm("check-orders", studies, "--json")
    assert ran.facts["orders"] == {"extra_film": 1}


def test_unreadable_orders_are_rejections(plainfilm: Run, studies: Path, tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    path.write_text("accession_number,procedure\nA-knee,IMAGING\nA-chest,XR CHEST\n")
    assert plainfilm("check-orders", studies, path).code == 3
    path.write_text("accession_number,procedure\nA-knee,IMAGING\n")
    assert plainfilm("check-orders", studies, path).code == 1


def test_wrong_orders_are_refused(plainfilm: Run, studies: Path, tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    path.write_text("accession,procedure\nA,XR KNEE\n")
    ran = plainfilm("check-orders", studies, path)
    assert (ran.code, ran.out) == (1, "")
    assert "found accession, procedure" in ran.err
    assert plainfilm("check-orders", studies, tmp_path / "none").code == 1
    assert plainfilm("check-orders", studies, path, "--retake-minutes", -1).code == 2


def test_own_procedures_are_used(
    plainfilm: Run, studies: Path, orders: Path, tmp_path: Path
) -> None:
    own = tmp_path / "own.csv"
    own.write_text("part,views,procedure,laterality,films\n,,XR KNEE 2 VIEWS,,any any any any\n")
    ran = plainfilm("check-orders", studies, orders, "--procedures", own, "--json")
    assert ran.facts["views"] == {"missing_view": 1}
    own.write_text("part,films\n")
    assert "missing columns" in plainfilm("check-orders", studies, orders, "--procedures", own).err


def test_study_hangs_as_json(plainfilm: Run, studies: Path) -> None:
    ran = plainfilm("hang", studies, study_uid("knee"), "--json")
    assert ran.code == 0
    assert [(f["row"], f["position"], f["category"], f["relevance"]) for f in ran.facts] == [
        (0, 0, "knee_ap", "study"),
        (0, 1, "knee_lateral", "study"),
        (0, 2, "", "study"),
        (1, 0, "chest_pa_ap", "other_part"),
    ]
    turned = ran.facts[1]
    assert (turned["rotate_degrees_clockwise"], turned["why"]) == (90, ["turn: pixels"])
    assert "1 other studies have no date" in ran.err


def test_study_hangs_for_people(plainfilm: Run, studies: Path) -> None:
    ran = plainfilm("hang", studies, study_uid("chest") + "\r")  # from a CSV, by way of a shell
    assert (ran.code, "chest_pa_ap" in ran.out) == (0, True)
    assert "turn 90°" in plainfilm("hang", studies, study_uid("knee")).out


def test_priors_and_rules_are_options(plainfilm: Run, studies: Path, tmp_path: Path) -> None:
    rules = tmp_path / "own.toml"
    rules.write_text("[sure]\nturn = 1.0\n")
    ran = plainfilm("hang", studies, study_uid("knee"), "--priors", 0, "--rules", rules, "--json")
    assert {film["row"] for film in ran.facts} == {0}
    assert ran.facts[1]["rotate_degrees_clockwise"] == 0
    rules.write_text("[sure]\nturns = 1.0\n")
    assert "turns: not known" in plainfilm("hang", studies, "1.2", "--rules", rules).err


def test_unknown_study_is_told(plainfilm: Run, studies: Path) -> None:
    ran = plainfilm("hang", studies, "1.2.3")
    assert (ran.code, ran.out) == (1, "")
    assert "has no film of the study 1.2.3" in ran.err

"""The vocabulary's tables are whole, and their loader refuses what is not."""

from importlib import resources
from pathlib import Path

import pytest

from plainfilm.errors import BadTable, SettingsError
from plainfilm.vocabulary import (
    CATEGORIES,
    LABEL_SETS,
    NO_FINDING,
    OTHER,
    SPINE_FINDINGS,
    findings,
    known_finding,
    label_set,
    load_categories,
)

BUNDLED = resources.files("plainfilm.vocabulary").joinpath("categories.csv").read_text("utf-8")
HEADER = BUNDLED.splitlines()[0]
HIP_AP = "hip_ap,Hip AP,hip,ap,HIP,AP,24136001,Hip joint,399348003,antero-posterior,mine"


def table(folder: Path, *lines: str) -> Path:
    path = folder / "mine.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_there_are_thirty_categories_in_alphabetical_order() -> None:
    names = [category.name for category in CATEGORIES]
    assert len(names) == 30
    assert names == sorted(names)
    assert OTHER not in names


def test_every_category_says_where_its_codes_come_from() -> None:
    assert all("PS3.16" in category.source for category in CATEGORIES)


def test_every_region_has_a_snomed_code_and_one_code_one_part() -> None:
    parts: dict[str, str] = {}
    for category in CATEGORIES:
        assert category.region is not None
        assert parts.setdefault(category.region.value, category.body_part) == category.body_part


def test_label_sets_are_those_of_the_papers() -> None:
    assert LABEL_SETS == ("chexpert", "nih")
    assert len(label_set("chexpert")) == 14
    assert len(label_set("nih")) == 15
    assert all(NO_FINDING in label_set(name) for name in LABEL_SETS)
    assert all(finding.source for name in LABEL_SETS for finding in findings(name))


def test_every_finding_has_a_code_that_says_the_same_of_the_same_place() -> None:
    coded = [one for name in LABEL_SETS for one in findings(name) if one.name != NO_FINDING]
    for finding in (*coded, *SPINE_FINDINGS):
        assert finding.code is not None, finding.name
        assert finding.code.scheme in {"SCT", "DCM", "RADLEX"}
        assert len(finding.code.value) <= 16
        assert 0 < len(finding.code.meaning) <= 64
        assert "code: " in finding.source
    # One code stands for one thing, wherever it is.
    meanings = {one.code.value: one.code.meaning for one in (*coded, *SPINE_FINDINGS) if one.code}
    assert all(
        meanings[one.code.value] == one.code.meaning
        for one in (*coded, *SPINE_FINDINGS)
        if one.code
    )


def test_findings_are_known_in_every_spelling_of_their_tables() -> None:
    assert known_finding("pleural thickening") == known_finding("Pleural_Thickening")
    spine = known_finding("disc-space narrowing")
    assert spine is not None
    assert spine.name == "Disc space narrowing"
    misspelt = known_finding("Spondylolysthesis")
    assert misspelt == known_finding("spondylolisthesis")
    assert known_finding("Abnormal") in SPINE_FINDINGS
    assert len(SPINE_FINDINGS) == 8
    assert known_finding("something else") is None


def test_unknown_label_set_names_the_known_ones() -> None:
    with pytest.raises(SettingsError, match="chexpert, nih"):
        label_set("padchest")


def test_a_user_adds_a_category_by_a_line(tmp_path: Path) -> None:
    loaded = load_categories(table(tmp_path, BUNDLED.rstrip(), HIP_AP))
    assert loaded[:30] == CATEGORIES
    assert loaded[30].name == "hip_ap"
    assert loaded[30].region is not None


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        (["name,title"], "missing columns"),
        ([HEADER], "no category"),
        ([HEADER, HIP_AP, HIP_AP], "line 3"),
        ([HEADER, HIP_AP.replace("hip_ap", "other")], "line 2"),
        ([HEADER, HIP_AP.replace("hip_ap", "Hip AP")], "lower case"),
        ([HEADER, HIP_AP.replace("24136001", "H-1")], "SNOMED"),
        ([HEADER, HIP_AP.replace("HIP,AP", "Hip joint left,AP")], "code string"),
        ([HEADER, "a,b"], "line 2"),
    ],
)
def test_wrong_tables_are_refused_by_line(tmp_path: Path, lines: list[str], says: str) -> None:
    with pytest.raises(BadTable, match=says):
        load_categories(table(tmp_path, *lines))


def test_table_in_another_encoding_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_bytes(HEADER.encode() + b"\n\xff\xfe")
    with pytest.raises(BadTable, match="UTF-8"):
        load_categories(path)

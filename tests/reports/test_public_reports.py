"""The figures that the labeler is held to on public reports; the benchmarks print them in full."""

from pathlib import Path

import pytest

import labels_openi
import labels_padchest
import openi
from plainfilm.reports import read_reports
from plainfilm.reports._openi import _parsed

pytestmark = pytest.mark.wheel_data


@pytest.mark.shared_data
def test_openi_gold_is_met_on_both_halves(torchxrayvision_wheel: Path, shared_data: Path) -> None:
    gold = openi.gold_findings(shared_data / "openi_dev_gold.csv")
    found = labels_openi.label_all(openi.openi_folder())
    for half in (0, 1):
        part = {name: marked for name, marked in gold.items() if int(name[3:]) % 2 == half}
        assert labels_openi.tally(part, found, labels_openi.EIGHT).f1 >= 0.93
        assert labels_openi.tally(part, found, labels_openi.THIRTEEN).f1 >= 0.91
    for finding in labels_openi.THIRTEEN:
        counts = labels_openi.tally(gold, found, [finding])
        assert counts.both + counts.theirs < 20 or counts.f1 >= 0.75


def test_openi_files_read_the_same_with_a_parser(torchxrayvision_wheel: Path) -> None:
    files = sorted(openi.openi_folder().rglob("*.xml"))[::20]
    for path in files:
        (report,) = read_reports(path)
        uid, parts = _parsed(path.read_bytes(), str(path))
        assert report.name == uid
        assert report.text == "\n\n".join(f"{k}: {v.strip()}" for k, v in parts if v.strip())


def test_spanish_lexicon_reaches_its_aim_on_the_odd_half(torchxrayvision_wheel: Path) -> None:
    _, odd = labels_padchest.judged()
    for finding in labels_padchest.AIMED_AT:
        score, present = labels_padchest.f1(odd, finding, (1, -1))
        assert present > 500
        assert score >= labels_padchest.AIM

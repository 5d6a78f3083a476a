"""Cleaning changes nothing that the labeler reads, on the public reports of OpenI."""

import pytest

import openi
from plainfilm.deid.reports import clean_report
from plainfilm.reports import Labeler, read_reports


@pytest.mark.wheel_data
@pytest.mark.usefixtures("torchxrayvision_wheel")
def test_labels_are_the_same_before_and_after() -> None:
    labeler = Labeler("chexpert", "findings+impression")
    reports = list(read_reports(openi.openi_folder()))[::8]
    changed = [
        report.name
        for report in reports
        if labeler.values(report.text) != labeler.values(clean_report(report.text).text)
    ]
    assert len(changed) <= len(reports) / 1_000

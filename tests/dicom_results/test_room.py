"""The room's names, and what it says where highdicom is not installed."""

import subprocess
import sys

from plainfilm import dicom_results


def test_every_public_name_is_there() -> None:
    assert all(hasattr(dicom_results, name) for name in dicom_results.__all__)


def test_without_highdicom_it_says_what_to_install() -> None:
    script = (
        "import sys; sys.modules['highdicom'] = None\n"
        "from plainfilm import dicom_results\n"
        "dicom_results.Kind, dicom_results.Reading\n"
        "dicom_results.export_findings\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert "SettingsError" in ran.stderr
    assert "pip install 'plainfilm[pacs]'" in ran.stderr

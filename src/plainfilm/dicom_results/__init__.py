"""Findings as DICOM objects, which a PACS files with the film and a viewer shows.

`export_findings` writes those of an archive; `make_objects` makes them of one film and one
`Reading`: a structured report (TID 1500), a presentation state with boxes, a segmentation of heat
maps or boxes, and a key image. Each says that it is for research use only. This room and `dicom`
are the only ones that import pydicom, and this one alone imports highdicom.
"""

from typing import TYPE_CHECKING

from plainfilm.errors import SettingsError
from plainfilm.lazy import lazy_exports

if TYPE_CHECKING:
    from plainfilm.dicom_results.export import ExportSummary, export_findings
    from plainfilm.dicom_results.identity import Kind
    from plainfilm.dicom_results.key_image import draw_key_image
    from plainfilm.dicom_results.reading import Finding, HeatMap, Model, Point, Reading
    from plainfilm.dicom_results.selection import FilmReading, FilmReadings
    from plainfilm.dicom_results.step import make_objects

__all__ = [
    "ExportSummary",
    "FilmReading",
    "FilmReadings",
    "Finding",
    "HeatMap",
    "Kind",
    "Model",
    "Point",
    "Reading",
    "draw_key_image",
    "export_findings",
    "make_objects",
]

_exports = lazy_exports(
    __name__,
    {
        "ExportSummary": "export",
        "FilmReading": "selection",
        "FilmReadings": "selection",
        "Finding": "reading",
        "HeatMap": "reading",
        "Kind": "identity",
        "Model": "reading",
        "Point": "reading",
        "Reading": "reading",
        "draw_key_image": "key_image",
        "export_findings": "export",
        "make_objects": "step",
    },
)


def __getattr__(name: str) -> object:
    try:
        return _exports(name)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "highdicom":
            raise
        message = "findings as DICOM objects need the Python package highdicom"
        raise SettingsError(f"{message}: pip install 'plainfilm[pacs]'") from error

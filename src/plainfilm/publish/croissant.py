"""`croissant.json`: the dataset described for machines, so that loaders need no code of their own.

Source: MLCommons, Croissant Format Specification 1.0, https://docs.mlcommons.org/croissant/.
"""

import json
from collections.abc import Iterator, Sequence
from importlib import resources
from pathlib import PurePosixPath
from typing import Final, TypeAlias

from plainfilm.publish.cleaning import Dates
from plainfilm.publish.film_table import COLUMNS, FILMS
from plainfilm.publish.folder import DatasetFolder
from plainfilm.publish.layouts.layout import Contents

__all__ = ["CROISSANT", "write_croissant"]

CROISSANT: Final = "croissant.json"
_CONFORMS_TO: Final = "http://mlcommons.org/croissant/1.0"
_FILMS: Final = "films"
_IMAGES: Final = "images"
_IMAGE_FILES: Final = "image-files"

# Suffix → encoding format; gzipped CSV is no format that loaders of Croissant unpack by themselves.
_TABLES: Final = {".csv": "text/csv", ".json": "application/json", ".gz": "application/gzip"}
_IMAGE_KINDS: Final = {".jpg": "image/jpeg", ".png": "image/png"}
_FILE_KINDS: Final = {**_IMAGE_KINDS, ".dcm": "application/dicom", ".tar": "application/x-tar"}

_WHOLE: Final = {"rows", "columns", "subject_id", "study_id", "labelled"}
_NUMBERS: Final = {"age_years"}

_LABEL: Final = "1 positive, 0 negative, -1 uncertain, empty not mentioned."

_Json: TypeAlias = dict[str, object]


def write_croissant(
    folder: DatasetFolder,
    contents: Contents,
    *,
    description: str,
    dates: Sequence[Dates],
    licence: str = "",
) -> None:
    """Describe what is in the folder so far. It carries no time, so equal datasets are equal.

    Record sets: `films`, a row for each film with its labels; and, where the images are files
    that are no DICOM, `images`, their paths and pixels.

    Args:
        dates: what became of them in de-identification.
        licence: a name or an address; left out where empty.
    Raises:
        ArchiveError: the dataset cannot be written.
    """
    suffix = PurePosixPath(contents.images[0].film.image.partition("!")[0]).suffix
    described: _Json = {
        "@context": json.loads(
            resources.files("plainfilm.publish").joinpath("croissant_context.json").read_text()
        ),
        "@type": "sc:Dataset",
        "name": folder.name,
        "description": description,
        "conformsTo": _CONFORMS_TO,
        **({"license": licence} if licence else {}),
        "distribution": [*_tables(folder, suffix), _image_files(suffix)],
        "recordSet": [_films(contents.findings, dates), *_image_records(suffix)],
    }
    text = json.dumps(described, indent=2, ensure_ascii=False, allow_nan=False)
    folder.write(CROISSANT, f"{text}\n".encode())


def _tables(folder: DatasetFolder, image_suffix: str) -> Iterator[_Json]:
    for path, digest in sorted(folder.checksums.items()):
        suffix = PurePosixPath(path).suffix
        if suffix in _TABLES and suffix != image_suffix:
            yield {
                "@type": "cr:FileObject",
                "@id": _FILMS + "-table" if path == FILMS else path,
                "name": path,
                "contentUrl": path,
                "encodingFormat": _TABLES[suffix],
                "sha256": digest,
            }


def _image_files(suffix: str) -> _Json:
    return {
        "@type": "cr:FileSet",
        "@id": _IMAGE_FILES,
        "name": _IMAGE_FILES,
        "encodingFormat": _FILE_KINDS[suffix],
        "includes": f"*{suffix}" if suffix == ".tar" else f"**/*{suffix}",
    }


def _films(findings: Sequence[str], dates: Sequence[Dates]) -> _Json:
    became = ", or ".join(each.in_short for each in dates)
    columns = {name: text.format(dates=became) for name, text in COLUMNS.items()}
    told = {**columns, **dict.fromkeys(findings, _LABEL)}
    return {
        "@type": "cr:RecordSet",
        "@id": _FILMS,
        "name": _FILMS,
        "description": "A row for each film, with the labels of its study's reports.",
        "key": {"@id": f"{_FILMS}/dicom_id"},
        "field": [_column(name, text, finding=name in findings) for name, text in told.items()],
    }


def _column(name: str, description: str, *, finding: bool) -> _Json:
    if name in _WHOLE:
        kind = "sc:Integer"
    else:
        # A finding that is not mentioned is an empty cell, which no integer can be.
        kind = "sc:Float" if finding or name in _NUMBERS else "sc:Text"
    return {
        "@type": "cr:Field",
        "@id": f"{_FILMS}/{name.replace(' ', '_')}",  # no loader takes ids with blanks
        "name": name,
        "description": description,
        "dataType": kind,
        "source": {"fileObject": {"@id": f"{_FILMS}-table"}, "extract": {"column": name}},
    }


def _image_records(suffix: str) -> Iterator[_Json]:
    if suffix not in _IMAGE_KINDS:
        return
    yield {
        "@type": "cr:RecordSet",
        "@id": _IMAGES,
        "name": _IMAGES,
        "description": "The images; `path` is the column `image` of the films.",
        "field": [
            _of_file("path", "sc:Text", "fullpath", "Where the image is."),
            _of_file("content", "sc:ImageObject", "content", "The image's pixels."),
        ],
    }


def _of_file(name: str, kind: str, file_property: str, description: str) -> _Json:
    return {
        "@type": "cr:Field",
        "@id": f"{_IMAGES}/{name}",
        "name": name,
        "description": description,
        "dataType": kind,
        "source": {
            "fileSet": {"@id": _IMAGE_FILES},
            "extract": {"fileProperty": file_property},
        },
    }

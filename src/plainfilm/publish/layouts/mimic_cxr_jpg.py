"""The layout of MIMIC-CXR-JPG 2.

Source: Johnson et al., MIMIC-CXR-JPG 2.0.0, PhysioNet (2019), doi:10.13026/8360-t248.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

from plainfilm.publish.folder import DatasetFolder
from plainfilm.publish.images import ImageFormat, Resize
from plainfilm.publish.layouts.layout import Contents, Place, PublishedImage
from plainfilm.publish.layouts.tables import LABELS_TOLD, label_texts, write_boxes

__all__ = ["MimicCxrJpg"]

_ID_COLUMNS: Final = ("dicom_id", "subject_id", "study_id")
_METADATA_COLUMNS: Final = (
    "PerformedProcedureStepDescription",
    "ViewPosition",
    "Rows",
    "Columns",
    "StudyDate",
    "StudyTime",
    "ProcedureCodeSequence_CodeMeaning",
    "ViewCodeSequence_CodeMeaning",
    "PatientOrientationCodeSequence_CodeMeaning",
)


@dataclass(frozen=True)
class MimicCxrJpg:
    """Images by subject and study, gzipped tables of metadata, splits, labels and categories."""

    name: ClassVar[str] = "mimic-cxr-jpg"
    description: ClassVar[str] = "Laid out like MIMIC-CXR-JPG 2."
    formats: ClassVar[tuple[ImageFormat, ...]] = (
        ImageFormat.JPEG,
        ImageFormat.PNG8,
        ImageFormat.PNG16,
    )
    readers: ClassVar[Mapping[ImageFormat, str]] = {
        ImageFormat.JPEG: "What reads MIMIC-CXR-JPG reads it, such as `MIMIC_Dataset` of"
        " torchxrayvision, which takes the films of studies with a labelled report."
    }
    resize: ClassVar[Resize | None] = None
    label_set: ClassVar[str] = "chexpert"
    needs_positive: ClassVar[bool] = False

    @property
    def files(self) -> Sequence[tuple[str, str]]:
        return (
            ("files/pNN/p<subject_id>/s<study_id>/<dicom_id>{suffix}", "the images"),
            (
                "{name}-metadata.csv.gz",
                (
                    "a row for each image: view, size of the image in pixels, date and time of the"
                    " study as in the de-identified header, codes' meanings"
                ),
            ),
            ("{name}-split.csv.gz", "a row for each image: `train`, `validate` or `test`"),
            (
                "{name}-{label_set}.csv.gz",
                LABELS_TOLD,
            ),
            (
                "{name}-categories.csv.gz",
                "a row for each image: body part and projection; blank where they are not known",
            ),
        )

    def image_path(self, place: Place) -> str:
        subject = f"p{place.subject_id}"
        return f"files/{subject[:3]}/{subject}/s{place.study_id}/{place.dicom_id}"

    def number_of(self, image: str) -> int | None:
        return None

    def finish(self, folder: DatasetFolder, contents: Contents) -> Contents:
        images, name = contents.images, folder.name
        folder.write_table(
            f"{name}-metadata.csv.gz",
            (*_ID_COLUMNS, *_METADATA_COLUMNS),
            ((*_ids(image.place), *_metadata(image)) for image in images),
        )
        folder.write_table(
            f"{name}-split.csv.gz",
            (*_ID_COLUMNS, "split"),
            ((*_ids(image.place), image.film.split) for image in images),
        )
        folder.write_table(
            f"{name}-categories.csv.gz",
            (*_ID_COLUMNS, "category"),
            ((*_ids(image.place), image.film.category) for image in images),
        )
        self._write_labels(folder, contents)
        write_boxes(folder, contents)
        return contents

    def _write_labels(self, folder: DatasetFolder, contents: Contents) -> None:
        studies = {
            (image.place.subject_id, image.place.study_id): image.film.study_pk
            for image in contents.images
        }
        folder.write_table(
            f"{folder.name}-{contents.label_set}.csv.gz",
            ("subject_id", "study_id", *contents.findings),
            (
                (*study, *label_texts(contents, contents.labels[study_pk]))
                for study, study_pk in studies.items()
                if study_pk in contents.labels
            ),
        )


def _ids(place: Place) -> tuple[str, int, int]:
    return place.dicom_id, place.subject_id, place.study_id


def _metadata(image: PublishedImage) -> tuple[object, ...]:
    header = image.header
    return (
        header.procedure,
        header.view_position,
        image.film.rows,
        image.film.columns,
        header.study_date,
        header.study_time,
        header.procedure_code,
        header.view_code,
        header.orientation_code,
    )

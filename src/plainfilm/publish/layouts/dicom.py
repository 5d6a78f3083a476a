"""The layout of de-identified DICOM: the copies in a tree, with tables beside them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

from plainfilm.publish.folder import DatasetFolder
from plainfilm.publish.images import ImageFormat, Resize
from plainfilm.publish.layouts.layout import Contents, Place, PublishedImage
from plainfilm.publish.layouts.tables import LABELS_TOLD, label_texts, write_boxes

__all__ = ["DicomTree"]

_COLUMNS: Final = (
    "file",
    "patient",
    "study",
    "sop_instance_uid",
    "split",
    "category",
    "laterality",
    "view",
    "view_position",
    "sex",
    "age_years",
    "study_date",
    "rows",
    "columns",
)


@dataclass(frozen=True)
class DicomTree:
    """Clean copies by patient and study under the ids that they hold themselves."""

    name: ClassVar[str] = "dicom"
    description: ClassVar[str] = (
        "De-identified DICOM files by patient and study, under the ids that they hold themselves."
    )
    formats: ClassVar[tuple[ImageFormat, ...]] = (ImageFormat.DICOM,)
    readers: ClassVar[Mapping[ImageFormat, str]] = {
        ImageFormat.DICOM: "Any DICOM software reads them."
    }
    resize: ClassVar[Resize | None] = None
    label_set: ClassVar[str] = "chexpert"
    needs_positive: ClassVar[bool] = False

    @property
    def files(self) -> Sequence[tuple[str, str]]:
        return (
            ("<patient>/<study>/<sop_instance_uid>.dcm", "the films"),
            (
                "films.csv",
                (
                    "a row for each film: ids, split, category, side, view, sex, age, date of the"
                    " study as in the de-identified header, size in pixels"
                ),
            ),
            (
                "{label_set}.csv",
                LABELS_TOLD,
            ),
        )

    def image_path(self, place: Place) -> str:
        return f"{place.patient}/{place.study}/{place.uid}"

    def number_of(self, image: str) -> int | None:
        return None

    def finish(self, folder: DatasetFolder, contents: Contents) -> Contents:
        folder.write_table("films.csv", _COLUMNS, (_row(image) for image in contents.images))
        studies = {
            (image.place.patient, image.place.study): image.film.study_pk
            for image in contents.images
        }
        folder.write_table(
            f"{contents.label_set}.csv",
            ("patient", "study", *contents.findings),
            (
                (*study, *label_texts(contents, contents.labels[study_pk]))
                for study, study_pk in studies.items()
                if study_pk in contents.labels
            ),
        )
        write_boxes(folder, contents)
        return contents


def _row(image: PublishedImage) -> tuple[object, ...]:
    film = image.film
    return (
        film.image,
        film.patient,
        film.study,
        film.uid,
        film.split,
        film.category,
        film.laterality,
        film.view,
        image.header.view_position,
        film.sex,
        film.age_years,
        film.study_date,
        film.rows,
        film.columns,
    )

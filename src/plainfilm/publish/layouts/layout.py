"""What a layout is, and what it is given to lay out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol

from plainfilm.publish.boxes import Box
from plainfilm.publish.export import HeaderFacts
from plainfilm.publish.folder import DatasetFolder
from plainfilm.publish.images import ImageFormat, Resize
from plainfilm.publish.published import PublishedFilm

__all__ = ["Contents", "Layout", "Place", "PublishedImage"]


@dataclass(frozen=True, slots=True)
class Place:
    """The ids that a film has in a dataset, and its split.

    Attributes:
        patient, study, uid: of the de-identified copy; only copies themselves show them.
        subject_id, study_id: eight digits, in the ranges of MIMIC-CXR.
        dicom_id: 40 hexadecimal digits in five groups, likewise.
        number: of the film among those of its patient, from 0, in the order of the archive.
    """

    film_id: int
    patient: str
    study: str
    uid: str
    subject_id: int
    study_id: int
    dicom_id: str
    number: int
    split: str


@dataclass(frozen=True, slots=True)
class PublishedImage:
    """One image of a dataset, with everything that a layout may tell of it.

    Attributes:
        boxes: in the pixels of the image.
    """

    place: Place
    film: PublishedFilm
    header: HeaderFacts
    stored: tuple[int, int]
    boxes: tuple[Box, ...] = ()


@dataclass(frozen=True, slots=True)
class Contents:
    """What a dataset holds.

    Attributes:
        images: by subject, study and film.
        findings: of the label set, in alphabetical order.
        labels: study_pk → finding → 1, 0 or -1, of the published studies with a labelled report.
    """

    images: Sequence[PublishedImage]
    label_set: str
    findings: Sequence[str]
    labels: Mapping[int, Mapping[str, int]]


class Layout(Protocol):
    """How a dataset is laid out: how its images are named, and which tables go with them.

    A layout is a frozen dataclass whose fields are its options; `LAYOUTS` registers it.
    """

    name: ClassVar[str]
    description: ClassVar[str]
    """One sentence for the dataset's README: what it is laid out like, and what reads it."""
    formats: ClassVar[tuple[ImageFormat, ...]]
    """What its images may be; the first where nothing is said."""
    resize: ClassVar[Resize | None]
    """The size of its images where nothing is said."""
    label_set: ClassVar[str]
    """The set of labels where nothing is said."""

    @property
    def files(self) -> Sequence[tuple[str, str]]:
        """Its files for the README: name and what is in it, where `{name}` is the dataset's,
        `{label_set}` that of the labels, and `{suffix}` that of the images."""
        ...

    def image_path(self, place: Place) -> str:
        """Where a film's image goes in the dataset, without its suffix."""
        ...

    def finish(self, folder: DatasetFolder, contents: Contents) -> Contents:
        """Write the tables; the images are there.

        Returns:
            the contents, with the images where they are now.
        Raises:
            ArchiveError: the dataset cannot be written.
        """
        ...

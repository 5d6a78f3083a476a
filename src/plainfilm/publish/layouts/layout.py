"""What a layout is, and what it is given to lay out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol

from plainfilm.publish.boxes import Box
from plainfilm.publish.export import HeaderFacts
from plainfilm.publish.folder import DatasetFolder
from plainfilm.publish.images import ImageFormat, Resize
from plainfilm.publish.published import PublishedFilm

__all__ = ["Contents", "Layout", "Place", "PublishedImage", "describe_layout"]


@dataclass(frozen=True, slots=True)
class Place:
    """The ids that a film has in a dataset, and its split.

    Attributes:
        patient, study, uid: of the de-identified copy; only copies themselves show them.
        subject_id, study_id: eight digits, in the ranges of MIMIC-CXR.
        dicom_id: 40 hexadecimal digits in five groups, likewise.
        number: of the film among those of its patient, from 0, in the order of the archive, all its
            clean films counted; as in the version before, where there is one.
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
    """One sentence for the dataset's README: what it is laid out like."""
    formats: ClassVar[tuple[ImageFormat, ...]]
    """What its images may be; the first where nothing is said."""
    readers: ClassVar[Mapping[ImageFormat, str]]
    """For each format that programs read in this layout, which do."""
    resize: ClassVar[Resize | None]
    """The size of its images where nothing is said."""
    label_set: ClassVar[str]
    """The set of labels where nothing is said."""
    needs_positive: ClassVar[bool]
    """Whether its readers open it only where some study is positive for a finding."""

    @property
    def files(self) -> Sequence[tuple[str, str]]:
        """Its files for the README: name and what is in it, where `{name}` is the dataset's,
        `{label_set}` that of the labels, and `{suffix}` that of the images."""
        ...

    def image_path(self, place: Place) -> str:
        """Where a film's image goes in the dataset, without its suffix."""
        ...

    def number_of(self, image: str) -> int | None:
        """The `Place.number` that an image's path tells; None where the layout's tell none."""
        ...

    def finish(self, folder: DatasetFolder, contents: Contents) -> Contents:
        """Write the tables; the images are there.

        Returns:
            the contents, with the images where they are now.
        Raises:
            ArchiveError: the dataset cannot be written.
        """
        ...


def describe_layout(layout: Layout, kind: ImageFormat) -> str:
    """What a dataset with images of this format is laid out like, and what reads it."""
    unread = (
        f"The programs that are made for this layout do not look for images of format {kind}:"
        " read its tables and images yourself."
    )
    return f"{layout.description} {layout.readers.get(kind, unread)}"

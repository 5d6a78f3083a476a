"""What is known of one published image: what splits, tables and descriptions are made from."""

from dataclasses import dataclass

__all__ = ["PublishedFilm"]


@dataclass(frozen=True, slots=True)
class PublishedFilm:
    """One image of a dataset, and what may be told of its film.

    Nothing here comes from an original. `patient`, `study` and `uid` are the clean ids, to count
    and to join by; datasets show ids of their own layout in their place.

    Attributes:
        study_pk, patient_pk: the catalog's numbers, by which labels are found.
        split: `train`, `validate` or `test`.
        image: path in the dataset, with `/`.
        rows, columns: of the published image.
        category: what the film was decided to be; empty for undecided.
        laterality: `R`, `L`, `B` or empty.
        view: `frontal`, `lateral`, `other`, or empty where it is not known.
        sex, study_date: as the clean header has them (`F`, `YYYYMMDD`), empty where removed.
        age_years: from the clean header; None where removed.
        image_hash: perceptual hash of the film as 8-bit image; near-equal films have near hashes.
        sha256: of the image's file, 64 hex digits.
    """

    film_id: int
    patient: str
    study: str
    uid: str
    study_pk: int
    patient_pk: int
    split: str
    image: str
    rows: int
    columns: int
    category: str
    laterality: str
    view: str
    sex: str
    age_years: float | None
    study_date: str
    image_hash: bytes
    sha256: str

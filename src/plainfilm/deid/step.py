"""The step that writes a de-identified copy of each film."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Final

from plainfilm.deid.burned_text import TextRow, search_range, suspect_text
from plainfilm.deid.clean import CleanHeader, clean_dataset
from plainfilm.deid.method import mark_deidentified
from plainfilm.deid.pixel_bytes import clean_pixel_bytes, has_overlay_in_pixels, is_compressed
from plainfilm.deid.profile import DEFAULT_OPTIONS, Option, check_options
from plainfilm.deid.pseudonyms import KeyedHash
from plainfilm.dicom import Dataset, FilmPixels, decode_film, read_dataset, write_dataset
from plainfilm.errors import ArchiveError, Reason, UnreadableDicom, UnsupportedPixels
from plainfilm.records import CleanFilm, Film, Rejection
from plainfilm.steps import process_each

__all__ = ["Deidentify"]

MAXIMUM_ROWS_LISTED: Final = 8


@dataclass(frozen=True, slots=True)
class Deidentify:
    """De-identify films: the Basic Profile of PS3.15 with options, new ids, shifted dates.

    Each film goes to `<out>/<patient>/<study>/<film>.dcm` under its new ids. A film is withheld,
    as a Rejection, where its pixels can't be decoded and so can't be searched, and where text may
    be burned into them: said by its header, or suspected by `suspect_text`, which is a search for
    rows of letter-like shapes and no reading of them.

    Attributes:
        out: folder of the clean films; made where it is missing.
        key: secret, at least 16 bytes; see `load_or_create_key`.
        options: of the profile. By default descriptions are cleaned rather than removed, and
            dates are moved rather than removed.
    Raises:
        SettingsError: a key that is too short; options that contradict or are not offered.
    """

    name: ClassVar[str] = "deidentify"
    version: ClassVar[str] = "1"
    keywords: ClassVar[tuple[str, ...]] = ()

    out: Path
    key: bytes = field(repr=False, metadata={"secret": True})
    options: frozenset[Option] = DEFAULT_OPTIONS

    def __post_init__(self) -> None:
        check_options(self.options)
        KeyedHash(self.key)  # refuses a key that is too short

    def process(self, batch: Sequence[Film]) -> Sequence[CleanFilm | Rejection]:
        """One CleanFilm or Rejection for each film, in order.

        Raises:
            ArchiveError: the clean film cannot be written.
        """
        return process_each(batch, self._release)

    def _release(self, film: Film) -> CleanFilm:
        source = read_dataset(film.location)
        if str(source.get("SOPInstanceUID", "")) != film.sop_instance_uid:
            # Another film's labels and another patient's pseudonym would go with these pixels.
            raise UnreadableDicom(f"{film.location} holds another film now", Reason.FILE_CHANGED)
        pixels = decode_film(source)
        _refuse_text(source, pixels)
        header = clean_dataset(source, KeyedHash(self.key), self.options)
        mark_deidentified(header.dataset, self.options, pixels_searched=True)
        clean_pixel_bytes(header.dataset, pixels)
        path = self._write(header)
        return CleanFilm(
            film.film_id, path, header.patient, header.study, header.uid, header.actions
        )

    def _write(self, header: CleanHeader) -> Path:
        folder = self.out.absolute() / header.patient / header.study
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as exc:
            raise ArchiveError(f"cannot make {folder}: {exc.strerror}") from exc
        path = folder / f"{header.uid}.dcm"
        write_dataset(header.dataset, path)
        return path


def _refuse_text(source: Dataset, pixels: FilmPixels) -> None:
    """Raise where text is, or may be, in the pixels.

    Raises:
        UnsupportedPixels: with reason `burned_in_text`.
    """
    if str(source.get("BurnedInAnnotation", "")).strip().upper() == "YES":
        raise _withheld("the header says so: BurnedInAnnotation is YES")
    if has_overlay_in_pixels(source) and is_compressed(source):
        raise _withheld("an overlay lies in the spare bits of compressed pixels")
    if pixels.frames > 1:
        raise _withheld(f"only the first of {pixels.frames} frames can be searched for text")
    if rows := suspect_text(search_range(pixels.frame)):
        raise _withheld(_described(rows))


def _described(rows: list[TextRow]) -> str:
    listed = [f"{row.width}x{row.height} at ({row.x}, {row.y})" for row in rows]
    more = len(rows) - MAXIMUM_ROWS_LISTED
    tail = f" and {more} more" if more > 0 else ""
    count = "1 place" if len(rows) == 1 else f"{len(rows)} places"
    return (
        f"{count} with rows of letter-like shapes: {', '.join(listed[:MAXIMUM_ROWS_LISTED])}{tail}"
    )


def _withheld(detail: str) -> UnsupportedPixels:
    return UnsupportedPixels(detail, Reason.BURNED_IN_TEXT)

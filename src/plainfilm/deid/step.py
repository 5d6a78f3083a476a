"""The step that writes a de-identified copy of each film."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from plainfilm.deid.audit import FilmAudit, result_thumbnail, write_part
from plainfilm.deid.burned_text import TextBox, TextStays, Verdict, clean_burned_text
from plainfilm.deid.clean import CleanFile, clean_file
from plainfilm.deid.method import mark_deidentified, mark_searched
from plainfilm.deid.pixel_bytes import clean_pixel_bytes, is_compressed
from plainfilm.deid.profile import DEFAULT_OPTIONS, Option, check_options, report_options
from plainfilm.deid.pseudonyms import KeyedHash
from plainfilm.deid.rules import CustomRule, check_rules
from plainfilm.dicom import (
    Dataset,
    clear_unused_bits,
    decode_film,
    read_dataset,
    read_film,
    write_dataset,
    write_film,
)
from plainfilm.errors import (
    ArchiveError,
    InputError,
    Reason,
    SettingsError,
    UnreadableDicom,
    UnsupportedPixels,
)
from plainfilm.records import CleanFilm, Film, Rejection
from plainfilm.steps import process_each

__all__ = ["Deidentify"]


@dataclass(frozen=True, slots=True)
class Deidentify:
    """De-identify films: the Basic Profile of PS3.15 with options, new ids, shifted dates.

    Each film goes to `<out>/<patient>/<study>/<film>.dcm` under its new ids. With Clean Pixel Data
    among the options, its pixels are searched for burned-in text, and a film is withheld, as a
    Rejection, where they can't be decoded or text can't be removed. Without that option only the
    header is cleaned; the pixels are carried over and nothing is said of them.

    Attributes:
        out: folder of the clean films; made where it is missing.
        key: secret, at least 16 bytes; see `load_or_create_key`.
        options: of the profile. By default descriptions and pixels are cleaned rather than
            removed, and dates are moved rather than removed.
        rules: the user's own; see `load_rules`.
        strict: text that can't be decided on is removed, too.
        reports: structured reports are taken, too, with the options of `report_options`.
        audit: folder for what was done to each element; None keeps no audit.
        has_lasting_ids: the films' numbers are an archive's, so that the audit may name them.
    Raises:
        SettingsError: a key that is too short; options that contradict; rules that they break.
    """

    name: ClassVar[str] = "deidentify"
    version: ClassVar[str] = "4"
    keywords: ClassVar[tuple[str, ...]] = ()

    out: Path
    key: bytes = field(repr=False, metadata={"secret": True})
    options: frozenset[Option] = DEFAULT_OPTIONS
    rules: tuple[CustomRule, ...] = ()
    strict: bool = False
    reports: bool = False
    audit: Path | None = field(default=None, metadata={"parameter": False})
    has_lasting_ids: bool = field(default=True, metadata={"parameter": False})

    def __post_init__(self) -> None:
        check_options(self.options)
        check_rules(self.rules, self.options)
        if self.reports and report_options(self.options) != self.options:
            raise SettingsError("these options are not for structured reports")
        KeyedHash(self.key)  # refuses a key that is too short

    def process(self, batch: Sequence[Film]) -> Sequence[CleanFilm | Rejection]:
        """One CleanFilm or Rejection for each film, in order.

        Raises:
            ArchiveError: the clean film or its audit cannot be written.
        """
        audits: list[FilmAudit] = []
        try:
            return process_each(batch, lambda film: self._release(film, audits))
        finally:
            # Whatever ends the batch, no film is released without its record.
            if self.audit is not None:
                write_part(self.audit, audits)

    def _release(self, film: Film, audits: list[FilmAudit]) -> CleanFilm:
        keyed = KeyedHash(self.key)
        clean: CleanFile | None = None
        try:
            clean = clean_file(
                read_film(film.location), keyed, self.options, self.rules, reports=self.reports
            )
            if clean.source_uid != film.sop_instance_uid:
                # Another film's labels and another patient's pseudonym would go with these pixels.
                message = f"{film.location} holds another film now"
                raise UnreadableDicom(message, Reason.FILE_CHANGED)
            path = self.out.absolute() / clean.patient / clean.study / f"{clean.uid}.dcm"
            boxes, thumbnail = self._write(clean, path)
        except InputError as error:
            if self.audit is not None:
                audits.append(self._withheld(film, clean, error))
            raise
        if self.audit is not None:
            audits.append(
                FilmAudit(
                    clean.uid,
                    clean.patient,
                    clean.study,
                    clean.treatments,
                    boxes,
                    film_id=film.film_id if self.has_lasting_ids else 0,
                    thumbnail=thumbnail,
                )
            )
        return CleanFilm(film.film_id, path, clean.patient, clean.study, clean.uid, clean.actions)

    def _withheld(self, film: Film, clean: CleanFile | None, error: InputError) -> FilmAudit:
        return FilmAudit(
            KeyedHash(self.key).uid(film.sop_instance_uid) if clean is None else clean.uid,
            "" if clean is None else clean.patient,
            "" if clean is None else clean.study,
            () if clean is None else clean.treatments,
            error.boxes if isinstance(error, TextStays) else (),
            withheld=str(error.reason or Reason.FILE_UNREADABLE),
            # Where the text is; other messages may name the film's own path.
            detail=str(error) if error.reason is Reason.BURNED_IN_TEXT else "",
            film_id=film.film_id if self.has_lasting_ids else 0,
        )

    def _write(self, clean: CleanFile, path: Path) -> tuple[tuple[TextBox, ...], bytes]:
        """Write the film, its pixels cleaned where the options ask for it.

        Returns:
            The boxes of text, and a thumbnail where there is something to look at.
        """
        if Option.CLEAN_PIXEL_DATA not in self.options:
            _make_folder(path.parent)
            if clean.is_final:
                write_film(clean.content, path)
            else:
                write_dataset(_in_own_syntax(clean), path)
            return (), b""
        dataset = _in_own_syntax(clean)
        if clean.has_overlay_in_pixels and is_compressed(dataset):
            raise _withheld("an overlay lies in the spare bits of compressed pixels")
        stored = dataset.get("PixelData")
        clear_unused_bits(dataset)
        pixels = decode_film(dataset)
        clean_pixel_bytes(dataset)
        boxes = clean_burned_text(dataset, pixels, clean.identity, strict=self.strict)
        _refuse_contradiction(dataset, boxes)
        shown = [box for box in boxes if box.verdict is not Verdict.KEEP]
        if clean.is_final and not shown and dataset.PixelData == stored:
            _make_folder(path.parent)
            write_film(mark_searched(clean.content, self.options), path)
            return boxes, b""
        mark_deidentified(dataset, self.options, pixels_searched=True)
        wanted = self.audit is not None and shown
        thumbnail = result_thumbnail(dataset, shown) if wanted else b""
        _make_folder(path.parent)
        write_dataset(dataset, path)
        return boxes, thumbnail


def _in_own_syntax(clean: CleanFile) -> Dataset:
    dataset = read_dataset(clean.content)
    dataset.file_meta["TransferSyntaxUID"].value = clean.transfer_syntax_uid
    return dataset


def _make_folder(folder: Path) -> None:
    if folder.is_dir():
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise ArchiveError(f"cannot make {folder}: {exc.strerror}") from exc


def _refuse_contradiction(dataset: Dataset, boxes: tuple[TextBox, ...]) -> None:
    """Withhold a film whose header tells of text where the search has found none to remove."""
    said = str(dataset.get("BurnedInAnnotation", "")).strip().upper()
    if said == "YES" and all(box.verdict is Verdict.KEEP for box in boxes):
        raise _withheld("BurnedInAnnotation is YES, but no identity was found")


def _withheld(detail: str) -> UnsupportedPixels:
    return UnsupportedPixels(detail, Reason.BURNED_IN_TEXT)

"""The de-identification of one film's header (DICOM PS3.15 annex E).

Works on the film's bytes: what stays is copied as it is, the rest is written anew.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, NamedTuple

from plainfilm.deid.cleaner import Cleaner
from plainfilm.deid.content_items import CONTENT, identity_in_item
from plainfilm.deid.decisions import place
from plainfilm.deid.identity import KnownIdentity, gathered, is_retained, source_kinds
from plainfilm.deid.method import marks
from plainfilm.deid.profile import DEFAULT_OPTIONS, Action, Option, check_options
from plainfilm.deid.pseudonyms import KeyedHash
from plainfilm.deid.raw_values import is_uid, readings_of, text_of
from plainfilm.deid.report_content import content_of
from plainfilm.deid.rules import CustomRule, check_rules
from plainfilm.deid.treatment import Treatment
from plainfilm.dicom import (
    DEFAULT_ENCODINGS,
    Dataset,
    Encodings,
    RawElement,
    RawFilm,
    Unclear,
    decode_elements,
    encode_element,
    encode_elements,
    encode_film,
    encodings_in,
    is_structured_report,
    plain_film,
    read_elements,
    read_raw,
    refuse_documents,
)
from plainfilm.errors import Reason, UnreadableDicom

__all__ = ["CleanFile", "CleanHeader", "clean_dataset", "clean_file"]

_PATIENT_ID: Final = 0x00100020
_ISSUER: Final = 0x00100021
_STUDY_UID: Final = 0x0020000D
_UIDS: Final = {
    0x00080018: "SOPInstanceUID",
    _STUDY_UID: "StudyInstanceUID",
    0x0020000E: "SeriesInstanceUID",
}
_SOP_CLASS: Final = 0x00080016
_SOP_INSTANCE: Final = 0x00080018
_MODALITY: Final = 0x00080060
_PATIENT_NAME: Final = 0x00100010
_STUDY_ID: Final = 0x00200010
_OVERLAY_MASK: Final = 0xFF00FFFF
_OVERLAY_BIT_POSITION: Final = 0x60000102
_PIXEL_TAGS: Final = (0x7FE00008, 0x7FE00009, 0x7FE00010)


@dataclass(frozen=True, slots=True)
class _Clean:
    """What de-identification made of a film.

    Attributes:
        patient, study, uid: the new PatientID, StudyID and SOP Instance UID.
        treatments: what was done to every element, kept ones included.
        identity: what the film said of who is on it; for the search in its pixels.
    """

    patient: str
    study: str
    uid: str
    treatments: tuple[Treatment, ...]
    identity: KnownIdentity

    @property
    def actions(self) -> Mapping[str, int]:
        """How many elements were treated, by action code; `K` are those that stayed."""
        counts = Counter([treatment[1] for treatment in self.treatments])
        return {str(action): counts[action] for action in sorted(counts)}


@dataclass(frozen=True, slots=True)
class CleanHeader(_Clean):
    """A de-identified copy of a dataset, and what was done to it."""

    dataset: Dataset


@dataclass(frozen=True, slots=True)
class CleanFile(_Clean):
    """A de-identified film's bytes, pixel data included, and what was done to them.

    Attributes:
        content: the whole file.
        transfer_syntax_uid: the source's.
        source_uid: the SOP Instance UID that the film had.
        is_final: False where `content` has yet to be written in its own transfer syntax: of a
            deflated or big endian film it is in explicit VR little endian, its pixel data as it
            was.
        has_overlay_in_pixels: an overlay lay in the spare bits of the pixels, and may lie there
            still (retired; PS3.3-2004 C.9.2).
    """

    content: bytes
    transfer_syntax_uid: str
    source_uid: str
    is_final: bool
    has_overlay_in_pixels: bool


def clean_dataset(
    dataset: Dataset,
    keyed: KeyedHash,
    options: frozenset[Option] = DEFAULT_OPTIONS,
    rules: tuple[CustomRule, ...] = (),
) -> CleanHeader:
    """De-identify a header; the dataset given stays as it is.

    Private elements, overlays, curves, group lengths and elements that the data dictionary does
    not know are removed at every depth, unless options or rules keep them. The file meta group
    keeps its transfer syntax only; the preamble is zeros. PixelData is passed on untouched.

    Raises:
        SettingsError: options that contradict each other.
        UnreadableDicom: SOP Instance, Series or Study Instance UID is missing.
        InputError: a value cannot be encoded.
    Source: DICOM PS3.15 annex E, edition 2026d.
    """
    data = encode_elements(dataset)
    try:
        elements = read_elements(data, implicit=False)
    except Unclear as exc:
        raise UnreadableDicom("the header is not clear", Reason.MALFORMED_HEADER) from exc
    film = RawFilm(data, "", implicit=False, meta=[], elements=elements)
    cleaner, pieces, ids = _cleaned(film, keyed, options, rules)
    clean = decode_elements(b"".join(pieces[tag] for tag in sorted(pieces)))
    for tag in _PIXEL_TAGS:
        if tag in dataset:
            clean[tag] = dataset[tag]
            cleaner.treatments.append(Treatment(f"{tag:08X}", str(Action.KEEP), "unlisted", b""))
    _reset_file(clean, dataset)
    treatments = tuple(cleaner.treatments)
    return CleanHeader(ids.patient, ids.study, ids.uid, treatments, ids.identity, clean)


def clean_file(
    content: bytes,
    keyed: KeyedHash,
    options: frozenset[Option] = DEFAULT_OPTIONS,
    rules: tuple[CustomRule, ...] = (),
    *,
    reports: bool = False,
) -> CleanFile:
    """De-identify a film's bytes; what is in its pixels stays there, and is not said to be clean.

    Args:
        reports: take structured reports, too, and clean the texts in their content as texts of
            reports; see `report_options`.
    Raises:
        SettingsError, UnreadableDicom, InputError: as `clean_dataset`; also a structured report
            that was not asked for or whose language is not read, and any encapsulated document.
        UnsupportedPixels: the file ends inside its pixel data.
    """
    film, syntax = _plainly_read(content)
    _refuse_documents(film, reports=reports)
    if not is_uid(syntax):
        message = "TransferSyntaxUID holds no UID"
        raise UnreadableDicom(message, Reason.UNSUPPORTED_TRANSFER_SYNTAX)
    cleaner, pieces, ids = _cleaned(film, keyed, options, rules)
    pieces |= marks(options, pixels_searched=False, implicit=film.implicit)
    file = encode_film(
        film.transfer_syntax_uid, ids.sop_class, ids.uid, [pieces[tag] for tag in sorted(pieces)]
    )
    return CleanFile(
        ids.patient,
        ids.study,
        ids.uid,
        tuple(cleaner.treatments),
        ids.identity,
        file,
        syntax,
        ids.source_uid,
        is_final=syntax == film.transfer_syntax_uid,
        has_overlay_in_pixels=any(
            element.tag & _OVERLAY_MASK == _OVERLAY_BIT_POSITION
            and any(film.data[element.value : element.end])
            for element in film.elements
        ),
    )


def _plainly_read(content: bytes) -> tuple[RawFilm, str]:
    """The film's elements, and its own transfer syntax."""
    with suppress(Unclear):
        film = read_raw(content)
        return film, film.transfer_syntax_uid
    rewritten, syntax = plain_film(content)
    try:
        return read_raw(rewritten), syntax
    except Unclear as exc:
        message = "the header is not clear enough to be cleaned"
        raise UnreadableDicom(message, Reason.MALFORMED_HEADER) from exc


class _Ids(NamedTuple):
    """Who the film is, new and old."""

    patient: str
    study: str
    uid: str
    source_uid: str
    sop_class: str
    identity: KnownIdentity


def _cleaned(
    film: RawFilm,
    keyed: KeyedHash,
    options: frozenset[Option],
    rules: tuple[CustomRule, ...],
) -> tuple[Cleaner, dict[int, bytes], _Ids]:
    """The elements that stay, by tag, new ids in place."""
    check_options(options)
    check_rules(rules, options)
    encodings = encodings_in(film.data, film.elements, DEFAULT_ENCODINGS)
    top = {element.tag: element for element in film.elements}

    def text(tag: int) -> str:
        return text_of(film.data, top[tag], encodings).strip() if tag in top else ""

    for tag, keyword in _UIDS.items():
        if not text(tag):
            raise UnreadableDicom(f"{keyword} is missing", Reason.MISSING_UID)
    if text(_SOP_CLASS) and not is_uid(text(_SOP_CLASS)):
        raise UnreadableDicom("SOPClassUID holds no UID", Reason.MALFORMED_HEADER)
    study_uid, uid = text(_STUDY_UID), text(_SOP_INSTANCE)
    patient = keyed.patient(text(_PATIENT_ID), text(_ISSUER), study_uid)
    study = keyed.study_id(study_uid)
    sources = list(_sources(film.data, film.elements, encodings, options))
    identity = gathered(sources)
    report = None
    if is_structured_report(text(_SOP_CLASS)):
        names = [name for kind, values in sources if kind == "person" for name in values]
        report = content_of(film.data, film.elements, identity, names, options)
    cleaner = Cleaner(film.data, keyed, patient, identity, implicit=film.implicit, report=report)
    cleaner.file_meta(film.meta)
    where = place(options, rules, text(_SOP_CLASS), text(_MODALITY))
    pieces = cleaner.clean(film.elements, where, encodings)
    if report is not None:
        report.refuse_unread()
    for tag, vr, value in (
        (_PATIENT_ID, "LO", patient.patient_id),
        (_PATIENT_NAME, "PN", patient.patient_id),
        (_STUDY_ID, "SH", study),
    ):
        # Also where the film came without any.
        padded = value.encode() + b" " * (len(value) % 2)
        pieces[tag] = encode_element(tag, vr, padded, implicit=film.implicit)
    new_uid, sop_class = (
        _written(pieces[tag], implicit=film.implicit) if tag in pieces else ""
        for tag in (_SOP_INSTANCE, _SOP_CLASS)
    )
    return cleaner, pieces, _Ids(patient.patient_id, study, new_uid, uid, sop_class, identity)


def _refuse_documents(film: RawFilm, *, reports: bool) -> None:
    for element in film.elements:
        if element.tag == _SOP_CLASS:
            sop_class = text_of(film.data, element, DEFAULT_ENCODINGS).strip()
            if not (reports and is_structured_report(sop_class)):
                refuse_documents(sop_class)
            return


def _written(piece: bytes, *, implicit: bool) -> str:
    """The text of an element as it will be written: file meta and file name say the same."""
    (element,) = read_elements(piece, implicit=implicit)
    return text_of(piece, element, DEFAULT_ENCODINGS).strip()


def _sources(
    data: bytes,
    elements: list[RawElement],
    encodings: Encodings,
    options: frozenset[Option],
) -> Iterator[tuple[str, list[str]]]:
    """What states identity, at any depth: of what kind it is, and its values."""
    kinds = source_kinds()
    for element in elements:
        if element.items is not None:
            for item in element.items:
                own = encodings_in(data, item, encodings)
                yield from _sources(data, item, own, options)
                stated = element.tag == CONTENT and identity_in_item(data, item, own, options)
                if stated:
                    yield stated
            continue
        kind = "person" if element.vr == "PN" else kinds.get(element.tag)
        if kind is not None and not is_retained(element.tag, options):
            yield kind, readings_of(data, element, encodings)


def _reset_file(clean: Dataset, source: Dataset) -> None:
    meta = getattr(source, "file_meta", None)
    if meta is not None:
        clean.file_meta = type(meta)()
        if "TransferSyntaxUID" in meta:
            clean.file_meta.TransferSyntaxUID = meta.TransferSyntaxUID
    clean.preamble = bytes(128)

"""Invented films with an invented identity planted wherever a header can hold one.

Each film is a small radiograph in one of the transfer syntaxes that pydicom and plainfilm write,
with some forty kept attributes of every VR beside it. Planted are: names in several scripts and
orders, ids, accession numbers, dates of birth, telephone numbers, an address, physicians and an
institution, in elements of every text VR, in nested sequences, in private elements, in
descriptions, in numbers, in bytes, in the file meta group and in the preamble.
"""

import random
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from pydicom import DataElement, Dataset
from pydicom._dicom_dict import DicomDictionary
from pydicom.uid import DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian

from plainfilm.deid.profile import rule_for
from plainfilm.demo import make_film
from plainfilm.demo._tables import TRANSFER_SYNTAXES
from plainfilm.dicom import write_dataset

__all__ = ["SYNTAXES", "PlantedFilm", "plant_film"]

SYNTAXES: Final = (*TRANSFER_SYNTAXES, "deflated", "big_endian")
_REWRITTEN: Final = {"deflated": DeflatedExplicitVRLittleEndian, "big_endian": ExplicitVRBigEndian}

_NAMES: Final = {
    "ISO_IR 100": (("Bjørnqvist", "Åse"), ("Müllerhoff", "Jürgen"), ("Vexwright", "Quillan")),
    "ISO_IR 192": (("Őrségvári", "Zsófia"), ("Zbigniewski", "Wojciech"), ("田中山", "次郎丸")),
    "ISO_IR 144": (("Жуковецкий", "Всеволод"), ("Щербакова", "Людмила")),
    "": (("Dunwiddy", "Marjolaine"), ("Oxbrough", "Philomena"), ("Zelkowitz", "Barnabus")),
}
_TEXT_VRS: Final = frozenset({"LO", "LT", "PN", "SH", "ST", "UC", "UT", "AE", "UR"})
_STRUCTURAL: Final = frozenset(
    {0x00080005, 0x00080008, 0x00280004, 0x00280008, 0x00280301, 0x00282112, 0x00282114}
)
_TAGS: Final = [
    (tag, entry[0], entry[4])
    for tag, entry in DicomDictionary.items()
    if tag >> 16 >= 0x0008 and tag >> 16 not in (0x7FE0, 0xFFFE) and entry[4]
]
_PLANTABLE: Final = [(t, vr) for t, vr, _ in _TAGS if vr in _TEXT_VRS and t not in _STRUCTURAL]
_SEQUENCES: Final = [tag for tag, vr, _ in _TAGS if vr == "SQ"]
_DATES: Final = [tag for tag, vr, _ in _TAGS if vr == "DA"]
_KEPT_VALUES: Final[dict[str, tuple[Any, ...]]] = {
    "CS": ("ORIGINAL", "STANDING", "FIXED", "LINEAR", "YES", "PLATE"),
    "DS": ("0.148", "1150", "-12.5", "81"),
    "IS": ("3", "125", "-7", "2048"),
    "LO": ("Detector 17", "Grid 40 l/cm", "Table Bucky", "Cu 0.1 mm"),
    "SH": ("GEN 4.2", "AEC", "PLATE A"),
    "LT": ("Exposure within limits", "Repeat for rotation"),
    "US": (1, 512, 4095),
    "UL": (7, 70_000),
    "FL": (0.5, 148.0),
    "FD": (0.125, 1e-3),
    "SS": (-3, 12),
}
_KEPT: Final = [
    (tag, vr)
    for tag, vr, keyword in _TAGS
    if vr in _KEPT_VALUES
    and rule_for(tag) is None
    and tag >> 16 not in (0x0012, 0x0028, 0x0002)
    and tag not in _STRUCTURAL
    and not keyword.endswith(("Meaning", "Designator"))
]
_DESCRIPTIONS: Final = {
    "StudyDescription": ("XR CHEST AP PORTABLE", "XR Knee 2 views left", "Rayos X tórax PA"),
    "SeriesDescription": ("Chest lateral", "HAND PA right", "Thorax p.a."),
    "ProtocolName": ("PELVIS AP", "L-SPINE LATERAL", "Wrist oblique"),
}


@dataclass
class PlantedFilm:
    """A film, who is on it, and what has to stay.

    Attributes:
        secrets: texts of which none may be left.
        kept: tag → value of top-level elements that the standard keeps and nobody planted in.
        descriptions: keyword → the medical words of a description that was planted in.
    """

    dataset: Dataset
    secrets: list[str] = field(default_factory=list)
    kept: dict[int, object] = field(default_factory=dict)
    descriptions: dict[str, str] = field(default_factory=dict)

    def write(self, path: Path) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # planted values break rules of length on purpose
            write_dataset(self.dataset, path)
        if self.dataset.preamble:
            content = bytearray(path.read_bytes())
            content[:128] = self.dataset.preamble
            path.write_bytes(content)


def plant_film(rng: random.Random, number: int) -> PlantedFilm:
    """Film `number`; the same generator state gives the same film."""
    charset = rng.choice(list(_NAMES))
    family, given = rng.choice(_NAMES[charset])
    patient_id = f"QX{rng.randrange(10**8):08d}"
    accession = f"ZV{rng.randrange(10**8):08d}"
    phone = f"0{rng.randrange(100, 999)} {rng.randrange(10**6, 10**7)}"
    year, month, day = rng.randint(1920, 2005), rng.randint(1, 12), rng.randint(13, 28)
    physician = ("Quackenbosch", "Thaddeus")
    film = make_film(
        {
            "SpecificCharacterSet": charset or None,
            "SOPInstanceUID": f"1.2.826.0.1.3680043.8.498.99.{number}.1",
            "StudyInstanceUID": f"1.2.826.0.1.3680043.8.498.99.{number // 3}.2",
            "SeriesInstanceUID": f"1.2.826.0.1.3680043.8.498.99.{number // 2}.3",
            "PatientName": f"{family}^{given}",
            "PatientID": patient_id,
            "PatientBirthDate": f"{year}{month:02d}{day:02d}",
            "AccessionNumber": accession,
            "PatientTelephoneNumbers": phone,
            "PatientAddress": "14 Wickenthorpe Crescent",
            "ReferringPhysicianName": "^".join(physician),
            "InstitutionName": "Brackenfold Infirmary",
            "Modality": "DX",
        },
        transfer_syntax=_written_syntax(number),
        bits_stored=8,
    )
    planted = PlantedFilm(film)
    planted.secrets = [
        *(family, given, patient_id, accession, *physician, "Brackenfold", "Wickenthorpe"),
        *(f"{year}{month:02d}{day:02d}", f"{day:02d}.{month:02d}.{year}", phone.split()[1]),
    ]
    sentences = _sentences(family, given, patient_id, accession, phone, (year, month, day))
    _keep(rng, planted)
    _describe(rng, planted, sentences)
    _plant(rng, film, sentences, planted.kept)
    _nest(rng, planted, sentences)
    film.preamble = f"{family} {patient_id}".encode("utf-8", "replace")[:128].ljust(128, b"\0")
    film.file_meta.SourceApplicationEntityTitle = patient_id[:16]
    rewritten = _REWRITTEN.get(SYNTAXES[number % len(SYNTAXES)])
    if rewritten is not None:
        film.file_meta.TransferSyntaxUID = rewritten
    return planted


def _written_syntax(number: int) -> str:
    name = SYNTAXES[number % len(SYNTAXES)]
    return "explicit_le" if name in _REWRITTEN else name


def _sentences(
    family: str, given: str, patient_id: str, accession: str, phone: str, born: tuple[int, int, int]
) -> list[str]:
    year, month, day = born
    return [
        f"{family}^{given}",
        f"{given} {family}",
        f"for {given} {family}",
        f"{family.upper()}, {given.upper()}",
        f"{family}_{given}",
        f"id {patient_id}",
        f"{patient_id[:2]}-{patient_id[2:6]}-{patient_id[6:]}",
        f"acc. {accession}",
        f"tel {phone}",
        f"born {day:02d}.{month:02d}.{year}",
        f"{year}{month:02d}{day:02d}",
        "Dr Thaddeus Quackenbosch",
        "Brackenfold Infirmary",
    ]


def _keep(rng: random.Random, planted: PlantedFilm) -> None:
    """Medical content: values of every VR in attributes that the standard keeps."""
    for tag, vr in rng.sample(_KEPT, 40):
        if tag not in planted.dataset:
            value = rng.choice(_KEPT_VALUES[vr])
            planted.dataset.add(DataElement(tag, vr, value, already_converted=False))
            planted.kept[tag] = planted.dataset[tag].value


def _describe(rng: random.Random, planted: PlantedFilm, sentences: list[str]) -> None:
    for keyword, texts in _DESCRIPTIONS.items():
        text = rng.choice([text for text in texts if text.isascii()])
        planted.descriptions[keyword] = text
        pieces = [text, rng.choice(sentences)]
        rng.shuffle(pieces)
        setattr(planted.dataset, keyword, " ".join(pieces)[:64])
        if len(" ".join(pieces)) > 64:
            setattr(planted.dataset, keyword, text)


def _plant(
    rng: random.Random, dataset: Dataset, sentences: list[str], kept: dict[int, object]
) -> None:
    for tag, vr in rng.sample(_PLANTABLE, 12):
        if tag not in dataset and tag not in kept:
            # These two are of ASCII alone (PS3.5 6.1.2.3).
            plain = [text for text in sentences if text.isascii()]
            value = rng.choice(plain if vr in ("AE", "UR") else sentences)
            dataset.add(DataElement(tag, vr, value, already_converted=vr != "PN"))
    for tag in rng.sample(_DATES, 2):
        if tag not in dataset:
            dataset.add(DataElement(tag, "DA", sentences[10]))
    dataset.add_new(0x00190010, "LO", "PLANTED 1.0")
    dataset.add_new(0x00191001, rng.choice(["LO", "UT", "LT"]), rng.choice(sentences))
    dataset.add_new(0x00191002, "OB", rng.choice(sentences).encode("utf-8").ljust(80, b"\0"))
    dataset.add_new(0x00281203, "OW", bytes(64) + sentences[5].encode() + bytes(65))


def _nest(rng: random.Random, planted: PlantedFilm, sentences: list[str]) -> None:
    item = planted.dataset
    for tag in rng.sample(_SEQUENCES, 3):
        if tag in item:
            continue
        inner = Dataset()
        _plant(rng, inner, sentences, {})
        item.add_new(tag, "SQ", [inner])
        item = inner

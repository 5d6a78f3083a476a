"""Invented films on disk, as many as a benchmark wants.

Each film has some ninety elements such as a digital radiography system writes: patient, study,
series, equipment, acquisition, image and procedure step, eight sequences (some nested), a private
block, dates and UIDs of its own. Patients have one to three studies of one to three films. One
film in four is in implicit VR. The pixels are a few hundred bytes. Every identity is invented.

The files are encoded here, element by element, since pydicom would take minutes.
"""

import random
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Final, TypeAlias

__all__ = ["films", "write_films"]

Value: TypeAlias = "str | bytes | int | list[Elements]"
Element: TypeAlias = tuple[int, str, Value]
Elements: TypeAlias = list[Element]

_ROOT: Final = "1.2.826.0.1.3680043.8.498.77"
_DX_IMAGE: Final = "1.2.840.10008.5.1.4.1.1.1.1"
_CR_IMAGE: Final = "1.2.840.10008.5.1.4.1.1.1"
_IMPLICIT: Final = "1.2.840.10008.1.2"
_EXPLICIT: Final = "1.2.840.10008.1.2.1"

_LONG_VRS: Final = frozenset({"OB", "OW", "SQ", "UN", "UT"})
_NUMBER_FORMATS: Final = {"US": "H", "UL": "I"}

_FAMILY: Final = ("Aldren", "Bosk", "Cardew", "Dellwin", "Estray", "Fennick", "Gorvel", "Hask")
_GIVEN: Final = ("Ada", "Bert", "Cleo", "Dan", "Eve", "Finn", "Gus", "Hal", "Ina", "Jo", "Kim")
_INSTITUTIONS: Final = ("Hilltop Hospital", "Lakeside Clinic", "Northgate Infirmary")
_VENDORS: Final = (
    ("Ravelin Imaging", "DX-200", "2.1.7"),
    ("Corvid Medical", "Vision CR", "V5.0"),
    ("Polder X-Ray", "Panelite", "1.9"),
)
_EXAMS: Final = (
    ("CHEST", "PA", "XR Chest 2 views", "36643-5"),
    ("CHEST", "LL", "XR Chest lateral", "36643-5"),
    ("HAND", "AP", "XR Hand left", "24725-4"),
    ("KNEE", "LL", "XR Knee right", "24805-4"),
    ("LSPINE", "AP", "XR Lumbar spine 2 views", "24972-2"),
    ("PELVIS", "AP", "XR Pelvis", "28561-9"),
)


def write_films(folder: Path, count: int, *, seed: int = 0) -> list[Path]:
    """Write `count` films into numbered subfolders of `folder`, and return their paths."""
    paths = []
    for number, film in enumerate(films(count, seed=seed)):
        path = folder / f"{number // 500:03d}" / f"IM{number:06d}.dcm"
        if number % 500 == 0:
            path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(film)
        paths.append(path)
    return paths


def films(count: int, *, seed: int = 0) -> Iterator[bytes]:
    """The bytes of `count` films; the same seed gives the same films."""
    rng = random.Random(seed)  # noqa: S311 - reproducible, not secret
    made = patient = 0
    while made < count:
        patient += 1
        person = _patient(rng, patient)
        for study in range(rng.randint(1, 3)):
            visit = _study(rng, patient, study)
            for image in range(rng.randint(1, 3)):
                if made == count:
                    return
                yield _film(rng, person, visit, image)
                made += 1


def _uid(*numbers: int) -> str:
    return ".".join((_ROOT, *map(str, numbers)))


def _date(rng: random.Random, first: int, last: int) -> str:
    return f"{rng.randint(first, last)}{rng.randint(1, 12):02d}{rng.randint(1, 28):02d}"


def _time(rng: random.Random) -> str:
    return f"{rng.randint(7, 19):02d}{rng.randint(0, 59):02d}{rng.randint(0, 59):02d}"


def _decimal(rng: random.Random, low: float, high: float, digits: int = 3) -> str:
    return f"{rng.uniform(low, high):.{digits}f}"


def _patient(rng: random.Random, number: int) -> Elements:
    return [
        (0x00100010, "PN", f"{rng.choice(_FAMILY)}^{rng.choice(_GIVEN)}^{number}"),
        (0x00100020, "LO", f"PF{number:07d}"),
        (0x00100021, "LO", "PLAINFILM"),
        (0x00100030, "DA", _date(rng, 1930, 2015)),
        (0x00100040, "CS", rng.choice("MF")),
        (0x00101010, "AS", f"{rng.randint(1, 95):03d}Y"),
        (0x00101030, "DS", str(rng.randint(45, 110))),
    ]


def _study(rng: random.Random, patient: int, number: int) -> dict[str, str | int]:
    body_part, view, description, code = rng.choice(_EXAMS)
    maker, model, version = rng.choice(_VENDORS)
    return {
        "patient": patient,
        "number": number,
        "uid": _uid(1, patient, number, rng.randrange(10**9)),
        "date": _date(rng, 2008, 2024),
        "accession": f"A{rng.randrange(10**8):08d}",
        "referrer": f"{rng.choice(_FAMILY)}^{rng.choice(_GIVEN)}",
        "institution": rng.choice(_INSTITUTIONS),
        "body_part": body_part,
        "view": view,
        "description": description,
        "code": code,
        "maker": maker,
        "model": model,
        "version": version,
    }


def _film(rng: random.Random, person: Elements, visit: dict[str, str | int], image: int) -> bytes:
    explicit = rng.random() < 0.75
    sop_class = _CR_IMAGE if visit["maker"] == "Corvid Medical" else _DX_IMAGE
    instance = _uid(3, rng.randrange(10**12), rng.randrange(10**9), image)
    meta: Elements = [
        (0x00020001, "OB", b"\0\1"),
        (0x00020002, "UI", sop_class),
        (0x00020003, "UI", instance),
        (0x00020010, "UI", _EXPLICIT if explicit else _IMPLICIT),
        (0x00020012, "UI", _uid(9)),
        (0x00020013, "SH", "GENERATED_1"),
    ]
    elements = [
        *_identification(rng, visit, sop_class, instance),
        *person,
        *_acquisition(rng, visit),
        *_relations(rng, visit, image),
        *_image(rng),
        *_procedure(rng, visit),
        *_private(rng),
        (0x7FE00010, "OW", rng.randbytes(12 * 10 * 2)),
    ]
    body = _encode(sorted(elements, key=lambda element: element[0]), explicit=explicit)
    group = _encode(meta, explicit=True)
    length = _encode([(0x00020000, "UL", len(group))], explicit=True)
    return b"\0" * 128 + b"DICM" + length + group + body


def _identification(
    rng: random.Random, visit: dict[str, str | int], sop_class: str, instance: str
) -> Elements:
    date, time = str(visit["date"]), _time(rng)
    return [
        (0x00080005, "CS", "ISO_IR 100"),
        (0x00080008, "CS", "ORIGINAL\\PRIMARY"),
        (0x00080016, "UI", sop_class),
        (0x00080018, "UI", instance),
        (0x00080020, "DA", date),
        (0x00080021, "DA", date),
        (0x00080022, "DA", date),
        (0x00080023, "DA", date),
        (0x00080030, "TM", time),
        (0x00080031, "TM", time),
        (0x00080032, "TM", f"{time}.{rng.randrange(1000):03d}"),
        (0x00080033, "TM", time),
        (0x00080050, "SH", str(visit["accession"])),
        (0x00080060, "CS", "CR" if sop_class == _CR_IMAGE else "DX"),
        (0x00080068, "CS", "FOR PRESENTATION"),
        (0x00080070, "LO", str(visit["maker"])),
        (0x00080080, "LO", str(visit["institution"])),
        (0x00080090, "PN", str(visit["referrer"])),
        (0x00081010, "SH", f"XR{rng.randint(1, 6)}"),
        (0x00081030, "LO", str(visit["description"])),
        (0x0008103E, "LO", f"{visit['body_part']} {visit['view']}"),
        (0x00081090, "LO", str(visit["model"])),
        (0x00081032, "SQ", [_code(str(visit["code"]), "LN", str(visit["description"]))]),
        (
            0x00081111,
            "SQ",
            [
                [
                    (0x00081150, "UI", "1.2.840.10008.3.1.2.3.3"),
                    (0x00081155, "UI", _uid(7, rng.randrange(10**12))),
                ]
            ],
        ),
        (0x00082218, "SQ", [_code("T-D3000", "SRT", str(visit["body_part"]))]),
    ]


def _acquisition(rng: random.Random, visit: dict[str, str | int]) -> Elements:
    return [
        (0x00180015, "CS", str(visit["body_part"])),
        (0x00180060, "DS", str(rng.choice((50, 60, 70, 81, 102, 125)))),
        (0x00181000, "LO", f"SN{rng.randint(1000, 1020)}"),
        (0x00181004, "LO", f"PL{rng.randrange(10**6):06d}"),
        (0x00181020, "LO", str(visit["version"])),
        (0x00181110, "DS", str(rng.choice((1000, 1150, 1800)))),
        (0x00181150, "IS", str(rng.randint(2, 200))),
        (0x00181151, "IS", str(rng.randint(100, 500))),
        (0x00181152, "IS", str(rng.randint(1, 80))),
        (0x0018115E, "DS", _decimal(rng, 0.1, 20, 5)),
        (0x00181164, "DS", "0.148\\0.148"),
        (0x00181190, "DS", "0.6\\1.2"),
        (0x00181411, "DS", _decimal(rng, 150, 600)),
        (0x00185101, "CS", str(visit["view"])),
        (0x00186000, "DS", str(rng.choice((200, 400, 800)))),
    ]


def _relations(rng: random.Random, visit: dict[str, str | int], image: int) -> Elements:
    return [
        (0x0020000D, "UI", str(visit["uid"])),
        (0x0020000E, "UI", _uid(2, int(visit["patient"]), int(visit["number"]))),
        (0x00200010, "SH", str(visit["number"])),
        (0x00200011, "IS", "1"),
        (0x00200013, "IS", str(image + 1)),
        (0x00200020, "CS", "L\\F"),
        (0x00200062, "CS", rng.choice("LRU")),
    ]


def _image(rng: random.Random) -> Elements:
    center = rng.randint(1500, 2500)
    return [
        (0x00280002, "US", 1),
        (0x00280004, "CS", rng.choice(("MONOCHROME1", "MONOCHROME2"))),
        (0x00280010, "US", 12),
        (0x00280011, "US", 10),
        (0x00280030, "DS", "0.148\\0.148"),
        (0x00280100, "US", 16),
        (0x00280101, "US", 12),
        (0x00280102, "US", 11),
        (0x00280103, "US", 0),
        (0x00281050, "DS", str(center)),
        (0x00281051, "DS", str(rng.randint(1500, 4000))),
        (0x00281052, "DS", "0"),
        (0x00281053, "DS", "1"),
        (0x00281054, "LO", "US"),
    ]


def _procedure(rng: random.Random, visit: dict[str, str | int]) -> Elements:
    step = f"SPS{rng.randrange(10**7):07d}"
    protocol = _code(str(visit["code"]), "LN", str(visit["description"]))
    return [
        (0x00400244, "DA", str(visit["date"])),
        (0x00400245, "TM", _time(rng)),
        (0x00400253, "SH", f"PPS{rng.randrange(10**7):07d}"),
        (0x00400254, "LO", str(visit["description"])),
        (0x00400260, "SQ", [protocol]),
        (
            0x00400275,
            "SQ",
            [
                [
                    (0x00400007, "LO", str(visit["description"])),
                    (0x00400008, "SQ", [protocol]),
                    (0x00400009, "SH", step),
                    (0x00401001, "SH", step.replace("S", "R")),
                ]
            ],
        ),
        (0x00400555, "SQ", []),
        (0x00540220, "SQ", [_code("R-10206", "SRT", str(visit["view"]))]),
        (0x20500020, "CS", "IDENTITY"),
    ]


def _private(rng: random.Random) -> Elements:
    return [
        (0x00190010, "LO", "PLAINFILM GENERATED"),
        (0x00191001, "DS", _decimal(rng, 100, 4000)),
        (0x00191002, "LO", "AUTO"),
        (0x00191003, "UN", rng.randbytes(24)),
    ]


def _code(value: str, scheme: str, meaning: str) -> Elements:
    return [
        (0x00080100, "SH", value),
        (0x00080102, "SH", scheme),
        (0x00080104, "LO", meaning),
    ]


def _encode(elements: Elements, *, explicit: bool) -> bytes:
    return b"".join(_encode_element(*element, explicit=explicit) for element in elements)


def _encode_element(tag: int, vr: str, value: Value, *, explicit: bool) -> bytes:
    raw = _encode_value(vr, value, explicit=explicit)
    head = struct.pack("<HH", tag >> 16, tag & 0xFFFF)
    if not explicit:
        return head + struct.pack("<I", len(raw)) + raw
    if vr in _LONG_VRS:
        return head + vr.encode() + struct.pack("<HI", 0, len(raw)) + raw
    return head + vr.encode() + struct.pack("<H", len(raw)) + raw


def _encode_value(vr: str, value: Value, *, explicit: bool) -> bytes:
    if isinstance(value, bytes):
        return value
    if isinstance(value, str):
        text = value.encode("latin-1")
        return text + (b"\0" if vr == "UI" else b" ") * (len(text) % 2)
    if isinstance(value, int):
        return struct.pack(f"<{_NUMBER_FORMATS[vr]}", value)
    # Items of undefined and of defined length both occur in real films.
    return b"".join(_encode_item(item, explicit=explicit) for item in value)


def _encode_item(item: Elements, *, explicit: bool) -> bytes:
    raw = _encode(item, explicit=explicit)
    if len(item) == 3:
        return b"\xfe\xff\x00\xe0\xff\xff\xff\xff" + raw + b"\xfe\xff\x0d\xe0\0\0\0\0"
    return b"\xfe\xff\x00\xe0" + struct.pack("<I", len(raw)) + raw

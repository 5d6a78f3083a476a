"""Identity where a careless or hostile sender may put it, in bytes that pydicom would not write."""

import struct

import pytest

from plainfilm.deid import DEFAULT_OPTIONS, Deidentify, Option
from plainfilm.deid.clean import clean_file
from plainfilm.dicom import read_dataset, read_raw, write_dataset
from plainfilm.errors import ArchiveError, Reason, UnreadableDicom
from plainfilm.records import Film, Location, Rejection

LONG = ("OB", "OW", "OV", "UV", "UN", "SQ", "UT")
SECRETS = (b"SMITH", b"ANNE", b"1960-11-03", b"19601103")
NAME = b"SMITH^ANNE 1960-11-03 "
CALL = b"call Dr Karl Oppenheimer 030 555-1234 Springfield 12.03.2021"
CALLED = (b"Oppenheimer", b"555-1234", b"12.03.2021")


def element(tag, vr, value):
    value += b" " * (len(value) % 2)
    head = struct.pack("<HH", tag >> 16, tag & 0xFFFF) + vr.encode()
    if vr in LONG:
        return head + b"\0\0" + struct.pack("<I", len(value)) + value
    return head + struct.pack("<H", len(value)) + value


def item(content):
    return b"\xfe\xff\x00\xe0" + struct.pack("<I", len(content)) + content


@pytest.fixture
def written(film, tmp_path):
    """A film's bytes with elements put in, or in place of its own."""

    def write(*elements, **changes):
        path = tmp_path / "film.dcm"
        write_dataset(film(**({"PatientName": "SMITH^ANNE"} | changes)), path)
        data = path.read_bytes()
        raw = read_raw(data)
        parts = {part.tag: data[part.start : part.end] for part in raw.elements}
        for content in elements:
            group, number = struct.unpack_from("<HH", content)
            parts[group << 16 | number] = content
        return data[: raw.elements[0].start] + b"".join(parts[tag] for tag in sorted(parts))

    return write


IN_BYTES = {
    "OB that is text": element(0x00282000, "OB", NAME),
    "OB with text in it": element(0x00282000, "OB", bytes(range(128, 256)) * 4 + NAME),
    "text attribute in US": element(0x00180015, "US", NAME),
    "text attribute in OB": element(0x00181020, "OB", NAME),
    "UID attribute in LO": element(0x00200052, "LO", b"SMITH/../ANNE"),
    "long text in UN": element(0x00104000, "UN", b"CHEST " * 12_000 + NAME),
    "long kept text in UN": element(0x00181020, "UN", b"CHEST " * 12_000 + NAME),
    "coefficients": element(0x7FE00020, "OW", NAME),
    "offset table of text": element(0x7FE00001, "OV", NAME + b"  "),
    "offset table as OB": element(0x7FE00001, "OB", NAME),
    "pixels in an item": element(0x00082218, "SQ", item(element(0x7FE00010, "OB", NAME))),
    "sequence in OB": element(0x00082218, "OB", item(element(0x00100010, "PN", NAME))),
    "trailing padding": element(0xFFFCFFFC, "OB", NAME),
    "UID under the root of the Standard": element(0x00200052, "UI", b"1.2.840.10008.19601103"),
}


@pytest.mark.parametrize("place", IN_BYTES)
def test_identity_in_bytes_is_gone(written, keyed, place):
    clean = clean_file(written(IN_BYTES[place]), keyed).content
    assert not [secret for secret in SECRETS if secret in clean]
    read_dataset(clean)


PRIVATE = {
    "items as UN": ("HOLOGIC, Inc.", 0x7E011010, "UN", item(b"\x10\0\x10\0\x06\0\0\0SMITH ")),
    "text as OB": ("GEMS_ACQU_01", 0x0019109E, "OB", b"SMITH"),
}


@pytest.mark.parametrize("place", PRIVATE)
def test_safe_private_elements_in_bytes_are_cleaned(written, keyed, place):
    creator, tag, vr, value = PRIVATE[place]
    owner = element(tag & 0xFFFF0000 | 0x10, "LO", creator.encode())
    options = DEFAULT_OPTIONS | {Option.RETAIN_SAFE_PRIVATE}
    clean = clean_file(written(owner, element(tag, vr, value)), keyed, options).content
    assert b"SMITH" not in clean


UNLISTED = {
    "comment": element(0x00400400, "LT", CALL),
    "comment in an item": element(0x00400275, "SQ", item(element(0x00400400, "LT", CALL))),
    "detector": element(0x00187006, "LT", CALL),
    "calibration": element(0x00280A04, "LO", CALL),
    "content": element(0x00700081, "LO", CALL),
    "text value": element(0x0040A160, "UT", CALL),
    "technical text": element(0x00181020, "LO", CALL),
    "own code": element(
        0x00082218,
        "SQ",
        item(element(0x00080102, "SH", b"99HOME") + element(0x00080104, "LO", CALL)),
    ),
}


@pytest.mark.parametrize("place", UNLISTED)
def test_text_that_the_table_does_not_name_is_cleaned(written, keyed, place):
    clean = clean_file(written(UNLISTED[place]), keyed).content
    assert not [text for text in CALLED if text in clean]


def test_meaning_of_a_standard_code_stays(written, keyed):
    code = element(0x00080102, "SH", b"SCT") + element(0x00080104, "LO", b"Entire sacroiliac arch ")
    clean = clean_file(written(element(0x00082218, "SQ", item(code))), keyed).content
    assert b"Entire sacroiliac arch" in clean


def test_name_in_another_vr_is_searched_for(written, keyed):
    data = written(
        element(0x00100010, "LO", b"Quillfeather^Ada"),
        element(0x00181020, "LO", b"by Quillfeather"),
    )
    assert b"Quillfeather" not in clean_file(data, keyed).content


# Character set named, name and text as written, what must not be left.
CHARACTER_SETS = {
    "UTF-8 unnamed": (None, "Müllerhoff^Jörg".encode(), b"by MUELLERHOFF", b"MUELLERHOFF"),
    "Latin-1 as UTF-8": (
        b"ISO_IR 192",
        "Kühn^Jörg".encode("latin-1"),
        b"by KUEHN",
        b"KUEHN",
    ),
    "surname of one sign": (
        b"ISO_IR 192",
        "Wang^Xi=王^小东".encode(),
        "王 G".encode(),
        "王".encode(),
    ),
    "name without a space": (b"ISO_IR 192", "王^小东".encode(), "王小东 G".encode(), "王".encode()),
}


@pytest.mark.parametrize("case", CHARACTER_SETS)
def test_names_are_found_in_spite_of_their_character_set(written, keyed, case):
    charset, name, text, secret = CHARACTER_SETS[case]
    named = [element(0x00080005, "CS", charset)] if charset else []
    data = written(*named, element(0x00100010, "PN", name), element(0x00181020, "LO", text))
    assert secret not in clean_file(data, keyed).content


@pytest.mark.parametrize("number", [1, 7, 8, 64])
def test_zeros_behind_the_last_element_are_dropped(written, keyed, number):
    data = written()
    assert clean_file(data + bytes(number), keyed).content == clean_file(data, keyed).content


def test_message_does_not_show_bytes_of_text_as_a_tag(written, keyed):
    with pytest.raises(UnreadableDicom) as caught:
        clean_file(written() + b"SMITH^ANNE 4711082", keyed)
    assert "4D53" not in str(caught.value)


def test_retained_uid_that_is_none_becomes_one(written, keyed):
    data = written(element(0x00080018, "UI", b"SMITH/../../../ANNE"))
    clean = clean_file(data, keyed, DEFAULT_OPTIONS | {Option.RETAIN_UIDS})
    assert clean.uid.startswith("2.25.")
    assert read_dataset(clean.content).file_meta.MediaStorageSOPInstanceUID == clean.uid
    assert b"ANNE/" not in clean.content


@pytest.mark.parametrize(
    ("sop_class", "reason"),
    [
        (b"SMITH^ANNE", Reason.MALFORMED_HEADER),
        (b"1.2.840.10008.5.1.4.1.1.88.11", Reason.STRUCTURED_REPORT),
        (b"1.2.840.10008.5.1.4.1.1.104.1", Reason.ENCAPSULATED_DOCUMENT),
    ],
)
def test_what_is_no_film_is_refused_by_its_class(written, keyed, sop_class, reason):
    with pytest.raises(UnreadableDicom) as caught:
        clean_file(written(element(0x00080016, "UI", sop_class)), keyed)
    assert caught.value.reason is reason


def test_transfer_syntax_that_is_no_uid_is_refused(written, keyed):
    data = written().replace(b"1.2.840.10008.1.2.1\0", b"1.2.840.10008.SMITH\0")
    with pytest.raises(UnreadableDicom) as caught:
        clean_file(data, keyed)
    assert caught.value.reason is Reason.UNSUPPORTED_TRANSFER_SYNTAX


# Keyword, its value, and a name or institution whose word it is.
TERMS = [
    ("DetectorType", "DIRECT", {"InstitutionName": "Direct Digital Imaging"}),
    ("PresentationLUTShape", "IDENTITY", {"PatientName": "IDENTITY^UNKNOWN"}),
]


@pytest.mark.parametrize(("keyword", "term", "identity"), TERMS)
def test_defined_terms_stay_whoever_has_their_name(written, keyed, keyword, term, identity):
    clean = clean_file(written(**identity, **{keyword: term}), keyed).content
    assert read_dataset(clean)[keyword].value == term


def test_batch_that_breaks_off_leaves_a_record_of_what_was_released(written, tmp_path, monkeypatch):
    def end(*_):
        raise ArchiveError("no space")

    path = tmp_path / "good.dcm"
    path.write_bytes(written())
    films = [Film(number, "1.2.3.4.1", Location(path)) for number in (1, 2)]
    step = Deidentify(tmp_path / "out", b"k" * 32, audit=tmp_path / "out.audit")
    (first,) = step.process(films[:1])
    assert not isinstance(first, Rejection)
    parts = len(list((tmp_path / "out.audit").rglob("*.*")))
    released = []

    def write_once(content, path):
        if released:
            end()
        released.append(path)

    monkeypatch.setattr("plainfilm.deid.step.write_film", write_once)
    with pytest.raises(ArchiveError):
        step.process(films)
    assert released
    assert len(list((tmp_path / "out.audit").rglob("*.*"))) > parts

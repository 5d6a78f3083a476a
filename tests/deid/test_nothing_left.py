"""Identity planted anywhere a film can hold text is nowhere in the bytes that are written."""

import unicodedata
import warnings

import pydicom
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom.datadict import DicomDictionary

from plainfilm.deid import Deidentify
from plainfilm.dicom import DataElement, Dataset, write_dataset
from plainfilm.records import CleanFilm, Film, Location

TEXT_VRS = ("LO", "LT", "PN", "SH", "ST", "UC", "UT")
CODE_VRS = ("AE", "AS", "CS", "DS", "IS", "UR")
# Letters that make no medical word and nothing that DICOM itself writes.
NAME_PARTS = st.text("bqvwxz", min_size=5, max_size=9)
IDS = st.from_regex(r"[QWX]{2}[0-9]{6,9}", fullmatch=True)
BIRTH_DATE = "19561231"

TEXT_TAGS = [
    (tag, entry[0])
    for tag, entry in DicomDictionary.items()
    if entry[0] in TEXT_VRS + CODE_VRS and tag >> 16 >= 0x0008 and tag >> 16 not in (0x7FE0, 0xFFFE)
]
SEQUENCE_TAGS = [
    tag
    for tag, entry in DicomDictionary.items()
    if entry[0] == "SQ" and tag >> 16 >= 0x0008 and tag >> 16 != 0xFFFE
]
DATE_TAGS = [tag for tag, entry in DicomDictionary.items() if entry[0] == "DA" and tag >> 16 >= 8]
# Changing these would make another kind of object, or none that can be decoded.
STRUCTURAL = {0x00080005, 0x00280004, 0x00080008, 0x00280301, 0x00282112, 0x00282114}
STRUCTURAL |= {0x00280008}  # NumberOfFrames


def sentences(family, given_name, patient_id):
    return st.sampled_from(
        [
            f"{family}^{given_name}",
            f"{given_name} {family}",
            f"CHEST PA for {given_name.title()} {family.title()}",
            f"{family.upper()}_{given_name.upper()}",
            f"id {patient_id}",
            f"{patient_id[:4]}-{patient_id[4:]}",
            f"AP {family} {BIRTH_DATE}",
            "born 31.12.1956",
        ]
    )


@st.composite
def planted_films(draw, make_film):
    family, given_name, patient_id = draw(NAME_PARTS), draw(NAME_PARTS), draw(IDS)
    film = make_film(
        PatientName=f"{family}^{given_name}", PatientID=patient_id, PatientBirthDate=BIRTH_DATE
    )
    values = sentences(family, given_name, patient_id)
    plant(draw, film, values)
    item = film
    for tag in draw(st.lists(st.sampled_from(SEQUENCE_TAGS), max_size=3)):
        inner = Dataset()
        plant(draw, inner, values)
        item.add_new(tag, "SQ", [inner])
        item = inner
    film.file_meta.SourceApplicationEntityTitle = family[:16]
    film.preamble = f"{family} {patient_id}".encode().ljust(128, b"\0")
    return film, (family, given_name, patient_id)


def plant(draw, dataset, values):
    tags = st.lists(st.sampled_from(TEXT_TAGS), min_size=3, max_size=12)
    for tag, vr in draw(tags):
        if tag in dataset or tag in STRUCTURAL:
            continue
        # Taken as it is, too long or not: pydicom would warn.
        dataset.add(DataElement(tag, vr, draw(values), already_converted=vr != "PN"))
    for tag in draw(st.lists(st.sampled_from(DATE_TAGS), max_size=3)):
        dataset.add(DataElement(tag, "DA", BIRTH_DATE))
    dataset.add_new(0x00090010, "LO", "KESTREL")
    dataset.add_new(0x00091001, draw(st.sampled_from(["LO", "UT", "LT"])), draw(values))
    dataset.add_new(0x00091002, "OB", draw(values).encode().ljust(40, b"\0"))


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_planted_identity_is_not_in_the_bytes(data, film, tmp_path_factory):
    source, identity = data.draw(planted_films(film))
    folder = tmp_path_factory.mktemp("films")
    path = folder / "film.dcm"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the film breaks rules of length on purpose
        write_dataset(source, path)
    (result,) = Deidentify(folder / "out", b"k" * 32).process(
        [Film(1, source.SOPInstanceUID, Location(path))]
    )
    assert isinstance(result, CleanFilm)
    written = unicodedata.normalize("NFKD", result.path.read_bytes().decode("latin-1")).casefold()
    for part in identity:
        assert part.casefold() not in written
        assert part.casefold() not in str(result).casefold()
    assert BIRTH_DATE not in written


def test_output_is_read_again_without_a_warning(film, tmp_path):
    source = film()
    write_dataset(source, tmp_path / "film.dcm")
    (result,) = Deidentify(tmp_path / "out", b"k" * 32).process(
        [Film(1, source.SOPInstanceUID, Location(tmp_path / "film.dcm"))]
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        dataset = pydicom.dcmread(result.path)
        for element in dataset.iterall():
            assert element.value is not None or element.VM == 0
    assert dataset.file_meta.MediaStorageSOPInstanceUID == dataset.SOPInstanceUID == result.uid


@pytest.mark.parametrize("charset", ["ISO_IR 100", "ISO_IR 192", None])
def test_names_beyond_ascii_are_found(film, tmp_path, charset):
    source = film(
        SpecificCharacterSet=charset,
        PatientName="Müller^Jürgen" if charset else "Mueller^Juergen",
        StudyDescription="THORAX Müller" if charset else "THORAX Mueller",
        Manufacturer="Gerät MÜLLER" if charset else "MUELLER",
    )
    write_dataset(source, tmp_path / "film.dcm")
    (result,) = Deidentify(tmp_path / "out", b"k" * 32).process(
        [Film(1, source.SOPInstanceUID, Location(tmp_path / "film.dcm"))]
    )
    clean = pydicom.dcmread(result.path)
    assert clean.StudyDescription == "THORAX"
    assert clean.Manufacturer == ("Gerät" if charset else "")

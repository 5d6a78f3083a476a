"""What a film says of its people is found again in any text, in other orders and spellings."""

import unicodedata
from datetime import date

import pytest

from plainfilm.deid.identity import KnownIdentity, identity_of
from plainfilm.dicom import Dataset

KNOWN = KnownIdentity(
    frozenset({"müller".replace("ü", "u"), "jurgen", "davidson", "doe", "jane", "山田"}),
    ("ngh0038126", "20203118", "4711"),
    frozenset({date(1956, 3, 4)}),
)


@pytest.mark.parametrize(
    "text",
    [
        "Müller, Jürgen",
        "MULLER",
        "Jürgen_Müller",
        unicodedata.normalize("NFD", "Müller"),
        "DOE^JANE",
        "janedoe",
        "DoeJane",
        "Doe7",
        "Davidsen",  # one letter replaced
        "Davidso",  # one left out
        "Davidsson",  # one added
        "Davisdon",  # two swapped
        "mrsdavidsons",
        "患者山田太郎",
        "id NGH0038126.",
        "NGH-0038-126",
        "xxNGH0038126yy",
        "2020 3118",
        "tel 4711",
        "1956-03-04",
        "04.03.1956",
        "03/04/1956",  # month first
        "19560304",
        "040356",
        "560304",
        "4/3/56",
    ],
)
def test_identity_is_found(text):
    assert KNOWN.found_in(unicodedata.normalize("NFC", text))
    left = KNOWN.without(text)
    assert not KNOWN.found_in(left)


@pytest.mark.parametrize(
    "text",
    ["CHEST PA", "Kestrel Imaging", "does", "Janeiro", "147119", "1956-03-05", "19570304", "", "^"],
)
def test_other_text_is_left_alone(text):
    assert not KNOWN.found_in(text)
    assert KNOWN.without(text) == text


def test_what_surrounds_identity_stays():
    assert KNOWN.without("Merlin DX 3 for Doe, Jane (VE21)") == "Merlin DX 3 for VE21"


def test_identity_is_gathered_at_any_depth_and_from_all_people():
    inner, middle, film = Dataset(), Dataset(), Dataset()
    inner.PersonName = "Osei^Kwame"
    middle.ContentSequence = [inner]
    middle.ReferringPhysicianName = "Grant^Olivia"
    film.RequestAttributesSequence = [middle]
    film.PatientName = "Davidson^Douglas^I"
    film.PatientID = "NGH-0038126"
    film.PatientBirthDate = "19601103"
    film.InstitutionName = "Northgate General Hospital Chest Clinic"
    film.StudyInstanceUID = "1.2.826.0.1.3680043.9.1"
    film.SOPInstanceUID = "1.2.3.4"  # too short to be searched for
    film.PatientAddress = "88 Mill Street, 90210 Seehausen"
    known = identity_of(film)
    assert {"osei", "kwame", "grant", "olivia", "davidson", "douglas"} <= known.names
    assert known.numbers == ("1282601368004391", "ngh0038126", "0038126", "90210")
    assert known.dates == {date(1960, 11, 3)}
    # Words that many institutions share, or that are medical, tell nobody.
    assert known.names.isdisjoint({"general", "hospital", "chest", "clinic", "street", "i", "88"})
    assert {"northgate", "seehausen", "mill"} <= known.names


def test_id_without_a_digit_is_a_name_and_an_empty_film_knows_nothing():
    film = Dataset()
    film.PatientID = "DOEJANE"
    assert identity_of(film).names == {"doejane", "dojane"}  # oe may be ö, and that o
    assert identity_of(Dataset()) == KnownIdentity(frozenset(), (), frozenset())

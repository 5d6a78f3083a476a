"""The step: what it writes, what it withholds, and that it travels to worker processes."""

import pickle

import numpy as np
import pyarrow.parquet as pq
import pytest

from plainfilm.deid import DEFAULT_OPTIONS, Deidentify, Option
from plainfilm.deid.burned_text import TextBox, TextStays, Verdict
from plainfilm.dicom import (
    ENCODABLE_SYNTAXES,
    decode_film,
    encode_pixels,
    read_dataset,
    write_dataset,
)
from plainfilm.errors import ArchiveError, Reason, SettingsError
from plainfilm.records import CleanFilm, Film, Location, Rejection
from plainfilm.steps import parameters, parameters_hash

KEY = b"k" * 32


@pytest.fixture
def release(tmp_path, film):
    """De-identify films given as datasets; gives back the step's results."""

    def run(*datasets, key=KEY, **changes):
        films = []
        for number, dataset in enumerate(datasets or [film(**changes)]):
            path = tmp_path / f"{number}.dcm"
            write_dataset(dataset, path)
            films.append(Film(number, dataset.SOPInstanceUID, Location(path)))
        return Deidentify(tmp_path / "out", key).process(films)

    return run


def test_film_is_written_under_its_new_ids(release, tmp_path):
    (result,) = release()
    assert isinstance(result, CleanFilm)
    expected = tmp_path / "out" / result.patient / result.study / f"{result.uid}.dcm"
    assert result.path == expected
    assert result.path.is_absolute()
    clean = read_dataset(result.path)
    assert clean.PatientIdentityRemoved == "YES"
    assert clean.BurnedInAnnotation == "NO"
    assert [code.CodeValue for code in clean.DeidentificationMethodCodeSequence] == [
        "113100",
        "113101",
        "113105",
        "113107",
    ]


@pytest.mark.parametrize("syntax", sorted(ENCODABLE_SYNTAXES))
def test_pixels_stay_bit_exact_in_every_transfer_syntax(release, film, syntax):
    source = film()
    encode_pixels(source, decode_film(source).frame, syntax)
    (result,) = release(source)
    assert np.array_equal(decode_film(result.path).frame, decode_film(source).frame)
    assert read_dataset(result.path).file_meta.TransferSyntaxUID == syntax


def test_one_study_stays_one_study(release, film):
    one, two = release(film(), film(SOPInstanceUID="1.2.3.4.2"))
    assert (one.patient, one.study) == (two.patient, two.study)
    assert one.uid != two.uid


def test_same_film_again_gives_the_same_file(release):
    (first,) = release()
    content = first.path.read_bytes()
    (second,) = release()
    assert second == first
    assert second.path.read_bytes() == content


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"BurnedInAnnotation": "YES"}, Reason.BURNED_IN_TEXT),
        ({"PixelData": b"\0\0"}, Reason.TRUNCATED_PIXELS),
        ({"PixelData": None}, Reason.NO_PIXEL_DATA),
        ({"StudyInstanceUID": None}, Reason.MISSING_UID),
    ],
)
def test_film_that_cannot_be_released_is_withheld(release, tmp_path, changes, reason):
    (result,) = release(**changes)
    assert isinstance(result, Rejection)
    assert result.item_id == 0
    assert result.reason in (reason, Reason.UNDECODABLE_PIXELS)
    assert not list((tmp_path / "out").rglob("*.dcm"))


def test_headers_alone_leave_the_pixels_and_say_nothing_of_them(film, tmp_path):
    source = film(BurnedInAnnotation="YES", PixelData=b"\0\0")  # too short to be decoded
    path = tmp_path / "film.dcm"
    write_dataset(source, path)
    step = Deidentify(tmp_path / "out", KEY, DEFAULT_OPTIONS - {Option.CLEAN_PIXEL_DATA})
    (result,) = step.process([Film(1, source.SOPInstanceUID, Location(path))])
    clean = read_dataset(result.path)
    assert clean.BurnedInAnnotation == "YES"
    assert clean.PixelData == b"\0\0"
    assert "113101" not in [code.CodeValue for code in clean.DeidentificationMethodCodeSequence]


@pytest.mark.parametrize("syntax", ["1.2.840.10008.1.2.2", "1.2.840.10008.1.2.1.99"])
def test_headers_alone_in_rare_transfer_syntaxes(film, tmp_path, syntax):
    source = film()
    pixels = source.PixelData
    source.file_meta.TransferSyntaxUID = syntax
    path = tmp_path / "film.dcm"
    write_dataset(source, path)
    step = Deidentify(tmp_path / "out", KEY, DEFAULT_OPTIONS - {Option.CLEAN_PIXEL_DATA})
    (result,) = step.process([Film(1, source.SOPInstanceUID, Location(path))])
    clean = read_dataset(result.path)
    assert clean.file_meta.TransferSyntaxUID == syntax
    assert clean.PixelData == pixels
    assert clean.Rows == 64


def test_what_was_done_and_what_was_withheld_is_written_down(film, tmp_path):
    films = []
    for number, changes in enumerate([{}, {"PixelData": None}]):
        dataset = film(SOPInstanceUID=f"1.2.3.4.{number + 1}", **changes)
        write_dataset(dataset, tmp_path / f"{number}.dcm")
        location = Location(tmp_path / f"{number}.dcm")
        films.append(Film(number, dataset.SOPInstanceUID, location))
    released, withheld = Deidentify(tmp_path / "out", KEY, audit=tmp_path / "audit").process(films)
    (part,) = (tmp_path / "audit" / "parts").iterdir()
    rows = pq.read_table(part).to_pylist()
    assert rows[0]["film"] == released.uid
    assert [row["withheld"] for row in rows] == [None, str(withheld.reason)]
    paths = {treatment["path"] for treatment in rows[0]["treatments"]}
    assert {"00100010", "00020003", "7FE00010"} <= paths


def test_boxes_of_a_withheld_film_are_written_down(film, tmp_path, monkeypatch):
    box = TextBox(0, 4, 6, 30, 9, 0, Verdict.DOUBTFUL, "unreadable")

    def refuse(*_args, **_settings):
        raise TextStays("text that could not be read", [box])

    monkeypatch.setattr("plainfilm.deid.step.clean_burned_text", refuse)
    dataset = film()
    write_dataset(dataset, tmp_path / "a.dcm")
    source = Film(1, dataset.SOPInstanceUID, Location(tmp_path / "a.dcm"))
    Deidentify(tmp_path / "out", KEY, audit=tmp_path / "audit").process([source])
    (part,) = (tmp_path / "audit" / "parts").iterdir()
    ((found,),) = (row["boxes"] for row in pq.read_table(part).to_pylist())
    assert (found["x"], found["y"], found["width"], found["height"]) == (4, 6, 30, 9)


def test_overlay_in_compressed_pixels_is_withheld(release, film):
    source = film()
    encode_pixels(source, decode_film(source).frame, "1.2.840.10008.1.2.5")
    source.add_new(0x60000102, "US", 12)
    (result,) = release(source)
    assert result.reason is Reason.BURNED_IN_TEXT


@pytest.mark.parametrize("declared", [True, False])
@pytest.mark.parametrize(
    ("stored", "high", "bit"), [(12, 11, 15), (12, 15, 1)], ids=["above", "below"]
)
def test_overlay_in_native_pixels_is_not_released(release, film, declared, stored, high, bit):
    source = film()
    values = decode_film(source).frame.astype(np.uint16)
    overlay = np.zeros_like(values)
    overlay[10:20, 10:40] = 1
    words = (values << (high + 1 - stored)) | (overlay << bit)
    source.BitsAllocated, source.BitsStored, source.HighBit = 16, stored, high
    source.PixelData = words.astype("<u2").tobytes()
    if declared:
        source.add_new(0x60000102, "US", bit)
    (result,) = release(source)
    clean = read_dataset(result.path)
    assert not (np.frombuffer(clean.PixelData, "<u2") >> bit & 1).any()
    assert np.array_equal(decode_film(clean).frame, values)


@pytest.mark.parametrize(("text", "is_released"), [("PORTABLE", False), ("DOUGLAS DAVIDSON", True)])
def test_word_of_burned_in_text_is_believed_unless_identity_was_removed(
    release, film, burn, text, is_released
):
    pixels = np.tile((np.arange(600) // 8).astype(np.uint8), (300, 1))
    pixels = burn(pixels, text, 40, 40, scale=4)
    source = film(Rows=300, Columns=600, BurnedInAnnotation="YES", PixelData=pixels.tobytes())
    (result,) = release(source)
    assert isinstance(result, CleanFilm) is is_released


def test_vanished_film_is_a_rejection(tmp_path):
    film = Film(7, "1.2", Location(tmp_path / "gone.dcm"))
    (result,) = Deidentify(tmp_path / "out", KEY).process([film])
    assert (result.reason, result.item_id) == (Reason.FILE_VANISHED, 7)


def test_folder_that_cannot_be_written_stops_the_run(release, tmp_path):
    (tmp_path / "out").write_text("in the way")
    with pytest.raises(ArchiveError):
        release()


def test_step_travels_to_a_worker_and_hides_its_key(tmp_path):
    step = Deidentify(tmp_path, KEY)
    assert pickle.loads(pickle.dumps(step)) == step  # noqa: S301
    assert "kkkk" not in repr(step)
    shown = str(parameters(step))
    assert KEY.hex() not in shown
    assert "kkkk" not in shown


def test_another_key_or_option_is_another_result(tmp_path):
    step = Deidentify(tmp_path, KEY)
    assert parameters_hash(step) == parameters_hash(Deidentify(tmp_path, KEY))
    assert parameters_hash(step) != parameters_hash(Deidentify(tmp_path, b"o" * 32))
    other = Deidentify(tmp_path, KEY, frozenset({Option.RETAIN_FULL_DATES}))
    assert parameters_hash(step) != parameters_hash(other)


def test_short_key_and_contradiction_are_refused(tmp_path):
    with pytest.raises(SettingsError):
        Deidentify(tmp_path, b"short")
    with pytest.raises(SettingsError):
        Deidentify(tmp_path, KEY, frozenset({Option.CLEAN_GRAPHICS}))


def test_a_file_that_holds_another_film_by_now_is_withheld(film, tmp_path):
    dataset = film()
    path = tmp_path / "swapped.dcm"
    write_dataset(dataset, path)
    expected = Film(1, "1.2.3.4", Location(path))
    (result,) = Deidentify(tmp_path / "out", KEY).process([expected])
    assert isinstance(result, Rejection)
    assert result.reason is Reason.FILE_CHANGED
    assert not (tmp_path / "out").exists()

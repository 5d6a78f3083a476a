"""One film in memory, for tests and tutorials."""

import numpy as np
import pytest

from plainfilm.demo import make_film, stable_uid
from plainfilm.demo._tables import TRANSFER_SYNTAXES
from plainfilm.dicom import decode_film, read_dataset, write_dataset


@pytest.mark.parametrize("transfer_syntax", TRANSFER_SYNTAXES)
def test_film_reads_back_in_every_transfer_syntax(tmp_path, transfer_syntax):
    bits = 8 if transfer_syntax == "jpeg_baseline" else 12
    film = make_film(transfer_syntax=transfer_syntax, bits_stored=bits)
    path = tmp_path / "film.dcm"
    write_dataset(film, path)
    assert read_dataset(path).file_meta.TransferSyntaxUID == TRANSFER_SYNTAXES[transfer_syntax]
    pixels = decode_film(path)
    expected = np.linspace(0, (1 << bits) - 1, 32 * 24).reshape(32, 24).astype(int)
    tolerance = 4 if transfer_syntax == "jpeg_baseline" else 0
    assert np.abs(pixels.frame.astype(int) - expected).max() <= tolerance


def test_given_tags_come_over_the_defaults():
    film = make_film(
        {"PatientName": "Roe^Richard", "BodyPartExamined": "HAND", "ViewPosition": None}
    )
    assert film.PatientName == "Roe^Richard"
    assert film.BodyPartExamined == "HAND"
    assert not film.ViewPosition
    assert film.Modality == "DX"


def test_given_frame_is_stored_as_it_is():
    frame = np.array([[7]], dtype=np.uint16)
    film = make_film(frame=frame, photometric="MONOCHROME1")
    assert (film.Rows, film.Columns) == (1, 1)
    assert np.array_equal(decode_film(film).frame, frame)
    assert film.PhotometricInterpretation == "MONOCHROME1"


def test_uids_are_stable_valid_and_differ_by_part():
    assert stable_uid("a", 1) == stable_uid("a", 1)
    assert stable_uid("a", 1) != stable_uid("a", 2)
    uid = stable_uid("film")
    assert uid.startswith("2.25.")
    assert len(uid) <= 64

"""Text goes from frames, overlays and icons; everything else stays as it was."""

import copy

import numpy as np
import pytest

from plainfilm.deid.burned_text import (
    TextBox,
    TextStays,
    Verdict,
    clean_burned_text,
    cleaning,
    search_film,
)
from plainfilm.deid.burned_text.boxes import Rectangle
from plainfilm.deid.burned_text.filling import filled
from plainfilm.dicom import ENCODABLE_SYNTAXES, Dataset, decode_film, decode_frame, encode_pixels
from plainfilm.errors import Reason, UnsupportedPixels

LINE = "DOE, JANE 1956-03-04"
JPEG_BASELINE = "1.2.840.10008.1.2.4.50"
EXPLICIT = "1.2.840.10008.1.2.1"
LOSSLESS = sorted(set(ENCODABLE_SYNTAXES) - {JPEG_BASELINE})


def film_of(frame, syntax=EXPLICIT, **tags):
    dataset = Dataset()
    for keyword, value in tags.items():
        setattr(dataset, keyword, value)
    encode_pixels(dataset, frame, syntax)
    return dataset


def clean(dataset, identity, *, strict=False):
    return clean_burned_text(dataset, decode_film(dataset), identity, strict=strict)


def box_part(boxes, margin=3):
    box = boxes[0]
    return np.s_[
        box.y - margin : box.y + box.height + margin, box.x - margin : box.x + box.width + margin
    ]


@pytest.mark.parametrize("syntax", LOSSLESS)
@pytest.mark.parametrize("kind", ["uint16", "int16"])
def test_lossless_film_changes_in_the_box_alone(smooth, write, jane, syntax, kind):
    frame = (write(smooth(), LINE).astype(np.int32) * 8 - 1000 * (kind == "int16")).astype(kind)
    dataset = film_of(frame, syntax, BitsStored=12, PhotometricInterpretation="MONOCHROME1")
    boxes = clean(dataset, jane)
    after = decode_film(dataset)
    assert [box.why for box in boxes] == ["header"]
    assert (after.photometric, after.bits_stored) == ("MONOCHROME1", 12)
    assert str(dataset.file_meta.TransferSyntaxUID) == syntax
    changed = after.frame != frame
    assert changed.any()
    changed[box_part(boxes)] = False
    assert not changed.any()
    assert search_film(after.frame, jane) == ()
    assert "LossyImageCompression" not in dataset


def test_box_takes_the_value_around_it(smooth, write, jane):
    film = np.full((300, 500), 250, np.uint8)
    film[200:] = 90
    dataset = film_of(write(film, LINE, ink=0))
    clean(dataset, jane)
    np.testing.assert_array_equal(decode_film(dataset).frame, film)


def test_markers_stay_beside_identity(smooth, write, jane):
    frame = write(write(smooth(), LINE), "AP PORTABLE", 40, 200, pixels=30)
    dataset = film_of(frame)
    boxes = clean(dataset, jane)
    assert [box.verdict for box in boxes] == [Verdict.IDENTITY, Verdict.KEEP]
    np.testing.assert_array_equal(decode_film(dataset).frame[150:], frame[150:])


def test_film_without_text_keeps_its_bytes(smooth, jane):
    dataset = film_of(smooth(), JPEG_BASELINE)
    before = dataset.PixelData
    assert clean(dataset, jane) == ()
    assert dataset.PixelData == before


def test_lossy_film_is_encoded_again_with_its_own_tables(smooth, write, jane):
    dataset = film_of(write(smooth(), LINE), JPEG_BASELINE)
    before = decode_film(dataset).frame.astype(int)
    clean(dataset, jane)
    after = decode_film(dataset).frame.astype(int)
    assert search_film(after.astype(np.uint8), jane) == ()
    assert np.abs(after - before)[150:].max() <= 3
    assert dataset.LossyImageCompression == "01"
    assert len(dataset.LossyImageCompressionMethod) == 2


def test_every_frame_is_searched(smooth, write, jane):
    frames = np.stack([smooth(seed=1), write(smooth(seed=2), LINE), smooth(seed=3)])
    dataset = film_of(frames[0])
    dataset.NumberOfFrames = 3
    dataset.PixelData = frames.tobytes()
    boxes = clean(dataset, jane)
    assert [box.frame for box in boxes] == [1]
    np.testing.assert_array_equal(decode_frame(dataset, 0), frames[0])
    assert search_film(decode_frame(dataset, 1), jane) == ()
    np.testing.assert_array_equal(decode_frame(dataset, 2), frames[2])


def test_colour_film_loses_its_text(smooth, write, jane):
    frame = write(smooth(), LINE)
    dataset = film_of(frame)
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 3, "RGB"
    dataset.PlanarConfiguration = 0
    dataset.PixelData = np.repeat(frame[..., None], 3, axis=2).tobytes()
    assert [box.why for box in clean(dataset, jane)] == ["header"]
    assert search_film(decode_film(dataset).frame, jane) == ()


def colour_film(rgb, photometric="RGB"):
    dataset = film_of(np.ascontiguousarray(rgb[..., 0]))
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 3, photometric
    dataset.PlanarConfiguration = 0
    dataset.PixelData = np.ascontiguousarray(rgb).tobytes()
    return dataset


def coloured(film, write, ink, field=None):
    """The film in three channels, with a line in a colour and a field of another around it."""
    channels = []
    for value, ground in zip(ink, field or (None,) * 3, strict=True):
        channel = film.copy()
        if ground is not None:
            channel[50:100, 30:400] = ground
        channels.append(write(channel, LINE, ink=value))
    return np.stack(channels, axis=-1)


def test_colour_text_of_its_fields_luminance_goes(smooth, write, jane):
    rgb = coloured(smooth(), write, (0, 0, 232), (0, 45, 0))  # luma 26 both
    dataset = colour_film(rgb)
    assert search_film(decode_film(dataset).frame, jane) == ()
    assert Verdict.IDENTITY in {box.verdict for box in clean(dataset, jane)}
    after = np.frombuffer(dataset.PixelData, np.uint8).reshape(rgb.shape)
    assert search_film(np.ascontiguousarray(after[..., 2]), jane) == ()


def test_box_of_colour_text_covers_what_any_channel_shows(smooth, write, jane):
    rgb = coloured(smooth() + np.uint8(60), write, (255, 0, 0))
    dataset = colour_film(rgb)
    (box,) = clean(dataset, jane)
    after = np.frombuffer(dataset.PixelData, np.uint8).reshape(rgb.shape)
    tint = np.ptp(after.astype(int), axis=-1)
    assert box.why == "header"
    assert tint.max() <= 16


def test_page_with_few_lines_is_withheld(write, jane):
    page = np.random.default_rng(0).normal(250, 1, (1000, 700)).clip(0, 255).astype(np.uint8)
    for row in range(8):
        page = write(page, "Referred by Okafor", 40, 60 + 110 * row, ink=0)
    with pytest.raises(TextStays, match="empty page") as raised:
        clean(film_of(page), jane)
    assert raised.value.reason is Reason.BURNED_IN_TEXT
    assert len(raised.value.boxes) >= 8
    assert copy.copy(raised.value).boxes == raised.value.boxes


def test_overlay_loses_its_text(smooth, write, jane):
    plane = write(np.zeros((400, 520), np.uint8), LINE, ink=255) > 127
    dataset = film_of(smooth())
    for element, vr, value in (
        (0x0010, "US", 400), (0x0011, "US", 520), (0x0100, "US", 1), (0x0102, "US", 0),
        (0x3000, "OW", np.packbits(plane.ravel(), bitorder="little").tobytes()),
    ):  # fmt: skip
        dataset.add_new((0x6000, element), vr, value)
    boxes = clean(dataset, jane)
    assert [(box.frame, box.verdict) for box in boxes] == [(-1, Verdict.IDENTITY)]
    assert not any(dataset[0x6000, 0x3000].value)


def test_icon_loses_what_the_film_loses(smooth, write, jane):
    frame = write(smooth(), LINE)
    dataset, icon = film_of(frame), film_of(np.ascontiguousarray(frame[::4, ::4]))
    del icon.file_meta
    dataset.IconImageSequence = [icon]
    clean(dataset, jane)
    shown = decode_film(dataset.IconImageSequence[0]).frame
    assert shown.max() < 255
    np.testing.assert_array_equal(shown[40:], frame[160::4, ::4])


def test_what_cannot_be_read_is_withheld_or_filled(monkeypatch, smooth, jane):
    doubtful = TextBox(0, 40, 60, 100, 20, 0, Verdict.DOUBTFUL, "unreadable")
    found = iter([(doubtful,)] * 2)
    monkeypatch.setattr(cleaning, "search_frame", lambda *_, **__: next(found, ()))
    with pytest.raises(UnsupportedPixels, match="could not be read") as raised:
        clean(film_of(smooth()), jane)
    assert raised.value.reason is Reason.BURNED_IN_TEXT
    dataset = film_of(smooth())
    assert clean(dataset, jane, strict=True) == (doubtful,)
    assert np.ptp(decode_film(dataset).frame[60:80, 40:140]) == 0


def test_identity_that_stays_withholds_the_film(monkeypatch, smooth, jane):
    stuck = TextBox(0, 40, 60, 100, 20, 0, Verdict.IDENTITY, "name")
    monkeypatch.setattr(cleaning, "search_frame", lambda *_, **__: (stuck,))
    with pytest.raises(UnsupportedPixels, match="still shows identity") as raised:
        clean(film_of(smooth()), jane)
    assert raised.value.reason is Reason.BURNED_IN_TEXT


def test_text_on_much_of_a_frame_withholds_the_film(monkeypatch, smooth, jane):
    wide = TextBox(0, 0, 0, 520, 200, 0, Verdict.IDENTITY, "name")
    monkeypatch.setattr(cleaning, "search_frame", lambda *_, **__: (wide,))
    with pytest.raises(UnsupportedPixels, match="text everywhere"):
        clean(film_of(smooth()), jane)


def test_filling_takes_values_that_are_there():
    frame = np.full((20, 20), 7, np.uint16)
    frame[5:10, 5:10] = 900
    new = filled(frame, [Rectangle(5, 5, 10, 10), Rectangle(0, 0, 3, 3)])
    assert (new == 7).all()
    assert frame.max() == 900
    whole = filled(frame, [Rectangle(0, 0, 20, 20)])
    assert (whole == 7).all()

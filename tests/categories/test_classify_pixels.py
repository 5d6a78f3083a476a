"""The step over films, the table of loose files, and the picture that explains one."""

import csv
import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

from plainfilm.categories import (
    CategoryFromPixels,
    PixelCategory,
    classify_files,
    explain,
    silent_on,
    write_classified,
)
from plainfilm.categories._classify import ClassifiedFile
from plainfilm.categories._pixels import classify
from plainfilm.dicom import encode_png
from plainfilm.dicom.images import decode_any_depth
from plainfilm.engine import LocalEngine
from plainfilm.errors import InputError, ModelError, Reason, SettingsError
from plainfilm.models import Network, StoredModel, find_model
from plainfilm.records import Film, Location, Prediction, Rejection
from plainfilm.steps import parameters, parameters_hash
from tiny_model import BRIGHT, CLASSES, DARK, write_model

SHADE = np.linspace(0, 60, 128, dtype=np.uint8)
DARK_FILM = np.tile(SHADE, (128, 1))
BRIGHT_FILM = DARK_FILM + 180


@pytest.fixture
def model(tmp_path: Path) -> StoredModel:
    return find_model(write_model(tmp_path / "model"))


def film(folder: Path, image: np.ndarray, number: int = 1) -> Film:
    path = folder / f"{number}.png"
    path.write_bytes(encode_png(image))
    return Film(number, f"2.25.{number}", Location(path))


def predict(model: StoredModel, folder: Path, image: np.ndarray) -> Prediction:
    (record,) = CategoryFromPixels.of(model).process([film(folder, image)])
    assert isinstance(record, Prediction)
    return record


def test_a_prediction_holds_all_that_the_model_said(model: StoredModel, tmp_path: Path) -> None:
    record = predict(model, tmp_path, DARK_FILM)
    assert (record.task, record.value) == ("category_pixels", DARK)
    assert record.probability is not None
    assert 0.9 < record.probability <= 1
    details = json.loads(json.dumps(dict(record.details)))
    assert details["ranked"][0] == [DARK, record.probability]
    assert len(details["ranked"]) == 3
    assert details["decision"] == "straight"
    assert details["model"] == model.card.sha256
    assert 0 <= details["mirrored"] <= 1
    assert set(details) == {
        "ranked", "decision", "turn", "turn_probability", "mirrored", "inverted", "collage",
        "model",
    }  # fmt: skip


def test_mirrored_is_left_open_where_the_anatomy_cannot_tell(
    model: StoredModel, tmp_path: Path
) -> None:
    record = predict(model, tmp_path, BRIGHT_FILM)
    assert record.value == BRIGHT
    assert record.details["mirrored"] is None


# The tiny model takes the brightest side for the top.
@pytest.mark.parametrize(
    ("turned_clockwise", "turn_back"), [(0, 0), (90, 270), (180, 180), (270, 90)]
)
def test_turn_is_what_makes_the_film_upright(
    model: StoredModel, tmp_path: Path, turned_clockwise: int, turn_back: int
) -> None:
    upright = np.ascontiguousarray(DARK_FILM.T[::-1])
    lying = np.ascontiguousarray(np.rot90(upright, -turned_clockwise // 90))
    record = predict(model, tmp_path, lying)
    assert record.details["turn"] == turn_back
    np.testing.assert_array_equal(np.rot90(lying, -turn_back // 90), upright)


def test_bad_films_are_rejected_and_the_others_keep_their_answers(
    model: StoredModel, tmp_path: Path
) -> None:
    blank = np.zeros((128, 128), np.uint8)
    images = [DARK_FILM, blank, BRIGHT_FILM, blank]
    batch = [film(tmp_path, image, number) for number, image in enumerate(images)]
    records = CategoryFromPixels.of(model).process(batch)
    said = [one.value if isinstance(one, Prediction) else one.reason for one in records]
    assert said == [DARK, Reason.BLANK_IMAGE, BRIGHT, Reason.BLANK_IMAGE]
    assert [one.item_id for one in records if isinstance(one, Rejection)] == [1, 3]


def test_a_batch_of_bad_films_needs_no_network(model: StoredModel, tmp_path: Path) -> None:
    (record,) = CategoryFromPixels.of(model).process([film(tmp_path, np.zeros((9, 9), np.uint8))])
    assert isinstance(record, Rejection)


def test_another_model_computes_anew_and_another_place_does_not(tmp_path: Path) -> None:
    here = CategoryFromPixels.of(find_model(write_model(tmp_path / "here")))
    there = CategoryFromPixels.of(find_model(write_model(tmp_path / "there")))
    assert parameters_hash(here) == parameters_hash(there)
    assert set(parameters(here)) == {"sha256"}
    other = CategoryFromPixels("0" * 64, tmp_path / "here" / "categories.json")
    assert parameters_hash(other) != parameters_hash(here)


def test_a_model_that_was_exchanged_meanwhile_is_refused(
    model: StoredModel, tmp_path: Path
) -> None:
    step = CategoryFromPixels("0" * 64, model.network.with_suffix(".json"))
    with pytest.raises(ModelError, match="exchanged"):
        step.process([film(tmp_path, DARK_FILM)])


@pytest.mark.parametrize("workers", [1, 2])
def test_files_come_in_their_order_from_any_engine(
    model: StoredModel, tmp_path: Path, workers: int
) -> None:
    images = [DARK_FILM if number % 3 else BRIGHT_FILM for number in range(40)]
    locations = [film(tmp_path, image, number).location for number, image in enumerate(images)]
    with LocalEngine(workers) as engine:
        files = list(classify_files(locations, model, engine))
    assert [file.location for file in files] == locations
    for number, file in enumerate(files):
        assert not isinstance(file.outcome, Rejection)
        assert file.outcome.category == (DARK if number % 3 else BRIGHT)


def test_the_table_has_a_row_for_each_film(model: StoredModel, tmp_path: Path) -> None:
    good, bad = film(tmp_path, DARK_FILM, 1), film(tmp_path, np.zeros((99, 99), np.uint8), 2)
    out = tmp_path / "out.csv"
    with LocalEngine(1) as engine:
        files = classify_files([good.location, bad.location], model, engine)
        assert len(list(write_classified(files, out, lambda location: location.path.name))) == 2
    with out.open(encoding="utf-8", newline="") as lines:
        (row,) = csv.DictReader(lines)
    assert list(row)[:6] == [
        "file", "category", "probability", "second", "second_probability", "decision",
    ]  # fmt: skip
    assert (row["file"], row["category"], row["decision"]) == ("1.png", DARK, "straight")
    assert row["turn"] in {"0", "90", "180", "270"}


def test_a_table_that_was_not_finished_is_not_there(tmp_path: Path) -> None:
    def failing() -> object:
        yield ClassifiedFile(Location(Path("a")), Rejection(None, Reason.EMPTY_FILE))
        raise ModelError("gone")

    with pytest.raises(ModelError):
        list(write_classified(failing(), tmp_path / "out.csv"))  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []


def test_a_table_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot write"):
        list(write_classified([], tmp_path / "nowhere" / "out.csv"))


def test_the_picture_glows_where_the_evidence_is(model: StoredModel, tmp_path: Path) -> None:
    image = np.zeros((256, 256), np.uint8)
    image[110:] = 255
    said = explain(film(tmp_path, image).location, model, tmp_path / "out.png")
    assert said.category == BRIGHT
    picture = decode_any_depth((tmp_path / "out.png").read_bytes(), "the picture")
    rows, columns = picture.shape[:2]
    assert rows > columns  # the text is beneath
    tint = np.ptp(picture[:columns, :, :3].astype(int), axis=-1)
    above, below = tint[: columns // 3], tint[columns // 2 :]
    assert above.mean() < 5
    assert below.mean() > 20


def test_the_same_film_gives_the_same_picture(model: StoredModel, tmp_path: Path) -> None:
    location = film(tmp_path, BRIGHT_FILM).location
    digests = set()
    for name in ("a.png", "b.png"):
        explain(location, model, tmp_path / name)
        digests.add(hashlib.sha256((tmp_path / name).read_bytes()).hexdigest())
    assert len(digests) == 1


def test_what_is_no_radiograph_cannot_be_explained(model: StoredModel, tmp_path: Path) -> None:
    with pytest.raises(InputError):
        explain(film(tmp_path, np.zeros((99, 99), np.uint8)).location, model, tmp_path / "a.png")
    with pytest.raises(SettingsError, match="cannot write"):
        explain(film(tmp_path, DARK_FILM).location, model, tmp_path / "nowhere" / "a.png")


def test_a_model_of_other_classes_is_refused(tmp_path: Path) -> None:
    classes = ("skull_lateral", *CLASSES[1:])
    model = find_model(write_model(tmp_path / "m", classes=classes))
    with pytest.raises(ModelError, match="skull_lateral"):
        CategoryFromPixels.of(model)


def test_a_model_is_silent_on_what_it_does_not_cover_or_know(tmp_path: Path) -> None:
    classes = ("other", *CLASSES[1:-1], "abdomen_ap_2")
    card = find_model(write_model(tmp_path / "m", classes=classes, uncovered=("knee_ap",))).card
    assert set(silent_on(card)) == {"abdomen_ap", "knee_ap"}


def test_what_a_model_never_learnt_is_not_told(tmp_path: Path) -> None:
    heads = ("turn", "inverted", "collage")
    model = find_model(write_model(tmp_path / "m", untrained=heads))
    film = tmp_path / "film.png"
    film.write_bytes(encode_png(np.tile(np.arange(200, dtype=np.uint8), (150, 1))))
    (said,) = classify(Network(model), [Location(film)])
    assert isinstance(said, PixelCategory)
    assert (said.turn, said.turn_probability, said.inverted, said.collage) == (None,) * 4

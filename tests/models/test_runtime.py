"""Running a model: probabilities, batches, evidence, and files that are not what they should be."""

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from plainfilm.errors import ModelError
from plainfilm.models import Network, find_model
from tiny_model import BRIGHT, CLASSES, DARK, SIDE, write_model


def network(folder: Path, **card: Any) -> Network:
    return Network(find_model(write_model(folder, **card)))


def grey(*levels: int) -> np.ndarray:
    return np.stack([np.full((SIDE, SIDE), level, np.uint8) for level in levels])


def test_every_head_gives_probabilities(tmp_path: Path) -> None:
    films = np.random.default_rng(3).integers(0, 256, (7, SIDE, SIDE), dtype=np.uint8)
    answers = network(tmp_path)(films)
    assert answers.category.shape == (7, len(CLASSES))
    assert answers.turn.shape == (7, 4)
    np.testing.assert_allclose(answers.category.sum(axis=1), 1, rtol=1e-5)
    np.testing.assert_allclose(answers.turn.sum(axis=1), 1, rtol=1e-5)
    for flag in (answers.mirrored, answers.inverted, answers.collage):
        assert flag.shape == (7,)
        assert ((flag >= 0) & (flag <= 1)).all()


def test_each_film_gets_its_own_answer_whatever_the_batch(tmp_path: Path) -> None:
    run = network(tmp_path)
    films = np.random.default_rng(4).integers(0, 256, (9, SIDE, SIDE), dtype=np.uint8)
    together = run(films)
    for number, film in enumerate(films):
        alone = run(film[np.newaxis])
        np.testing.assert_allclose(together.category[number], alone.category[0], rtol=1e-5)
        np.testing.assert_allclose(together.collage[number], alone.collage[0], rtol=1e-5)


def test_the_category_follows_the_film(tmp_path: Path) -> None:
    best = network(tmp_path)(grey(10, 240)).category.argmax(axis=1)
    assert [CLASSES[number] for number in best] == [DARK, BRIGHT]


def test_uncovered_classes_are_never_predicted(tmp_path: Path) -> None:
    category = network(tmp_path, uncovered=(BRIGHT, "other"))(grey(250)).category[0]
    assert category[CLASSES.index(BRIGHT)] == 0
    assert category[CLASSES.index("other")] == 0
    assert category.sum() == pytest.approx(1)


def test_a_temperature_above_one_makes_less_sure_but_changes_no_order(tmp_path: Path) -> None:
    plain = network(tmp_path / "a")(grey(240))
    soft = network(tmp_path / "b", temperatures={"category": 3.0, "inverted": 2.0})(grey(240))
    assert 1 / len(CLASSES) < soft.category.max() < plain.category.max()
    assert soft.category.argmax() == plain.category.argmax()
    assert 0.5 < soft.inverted[0] < plain.inverted[0]
    np.testing.assert_array_equal(soft.turn, plain.turn)


def test_evidence_is_where_the_film_is_bright(tmp_path: Path) -> None:
    film = np.zeros((SIDE, SIDE), np.uint8)
    film[:8, 56:] = 255
    evidence = network(tmp_path).evidence(film)[CLASSES.index(BRIGHT)]
    assert np.unravel_index(evidence.argmax(), evidence.shape) == (0, 7)


def test_a_file_that_differs_from_its_card_is_refused(tmp_path: Path) -> None:
    folder = write_model(tmp_path)
    with (folder / "categories.onnx").open("ab") as file:
        file.write(b"\0")
    with pytest.raises(ModelError, match="SHA-256"):
        Network(find_model(folder))


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    folder = write_model(tmp_path)
    (folder / "categories.onnx").unlink()
    with pytest.raises(ModelError, match="cannot be read"):
        Network(find_model(folder))


@pytest.mark.parametrize("content", [b"", b"no network" * 100, b"\x08\x0a"])
def test_what_is_no_onnx_is_refused_without_a_word_on_stderr(
    tmp_path: Path, content: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = write_model(tmp_path, sha256=hashlib.sha256(content).hexdigest())
    (folder / "categories.onnx").write_bytes(content)
    with pytest.raises(ModelError, match="no ONNX file"):
        Network(find_model(folder))
    assert capfd.readouterr().err == ""


# what is wrong -> what the error names
@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"side": 128}, "128 x 128"),
        ({"outputs": {"turn": "rotation"}}, "`turn`"),
        ({"outputs": {"category_map": "map"}}, "`category_map`"),
        ({"classes": CLASSES[:-1]}, "`category`"),
    ],
)
def test_a_network_with_another_interface_is_refused(
    tmp_path: Path, wrong: dict[str, Any], named: str
) -> None:
    with pytest.raises(ModelError, match=named):
        network(tmp_path, **wrong)

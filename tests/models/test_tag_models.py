"""Models of tags: card, store, and running them."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_array

from plainfilm.errors import InputError, ModelError
from plainfilm.models import (
    NumberInput,
    TagCard,
    TagEncoder,
    TagInput,
    add_model,
    card_page,
    find_any_model,
    find_model,
    find_tag_model,
    list_models,
    remove_model,
    store,
    write_card,
)
from tiny_model import write_model
from tiny_tag_model import write_tag_model

INPUTS = (
    TagInput("KVP", (NumberInput("KVP", 0, 60.0, 120.0),), missing=True),
    TagInput("Grid", values=("A", "B"), rare=True),
    TagInput("StationName", buckets=4),
)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's folder, with no bundled models beside it."""
    monkeypatch.setenv("PLAINFILM_MODELS", str(tmp_path / "models"))
    monkeypatch.setattr(store, "_bundled_folder", lambda: tmp_path / "bundled")
    return tmp_path / "models"


def test_a_model_adds_up_what_it_is_given_in_whatever_batches(tmp_path: Path) -> None:
    encoder = TagEncoder(find_tag_model(write_tag_model(tmp_path / "m", INPUTS, 3)))
    films = np.random.default_rng(0).random((4_097, 9), dtype=np.float32)
    found = encoder(films)
    assert found == pytest.approx(films.reshape(-1, 3, 3).sum(axis=1), rel=1e-5)
    assert np.array_equal(found, encoder(csr_array(films)))
    assert encoder(films[:1]).shape == (1, 3)


@pytest.mark.parametrize("shape", [(4, 8), (9,), (4, 10)])
def test_films_with_other_columns_are_refused(tmp_path: Path, shape: tuple[int, ...]) -> None:
    encoder = TagEncoder(find_tag_model(write_tag_model(tmp_path / "m", INPUTS, 3)))
    with pytest.raises(InputError, match=r"\(films, 9\)"):
        encoder(np.zeros(shape, np.float32))


@pytest.mark.parametrize("told", [{"inputs": INPUTS[:2]}, {"outputs": 2}])
def test_a_card_that_does_not_fit_its_network_is_refused(
    tmp_path: Path, told: dict[str, Any]
) -> None:
    made = write_tag_model(tmp_path / "m", INPUTS, 3)
    write_card(replace(find_tag_model(made).card, **told), made / "tags.json")
    with pytest.raises(ModelError, match="what its card says"):
        TagEncoder(find_tag_model(made))


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"inputs": (INPUTS[0], INPUTS[0])}, "twice"),
        ({"inputs": ()}, "nothing to compress"),
        ({"outputs": 0}, "outputs"),
        ({"outputs": 10}, "outputs"),
        (
            {"inputs": (TagInput("KVP", (NumberInput("KVP", 0, 60.0, 60.0),)),)},
            "empty ranges of numbers: KVP",
        ),
        ({"name": "Capital"}, "cannot be called"),
        ({"sha256": "0"}, "sha256"),
        ({"plainfilm_below": "later"}, "plainfilm_below"),
    ],
)
def test_a_card_with_contradictions_is_refused(fields: dict[str, Any], words: str) -> None:
    whole = {"name": "m", "version": "1", "sha256": "0" * 64, "inputs": INPUTS, "outputs": 1}
    with pytest.raises(ModelError, match=words):
        TagCard(**(whole | {"licence": "any"} | fields))


def test_the_store_holds_models_of_both_kinds(folder: Path, tmp_path: Path) -> None:
    add_model(write_tag_model(tmp_path / "made", INPUTS, 3))
    add_model(write_model(tmp_path / "other"))
    assert (folder / "tiny-tags" / "tags.onnx").is_file()
    assert [each.card.name for each in list_models() if not isinstance(each, ModelError)] == [
        "tiny",
        "tiny-tags",
    ]
    assert find_any_model("tiny-tags").card == find_tag_model("tiny-tags").card
    with pytest.raises(ModelError, match="model of tags"):
        find_model("tiny-tags")
    with pytest.raises(ModelError, match="film categories"):
        find_tag_model("tiny")
    remove_model("tiny-tags")
    with pytest.raises(ModelError, match="no model"):
        find_tag_model("tiny-tags")


@pytest.mark.parametrize("part", ["", "tags.onnx", "tags.json"])
def test_a_model_of_tags_is_found_by_its_folder_or_either_file(tmp_path: Path, part: str) -> None:
    made = write_tag_model(tmp_path / "made", INPUTS, 3)
    assert find_tag_model(made / part).network == made / "tags.onnx"


def test_a_damaged_model_is_not_added(tmp_path: Path) -> None:
    made = write_tag_model(tmp_path / "made", INPUTS, 3)
    (made / "tags.onnx").write_bytes(b"damaged")
    with pytest.raises(ModelError, match="SHA-256"):
        add_model(made)


def test_the_page_tells_of_tags_but_not_of_their_values(tmp_path: Path) -> None:
    page = card_page(find_tag_model(write_tag_model(tmp_path / "m", INPUTS, 3)).card)
    assert "| KVP | 2 |" in page
    assert "9 numbers made of 3 tags" in page
    assert "low" not in page

"""The store: models by name and path, the user's own folder, and what is refused."""

from pathlib import Path

import pytest

from plainfilm.errors import ModelError
from plainfilm.models import (
    add_model,
    find_model,
    list_models,
    remove_model,
    store,
    user_folder,
)
from tiny_model import write_model


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's folder, with no bundled models beside it."""
    monkeypatch.setenv("PLAINFILM_MODELS", str(tmp_path / "models"))
    monkeypatch.setattr(store, "_bundled_folder", lambda: tmp_path / "bundled")
    return tmp_path / "models"


def names() -> list[str]:
    return [model.card.name for model in list_models() if not isinstance(model, ModelError)]


@pytest.mark.parametrize("part", ["", "categories.onnx", "categories.json"])
def test_a_model_is_found_by_its_folder_or_either_file(
    folder: Path, tmp_path: Path, part: str
) -> None:
    model = find_model(write_model(tmp_path / "made") / part)
    assert model.card.name == "tiny"
    assert model.network == tmp_path / "made" / "categories.onnx"


def test_an_added_model_is_found_by_name_until_it_is_removed(folder: Path, tmp_path: Path) -> None:
    add_model(write_model(tmp_path / "made"))
    assert names() == ["tiny"]
    assert find_model("tiny").network == folder / "tiny" / "categories.onnx"
    remove_model("tiny")
    assert names() == []
    with pytest.raises(ModelError, match="models add"):
        find_model("tiny")


def test_a_name_of_the_store_goes_before_a_folder_of_that_name(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_model(write_model(tmp_path / "made"))
    monkeypatch.chdir(tmp_path)
    write_model(tmp_path / "tiny", version="2")
    assert find_model("tiny").card.version == "1"
    assert find_model("./tiny").card.version == "2"


def test_without_a_name_the_starter_model_is_taken(folder: Path, tmp_path: Path) -> None:
    write_model(tmp_path / "bundled" / "starter", name="starter")
    model = find_model()
    assert (model.card.name, model.bundled) == ("starter", True)


def test_a_bundled_model_cannot_be_removed_or_covered(folder: Path, tmp_path: Path) -> None:
    write_model(tmp_path / "bundled" / "tiny")
    with pytest.raises(ModelError, match="ships with plainfilm"):
        remove_model("tiny")
    with pytest.raises(ModelError, match="already"):
        add_model(write_model(tmp_path / "made"))


@pytest.mark.parametrize("name", ["nothing", "../made", ".", "..", ""])
def test_only_models_of_the_store_are_removed(folder: Path, tmp_path: Path, name: str) -> None:
    made = write_model(tmp_path / "made")
    write_model(tmp_path)  # a card above the store, too
    folder.mkdir()
    with pytest.raises(ModelError, match="no model"):
        remove_model(name)
    assert made.is_dir()


def test_a_model_is_added_whole_or_not_at_all(folder: Path, tmp_path: Path) -> None:
    made = write_model(tmp_path / "made")
    (made / "categories.onnx").write_bytes(b"damaged")
    with pytest.raises(ModelError, match="SHA-256"):
        add_model(made)
    assert names() == []


def test_a_model_that_cannot_be_used_does_not_hide_the_others(folder: Path, tmp_path: Path) -> None:
    add_model(write_model(tmp_path / "made"))
    write_model(folder / "broken")
    (folder / "broken" / "categories.json").write_text("{")
    assert names() == ["tiny"]
    assert [str(one) for one in list_models() if isinstance(one, ModelError)]


def test_models_are_kept_where_the_platform_keeps_data(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PLAINFILM_MODELS", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", "/data")
    monkeypatch.setattr(store.sys, "platform", "linux")
    assert user_folder() == Path("/data/plainfilm/models")


def test_an_empty_name_is_no_name(folder: Path) -> None:
    with pytest.raises(ModelError):
        find_model("")

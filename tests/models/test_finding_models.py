"""Models of findings and detectors: found, checked against their cards, run."""

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tiny_finding_models as tiny
from plainfilm.errors import InputError, ModelError, Reason, SettingsError
from plainfilm.models import (
    DEFAULT_CHEST,
    NOTICE,
    Detector,
    FindingNetwork,
    FoundBoxes,
    Stored,
    add_model,
    card_page,
    find_detector,
    find_finding_model,
    find_model,
    runtime,
    suppress,
)


def films(count: int, rows: int = tiny.SIDE, columns: int = tiny.SIDE) -> np.ndarray:
    given = np.random.default_rng(0).random((count, 1, rows, columns))
    return given.astype(np.float32)


def test_probabilities_and_maps_are_the_networks(tmp_path: Path) -> None:
    network = FindingNetwork(find_finding_model(tiny.write_finding_model(tmp_path)))
    given = films(9)
    answers = network.run(given, maps=True)
    means = given.reshape(9, 2, 32, 2, 32).mean(axis=(2, 4)).reshape(9, 4)
    np.testing.assert_allclose(answers.probabilities, means, rtol=1e-4)
    assert answers.maps is not None
    assert answers.maps.shape == (9, 4, 8, 8)
    assert network.run(given).maps is None


def test_a_model_without_maps_gives_none(tmp_path: Path) -> None:
    network = FindingNetwork(find_finding_model(tiny.write_classifier(tmp_path)))
    assert network.run(films(1), maps=True).maps is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"side": 32},
        {"probabilities": "z"},
        {"labels": ("a", "b"), "thresholds": {}, "side": 128},
    ],
)
def test_a_card_that_does_not_fit_the_network_is_told(
    tmp_path: Path, wrong: dict[str, Any]
) -> None:
    folder = tiny.write_finding_model(tmp_path, **wrong)
    with pytest.raises(ModelError, match="does not have what its card says"):
        FindingNetwork(find_finding_model(folder))


@pytest.mark.parametrize(
    "wrong",
    [
        {"side": 8},
        {"labels": ()},
        {"labels": ("a", "a", "b", "c"), "thresholds": {}},
        {"thresholds": {"no_label": 0.5}},
        {"thresholds": {"top_left": 1.5}},
        {"thresholds": {"top_left": float("nan")}},
        {"present_from": {"no_label": 0.9}},
        {"present_from": {"top_left": 0.4}},  # below its threshold
        {"present_from": {"top_left": float("nan")}},
        {"present_from": {"bottom_right": 0.9}},  # which has no threshold
        {"labels": ("a\0", "b", "c", "d"), "thresholds": {}},
        {"task": ""},
        {"task": "a:b"},
        {"framing": "bent"},
        {"categories": ("",)},
    ],
)
def test_a_card_out_of_range_is_refused(tmp_path: Path, wrong: dict[str, Any]) -> None:
    with pytest.raises(ModelError):
        tiny.write_finding_model(tmp_path, **wrong)


@pytest.mark.parametrize(
    "wrong",
    [
        {"rows": 8},
        {"framing": "crop"},
        {"least_score": -1.0},
        {"overlap": 0.0},
        {"most_boxes": 0},
        {"labels": ("",)},
    ],
)
def test_a_detectors_card_out_of_range_is_refused(tmp_path: Path, wrong: dict[str, Any]) -> None:
    with pytest.raises(ModelError):
        tiny.write_detector(tmp_path, **wrong)


def test_a_damaged_model_is_told(tmp_path: Path) -> None:
    folder = tiny.write_finding_model(tmp_path)
    network = folder / "findings.onnx"
    network.write_bytes(network.read_bytes()[:-7])
    with pytest.raises(ModelError, match="damaged"):
        FindingNetwork(find_finding_model(folder))


def test_a_detectors_boxes_come_by_score_without_empty_places(tmp_path: Path) -> None:
    detector = Detector(find_detector(tiny.write_detector(tmp_path)))
    film = np.zeros((64, 32), np.float32)
    film[:, :16], film[:, 16:] = 0.25, 0.75
    found = detector.run(film)
    assert found.labels.tolist() == [1, 0]
    np.testing.assert_allclose(found.scores, [0.75, 0.25], rtol=1e-6)
    np.testing.assert_allclose(found.boxes, np.array(tiny.LESION_BOXES)[[1, 0]], rtol=1e-6)


def test_a_detector_keeps_to_its_cards_least_score_and_most_boxes(tmp_path: Path) -> None:
    film = np.full((64, 32), 0.5, np.float32)
    film[:, 16:] = 0.25
    choosy = Detector(find_detector(tiny.write_detector(tmp_path / "a", least_score=0.3)))
    assert choosy.run(film).labels.tolist() == [0]
    one = Detector(find_detector(tiny.write_detector(tmp_path / "b", most_boxes=1)))
    assert one.run(film).labels.tolist() == [0]


def test_scores_that_are_no_numbers_are_told_of_the_film(tmp_path: Path) -> None:
    detector = Detector(find_detector(tiny.write_detector(tmp_path)))
    with pytest.raises(InputError, match="scores") as told:
        detector.run(np.full((64, 32), np.nan, np.float32))
    assert told.value.reason is Reason.UNUSABLE_ANSWER


def test_a_label_that_the_card_does_not_have_is_told(tmp_path: Path) -> None:
    detector = Detector(find_detector(tiny.write_detector(tmp_path, labels=("left",))))
    with pytest.raises(ModelError, match="labels that its card does not have"):
        detector.run(np.ones((64, 32), np.float32))


def test_of_boxes_on_one_another_the_best_of_each_label_stays() -> None:
    boxes = [[0, 0, 0.5, 0.5], [0.05, 0, 0.5, 0.5], [0, 0, 0.5, 0.5], [0.4, 0.4, 0.9, 0.9]]
    labels = [0, 0, 1, 0]  # the second is the first again, the third is of another label
    found = FoundBoxes(np.array(boxes), np.linspace(0.9, 0.6, 4), np.array(labels))
    assert suppress(found, 0.5).tolist() == [0, 2, 3]
    assert suppress(found, 0.95).tolist() == [0, 1, 2, 3]


def test_a_kind_of_model_is_not_taken_for_another(tmp_path: Path) -> None:
    findings = tiny.write_finding_model(tmp_path / "f")
    detector = tiny.write_detector(tmp_path / "d")
    with pytest.raises(ModelError, match="plainfilm findings"):
        find_model(findings)
    with pytest.raises(ModelError, match="plainfilm detect"):
        find_finding_model(detector)
    with pytest.raises(ModelError, match="plainfilm findings"):
        find_detector(findings)


def test_both_are_kept_in_the_store_and_have_pages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLAINFILM_MODELS", str(tmp_path / "store"))
    add_model(tiny.write_finding_model(tmp_path / "f", limits=("Few films.",)))
    add_model(tiny.write_detector(tmp_path / "d"))
    page = card_page(find_finding_model("tiny-findings").card)
    assert NOTICE in page
    assert "Few films." in page
    assert "top_left" in page
    page = card_page(find_detector("tiny-detector").card)
    assert NOTICE in page
    assert "64 x 32" in page


@pytest.mark.parametrize("name", ["no such", "openvino"])
def test_a_provider_that_is_not_there_is_told(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runtime, "find_spec", lambda _package: None)
    model = find_finding_model(tiny.write_finding_model(tmp_path))
    with pytest.raises(SettingsError, match="provider"):
        FindingNetwork(model, provider=name)


def test_openvino_says_what_onnx_runtime_says(tmp_path: Path) -> None:
    pytest.importorskip("openvino")
    model = find_finding_model(DEFAULT_CHEST)
    given = films(3, model.card.side, model.card.side)
    one, other = (
        FindingNetwork(model, provider=name).run(given, maps=True) for name in ("cpu", "openvino")
    )
    np.testing.assert_allclose(other.probabilities, one.probabilities, atol=1e-5)
    assert one.maps is not None
    assert other.maps is not None
    np.testing.assert_allclose(other.maps, one.maps, atol=1e-3)
    boxes = find_detector(tiny.write_detector(tmp_path))
    film = np.random.default_rng(0).random((64, 32)).astype(np.float32)
    expected, found = (Detector(boxes, provider=name).run(film) for name in ("cpu", "openvino"))
    np.testing.assert_allclose(found.scores, expected.scores, rtol=1e-5)
    np.testing.assert_array_equal(found.boxes, expected.boxes)
    np.testing.assert_array_equal(found.labels, expected.labels)


def test_openvino_tells_of_what_it_cannot_run(tmp_path: Path) -> None:
    pytest.importorskip("openvino")
    folder = tiny.write_finding_model(tmp_path)
    (folder / "findings.onnx").write_bytes(b"no ONNX")
    card = find_finding_model(folder).card
    same = replace(card, sha256=hashlib.sha256(b"no ONNX").hexdigest())
    with pytest.raises(ModelError, match="OpenVINO"):
        FindingNetwork(Stored(same, folder / "findings.onnx"), provider="openvino")
    wrong = find_finding_model(tiny.write_finding_model(tmp_path / "b", side=32))
    with pytest.raises(ModelError, match="does not have what its card says"):
        FindingNetwork(wrong, provider="openvino")

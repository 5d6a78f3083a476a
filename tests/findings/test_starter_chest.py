"""The chest model that ships with plainfilm, as an example."""

import numpy as np

from plainfilm.models import DEFAULT_CHEST, FindingNetwork, card_page, find_finding_model


def test_it_is_small_runs_and_says_where() -> None:
    model = find_finding_model(DEFAULT_CHEST)
    assert model.bundled
    assert model.network.stat().st_size < 15_000_000
    films = np.random.default_rng(0).random((2, 1, model.card.side, model.card.side))
    answers = FindingNetwork(model).run(films.astype(np.float32), maps=True)
    assert answers.probabilities.shape == (2, len(model.card.labels))
    assert ((answers.probabilities > 0) & (answers.probabilities < 1)).all()
    assert answers.maps is not None
    means = answers.maps.mean(axis=(2, 3))
    assert np.allclose(1 / (1 + np.exp(-means)), answers.probabilities, atol=1e-4)


def test_its_card_makes_small_claims() -> None:
    card = find_finding_model(DEFAULT_CHEST).card
    page = card_page(card)
    assert "Research use only; not a medical device" in page
    assert "every other film carries the label Pneumonia" in " ".join(card.limits)
    assert card.categories == ("chest_pa_ap",)
    assert all(0 < (value or 0) < 1 for value in card.thresholds.values())
    (mean,) = (each for each in card.figures if each.name.startswith("mean AUROC"))
    assert mean.low is not None
    assert mean.low < mean.value

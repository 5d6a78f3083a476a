"""The map: principal components of features."""

import numpy as np
import pytest
from scipy.sparse import csr_array
from sklearn.decomposition import PCA

from plainfilm.clusters import flat_map


def test_films_lie_where_principal_components_put_them() -> None:
    random = np.random.default_rng(0)
    features = random.random((200, 12)) * (random.random((200, 12)) < 0.4)
    found = flat_map(csr_array(features.astype(np.float32)))
    peer = PCA(2).fit(features)
    expected = peer.transform(features)
    expected *= np.sign((found.points * expected).sum(axis=0))
    np.testing.assert_allclose(found.points, expected, atol=1e-5)
    np.testing.assert_allclose(found.shares, peer.explained_variance_ratio_, rtol=1e-4)


@pytest.mark.parametrize("shape", [(1, 3), (4, 3), (5, 0), (1, 0)])
def test_films_that_nothing_tells_apart_lie_at_one_place(shape: tuple[int, int]) -> None:
    found = flat_map(csr_array(np.ones(shape, np.float32)))
    assert found.points.shape == (shape[0], 2)
    assert not found.points.any()
    assert found.shares == (0, 0)


def test_one_column_gives_a_line() -> None:
    found = flat_map(csr_array(np.array([[0], [1], [1]], np.float32)))
    assert found.shares == (1, 0)
    assert not found.points[:, 1].any()
    assert found.points[1, 0] > found.points[0, 0]

"""The room's public names."""

import plainfilm.deid


def test_public_names_exist():
    assert sorted(plainfilm.deid.__all__) == sorted(set(plainfilm.deid.__all__))
    for name in plainfilm.deid.__all__:
        assert getattr(plainfilm.deid, name).__doc__ or name == "DEFAULT_OPTIONS"

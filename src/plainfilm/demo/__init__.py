"""The bundled sample films: real chest films in an invented hospital's messy export.

`build_sample_source` writes the export and says what it planted in it; `make_film` makes one valid
DICOM film in memory, for tests and tutorials.
"""

from plainfilm.demo.film import make_film, stable_uid
from plainfilm.demo.sample import BurnedInFilm, SampleSource, build_sample_source

__all__ = [
    "BurnedInFilm",
    "SampleSource",
    "build_sample_source",
    "make_film",
    "stable_uid",
]

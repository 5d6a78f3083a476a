"""What `cluster` needs of films' pixels: vectors for how they look, thumbnails for the page."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from plainfilm.cli.console import exit_for, is_archive, list_rejections, run_step

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from plainfilm.archive import RunSummary
    from plainfilm.clusters import FilmClusters
    from plainfilm.clusters.page import ShowFilm
    from plainfilm.evaluate.clusters_visual import VisualScore
    from plainfilm.pages import Content, Markup

__all__ = ["Looks", "Seen", "write_page"]

_PAGE: Final = "clusters.html"


@dataclass(frozen=True, slots=True)
class Looks:
    """How far films look from their medoids: over all films, and cluster by cluster."""

    films: "VisualScore"
    clusters: "Sequence[VisualScore]"

    def facts(self) -> dict[str, Any]:
        """For JSON."""
        return {"films": self.films.films, "mean": self.films.mean, "sd": self.films.sd}

    def told(self) -> str:
        """For people."""
        if self.films.mean is None:
            return "no film but the medoids could be looked at"
        spread = "" if self.films.sd is None else f" ± {self.films.sd:.3f}"
        return (
            f"films look {self.films.mean:.3f}{spread} from their medoids (cosine distance,"
            f" {self.films.films:,} films)"
        )


@dataclass(frozen=True, slots=True)
class Seen:
    """Vectors of films, where they were asked for, and what became of the others.

    Attributes:
        vectors: (films, numbers), NaN for films that could not be shown.
    """

    vectors: "NDArray[np.float32] | None" = None
    summary: "RunSummary | None" = None
    quiet: bool = False

    @classmethod
    def of(
        cls,
        folder: Path,
        embedding: str,
        where: str | None,
        film_ids: "NDArray[np.int64]",
        *,
        quiet: bool,
    ) -> "Seen":
        """Vectors of an archive's films: those that it keeps, and those that it lacks, made now.

        Args:
            embedding: a model of the store, or its folder.
        """
        from plainfilm.archive import Archive
        from plainfilm.clusters import EmbedFilms, vectors_of
        from plainfilm.models import find_film_model

        model = find_film_model(embedding)
        step = EmbedFilms.of(model)
        with Archive.open(folder) as archive:
            summary = run_step(
                archive,
                step,
                "Looking at films",
                where=where,
                again=False,
                workers=None,
                quiet=quiet,
            )
            rows = archive.rows(_KEPT, model=model.card.sha256)
        kept = ((row["film_id"], json.loads(row["details"])) for row in rows)
        return cls(vectors_of(kept, film_ids), summary, quiet)

    def looks(self, found: "FilmClusters") -> Looks | None:
        """How much films of a cluster look alike; None where films were not looked at."""
        from plainfilm.evaluate.clusters_visual import (
            VisualScore,
            cosine_to_medoids,
            visual_by_cluster,
        )

        if self.vectors is None:
            return None
        labels, medoids = found.clustering.labels, found.clustering.medoids
        distances = cosine_to_medoids(self.vectors, labels, medoids)
        whole = VisualScore.of(distances, medoids)
        return Looks(whole, visual_by_cluster(distances, labels, medoids))

    def leave(self) -> None:
        """Tell of films that could not be shown, and leave with the exit code for it."""
        if self.summary is None or not self.summary.rejected:
            return
        if not self.quiet:
            list_rejections(self.summary.rejections, self.summary.rejected)
        exit_for(done=1, rejected=sum(self.summary.rejected.values()))


_KEPT: Final = (
    "SELECT film_id, details FROM prediction WHERE task = 'embedding'"
    " AND json_extract_string(details, '$.model') = $model"
)


def write_page(
    source: Path,
    found: "FilmClusters",
    folder: Path,
    names: Sequence[str | int],
    looks: Looks | None,
) -> None:
    """Write the page on clusters; that of a table has no thumbnails."""
    from plainfilm.clusters.page import write_cluster_page

    show = _thumbnails_of(source, found) if is_archive(source) else None
    visual = None if looks is None else looks.clusters
    write_cluster_page(found, folder / _PAGE, names, show=show, visual=visual)


# As the report page: of a film, its de-identified copy, or why there is none.
_SHOWN: Final = """
SELECT film.film_id, clean_film.path AS clean, refused.reason
FROM film
LEFT JOIN clean_film ON clean_film.film_id = film.film_id
LEFT JOIN (
    SELECT item_id, min(reason) AS reason
    FROM step_result
    WHERE item_kind = 'film' AND reason IS NOT NULL
    GROUP BY item_id
) AS refused ON refused.item_id = film.film_id
WHERE film.film_id IN ({ids})
"""


def _thumbnails_of(folder: Path, found: "FilmClusters") -> "ShowFilm":
    """What shows a film on the page: its de-identified copy, as on the report page, never its
    original."""
    from plainfilm.archive import Archive
    from plainfilm.publish.page.intake import reason_text
    from plainfilm.publish.page.thumbnails import figure, placeholder

    ids = found.table.film_ids
    rows = {*found.clustering.medoids.tolist()}
    rows |= {item.row for item in found.suspicions} | {item.row for item in found.far}
    listed = ", ".join(str(int(ids[row])) for row in sorted(rows))
    with Archive.open(folder) as archive:
        films: Mapping[int, Mapping[str, Any]] = {
            film["film_id"]: film for film in archive.rows(_SHOWN.format(ids=listed))
        }

    def show(row: int, description: str, caption: "Content") -> "Markup":
        film = films[int(ids[row])]
        if film["clean"] is not None:
            return figure(Path(film["clean"]), f"{description}, de-identified", caption)
        why = reason_text(film["reason"]) if film["reason"] else "not de-identified"
        return placeholder(why, caption)

    return show

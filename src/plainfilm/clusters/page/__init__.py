"""The page on an archive's clusters: one self-contained HTML file for inside the hospital."""

from plainfilm.clusters.page.page import ShowFilm, write_cluster_page

__all__ = ["ShowFilm", "write_cluster_page"]

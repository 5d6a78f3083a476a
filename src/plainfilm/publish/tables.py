"""The tables that papers print of a dataset, as CSV, as one page of Markdown, and as pictures.

    tables/films.csv           a row for each film, the same in every layout
    tables/splits.csv          images, studies, patients, views of each split
    tables/labels.csv          studies in which each finding is positive, negative, …
    tables/label-splits.csv    studies of each split in which it is positive
    tables/cooccurrence.csv    films on which two findings are positive together
    tables/categories.csv      films of each category and split
    tables/people.csv          age and sex of the patients of each split
    tables/tables.md           all but the first
    tables/*.png               pictures of them

Source: the tables of Johnson et al., MIMIC-CXR-JPG, arXiv:1901.07042 (2019), and of Wang et al.,
ChestX-ray8, CVPR 2017.
"""

from collections.abc import Iterable
from typing import Final

from plainfilm.evaluate import tables
from plainfilm.evaluate.tables import Cell
from plainfilm.publish.counts import PaperTables, count_tables
from plainfilm.publish.film_table import write_films
from plainfilm.publish.folder import DatasetFolder
from plainfilm.publish.layouts.layout import Contents

__all__ = ["TABLES", "write_tables"]

TABLES: Final = "tables"


def write_tables(folder: DatasetFolder, contents: Contents) -> PaperTables:
    """Write all of them into the dataset's `tables/`.

    Raises:
        ArchiveError: the dataset cannot be written.
    """
    # Imported on use: matplotlib takes long to load.
    from plainfilm.publish.pictures import draw_pictures  # noqa: PLC0415

    counted = count_tables(contents)
    write_films(folder, contents)
    records: dict[str, list[dict[str, Cell]]] = {
        "splits": counted.splits,
        "people": counted.people,
        "categories": counted.categories,
    }
    if counted.labels is not None and counted.together is not None:
        records |= {
            "labels": tables.frequency_records(counted.labels),
            "label-splits": counted.label_splits,
            "cooccurrence": tables.cooccurrence_records(counted.together),
        }
    for name, rows in records.items():
        folder.write(f"{TABLES}/{name}.csv", tables.to_csv(rows).encode())
    drawn = draw_pictures(counted, folder, TABLES)
    folder.write(f"{TABLES}/tables.md", _page(counted, drawn).encode())
    return counted


def _page(counted: PaperTables, drawn: Iterable[str]) -> str:
    pictures = [f"![{name}]({name}.png)\n" for name in drawn]
    grids = [tables.to_markdown(grid) for grid in counted.grids()]
    return "\n".join(["# Tables\n", *grids, *pictures])

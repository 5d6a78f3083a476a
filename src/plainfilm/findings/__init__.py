"""What a film shows: findings with their probability and place.

`ReadChest` and `ReadSpine` are steps for the films of an archive; `read_files` runs them over films
in folders. A model reads only films of the categories that its card names, turned upright where
that is sure. Networks are trained in `plainfilm.findings.training`, which imports PyTorch.
"""

from typing import TYPE_CHECKING

from plainfilm.lazy import lazy_exports

if TYPE_CHECKING:
    from plainfilm.findings.answers import ABSENT, POSSIBLE, PRESENT, task_of
    from plainfilm.findings.box_tables import BOX_COLUMNS, image_names, write_boxes
    from plainfilm.findings.file_reading import ReadFile, read_files
    from plainfilm.findings.fusion import SURE, fuse, fused_probability
    from plainfilm.findings.heat_maps import PUBLISHED_LEVELS, boxes_from_map
    from plainfilm.findings.pictures import draw_heat_maps
    from plainfilm.findings.read_chest import DEFAULT_LEVEL, ReadChest
    from plainfilm.findings.read_spine import ABNORMAL, FUSED, LESIONS, ReadSpine

__all__ = [
    "ABNORMAL",
    "ABSENT",
    "BOX_COLUMNS",
    "DEFAULT_LEVEL",
    "FUSED",
    "LESIONS",
    "POSSIBLE",
    "PRESENT",
    "PUBLISHED_LEVELS",
    "SURE",
    "ReadChest",
    "ReadFile",
    "ReadSpine",
    "boxes_from_map",
    "draw_heat_maps",
    "fuse",
    "fused_probability",
    "image_names",
    "read_files",
    "task_of",
    "write_boxes",
]

__getattr__ = lazy_exports(
    __name__,
    {
        "ABNORMAL": "read_spine",
        "ABSENT": "answers",
        "BOX_COLUMNS": "box_tables",
        "DEFAULT_LEVEL": "read_chest",
        "FUSED": "read_spine",
        "LESIONS": "read_spine",
        "POSSIBLE": "answers",
        "PRESENT": "answers",
        "PUBLISHED_LEVELS": "heat_maps",
        "ReadChest": "read_chest",
        "ReadFile": "file_reading",
        "ReadSpine": "read_spine",
        "SURE": "fusion",
        "boxes_from_map": "heat_maps",
        "draw_heat_maps": "pictures",
        "fuse": "fusion",
        "fused_probability": "fusion",
        "image_names": "box_tables",
        "read_files": "file_reading",
        "task_of": "answers",
        "write_boxes": "box_tables",
    },
)

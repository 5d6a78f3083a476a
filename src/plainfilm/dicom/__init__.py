"""The DICOM room, and the only one that imports pydicom.

It reads headers fast, decodes the pixels of every transfer syntax that radiographs come in,
renders them for display, and writes datasets and images. Every fault of a file comes out as a
typed error of `plainfilm.errors` that carries a reason code.
"""

# --- pixels, datasets, images ---
from plainfilm.dicom.dataset import (
    DataElement,
    Dataset,
    DicomSequence,
    new_uid,
    read_dataset,
    write_dataset,
)
from plainfilm.dicom.dicomdir import listed_files
from plainfilm.dicom.dictionary import keyword_vr, standard_keywords
from plainfilm.dicom.encode import ENCODABLE_SYNTAXES, encode_pixels
from plainfilm.dicom.header import Header, read_header
from plainfilm.dicom.images import decode_image, encode_jpeg, encode_png
from plainfilm.dicom.location import open_location
from plainfilm.dicom.luts import (
    Lut,
    apply_modality_lut,
    apply_voi_lut,
    apply_voi_window,
    voi_lut,
    voi_window,
)
from plainfilm.dicom.pixels import FilmPixels, decode_film
from plainfilm.dicom.render import downscale, render_display

__all__ = [
    "ENCODABLE_SYNTAXES",
    "DataElement",
    "Dataset",
    "DicomSequence",
    "FilmPixels",
    "Header",
    "Lut",
    "apply_modality_lut",
    "apply_voi_lut",
    "apply_voi_window",
    "decode_film",
    "decode_image",
    "downscale",
    "encode_jpeg",
    "encode_pixels",
    "encode_png",
    "keyword_vr",
    "listed_files",
    "new_uid",
    "open_location",
    "read_dataset",
    "read_header",
    "render_display",
    "standard_keywords",
    "voi_lut",
    "voi_window",
    "write_dataset",
]

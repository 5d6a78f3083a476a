"""The DICOM room, and the only one that imports pydicom.

It reads headers fast, decodes the pixels of every transfer syntax that radiographs come in,
renders them for display, and writes datasets and images. Every fault of a file comes out as a
typed error of `plainfilm.errors` that carries a reason code.
"""

from typing import TYPE_CHECKING

from plainfilm.lazy import lazy_exports

if TYPE_CHECKING:
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
    from plainfilm.dicom.files import read_film, write_film
    from plainfilm.dicom.header import Header, read_header
    from plainfilm.dicom.image_file import ImageFacts, ImageFile, open_image
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
    from plainfilm.dicom.original_attributes import amend_film, restore_film
    from plainfilm.dicom.pixels import FilmPixels, decode_film
    from plainfilm.dicom.render import downscale, render_display, resize
    from plainfilm.dicom.small import render_small

__all__ = [
    "ENCODABLE_SYNTAXES",
    "DataElement",
    "Dataset",
    "DicomSequence",
    "FilmPixels",
    "Header",
    "ImageFacts",
    "ImageFile",
    "Lut",
    "amend_film",
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
    "open_image",
    "open_location",
    "read_dataset",
    "read_film",
    "read_header",
    "render_display",
    "render_small",
    "resize",
    "restore_film",
    "standard_keywords",
    "voi_lut",
    "voi_window",
    "write_dataset",
    "write_film",
]

__getattr__ = lazy_exports(
    __name__,
    {
        "DataElement": "dataset",
        "Dataset": "dataset",
        "DicomSequence": "dataset",
        "ENCODABLE_SYNTAXES": "encode",
        "FilmPixels": "pixels",
        "Header": "header",
        "ImageFacts": "image_file",
        "ImageFile": "image_file",
        "Lut": "luts",
        "amend_film": "original_attributes",
        "apply_modality_lut": "luts",
        "apply_voi_lut": "luts",
        "apply_voi_window": "luts",
        "decode_film": "pixels",
        "decode_image": "images",
        "downscale": "render",
        "encode_jpeg": "images",
        "encode_pixels": "encode",
        "encode_png": "images",
        "keyword_vr": "dictionary",
        "listed_files": "dicomdir",
        "new_uid": "dataset",
        "open_image": "image_file",
        "open_location": "location",
        "read_dataset": "dataset",
        "read_film": "files",
        "read_header": "header",
        "render_display": "render",
        "render_small": "small",
        "resize": "render",
        "restore_film": "original_attributes",
        "standard_keywords": "dictionary",
        "voi_lut": "luts",
        "voi_window": "luts",
        "write_dataset": "dataset",
        "write_film": "files",
    },
)

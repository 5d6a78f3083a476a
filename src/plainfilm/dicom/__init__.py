"""The DICOM room, and the only one that imports pydicom.

It reads headers fast, decodes the pixels of every transfer syntax that radiographs come in,
renders them for display, and writes datasets and images. Every fault of a file comes out as a
typed error of `plainfilm.errors` that carries a reason code.
"""

from typing import TYPE_CHECKING

from plainfilm.lazy import lazy_exports

if TYPE_CHECKING:
    from plainfilm.dicom.charsets import (
        DEFAULT_ENCODINGS,
        Encodings,
        encode_text,
        text_decoder,
    )
    from plainfilm.dicom.colour import colour_channels
    from plainfilm.dicom.dataset import (
        DataElement,
        Dataset,
        DicomSequence,
        decode_elements,
        encode_elements,
        new_uid,
        plain_film,
        read_dataset,
        write_dataset,
    )
    from plainfilm.dicom.dicomdir import listed_files
    from plainfilm.dicom.dictionary import (
        element_entry,
        keyword_tag,
        keyword_vr,
        standard_keywords,
    )
    from plainfilm.dicom.elements import encode_element, encode_item
    from plainfilm.dicom.encode import ENCODABLE_SYNTAXES, encode_pixels
    from plainfilm.dicom.files import read_film, write_film
    from plainfilm.dicom.frames import clear_unused_bits, edit_frames
    from plainfilm.dicom.header import Header, read_header
    from plainfilm.dicom.image_file import ImageFacts, ImageFile, open_image
    from plainfilm.dicom.images import decode_image, encode_jpeg, encode_png
    from plainfilm.dicom.location import open_location
    from plainfilm.dicom.luts import (
        Lut,
        apply_modality_lut,
        apply_voi_lut,
        apply_voi_window,
        modality_lut,
        voi_lut,
        voi_window,
    )
    from plainfilm.dicom.object_kinds import is_structured_report, refuse_documents
    from plainfilm.dicom.original_attributes import amend_film, restore_film
    from plainfilm.dicom.pixels import FilmPixels, decode_film, decode_frame
    from plainfilm.dicom.raw import (
        RawElement,
        RawFilm,
        Unclear,
        encode_film,
        encodings_in,
        read_elements,
        read_raw,
    )
    from plainfilm.dicom.render import (
        downscale,
        is_inverted,
        range_window,
        render_display,
        resize,
    )
    from plainfilm.dicom.small import render_small
    from plainfilm.dicom.square import place_in_square, squared
    from plainfilm.dicom.standard_uids import is_standard_uid

__all__ = [
    "DEFAULT_ENCODINGS",
    "ENCODABLE_SYNTAXES",
    "DataElement",
    "Dataset",
    "DicomSequence",
    "Encodings",
    "FilmPixels",
    "Header",
    "ImageFacts",
    "ImageFile",
    "Lut",
    "RawElement",
    "RawFilm",
    "Unclear",
    "amend_film",
    "apply_modality_lut",
    "apply_voi_lut",
    "apply_voi_window",
    "clear_unused_bits",
    "colour_channels",
    "decode_elements",
    "decode_film",
    "decode_frame",
    "decode_image",
    "downscale",
    "edit_frames",
    "element_entry",
    "encode_element",
    "encode_elements",
    "encode_film",
    "encode_item",
    "encode_jpeg",
    "encode_pixels",
    "encode_png",
    "encode_text",
    "encodings_in",
    "is_inverted",
    "is_standard_uid",
    "is_structured_report",
    "keyword_tag",
    "keyword_vr",
    "listed_files",
    "modality_lut",
    "new_uid",
    "open_image",
    "open_location",
    "place_in_square",
    "plain_film",
    "range_window",
    "read_dataset",
    "read_elements",
    "read_film",
    "read_header",
    "read_raw",
    "refuse_documents",
    "render_display",
    "render_small",
    "resize",
    "restore_film",
    "squared",
    "standard_keywords",
    "text_decoder",
    "voi_lut",
    "voi_window",
    "write_dataset",
    "write_film",
]

__getattr__ = lazy_exports(
    __name__,
    {
        "DEFAULT_ENCODINGS": "charsets",
        "DataElement": "dataset",
        "Dataset": "dataset",
        "DicomSequence": "dataset",
        "ENCODABLE_SYNTAXES": "encode",
        "Encodings": "charsets",
        "FilmPixels": "pixels",
        "Header": "header",
        "ImageFacts": "image_file",
        "ImageFile": "image_file",
        "Lut": "luts",
        "RawElement": "raw",
        "RawFilm": "raw",
        "Unclear": "raw",
        "amend_film": "original_attributes",
        "apply_modality_lut": "luts",
        "apply_voi_lut": "luts",
        "apply_voi_window": "luts",
        "clear_unused_bits": "frames",
        "colour_channels": "colour",
        "decode_elements": "dataset",
        "decode_film": "pixels",
        "decode_frame": "pixels",
        "decode_image": "images",
        "downscale": "render",
        "edit_frames": "frames",
        "element_entry": "dictionary",
        "encode_element": "elements",
        "encode_elements": "dataset",
        "encode_film": "raw",
        "encode_item": "elements",
        "encode_jpeg": "images",
        "encode_pixels": "encode",
        "encode_png": "images",
        "encode_text": "charsets",
        "encodings_in": "raw",
        "is_inverted": "render",
        "is_standard_uid": "standard_uids",
        "keyword_tag": "dictionary",
        "keyword_vr": "dictionary",
        "listed_files": "dicomdir",
        "modality_lut": "luts",
        "new_uid": "dataset",
        "open_image": "image_file",
        "is_structured_report": "object_kinds",
        "refuse_documents": "object_kinds",
        "open_location": "location",
        "place_in_square": "square",
        "plain_film": "dataset",
        "range_window": "render",
        "read_dataset": "dataset",
        "read_elements": "raw",
        "read_film": "files",
        "read_header": "header",
        "read_raw": "raw",
        "render_display": "render",
        "render_small": "small",
        "resize": "render",
        "restore_film": "original_attributes",
        "squared": "square",
        "standard_keywords": "dictionary",
        "text_decoder": "charsets",
        "voi_lut": "luts",
        "voi_window": "luts",
        "write_dataset": "dataset",
        "write_film": "files",
    },
)

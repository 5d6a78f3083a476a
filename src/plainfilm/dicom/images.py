"""JPEG and PNG images, so that no other room needs to know the codecs."""

from pathlib import Path
from typing import Any, Final

import imagecodecs
import numpy as np
from numpy.typing import NDArray

from plainfilm.dicom._codestream import Coding, read_codestream
from plainfilm.dicom._layout import MAX_FRAME_PIXELS
from plainfilm.errors import InputError, Reason, SettingsError, UnsupportedPixels

__all__ = [
    "decode_any_depth",
    "decode_image",
    "encode_jpeg",
    "encode_png",
    "grey_of",
    "looks_like_image",
]

_PNG_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_PNG_END: Final = b"IEND"
_JPEG_START: Final = b"\xff\xd8\xff"
_CODEC_ERRORS: Final = (RuntimeError, ValueError)


def encode_jpeg(frame: NDArray[np.uint8], quality: int = 95) -> bytes:
    """Encode a display frame as baseline JPEG.

    Args:
        frame: (rows, columns) or (rows, columns, 3), uint8; each side 1 to 65535.
        quality: libjpeg's scale, 1 to 100.
    Raises:
        SettingsError: quality out of range.
        UnsupportedPixels: `frame` is no such array.
    """
    if not 1 <= quality <= 100:
        raise SettingsError(f"quality ({quality}) must be 1 to 100")
    _check_display_frame(frame)
    if max(frame.shape[:2]) > 65535:
        message = f"a JPEG side is at most 65535 pixels, not {max(frame.shape[:2])}"
        raise UnsupportedPixels(message, Reason.UNDECODABLE_PIXELS)
    return bytes(imagecodecs.jpeg8_encode(np.ascontiguousarray(frame), level=quality))


def encode_png(frame: NDArray[np.uint8] | NDArray[np.uint16], *, level: int = 6) -> bytes:
    """Encode a frame as PNG.

    Args:
        frame: (rows, columns) uint8 or uint16, or (rows, columns, 3) uint8.
        level: zlib's, 0 to 9. On a film of 2000 x 2500 pixels, 1 takes a quarter of the time of 6
            for 3 % more bytes.
    Raises:
        UnsupportedPixels: `frame` is no such array.
    """
    if frame.dtype != np.uint16 or frame.ndim != 2 or frame.size == 0:
        _check_display_frame(frame)
    return bytes(imagecodecs.png_encode(np.ascontiguousarray(frame), level=level))


def decode_image(source: bytes | Path) -> NDArray[np.uint8]:
    """Decode a JPEG or PNG image to grey.

    Colour becomes luminance (ITU-R BT.601), 16-bit PNG its upper 8 bits; transparency is ignored.

    Returns:
        (rows, columns) uint8.
    Raises:
        InputError: the file cannot be read.
        UnsupportedPixels: neither JPEG nor PNG, damaged, cut, or too large.
    """
    name = "image bytes" if isinstance(source, bytes) else str(source)
    image = grey_of(decode_any_depth(source if isinstance(source, bytes) else _read(source), name))
    return (image >> 8).astype(np.uint8) if image.dtype == np.uint16 else image


def looks_like_image(signature: bytes) -> bool:
    """Whether a file that begins so is a PNG or a JPEG."""
    return signature.startswith((_PNG_SIGNATURE, _JPEG_START))


def decode_any_depth(data: bytes, name: str) -> NDArray[Any]:
    """Decode a JPEG or PNG image as it is stored.

    Args:
        name: what errors call the image.
    Returns:
        (rows, columns) or (rows, columns, 2 to 4), uint8 or uint16.
    Raises:
        UnsupportedPixels: neither JPEG nor PNG, damaged, cut, or too large.
    """
    is_png = data.startswith(_PNG_SIGNATURE)
    size = _png_size(data, name) if is_png else _jpeg_size(data, name)
    if not 0 < size[0] * size[1] <= MAX_FRAME_PIXELS:
        message = f"{name}: {size[0]} x {size[1]} is not 1 to {MAX_FRAME_PIXELS} pixels"
        raise UnsupportedPixels(message, Reason.UNDECODABLE_PIXELS)
    try:
        return _decoded(data, is_png=is_png)
    except _CODEC_ERRORS as exc:
        raise UnsupportedPixels(f"{name} is damaged", Reason.UNDECODABLE_PIXELS) from exc


def grey_of(image: NDArray[Any]) -> NDArray[Any]:
    """An image in grey, of the same depth; colour becomes luminance, transparency is ignored."""
    if image.ndim == 2:
        return image
    if image.shape[2] < 3:  # grey with alpha
        return np.ascontiguousarray(image[..., 0])
    luminance = np.rint(image[..., :3] @ np.array([0.299, 0.587, 0.114], np.float32))
    grey: NDArray[Any] = luminance.astype(image.dtype)
    return grey


def _decoded(data: bytes, *, is_png: bool) -> NDArray[Any]:
    decoded: NDArray[Any] = (imagecodecs.png_decode if is_png else imagecodecs.jpeg8_decode)(data)
    return decoded


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError as exc:
        raise InputError(f"{path} is not there", Reason.FILE_VANISHED) from exc
    except OSError as exc:
        raise InputError(f"{path} cannot be read", Reason.FILE_UNREADABLE) from exc


def _png_size(data: bytes, name: str) -> tuple[int, int]:
    """Rows and columns from the IHDR chunk (ISO/IEC 15948 11.2.2)."""
    if len(data) < 24 or data.rfind(_PNG_END) < 0:
        raise _cut(name)
    return int.from_bytes(data[20:24], "big"), int.from_bytes(data[16:20], "big")


def _jpeg_size(data: bytes, name: str) -> tuple[int, int]:
    stream = read_codestream(data)
    if stream is None and data.startswith(_JPEG_START):
        raise _cut(name)
    if stream is None or stream.coding is not Coding.JPEG:
        message = f"{name} is neither JPEG nor PNG"
        raise UnsupportedPixels(message, Reason.NOT_AN_IMAGE)
    if not stream.has_end:
        raise _cut(name)
    return stream.rows, stream.columns


def _cut(name: str) -> UnsupportedPixels:
    return UnsupportedPixels(f"{name} ends early", Reason.TRUNCATED_PIXELS)


def _check_display_frame(frame: NDArray[Any]) -> None:
    is_image = frame.ndim == 2 or (frame.ndim == 3 and frame.shape[2] == 3)
    if frame.dtype != np.uint8 or not is_image or frame.size == 0:
        message = f"a display frame is uint8, not {frame.dtype} of shape {frame.shape}"
        raise UnsupportedPixels(message, Reason.UNDECODABLE_PIXELS)

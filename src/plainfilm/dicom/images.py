"""JPEG and PNG images, so that no other room needs to know the codecs."""

from pathlib import Path
from typing import Any, Final

import imagecodecs
import numpy as np
from numpy.typing import NDArray

from plainfilm.dicom._codestream import Coding, read_codestream
from plainfilm.dicom._layout import MAX_FRAME_PIXELS
from plainfilm.errors import InputError, Reason, SettingsError, UnsupportedPixels

__all__ = ["decode_image", "encode_jpeg", "encode_png"]

_PNG_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
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


def encode_png(frame: NDArray[np.uint8]) -> bytes:
    """Encode a display frame as PNG.

    Args:
        frame: (rows, columns) or (rows, columns, 3), uint8.
    Raises:
        UnsupportedPixels: `frame` is no such array.
    """
    _check_display_frame(frame)
    return bytes(imagecodecs.png_encode(np.ascontiguousarray(frame)))


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
    data = source if isinstance(source, bytes) else _read(source)
    is_png = data.startswith(_PNG_SIGNATURE)
    size = _png_size(data) if is_png else _jpeg_size(data)
    if size is None:
        message = f"{name} is neither JPEG nor PNG, or is cut"
        raise UnsupportedPixels(message, Reason.UNDECODABLE_PIXELS)
    if not 0 < size[0] * size[1] <= MAX_FRAME_PIXELS:
        message = f"{name}: {size[0]} x {size[1]} is not 1 to {MAX_FRAME_PIXELS} pixels"
        raise UnsupportedPixels(message, Reason.UNDECODABLE_PIXELS)
    decode = imagecodecs.png_decode if is_png else imagecodecs.jpeg8_decode
    try:
        return _grey(decode(data))
    except _CODEC_ERRORS as exc:
        raise UnsupportedPixels(f"{name} is damaged", Reason.UNDECODABLE_PIXELS) from exc


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError as exc:
        raise InputError(f"{path} is not there", Reason.FILE_VANISHED) from exc
    except OSError as exc:
        raise InputError(f"{path} cannot be read", Reason.FILE_UNREADABLE) from exc


def _png_size(data: bytes) -> tuple[int, int] | None:
    """Rows and columns from the IHDR chunk (ISO/IEC 15948 11.2.2)."""
    if len(data) < 24:
        return None
    return int.from_bytes(data[20:24], "big"), int.from_bytes(data[16:20], "big")


def _jpeg_size(data: bytes) -> tuple[int, int] | None:
    stream = read_codestream(data)
    if stream is None or stream.coding is not Coding.JPEG or not stream.has_end:
        return None
    return stream.rows, stream.columns


def _check_display_frame(frame: NDArray[Any]) -> None:
    is_image = frame.ndim == 2 or (frame.ndim == 3 and frame.shape[2] == 3)
    if frame.dtype != np.uint8 or not is_image or frame.size == 0:
        message = f"a display frame is uint8, not {frame.dtype} of shape {frame.shape}"
        raise UnsupportedPixels(message, Reason.UNDECODABLE_PIXELS)


def _grey(image: NDArray[Any]) -> NDArray[np.uint8]:
    if image.dtype == np.uint16:
        image = (image >> 8).astype(np.uint8)
    if image.ndim == 3 and image.shape[2] < 3:  # grey with alpha
        image = image[..., 0]
    if image.ndim == 3:
        image = np.rint(image[..., :3] @ np.array([0.299, 0.587, 0.114], np.float32))
    grey: NDArray[np.uint8] = image.astype(np.uint8, copy=False)
    return grey

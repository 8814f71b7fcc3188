"""One image file as an array: the rule by which anybody's pictures become uint8 `[H, W, C]`.

Run by itself, as `decoders` does, this file answers the questions of another process.
"""

import contextlib
import hashlib
import io
import os
import pickle
import sys
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

from PIL import Image, UnidentifiedImageError

from reprlearn.errors import UsageError

if TYPE_CHECKING:  # it takes as long to load as Pillow, and `decoders` does without
    import numpy as np

RULE = 1  # goes up when this module makes other pixels of a file: sets are then prepared anew
FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF", "TIFF")
SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".tif", ".tiff")
CHANNELS = ("auto", 1, 3)

_SIXTEEN_BITS = ("I;16", "I;16B", "I;16L", "I;16N")
_GREY = ("1", "L", "LA", "La", *_SIXTEEN_BITS)
_ORIENTATION = 0x0112  # the EXIF tag
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_SIDEWAYS = (5, 6, 7, 8)
_GAP = 2  # a picture is brought quickly to twice its size or more, and from there with care


class PictureError(UsageError):
    """A file that is no whole image; the message says what is wrong with it."""


class Header(NamedTuple):
    """What a file says of its image before any pixel is decoded.

    Attributes:
      size: height and width, as the image is shown.
      grey: whether one channel holds all of it.
    """

    size: tuple[int, int]
    grey: bool


def decode(
    file: str | os.PathLike | bytes,
    size: tuple[int, int] | None = None,
    channels: str | int = "auto",
) -> "np.ndarray":
    """An image file as an array.

    The format is known by the content, whatever the suffix. Of several frames the first is taken.
    The image stands as EXIF or XMP says; metadata that cannot be read are passed over. Palettes,
    CMYK, YCbCr and LAB become RGB. What is transparent lies on white. Of 16 bits the upper 8 are
    kept; one bit becomes 0 or 255. Grey in integers of 32 bits or in floats is refused, as nobody
    knows its range.

    Args:
      file: a path, or what the file holds.
      size: height and width; the image is scaled, up or down and without aliasing, until it just
        covers them, and its centre is kept. None: as it is.
      channels: 1, 3, or "auto": 1 of a grey image (not of a palette), else 3.

    Returns:
      uint8 `[H, W, C]`.

    Raises:
      PictureError: no whole image of one of FORMATS, with the name of the file.
    """
    import numpy as np

    if channels not in CHANNELS:
        raise UsageError(f"channels is {channels!r}; allowed: 'auto', 1, 3")
    try:
        with quiet():
            array = np.array(picture(file, size, channels))
    except PictureError as error:
        name = "the image" if isinstance(file, bytes) else repr(os.fspath(file))
        raise PictureError(f"{name} {error}") from error
    return array if array.ndim == 3 else array[..., None]


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Within it Pillow does not warn of large images or odd metadata, in any thread."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module=r"PIL(\.|$)")
        yield


def header(file: str | os.PathLike | bytes) -> Header:
    """What a file says of its image; call it, as `picture`, within `quiet`.

    Raises:
      PictureError: no image of one of FORMATS.
    """
    with _opened(file) as image:
        width, height = image.size
        if _orientation(image) in _SIDEWAYS:
            width, height = height, width
        return Header((height, width), image.mode in _GREY)


def picture(
    file: str | os.PathLike | bytes, size: tuple[int, int] | None, channels: str | int
) -> Image.Image:
    """The image in a file, of mode "L" or "RGB"; see `decode`.

    Raises:
      PictureError: no whole image of one of FORMATS.
    """
    with _opened(file) as image:
        orientation = _orientation(image)
        if size:
            width, height = size if orientation in _SIDEWAYS else size[::-1]
            image.draft(None, (_GAP * width, _GAP * height))  # JPEG: fewer pixels from the start
        flat = _flat(image)
        mode = {"auto": flat.mode, 1: "L", 3: "RGB"}[channels]
        flat = flat if flat.mode == mode else flat.convert(mode)
        if size:
            flat = _fitted(flat, width, height)
        if orientation in _TURNS:
            flat = flat.transpose(_TURNS[orientation])
        flat.load()  # while the file is open
        return flat


@contextlib.contextmanager
def _opened(file: str | os.PathLike | bytes) -> Iterator[Image.Image]:
    """The image in a file; whatever goes wrong with it is a PictureError."""
    try:
        with (
            io.BytesIO(file) if isinstance(file, bytes) else open(file, "rb") as opened,
            Image.open(opened, formats=FORMATS) as image,
        ):
            if image.mode in ("I", "F"):
                raise PictureError("has 32 bits a channel; allowed: 8 or 16")
            yield image
    except PictureError:
        raise
    except UnidentifiedImageError as error:
        raise PictureError("is not a PNG, JPEG, WebP, BMP, GIF or TIFF image") from error
    except Image.DecompressionBombError as error:
        most = 2 * (Image.MAX_IMAGE_PIXELS or 0)
        raise PictureError(f"has more than {most:,} pixels, Pillow's limit") from error
    except Exception as error:  # a damaged file ends Pillow's readers in any way
        if reason := getattr(error, "strerror", None):
            raise PictureError(f"cannot be read: {reason}") from error
        reason = " ".join(str(error).split()) or type(error).__name__
        raise PictureError(f"is damaged: {reason}") from error


def _orientation(image: Image.Image) -> int:
    """The EXIF orientation that is still to be applied, 1 to 8; 1 where none can be read."""
    if image.format == "TIFF":  # Pillow turns these by itself
        return 1
    try:
        # EXIF may stand behind the pixels of a PNG. To find it there, `getexif` decodes them all.
        behind = image.format == "PNG" and "exif" not in image.info and _holds(image.fp, b"eXIf")
        exif = image.getexif() if behind else Image.Image.getexif(image)
        orientation = exif.get(_ORIENTATION)
        return orientation if orientation in _TURNS else 1
    except Exception:  # metadata are no reason to lose a picture
        return 1


def _holds(file: BinaryIO, sought: bytes) -> bool:
    """Whether a file has some bytes anywhere; it stays where it was read to."""
    place = file.tell()
    file.seek(0)
    found = sought in file.read()
    file.seek(place)
    return found


def _flat(image: Image.Image) -> Image.Image:
    """The same in 8 bits, grey ("L") or RGB, on white."""
    mode = "L" if image.mode in _GREY else "RGB"
    if image.mode in _SIXTEEN_BITS:
        return _eight_bits(image)
    if image.has_transparency_data:
        clear, flat = image.convert(mode + "A"), Image.new(mode, image.size, "white")
        flat.paste(clear.convert(mode), mask=clear.getchannel("A"))
        return flat
    if image.mode == "LAB":
        from PIL import ImageCms

        profiles = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
        return ImageCms.profileToProfile(image, *profiles, outputMode=mode)
    return image if image.mode == mode else image.convert(mode)


def _eight_bits(image: Image.Image) -> Image.Image:
    """The upper 8 of 16 bits; white where a PNG's one transparent grey is."""
    import numpy as np

    wide = np.asarray(image)
    narrow = (wide >> 8).astype(np.uint8)
    narrow[wide == image.info.get("transparency", -1)] = 255
    return Image.fromarray(narrow)


def _fitted(image: Image.Image, width: int, height: int) -> Image.Image:
    """The centre of the image, scaled so that it just covers a size."""
    scale = min(image.width / width, image.height / height)
    left = max(0.0, (image.width - scale * width) / 2)
    top = max(0.0, (image.height - scale * height) / 2)
    box = (left, top, image.width - left, image.height - top)
    return image.resize((width, height), Image.Resampling.LANCZOS, box, reducing_gap=_GAP)


def survey(path: str) -> tuple[bytes, tuple | str]:
    """The sha256 of a file, and its `header`, as a plain tuple, or what is wrong with it."""
    try:
        with open(path, "rb", buffering=0) as file:
            digest = hashlib.file_digest(file, "sha256").digest()
        return digest, tuple(header(path))
    except OSError as error:
        return b"", f"cannot be read: {error.strerror}"
    except PictureError as error:
        return digest, str(error)


def pixels(path: str, *settings: Any) -> tuple[tuple[int, int], bytes] | str:
    """The width, height and bytes of a `picture`, or what is wrong with it."""
    try:
        made = picture(path, *settings)
        return made.size, made.tobytes()
    except PictureError as error:
        return str(error)


def serve(questions: BinaryIO, answers: BinaryIO) -> None:
    """Answers lists of questions, each a `survey` or `pixels` and its arguments, to their end."""
    tasks = {"survey": survey, "pixels": pixels}
    with contextlib.suppress(EOFError), quiet():
        while True:
            Image.MAX_IMAGE_PIXELS, asked = pickle.load(questions)
            pickle.dump([tasks[task](*arguments) for task, *arguments in asked], answers)
            answers.flush()


if __name__ == "__main__":
    serve(sys.stdin.buffer, sys.stdout.buffer)

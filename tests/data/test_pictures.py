"""One image file to an array: every format and mode, orientation, transparency, sizes."""

import io
import struct
import zlib

import numpy as np
import pytest
from encoded import encoded, header, smooth
from PIL import Image, ImageCms, ImageOps

from reprlearn.data.pictures import PictureError, decode
from reprlearn.errors import UsageError

RNG = np.random.default_rng(0)
COLOURS = RNG.integers(0, 256, (6, 9, 3), dtype=np.uint8)
GREY = RNG.integers(0, 256, (6, 9), dtype=np.uint8)


def test_lossless_formats_keep_every_pixel():
    for format, options in (("PNG", {}), ("BMP", {}), ("TIFF", {}), ("WEBP", {"lossless": True})):
        array = decode(encoded(COLOURS, format, **options))
        assert array.dtype == np.uint8 and np.array_equal(array, COLOURS), format
    for format in ("PNG", "BMP", "TIFF"):
        array = decode(encoded(GREY, format))
        assert array.shape == (6, 9, 1) and np.array_equal(array[..., 0], GREY), format
    assert np.array_equal(decode(encoded(COLOURS, "GIF")), COLOURS)  # 54 colours fit its palette


def test_lossy_formats_are_near():
    picture = smooth(40, 56)
    for format in ("JPEG", "WEBP"):
        array = decode(encoded(picture, format, quality=95)).astype(int)
        assert array.shape == picture.shape and np.abs(array - picture).mean() < 3, format
    assert decode(encoded(smooth(40, 56)[..., 0], "JPEG")).shape == (40, 56, 1)


def test_a_file_is_known_by_its_content(tmp_path):
    path = tmp_path / "a picture.png"
    path.write_bytes(encoded(smooth(8, 8), "JPEG"))
    assert decode(path).shape == decode(str(path)).shape == (8, 8, 3)
    assert decode(path).flags.writeable


@pytest.mark.parametrize("channels", [1, 3])
def test_channels_that_are_asked_for(channels):
    assert decode(encoded(COLOURS), channels=channels).shape == (6, 9, channels)
    grey = decode(encoded(GREY), channels=channels)
    assert grey.shape == (6, 9, channels) and (grey == GREY[..., None]).all()


def test_channels_are_one_of_three():
    with pytest.raises(UsageError, match="channels is 2; allowed: 'auto', 1, 3"):
        decode(encoded(GREY), channels=2)


def test_one_bit_is_black_and_white():
    bits = GREY > 127
    for format in ("PNG", "BMP", "TIFF"):
        array = decode(encoded(Image.fromarray(bits), format))
        assert np.array_equal(array[..., 0], 255 * bits.astype(np.uint8)), format


@pytest.mark.parametrize("format", ["PNG", "TIFF"])
@pytest.mark.parametrize("order", ["<u2", ">u2"])
def test_of_16_bits_the_upper_8_are_kept(format, order):
    wide = np.array([[0, 255, 256], [32_767, 65_279, 65_535]], order)
    array = decode(encoded(Image.fromarray(wide), format))
    assert array[..., 0].tolist() == [[0, 0, 1], [127, 254, 255]]
    assert header(encoded(Image.fromarray(wide), format)).grey


def test_32_bits_are_refused():
    for dtype in (np.int32, np.float32):
        data = encoded(Image.fromarray(GREY.astype(dtype)), "TIFF")
        for read in (decode, header):
            with pytest.raises(PictureError, match="has 32 bits a channel; allowed: 8 or 16"):
                read(data)


def test_a_palette_becomes_colours():
    image = Image.fromarray(np.array([[0, 1], [2, 1]], np.uint8)).convert("P")
    image.putpalette([255, 0, 0, 0, 255, 0, 0, 0, 255])
    for format in ("PNG", "BMP", "GIF", "TIFF"):
        array = decode(encoded(image, format))
        assert array.tolist() == [[[255, 0, 0], [0, 255, 0]], [[0, 0, 255], [0, 255, 0]]], format
        assert not header(encoded(image, format)).grey


def test_what_is_transparent_lies_on_white():
    rgba = np.dstack([COLOURS, np.full((6, 9), 255, np.uint8)])
    rgba[0, 0], rgba[0, 1] = (10, 20, 30, 0), (0, 0, 0, 128)
    for format, options in (("PNG", {}), ("TIFF", {}), ("WEBP", {"lossless": True})):
        array = decode(encoded(rgba, format, **options))
        assert array[0, 0].tolist() == [255] * 3 and np.array_equal(array[1:], COLOURS[1:]), format
        assert abs(int(array[0, 1, 0]) - 127) <= 1


def test_transparent_grey_stays_grey():
    data = encoded(np.array([[[90, 0], [90, 255]]], np.uint8))
    assert Image.open(io.BytesIO(data)).mode == "LA"
    assert decode(data).tolist() == [[[255], [90]]] and header(data).grey


def test_one_transparent_colour_of_a_png():
    assert decode(encoded(np.array([[7, 8]], np.uint8), transparency=7)).tolist() == [[[255], [8]]]
    wide = encoded(Image.fromarray(np.array([[1792, 2048]], np.uint16)), transparency=1792)
    assert decode(wide).tolist() == [[[255], [8]]]
    colours = np.array([[[1, 2, 3], [4, 5, 6]]], np.uint8)
    array = decode(encoded(colours, transparency=(1, 2, 3)))
    assert array.tolist() == [[[255, 255, 255], [4, 5, 6]]]


@pytest.mark.parametrize("transparency", [1, b"\xff\x00"])
def test_a_transparent_palette(transparency):
    image = Image.fromarray(np.array([[0, 1]], np.uint8)).convert("P")
    image.putpalette([255, 0, 0, 0, 255, 0])
    array = decode(encoded(image, transparency=transparency))
    assert array.tolist() == [[[255, 0, 0], [255, 255, 255]]]


@pytest.mark.parametrize("mode", ["CMYK", "YCbCr", "LAB"])
def test_other_colours_become_rgb(mode):
    image = Image.fromarray(smooth(16, 24))
    if mode == "LAB":
        profiles = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
        other = ImageCms.profileToProfile(image, *profiles, outputMode="LAB")
    else:
        other = image.convert(mode)
    array = decode(encoded(other, "TIFF"))
    assert array.shape == (16, 24, 3) and np.abs(array.astype(int) - smooth(16, 24)).mean() < 3


def test_a_jpeg_of_printers_colours():
    array = decode(encoded(Image.fromarray(smooth(16, 24)).convert("CMYK"), "JPEG", quality=95))
    assert np.abs(array.astype(int) - smooth(16, 24)).mean() < 3


def test_the_first_frame_is_taken():
    frames = [Image.fromarray(np.full((4, 4, 3), value, np.uint8)) for value in (50, 150)]
    for format in ("GIF", "PNG", "TIFF", "WEBP"):
        options = {"lossless": True} if format == "WEBP" else {}
        data = encoded(frames[0], format, save_all=True, append_images=frames[1:], **options)
        assert Image.open(io.BytesIO(data)).n_frames == 2
        assert (decode(data) == 50).all(), format


@pytest.mark.parametrize("format", ["JPEG", "PNG", "TIFF", "WEBP"])
@pytest.mark.parametrize("orientation", range(10))  # 0 and 9 mean nothing
def test_an_image_stands_as_exif_says(format, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"PNG": {}, "JPEG": {"quality": 95}, "TIFF": {}, "WEBP": {"lossless": True}}[format]
    data = encoded(smooth(4, 6), format, exif=exif, **options)
    expected = np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(data))))
    array = decode(data)
    assert expected.shape == ((6, 4, 3) if 5 <= orientation <= 8 else (4, 6, 3))
    assert np.array_equal(array, expected) and header(data).size == array.shape[:2]
    assert np.array_equal(decode(data, size=array.shape[:2]), array)


@pytest.mark.parametrize("orientation", [3, 6])
def test_an_image_that_is_turned_and_scaled(orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encoded(smooth(320, 480), "JPEG", exif=exif, quality=95)
    array = decode(data, size=(30, 20)).astype(int)
    upright = Image.fromarray(decode(data))
    expected = np.asarray(ImageOps.fit(upright, (20, 30), Image.Resampling.LANCZOS)).astype(int)
    assert array.shape == (30, 20, 3) and np.abs(array - expected).mean() < 1


def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def test_exif_behind_the_pixels_of_a_png():
    exif = Image.Exif()
    exif[0x0112] = 6
    plain, end = encoded(COLOURS), chunk(b"IEND", b"")
    data = plain.removesuffix(end) + chunk(b"eXIf", exif.tobytes().removeprefix(b"Exif\0\0")) + end
    assert header(data).size == (9, 6)
    assert np.array_equal(decode(data), np.rot90(COLOURS, -1))


@pytest.mark.parametrize("height, width", [(1, 1), (27, 33), (3, 50), (50, 3), (64, 64), (200, 90)])
@pytest.mark.parametrize("size", [(16, 16), (1, 1), (5, 40)])
@pytest.mark.parametrize("format", ["PNG", "JPEG"])
def test_every_size_becomes_the_one_that_is_asked_for(height, width, size, format):
    data = encoded(np.full((height, width, 3), 200, np.uint8), format, **{"quality": 95})
    array = decode(data, size=size)
    assert array.shape == (*size, 3) and np.abs(array.astype(int) - 200).max() <= 2


def test_the_centre_is_kept():
    wide = np.zeros((10, 30, 3), np.uint8)
    wide[:, 10:20] = 255
    assert (decode(encoded(wide), size=(10, 10)) == 255).all()
    assert (decode(encoded(wide.swapaxes(0, 1)), size=(10, 10)) == 255).all()
    assert (decode(encoded(wide), size=(20, 20))[:, 5:15] == 255).all()  # upwards too


def test_scaling_does_not_alias():
    stripes = np.zeros((64, 64), np.uint8)
    stripes[:, ::2] = 255
    array = decode(encoded(stripes), size=(16, 16))[:, 2:-2]
    assert np.abs(array.astype(int) - 127).max() <= 2


def test_scaling_a_jpeg_is_quick_and_right():
    data = encoded(smooth(300, 400), "JPEG", quality=95)
    slow = np.asarray(
        ImageOps.fit(Image.open(io.BytesIO(data)), (40, 40), Image.Resampling.LANCZOS)
    )
    error = np.abs(decode(data, size=(40, 40)).astype(int) - slow)
    assert error.mean() < 1 and error.max() <= 4

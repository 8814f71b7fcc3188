"""What is no image, or damaged, or too large: named in one line; broken metadata do no harm."""

import warnings

import numpy as np
import pytest
from encoded import encoded, header, smooth
from PIL import Image

from reprlearn.data.pictures import PictureError, decode


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("exif", [b"nonsense", b"Exif\0\0II*\0\xff\xff\xff\xff", b"Exif\0\0"])
def test_broken_metadata_are_passed_over(format, exif):
    data = encoded(smooth(8, 12), format, exif=exif)
    assert decode(data).shape == (8, 12, 3) and header(data).size == (8, 12)


def test_broken_xmp_is_passed_over():
    data = encoded(smooth(8, 12), "JPEG", xmp=b'<x tiff:Orientation="9"')
    assert decode(data).shape == (8, 12, 3)


def test_what_is_no_image_is_named(tmp_path):
    path = tmp_path / "letter.png"
    path.write_text("Dear reader")
    with pytest.raises(PictureError, match=r"'.*letter.png' is not a PNG, JPEG, .* image"):
        decode(path)
    with pytest.raises(PictureError, match="the image is not a PNG"):
        decode(b"")
    with pytest.raises(PictureError, match=r"'.*absent.png' cannot be read: No such file"):
        decode(tmp_path / "absent.png")
    with pytest.raises(PictureError, match=r"cannot be read: Is a directory"):
        decode(tmp_path)


@pytest.mark.parametrize("format", ["JPEG", "PNG", "GIF", "BMP", "WEBP", "TIFF"])
def test_every_truncation_is_refused_and_nothing_else_happens(format):
    noise = np.random.default_rng(0).integers(0, 256, (40, 40, 3), dtype=np.uint8)
    data = encoded(noise, format)
    for length in (*range(0, 60, 7), len(data) // 2, len(data) - 100):
        with pytest.raises(PictureError) as caught:
            decode(data[:length])
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("format", ["JPEG", "PNG", "GIF", "BMP", "WEBP", "TIFF"])
def test_random_damage_is_refused_or_decoded(format):
    data = encoded(smooth(20, 30), format)
    for seed in range(60):
        rng = np.random.default_rng(seed)
        damaged = bytearray(data)
        for place in rng.integers(0, len(data), 5):
            damaged[place] = rng.integers(256)
        try:
            assert decode(bytes(damaged), size=(8, 8)).shape[:2] == (8, 8)
        except PictureError as error:
            assert "\n" not in str(error)


def test_a_bomb_is_refused_at_pillows_limit(monkeypatch):
    data = encoded(np.zeros((20, 20), np.uint8))
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 250)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert decode(data).shape == (20, 20, 1)  # above the limit, where Pillow warns
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 150)
    for read in (decode, header):
        with pytest.raises(PictureError, match="has more than 300 pixels, Pillow's limit"):
            read(data)

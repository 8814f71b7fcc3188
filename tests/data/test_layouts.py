"""What an array is: by hand, on every shape that has two readings, and on files."""

import pickle
import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from reprlearn import columns
from reprlearn.data import layouts
from reprlearn.data.dataset import Rows
from reprlearn.data.layouts import Layout, Mapped, column_of, over_white
from reprlearn.errors import UsageError

CHANNELS_FIRST = "(3, 4, 5) is read as channels first: stored as (4, 5, 3)"
RGBA = "4 channels are read as RGBA, laid over white"


def counted(*shape, dtype=np.uint8):
    return np.arange(np.prod(shape)).reshape(shape).astype(dtype)


@pytest.mark.parametrize(
    ("shape", "stored", "note"),
    [
        ((2, 5, 4), (2, 5, 4, 1), ""),
        ((2, 5, 4, 1), (2, 5, 4, 1), ""),
        ((2, 2, 2, 3), (2, 2, 2, 3), ""),
        ((2, 5, 4, 4), (2, 5, 4, 3), RGBA),
        ((2, 5, 4, 2), (2, 5, 4, 2), "the last axis of (2, 5, 4, 2) is read as 2 channels"),
        ((2, 4, 6, 3), (2, 4, 6, 3), ""),
        (
            (1, 17, 18, 16),
            (1, 17, 18, 16),
            "the last axis of (1, 17, 18, 16) is read as 16 channels",
        ),
        ((2, 3, 4, 5), (2, 4, 5, 3), CHANNELS_FIRST),
        ((2, 1, 4, 2), (2, 4, 2, 1), "(1, 4, 2) is read as channels first: stored as (4, 2, 1)"),
    ],
)
def test_images_by_their_shape(shape, stored, note):
    laid = column_of(counted(*shape), "x")
    assert laid.x.shape == stored
    assert laid.column == columns.image(stored[1:])
    assert laid.note == note


def test_channels_move_with_their_pixels():
    x = counted(2, 3, 4, 5)
    laid = column_of(x, "x").x
    assert laid[1, 2, 4, 0] == x[1, 0, 2, 4]
    assert laid[1, 0, 3, 2] == x[1, 2, 0, 3]


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((5,), r"shape \(5,\) is one number an example; allowed: vectors \(N, D\)"),
        ((), r"shape \(\); allowed"),
        ((2, 3, 4, 5, 6), r"shape \(2, 3, 4, 5, 6\); allowed"),
        ((0, 3), r"shape \(0, 3\) is empty"),
        ((3, 0), "is empty"),
        ((2, 0, 4, 3), "is empty"),
        (
            (2, 3, 5, 3),
            r"\(N, H, W, C\) of 3 channels, or \(N, C, H, W\) of 3; allowed: .*transpose",
        ),
        ((2, 1, 28, 1), "of 1 channels, or .* of 1;"),
        ((2, 3, 8, 4), "of 4 channels, or .* of 3;"),
        ((2, 2, 8, 8), r"of 1 or 3; volumes are not read$"),
        ((2, 2, 2, 2), "volumes are not read$"),
        ((1, 16, 16, 16), "volumes are not read$"),
        ((2, 8, 4, 5), "volumes are not read$"),
        ((1, 18, 18, 17), r"shape \(1, 18, 18, 17\); allowed: \(N, H, W, C\) of 1 to 16 channels"),
        ((1, 4, 20, 20), r"shape .*; allowed: .* or \(N, C, H, W\) of 1 or 3"),
        ((1, 20, 8, 12), "fewer than rows and columns"),
    ],
)
def test_other_shapes_are_refused(shape, message):
    with pytest.raises(UsageError, match=f"^data: x of {message}|^data: x of shape .*{message}"):
        column_of(np.zeros(shape, np.uint8), "data: x")


@pytest.mark.parametrize(
    ("values", "dtype", "stored"),
    [
        ([[[0, 200]]], np.uint8, np.uint8([0, 200])),
        ([[[0, 255]]], np.int64, np.uint8([0, 255])),
        ([[[0, 255]]], ">u2", np.uint8([0, 255])),
        ([[[True, False]]], bool, np.uint8([255, 0])),
        ([[[0.25, 1.0]]], np.float64, np.float32([0.25, 1])),
        ([[[0.25, 1.0]]], np.float16, np.float32([0.25, 1])),
        ([[[0.25, 0.0]]], ">f4", np.float32([0.25, 0])),
    ],
)
def test_values_of_images(values, dtype, stored):
    laid = column_of(np.array(values, dtype), "x")
    assert laid.x.dtype == laid.column.dtype == stored.dtype
    assert laid.x.ravel().tolist() == stored.tolist()
    assert laid.note == ""


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([[0.0, 254.5]], r"floats from 0\.0 to 254\.5; allowed for images: .*divide by 255"),
        ([[-0.25, 0.5]], r"floats from -0\.25 to 0\.5"),
        ([[0.5, np.float64(1) + 2**-40]], r"to 1\.0000000000009095"),
        ([[0.5, np.nan]], r"nan at \[0, 0, 1\]; allowed: finite"),
        ([[0.5], [-np.inf]], r"-inf at \[0, 1, 0\]"),
        ([[255, 256]], r"int64 with 256 at \[0, 0, 1\]; allowed for images: 0 to 255"),
        ([[0], [-1]], r"int64 with -1 at \[0, 1, 0\]"),
        ([["a", "b"]], "<U1; allowed: integers"),
        (
            [[None, 1]],
            "of objects, such as words, columns of two kinds, or a pickle; allowed: numb",
        ),
        ([[1j]], "complex128"),
        (np.zeros((1, 2), "m8[s]"), "timedelta64"),
        (np.zeros((1, 2), np.longdouble), "float128"),
    ],
)
def test_other_values_of_images_are_refused(values, message):
    with pytest.raises(UsageError, match=f"^data: x .*{message}") as caught:
        column_of(np.array([values]), "data: x")
    assert "\n" not in str(caught.value)


def test_images_of_0_and_1_of_255_are_told():
    note = "no value is above 1 of 255: all is nearly black; if 1 is white, give floats"
    assert column_of(np.array([[[0, 1]]]), "x").note == note
    assert column_of(np.array([[[0, 2]]]), "x").note == ""
    assert column_of(np.array([[[0.0, 1.0]]]), "x").note == ""
    assert column_of(np.zeros((1, 3, 9, 8), np.uint8), "x").note.endswith(f"(9, 8, 3); {note}")


def test_rgba_is_laid_over_white():
    """By hand: 100 * 51/255 + 255 * 204/255 = 224; 255 * 254/255 + 1/255 rounds to 254."""
    rgba = np.array([[100, 0, 255, 51], [7, 8, 9, 255], [7, 8, 9, 0], [1, 254, 0, 1]], np.uint8)
    stored = [[224, 204, 255], [7, 8, 9], [255, 255, 255], [254, 255, 254]]
    assert over_white(rgba[None, None]).tolist() == [[stored]]
    floats = over_white(rgba[None, None].astype(np.float32) / 255)
    np.testing.assert_allclose(floats[0, 0] * 255, stored, atol=0.51)
    laid = column_of(rgba.reshape(1, 2, 2, 4), "x")
    assert laid.x.tolist() == [[stored[:2], stored[2:]]]
    booleans = column_of(np.array([[[[True, False, False, True]], [[False] * 4]]]), "x")
    assert booleans.x.tolist() == [[[[255, 0, 0]], [[255] * 3]]]


@given(hnp.arrays(np.uint8, (6, 4)))
def test_rgba_is_rounded_to_the_nearest(rgba):
    alpha = rgba[:, 3:] / 255
    exact = rgba[:, :3] * alpha + 255 * (1 - alpha)
    assert np.abs(over_white(rgba) - exact).max() <= 0.5 + 1e-9


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16, np.int64, np.uint8, bool])
def test_vectors_become_float64(dtype):
    values = np.array([[1, 0, 1], [0, 1, 1]], dtype)
    laid = column_of(values, "x")
    assert laid.x.dtype == np.float64
    assert laid.x.tolist() == values.tolist()
    assert laid.column == columns.vector(3, dtype="float64")


def test_integers_that_float64_has_not_are_refused():
    for good in (np.int64(2**53), np.int64(-(2**53)), np.uint64(2**53)):
        assert column_of(np.array([[good]]), "x").x[0, 0] == good
    for bad in (
        np.int64(2**53 + 1),
        np.int64(-(2**53) - 1),
        np.uint64(2**64 - 1),
        np.int64(-(2**63)),
    ):
        with pytest.raises(UsageError, match=rf"^x has {bad} at \[1, 0\], which float64 cannot"):
            column_of(np.array([[np.zeros_like(bad)], [bad]]), "x")
    with pytest.raises(UsageError, match=r"x has nan at \[1, 0\]"):
        column_of(np.array([[1.0], [np.nan]]), "x")


def test_places_are_counted_over_blocks(monkeypatch):
    monkeypatch.setattr(layouts, "BLOCK_BYTES", 48)
    x = np.zeros((9, 3))
    assert [rows.stop - rows.start for rows in layouts.blocks(x)] == [2] * 5
    assert len(list(layouts.blocks(x, np.zeros(9, np.uint8)))) == 9
    x[7, 2] = np.inf
    with pytest.raises(UsageError, match=r"inf at \[7, 2\]"):
        column_of(x, "x")
    images = np.full((9, 2, 2), 3)
    images[4, 0, 1], images[6, 0, 0] = 300, -4
    with pytest.raises(UsageError, match=r"300 at \[4, 0, 1\]"):
        column_of(images, "x")


def test_nothing_is_copied_that_need_not_be():
    for x in (counted(2, 5, 4, 3), counted(2, 3, 4, 5), np.zeros((2, 5, 4), np.float32)):
        assert np.shares_memory(column_of(x, "x").x, x)


@pytest.mark.parametrize(
    "x",
    [
        counted(7, 5, 4, 3),
        counted(7, 3, 4, 5),
        counted(7, 5, 4, 4),
        counted(7, 3, dtype=np.int32),
        np.asfortranarray(counted(7, 2, 3, dtype=">f8") / 64),
    ],
)
def test_a_mapped_file_gives_the_rows_of_its_array(tmp_path, x):
    np.save(tmp_path / "x.npy", x)
    wanted, laid = column_of(x, "x"), column_of(Mapped(str(tmp_path / "x.npy")), "x")
    assert laid.column == wanted.column
    assert laid.note == wanted.note
    assert isinstance(laid.x, Mapped)
    assert len(laid.x) == 7
    assert laid.x.shape == wanted.x.shape
    assert laid.x.dtype == wanted.x.dtype
    assert np.asarray(laid.x).tolist() == wanted.x.tolist()
    read = Rows({"x": laid.x}).read([5, 0, 5])["x"]
    assert type(read) is np.ndarray
    assert read.tolist() == wanted.x[[5, 0, 5]].tolist()
    assert Rows({"x": laid.x}).read(range(2, 6))["x"].tolist() == wanted.x[2:6].tolist()


def test_a_mapped_file_is_sent_as_its_path(tmp_path):
    x = counted(4_000, 5, dtype=np.float32)
    np.save(tmp_path / "x.npy", x)
    mapped = Mapped(str(tmp_path / "x.npy"), Layout("D", "float64"))
    assert len(mapped[:1]) == 1
    sent = pickle.dumps(mapped)
    assert len(sent) < 500
    assert pickle.loads(sent) == mapped
    assert pickle.loads(sent)[3_998:].tolist() == x[3_998:].tolist()


def test_a_memory_map_is_looked_at_in_blocks(tmp_path, monkeypatch):
    """Of 8 MB never more than a few blocks of 64 kB are in memory."""
    monkeypatch.setattr(layouts, "BLOCK_BYTES", 2**16)
    x = np.lib.format.open_memmap(tmp_path / "x.npy", "w+", np.uint8, (2_000, 64, 64))
    x[::2] = 9
    tracemalloc.start()
    laid = [column_of(x, "x"), column_of(Mapped(str(tmp_path / "x.npy")), "x")]
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2**20
    assert isinstance(laid[0].x, np.memmap)
    assert all(found.x.shape == (2_000, 64, 64, 1) for found in laid)


shapes = st.lists(st.integers(0, 6), max_size=5).map(tuple)
dtypes = st.one_of(hnp.scalar_dtypes(), hnp.array_dtypes(), st.just(np.dtype(object)))


@given(st.data())
def test_any_array_is_laid_out_or_refused_in_one_line(data):
    dtype = data.draw(dtypes)
    shape = data.draw(shapes)
    x = np.zeros(shape, dtype) if dtype.hasobject else data.draw(hnp.arrays(dtype, shape))
    try:
        laid = column_of(x, "data: x")
    except UsageError as error:
        assert str(error).startswith("data: x ")
        assert "\n" not in str(error)
        return
    assert laid.x.shape == (len(x), *laid.column.shape)
    assert laid.x.dtype == laid.column.dtype
    if laid.column.kind == "vector":
        assert (laid.x == x).all()
    else:
        seen = columns.to_model(laid.column, laid.x)
        assert seen.min() >= 0
        assert seen.max() <= 1

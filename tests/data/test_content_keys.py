"""What identifies an example: a key of its content."""

import numpy as np
import pytest

from reprlearn.data.splitting import content_keys


def test_equal_content_has_equal_keys():
    x = np.array([[0.0, 2.0], [1.0, 3.0], [-0.0, 2.0], [2.0, 0.0]])
    keys = content_keys(x)
    assert [len(key) for key in keys] == [16] * 4
    assert [keys.index(key) for key in keys] == [0, 1, 0, 3]
    small = content_keys(np.array([1e-30, 2e-30, 1.0], np.float32))
    assert len(set(small)) == 3
    beside = content_keys(x, np.array(["a", "a", "b", "a"]))
    assert len(set(beside)) == 4


def test_content_does_not_depend_on_the_blocks_it_is_read_in(monkeypatch):
    x, y = np.arange(70.0).reshape(10, 7), np.arange(10)
    whole = content_keys(x, y)
    assert content_keys(np.asfortranarray(x), y) == whole
    monkeypatch.setattr("reprlearn.data.layouts.BLOCK_BYTES", 3 * 64)
    assert content_keys(x, y) == whole
    monkeypatch.setattr("reprlearn.data.layouts.BLOCK_BYTES", 1)
    assert content_keys(x, y) == whole


def test_objects_have_no_content():
    with pytest.raises(TypeError, match="objects"):
        content_keys(np.array(["a", 2], object))

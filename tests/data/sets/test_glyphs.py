"""Glyphs: characters that no two splits share, each in twelve faces."""

import numpy as np
import pytest

from reprlearn import data
from reprlearn.data.options import Options
from reprlearn.data.sets import glyphs

pytestmark = pytest.mark.xdist_group("glyphs")


@pytest.fixture(scope="module")
def splits():
    dataset = data.open_dataset(Options("glyphs"))
    return dataset, {split: data.whole(dataset.open(split)) for split in data.SPLITS}


def test_no_character_is_in_two_splits(splits):
    dataset, arrays = splits
    names = dataset.columns["y"].names
    classes = {split: set(each["y"].tolist()) for split, each in arrays.items()}
    assert sum(map(len, classes.values())) == len(set.union(*classes.values())) == len(names)
    assert len(names) > 1_200 and len(set(names)) == len(names)
    assert [round(len(classes[s]) / len(names), 2) for s in data.SPLITS] == [0.63, 0.07, 0.3]
    for each in arrays.values():
        assert each["x"].dtype == np.uint8 and each["x"].shape[1:] == (28, 28, 1)
        assert set(np.bincount(each["y"])) == {0, 12}
    every = np.concatenate([each["x"] for each in arrays.values()]).reshape(len(names), -1)
    assert len(np.unique(every, axis=0)) == len(names)  # none looks like another in all faces


def test_characters_are_letters_and_digits_of_five_scripts(splits):
    names = splits[0].columns["y"].names
    assert {"A", "z", "7", "ß", "Ω", "Ж", "Ֆ", "ა"} <= set(names)
    assert not {"!", "あ", " ", "\u0430"} & set(names)  # a Cyrillic a, which looks Latin
    assert "a" in names


def test_an_image_is_its_character_in_its_face(splits):
    from PIL import Image, ImageDraw, ImageFont

    dataset, arrays = splits
    import matplotlib

    number = dataset.columns["y"].names.index("Ж")
    (each,) = (each for each in arrays.values() if number in each["y"])
    found = each["x"][each["y"] == number][..., 0]
    folder = f"{matplotlib.get_data_path()}/fonts/ttf"
    for place, face in ((0, "DejaVuSans"), (7, "DejaVuSansMono-BoldOblique"), (8, "DejaVuSerif")):
        assert glyphs.FACES[place] == face
        image = Image.new("L", (28, 28))
        font = ImageFont.truetype(f"{folder}/{face}.ttf", 20)
        ImageDraw.Draw(image).text((14, 14), "Ж", font=font, fill=255, anchor="mm")
        np.testing.assert_array_equal(found[place], np.asarray(image))

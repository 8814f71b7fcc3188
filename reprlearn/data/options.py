"""The group `config.data`: what a set is, and how batches are made of it; see docs/DATA.md."""

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

from reprlearn.data.splitting import check_shares
from reprlearn.errors import UsageError, check_choice
from reprlearn.settings import (
    Group,
    Setting,
    choice,
    integer,
    text,
    words,
)


def _check_channels(path: str, value: Any) -> None:
    check_choice(path, str(value), ("auto", "1", "3"))


def _check_image_size(path: str, value: Any) -> None:
    fits = isinstance(value, list | tuple) and len(value) in (0, 2)
    if not fits or any(type(side) is not int or side < 1 for side in value):
        raise UsageError(f"{path} is {value!r}; allowed: height and width, such as (64, 64), or ()")


def _check_classes(path: str, value: Any) -> None:
    listed = isinstance(value, list | tuple)
    kinds = {type(c) for c in value} if listed else {None}
    wrong = kinds - {int, str} or len(kinds) > 1 or len(set(value)) < len(value)
    if wrong or any(c == "" or (type(c) is int and c < 0) for c in value):
        raise UsageError(
            f"{path} is {value!r}; allowed: different classes by number or by name, such as "
            "(0, 1) or ('cat', 'dog'), or ()"
        )


_SHARES = Setting(
    (80, 10, 10),
    "shares of training, validation and test, of your own data",
    "three numbers > 0",
    lambda path, value: check_shares(value),
)

# What a set is made of; each set uses some of these.
OF_SET: Mapping[str, Setting] = {
    "name": text(
        "mnist_5k",
        "the data set: a name, a folder of images, a table, a file of arrays",
        "a name or a path",
    ),
    "target": text(None, "a second data set: the target domain", "a name or a path"),
    "data_dir": text(None, "the folder of prepared data sets; None: the one of TFDS", "a folder"),
    "manual_dir": text(None, "the folder with idx files of the MNIST family", "a folder"),
    "max_examples": integer(0, "use only so many examples of your own data; 0: all", least=0),
    "split": _SHARES,
    "split_seed": integer(0, "the random seed of the split", least=0),
    "channels": Setting(
        "auto", "colour channels of images in a folder", "auto, 1, 3", _check_channels
    ),
    "image_size": Setting(
        (),
        "height and width to which images in a folder are brought; (): as they are",
        "2 integers",
        _check_image_size,
    ),
    "on_bad_file": choice(
        "refuse", ("refuse", "skip"), "what to do with an image that cannot be read"
    ),
    "label": text(None, "the column of a table that holds the classes", "a name"),
    "sensitive": text(
        None, "the column of a table that holds a sensitive attribute, such as sex", "a name"
    ),
    "sensitive_input": choice(
        "off", ("off", "on"), "whether the sensitive attribute is an input too"
    ),
    "columns": words((), "the columns of a table that are inputs; (): all others"),
    "ignore": words((), "columns of a table that are left out"),
    "delimiter": text("auto", "what separates the columns of a table", "auto, tab, a character"),
    "missing": choice(
        "refuse",
        ("refuse", "drop", "mean"),
        "rows with a missing value: refused, left out, or filled with the column's mean",
    ),
    "scaling": choice(
        "standard",
        ("standard", "minmax", "none"),
        "how vectors and tables are scaled, by their training split",
    ),
    "text": words((), "a column of a table that holds texts, or two that hold pairs of them"),
    "text_length": integer(256, "bytes of a text that are read"),
    "content": text(None, "of content_style the image whose content is kept", "an image file"),
    "style": text(None, "of content_style the image whose style is taken", "an image file"),
}

SETTINGS: Group = {
    "name": OF_SET["name"],  # these first in --help, those of your own data last
    "target": OF_SET["target"],
    "batch_size": integer(
        100, "examples in a step; with two domains, of each; 0: all of the training split", least=0
    ),
    "eval_batch_size": integer(500, "examples in a step of an evaluation"),
    "classes": Setting((), "the classes to train on; (): all", "numbers or names", _check_classes),
    "max_labels": integer(
        0,
        "training sees the labels of only so many examples, as many of each class, and scores "
        "those of all; 0: all",
        least=0,
    ),
    "feed": choice(
        "auto",
        ("auto", "device", "stream"),
        "where batches come from; auto: read from disk (stream) if larger than 1 GiB",
    ),
    "workers": integer(2, "processes that read a stream; 0: none but this one", least=0),
    **OF_SET,
}


def _check_itself(options: Any) -> None:
    for name, setting in OF_SET.items():
        setting.check(f"data.{name}", getattr(options, name))


Options = dataclasses.make_dataclass(
    "Options",
    [("name", str)]
    + [(n, Any, s.default) for n, s in OF_SET.items() if n != "name"]
    + [("pairs", str, "sampled"), ("split_by", str, "item")],  # settings of parts/pairing.py
    frozen=True,
    namespace={
        "__module__": __name__,
        "__doc__": "What is asked of a data set: the settings of OF_SET; a wrong one is refused.",
        "__post_init__": _check_itself,
    },
)

FIELDS = (*OF_SET, "pairs", "split_by")
ANY = ("name", "target", "data_dir")  # what every set may be asked with


def read(group: Any) -> Options:
    """The options in `config.data`, or in anything with some of these attributes.

    Raises:
      UsageError: a value that is not allowed.
    """
    given = {name: getattr(group, name) for name in FIELDS if hasattr(group, name)}
    lists = {name: tuple(value) for name, value in given.items() if isinstance(value, list)}
    return Options(**given | lists)


def check_used(options: Options, used: Iterable[str], by: str) -> None:
    """Refuses a field that is set and that the data set does not use.

    Args:
      options: what is asked.
      used: the fields that the data set uses.
      by: the data set, in words.

    Raises:
      UsageError: naming the field and its value.
    """
    for name, setting in OF_SET.items():
        value = getattr(options, name)
        if name not in (*ANY, *used) and value != setting.default:
            own = ", ".join(sorted(used)) or "none of its own"
            raise UsageError(f"data.{name} is {value!r}, which {by} does not use; it uses: {own}")

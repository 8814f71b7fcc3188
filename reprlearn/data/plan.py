"""Which image files make a set, and how they are brought to one shape; what is refused of them."""

import hashlib
import json
import os
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from reprlearn.data import pictures
from reprlearn.errors import UsageError

LEAST = 3  # images: one for each split


class Plan(NamedTuple):
    """The images that are to be prepared.

    Attributes:
      name: of the data set, as it is told to a person.
      root: the folder that they lie in.
      files: theirs below it, in the order of the examples.
      labels: int32 `[N]`, or None.
      classes: the names of the classes.
      channels: 1, 3 or "auto": 1 where all files are grey.
      size: height and width that all are brought to; None: they have one size.
      only: the one size that they may have; None: any.
      skip: whether a file that is no whole image is left out, or refused.
      least: how many images it takes.
    """

    name: str
    root: Path
    files: Sequence[str]
    labels: np.ndarray | None
    classes: Sequence[str]
    channels: str | int
    size: tuple[int, int] | None
    only: tuple[int, int] | None
    skip: bool
    least: int = LEAST

    def paths(self) -> list[str]:
        """Where the files are."""
        return [f"{self.root}/{file}" for file in self.files]

    def key(self, digests: Iterable[bytes], channels: int) -> str:
        """What the prepared images are known by: the files, and all that decides their pixels.

        Args:
          digests: of each file's content.
          channels: those that the images get.
        """
        files = hashlib.sha256()
        for file, digest in zip(self.files, digests, strict=True):
            name = os.fsencode(file)
            files.update(b"%d %b %b" % (len(name), name, digest))
        decides = [files.hexdigest(), channels, self.size, self.skip, pictures.RULE]
        return hashlib.sha256(json.dumps(decides).encode()).hexdigest()[:32]

    def shape(self, headers: Iterable[tuple[tuple[int, int], bool] | str]) -> tuple[int, int, int]:
        """The shape that all images get.

        Args:
          headers: of each file height and width and whether it is grey, or what is wrong with it.

        Raises:
          UsageError: a file with a fault, where such are refused; images of different sizes.
        """
        sizes, all_grey, left = Counter(), True, []
        for place, header in enumerate(headers):
            if isinstance(header, str):
                self.refuse_or_skip(self.files[place], header)
                continue
            size, grey = header
            sizes[size] += 1
            all_grey = all_grey and grey
            left.append(place)
        self.check_left(left)
        self.check_sizes(sizes)
        channels = (1 if all_grey else 3) if self.channels == "auto" else self.channels
        return (*(self.size or next(iter(sizes))), channels)

    def refuse_or_skip(self, file: str, reason: str) -> None:
        """Refuses a file that is no whole image, unless such files are left out.

        Raises:
          UsageError: naming the file and what is wrong with it.
        """
        if not self.skip:
            raise UsageError(
                f"data.name is {self.name!r}, where {file!r} {reason}; allowed: whole images, or "
                "data.on_bad_file=skip, which leaves such files out"
            )

    def check_left(self, places: Sequence[int]) -> None:
        """Refuses a set that is not enough without the files that are left out.

        Args:
          places: of the files that are left.

        Raises:
          UsageError: too few images, or none of a class.
        """
        if len(places) < self.least:
            raise UsageError(
                f"data.name is {self.name!r}; whole images in it: {len(places)} of "
                f"{len(self.files)}; allowed: at least {self.least}"
            )
        if self.labels is None:
            return
        counts = np.bincount(self.labels[places], minlength=len(self.classes))
        if not counts.all():
            empty = self.classes[int(counts.argmin())]
            raise UsageError(
                f"data.name is {self.name!r}, whose class {empty!r} has no whole image; allowed: "
                "at least 1 of each class"
            )

    def check_sizes(self, sizes: Counter) -> None:
        """Refuses images of several sizes, or of another than that of a run.

        Args:
          sizes: how many images have which height and width.

        Raises:
          UsageError: they are not brought to one size, and have not the one that is wanted.
        """
        wanted = {self.only} if self.only else set(list(sizes)[:1])
        if self.size or set(sizes) == wanted:
            return
        few = [f"{h}x{w} ({count:,})" for (h, w), count in sizes.most_common(4)]
        listed = ", ".join([*few, "..."] if len(sizes) > 4 else few)
        allowed = "one size, or data.image_size=64,64, which brings them to one"
        if self.only:
            allowed = "{}x{}, which the run learned from".format(*self.only)
        raise UsageError(
            f"data.name is {self.name!r}, with images of these sizes, height x width: {listed}; "
            f"allowed: {allowed}"
        )

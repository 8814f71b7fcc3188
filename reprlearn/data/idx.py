"""The idx files of MNIST and its family: where they are, how they are read."""

import gzip
import struct
import zipfile
import zlib
from pathlib import Path
from typing import NamedTuple

import numpy as np

from reprlearn.data.downloads import fetch, sha256_of
from reprlearn.errors import UsageError


class Source(NamedTuple):
    """Where a data set's four files come from.

    Attributes:
      classes: the names of the classes, in the order of the labels.
      url: the folder upstream, or the one archive that holds all files.
      sha256: of each downloaded file, by its name.
      prefix: in front of every file name.
      first_label: the label of the first class in the files.
      transposed: whether the files hold columns first.
      folders: where systems install the files.
    """

    classes: tuple[str, ...]
    url: str
    sha256: dict[str, str]
    prefix: str = ""
    first_label: int = 0
    transposed: bool = False
    folders: tuple[str, ...] = ()


FILES = {
    "train": ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
    "test": ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
}
_DIGITS = tuple("0123456789")

# Checksums as registered by TensorFlow Datasets for the upstream files.
SOURCES = {
    "mnist": Source(
        _DIGITS,
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
        {
            "train-images-idx3-ubyte.gz": (
                "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"
            ),
            "train-labels-idx1-ubyte.gz": (
                "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"
            ),
            "t10k-images-idx3-ubyte.gz": (
                "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"
            ),
            "t10k-labels-idx1-ubyte.gz": (
                "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"
            ),
        },
    ),
    "fashion_mnist": Source(
        (
            "T-shirt",
            "trouser",
            "pullover",
            "dress",
            "coat",
            "sandal",
            "shirt",
            "sneaker",
            "bag",
            "ankle boot",
        ),
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        {
            "train-images-idx3-ubyte.gz": (
                "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"
            ),
            "train-labels-idx1-ubyte.gz": (
                "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"
            ),
            "t10k-images-idx3-ubyte.gz": (
                "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"
            ),
            "t10k-labels-idx1-ubyte.gz": (
                "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"
            ),
        },
        folders=("/usr/share/datasets/fashion-mnist",),
    ),
    "kmnist": Source(
        ("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"),
        "http://codh.rois.ac.jp/kmnist/dataset/kmnist/",
        {
            "train-images-idx3-ubyte.gz": (
                "51467d22d8cc72929e2a028a0428f2086b092bb31cfb79c69cc0a90ce135fde4"
            ),
            "train-labels-idx1-ubyte.gz": (
                "e38f9ebcd0f3ebcdec7fc8eabdcdaef93bb0df8ea12bee65224341c8183d8e17"
            ),
            "t10k-images-idx3-ubyte.gz": (
                "edd7a857845ad6bb1d0ba43fe7e794d164fe2dce499a1694695a792adfac43c5"
            ),
            "t10k-labels-idx1-ubyte.gz": (
                "20bb9a0ef54c7db3efc55a92eef5582c109615df22683c380526788f98e42a1c"
            ),
        },
    ),
    "emnist-letters": Source(
        tuple("abcdefghijklmnopqrstuvwxyz"),
        "https://biometrics.nist.gov/cs_links/EMNIST/gzip.zip",
        {"gzip.zip": "fb9bb67e33772a9cc0b895e4ecf36d2cf35be8b709693c3564cea2a019fcda8e"},
        prefix="emnist-letters-",
        first_label=1,
        transposed=True,
    ),
}


def file_names(source: Source, split: str) -> tuple[str, str]:
    """The names of a split's image and label files, without `.gz`."""
    images, labels = FILES[split]
    if source.prefix:  # EMNIST says test where MNIST says t10k
        images, labels = images.replace("t10k", "test"), labels.replace("t10k", "test")
    return source.prefix + images, source.prefix + labels


def check_folder(manual_dir: str) -> Path:
    """The folder of that name; refuses one that is missing, unreadable or empty.

    Raises:
      UsageError: with the folder and what is wrong with it.
    """
    folder = Path(manual_dir).expanduser()
    try:
        if not any(folder.iterdir()):
            raise UsageError(f"data.manual_dir is {manual_dir!r}, which is empty")
    except OSError as error:
        raise UsageError(f"data.manual_dir is {manual_dir!r}: {error.strerror}") from error
    return folder


def find(name: str, manual_dir: str | None, download_dir: Path) -> Path:
    """The folder that holds the four files: the user's, the system's, or a fresh download.

    Raises:
      UsageError: manual_dir lacks a file, or there is neither a folder nor a download.
    """
    source = SOURCES[name]
    wanted = [file for split in FILES for file in file_names(source, split)]
    if manual_dir:
        folder = check_folder(manual_dir)
        missing = [file for file in wanted if not _existing(folder, file)]
        if missing:
            raise UsageError(
                f"data.manual_dir is {manual_dir!r}, which lacks {missing[0]}.gz; wanted, with or "
                f"without .gz: {', '.join(wanted)}"
            )
        return folder
    for folder in (Path(folder) for folder in source.folders):
        if all(_existing(folder, file) for file in wanted):
            return folder
    _download(name, source, download_dir)
    return download_dir


def read(folder: Path, source: Source, split: str) -> tuple[np.ndarray, np.ndarray]:
    """A split's images, uint8 `[N, H, W, 1]`, and labels from 0, int64 `[N]`.

    Raises:
      UsageError: a file that is not idx, is cut off, or does not match the other.
    """
    image_file, label_file = file_names(source, split)
    images = read_idx(_existing(folder, image_file))
    labels = read_idx(_existing(folder, label_file)).astype(np.int64) - source.first_label
    fits = images.ndim == 3 and images.shape[1:] == (28, 28) and len(images) > 0
    if not fits or labels.shape != images.shape[:1]:
        raise UsageError(
            f"data.manual_dir: {image_file} of shape {images.shape} and {label_file} of shape "
            f"{labels.shape} in {folder} do not belong together, or are not (N, 28, 28)"
        )
    if labels.min(initial=0) < 0 or labels.max(initial=0) >= len(source.classes):
        raise UsageError(f"data.manual_dir: {label_file} in {folder} has labels of another set")
    return (images.swapaxes(1, 2) if source.transposed else images)[..., None], labels


def read_idx(path: Path) -> np.ndarray:
    """The uint8 array in an idx file, gzipped or not.

    Raises:
      UsageError: the file is not a whole idx file of bytes.
    """
    try:
        raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    except (OSError, EOFError, zlib.error) as error:
        raise UsageError(f"data.manual_dir: cannot read {path}: {error}") from error
    # The magic number: two zeros, 8 for bytes, the number of axes; then each axis' length.
    rank = raw[3] if len(raw) >= 4 and raw[:3] == b"\x00\x00\x08" else 0
    start = 4 + 4 * rank
    if not 1 <= rank <= 4 or len(raw) < start:
        raise UsageError(f"data.manual_dir: {path} is not an idx file of bytes")
    shape = struct.unpack(f">{rank}I", raw[4:start])
    if len(raw) - start != int(np.prod(shape, dtype=np.int64)):
        raise UsageError(f"data.manual_dir: {path} is cut off: shape {shape}, {len(raw)} bytes")
    return np.frombuffer(raw, np.uint8, offset=start).reshape(shape)


def _existing(folder: Path, file: str) -> Path | None:
    """The file in the folder, gzipped or not."""
    return next((p for p in (folder / f"{file}.gz", folder / file) if p.is_file()), None)


def _download(name: str, source: Source, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for file, sha256 in source.sha256.items():
        target = folder / file
        if not (target.is_file() and sha256_of(target) == sha256):
            url = source.url if source.url.endswith(file) else source.url + file
            fetch(name, url, target, sha256)
        if file.endswith(".zip"):
            _unpack(target, folder, source)


def _unpack(archive: Path, folder: Path, source: Source) -> None:
    with zipfile.ZipFile(archive) as zipped:
        members = {Path(member).name: member for member in zipped.namelist()}
        for split in FILES:
            for file in (f"{name}.gz" for name in file_names(source, split)):
                (folder / file).write_bytes(zipped.read(members[file]))

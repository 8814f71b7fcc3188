"""Encodes, or reconstructs, a data set with a trained run.

python -m reprlearn.encode --workdir=runs/vae_photos --data=new_photos/ --out=codes.npz
python -m reprlearn.encode --workdir=runs/vae_photos --data=new_photos/ --out=codes.csv
python -m reprlearn.encode --workdir=runs/vae_photos --data=new_photos/ --function=reconstruct \\
    --out=reconstructed/

Without --data it is the run's own data set. --split=train, validation or test takes one of its
splits; of your own data all examples are taken, in their order, unless a split is named. Of a run
with two towers --column=right/x encodes them as the right ones of pairs; of one with batch
statistics of each domain --column=target/x as examples of the target.
"""

import csv
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from reprlearn import cli
from reprlearn.errors import UsageError, check_choice
from reprlearn.files import check_parent, storing, whole_file, whole_folder, write_arrays

if TYPE_CHECKING:
    import numpy as np

    from reprlearn.runs import Run

FUNCTIONS = ("encode", "reconstruct")
FLAGS = ("workdir", "data", "out", "split", "function", "column", "data_dir")

Parts = Iterator[Mapping[str, "np.ndarray"]]


def main(arguments: Sequence[str]) -> None:
    """Writes a file, or a folder of images, and says where."""
    given = cli.parse_strings(arguments, dict.fromkeys(FLAGS) | {"function": "encode"})
    cli.need(given, "workdir", "the directory of a run")
    cli.need(given, "out", "a .npz or .csv file")
    check_choice("--function", given["function"], FUNCTIONS)
    out = _checked(given["out"])
    from reprlearn import runs  # JAX is loaded here: a typo is answered at once

    run = runs.restore(given["workdir"], data_dir=given["data_dir"])
    write = _writer(run, given["function"], out, folder=given["out"].endswith("/"))
    parts = run.parts(given["function"], given["data"], given["split"], given["column"])
    with storing(out):
        print(f"{out}: {write(_told(parts)):,} examples")


def _checked(out: str) -> Path:
    """The path to write to; refuses one that cannot be, before anything is computed."""
    path = Path(out).expanduser()
    if not out.endswith("/") and path.suffix.lower() not in (".npz", ".csv"):
        raise UsageError(f"--out is {out!r}; allowed: a .npz or .csv file, or a folder/")
    check_parent("--out", out)
    if path.is_dir() != out.endswith("/") and path.exists():
        raise UsageError(f"--out is {out!r}, which is there as something else; name another")
    if path.is_dir() and any(path.iterdir()):
        raise UsageError(f"--out is {out!r}, which is not empty; name another")
    return path


def _writer(run: "Run", function: str, out: Path, *, folder: bool) -> Callable[[Parts], int]:
    """What writes the parts, and gives the number of examples."""
    column = run.column
    if folder:
        if function != "reconstruct" or column.kind != "image" or column.shape[-1] not in (1, 3):
            raise UsageError(f"--out is '{out}/'; allowed with what is not images: .npz, .csv")
        return lambda parts: _write_images(parts, out)
    if out.suffix.lower() == ".npz":
        return lambda parts: _write_npz(parts, out)
    if function != "reconstruct":
        names = []  # z_1, z_2, ...
    elif column.kind == "vector":
        names = list(column.names) or [f"x_{i + 1}" for i in range(column.shape[0])]
    else:
        raise UsageError(f"--out is {str(out)!r}; allowed for images: .npz, or a folder/")
    role = "x" if function == "reconstruct" else "z"
    return lambda parts: _write_csv(parts, out, role, names, run.class_names)


def _told(parts: Parts) -> Parts:
    """The parts, counted on a terminal."""
    from tqdm import tqdm

    with tqdm(desc="examples", unit="", disable=not sys.stderr.isatty(), leave=False) as bar:
        for part in parts:
            yield part
            bar.update(len(part["name"]))


def _write_npz(parts: Parts, out: Path) -> int:
    """All of it, in one file."""
    import numpy as np

    every = list(parts)
    joined = {name: np.concatenate([part[name] for part in every]) for name in every[0]}
    write_arrays(out, joined)
    return len(joined["name"])


def _write_csv(
    parts: Parts, out: Path, role: str, names: Sequence[str], classes: Sequence[str]
) -> int:
    """A row for each example: its name, its class where it has one, its values."""
    count, head = 0, True
    with whole_file(out) as partial, partial.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        for part in parts:
            labelled = "y" in part
            if head:
                names = names or [f"z_{i + 1}" for i in range(part[role].shape[1])]
                writer.writerow(["name", *(["y"] if labelled else []), *names])
                head = False
            for i, name in enumerate(part["name"]):
                label = [classes[part["y"][i]] if part["y"][i] >= 0 else ""] if labelled else []
                writer.writerow([name, *label, *map(str, part[role][i])])
            count += len(part["name"])
    return count


def _write_images(parts: Parts, out: Path) -> int:
    """A PNG for each example, under its name."""
    import numpy as np
    from PIL import Image

    count = 0
    with whole_folder(out) as partial:
        for part in parts:
            for name, image in zip(part["name"], part["x"], strict=True):
                path = partial / (name if name.lower().endswith(".png") else f"{name}.png")
                path.parent.mkdir(parents=True, exist_ok=True)
                pixels = np.rint(255 * np.clip(image, 0, 1)).astype(np.uint8)
                Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels).save(path)
            count += len(part["name"])
    return count


if __name__ == "__main__":
    cli.run(main)

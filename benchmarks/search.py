"""How fast is a search, against the least that it could take? And an index, against the encoder?

python benchmarks/search.py [--items=1000000] [--examples=60000]

1,000 queries among a million vectors of 64 dimensions, ten nearest: exactly, against the time of
the matrix product of all with all on this machine; and by faiss's graph, where it is installed,
with the share of the exact result that it finds, on vectors of independent numbers and on clustered
ones. Then the codes of 60,000 images of 784 pixels as an index, against `Run.encode` alone.
"""

import argparse
import importlib.util
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))  # started as a script, from wherever

QUERIES, WIDTH, NEAREST, ROUNDS = 1_000, 64, 10, 3


def main() -> None:
    """Prints a row for each way."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--items", type=int, default=1_000_000)
    parser.add_argument("--examples", type=int, default=60_000)
    options = parser.parse_args()
    for called, queries, items in _vectors(options.items):
        exact = _exact(called, queries, items)
        if importlib.util.find_spec("faiss") is not None:
            _by_graph(called, queries, items, exact)
    _index(options.examples)


def _vectors(count: int) -> Iterator[tuple[str, Any, Any]]:
    """Queries and items: of independent numbers, and about a thousand centres."""
    import numpy as np

    rng = np.random.default_rng(0)
    shapes = (QUERIES, WIDTH), (count, WIDTH)
    yield "independent", *(rng.normal(size=shape).astype(np.float32) for shape in shapes)
    centres = 3 * rng.normal(size=(1_000, WIDTH))
    about = [centres[rng.integers(len(centres), size=n)] for n, _ in shapes]
    yield "clustered", *((c + rng.normal(size=c.shape)).astype(np.float32) for c in about)


def _exact(called: str, queries: Any, items: Any) -> Any:
    import numpy as np

    from benchmarks import yardsticks
    from reprlearn import evaluation

    def product() -> None:  # in parts, as all distances would take 4 GB
        for start in range(0, len(items), 100_000):
            np.matmul(queries, items[start : start + 100_000].T)

    def search() -> Any:
        return evaluation.nearest(queries, items, k=NEAREST)

    found = search()
    pairs = [(yardsticks.seconds(product), yardsticks.seconds(search)) for _ in range(ROUNDS)]
    ratio = statistics.median(searched / floor for floor, searched in pairs)
    seconds = statistics.median(searched for _, searched in pairs)
    print(f"{called}: exact {seconds:.2f} s, {ratio:.2f} of the product's time", flush=True)
    return found


def _by_graph(called: str, queries: Any, items: Any, exact: Any) -> None:
    import numpy as np

    from benchmarks import yardsticks
    from reprlearn import approximate

    with tempfile.TemporaryDirectory() as folder:
        begin = time.perf_counter()
        made = approximate.graph(Path(folder) / "codes.npz", items, NEAREST)
        built = time.perf_counter() - begin
        seconds = statistics.median(
            yardsticks.seconds(lambda: made.nearest(queries, NEAREST)) for _ in range(ROUNDS)
        )
        places, _ = made.nearest(queries, NEAREST)
    both = [len(np.intersect1d(*rows)) for rows in zip(places, exact.places, strict=True)]
    recall = sum(both) / (NEAREST * len(queries))
    told = f"{called}: by the graph {seconds:.3f} s, {recall:.1%} of the exact ones"
    print(f"{told} ({made.recall:.1%} as it says of itself), built in {built:.0f} s", flush=True)


def _index(count: int) -> None:
    import numpy as np

    import reprlearn
    from benchmarks import yardsticks
    from reprlearn.index import index

    x = np.random.default_rng(0).integers(0, 256, (count, 28, 28, 1), dtype=np.uint8)
    with tempfile.TemporaryDirectory() as folder:
        config = reprlearn.default_config("autoencoder", "memory")
        config.training.steps, config.report, config.scores = 1, "off", ()
        data = {"train": {"x": x}, "validation": {"x": x[:100]}, "test": {"x": x[:100]}}
        run = reprlearn.train(config, f"{folder}/run", data=data)
        run.encode(x[:10_000])
        pairs = []
        for _ in range(ROUNDS):
            encoded = yardsticks.seconds(lambda: run.encode(x))
            for file in Path(folder, "run", "index").glob("*"):
                file.unlink()
            pairs.append((encoded, yardsticks.seconds(lambda: index(run, None, "train"))))
    ratio = statistics.median(made / encoded for encoded, made in pairs)
    images = count / statistics.median(made for _, made in pairs)
    print(f"index: {images:,.0f} images/s, {ratio:.2f} of the encoder's time")


if __name__ == "__main__":
    main()

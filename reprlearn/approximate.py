"""The nearest of very many codes, nearly: a graph of neighbours that faiss builds (pip: faiss-cpu).

Exact search reads every code for every query; a graph is followed from neighbour to neighbour. It
may miss some, so what it finds is always told beside how much of the exact result it finds.
"""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from reprlearn import evaluation
from reprlearn.digest import sha256
from reprlearn.errors import UsageError
from reprlearn.files import whole_file

LINKS = 32  # of a code in the graph
BUILT_WITH = 100  # candidates for the links of a code
ASKED = 100  # codes by which the recall is measured


class Graph(NamedTuple):
    """A graph of codes.

    Attributes:
      graph: faiss's.
      z: the codes.
      recall: the share of the k nearest of 100 of the codes themselves that is found.
    """

    graph: Any
    z: np.ndarray
    recall: float

    def nearest(self, asked: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
        """Places and distances of the k codes that are found nearest, each `[Q, k]`."""
        places, distances = _nearest(self.graph, asked, k)
        if (places < 0).any():  # the graph led to fewer than k, as it may where k is most of them
            return tuple(evaluation.nearest(asked, self.z, k=k))
        return places, distances


def graph(file: Path, z: np.ndarray, k: int) -> Graph:
    """The graph of some codes, from a file beside `file` if it is of these codes.

    Args:
      file: whose name it has, with a digest of the codes; graphs of other codes are removed.
      z: codes, `[G, D]`, at least k.
      k: how many neighbours will be asked for.

    Raises:
      UsageError: faiss is not installed.
      StorageError: the graph cannot be kept.
    """
    try:
        import faiss
    except ImportError:
        raise UsageError(
            "--approximate is 'yes', and faiss is not installed; allowed after: pip install -e "
            "'.[search]'"
        ) from None
    kept = file.with_name(f"{file.stem}-{sha256({'z': z})[:12]}.faiss")
    made = _read(kept)
    if made is None:
        made = faiss.IndexHNSWFlat(z.shape[1], LINKS)
        made.hnsw.efConstruction = BUILT_WITH
        made.add(np.ascontiguousarray(z, np.float32))
        with whole_file(kept) as partial:
            try:
                faiss.write_index(made, str(partial))
            except RuntimeError as error:  # faiss has no others
                raise OSError(str(error)) from error
        for other in set(file.parent.glob(f"{file.stem}-*.faiss")) - {kept}:
            other.unlink()
    made.hnsw.efSearch = max(128, 4 * k)
    return Graph(made, z, _recall(made, z, k))


def _read(file: Path) -> Any:
    """The graph in a file; None where there is none, or a damaged one."""
    import faiss

    if not file.is_file():
        return None
    try:
        return faiss.read_index(str(file))
    except RuntimeError:
        return None


def _nearest(made: Any, z: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    squared, places = made.search(np.ascontiguousarray(z, np.float32), k)
    return places, np.sqrt(squared.astype(np.float64))


def _recall(made: Any, z: np.ndarray, k: int) -> float:
    """How much of the k nearest of some codes is found, by their distances: ties are as good."""
    asked = z[np.linspace(0, len(z) - 1, min(ASKED, len(z))).astype(int)]
    exact = evaluation.nearest(asked, z, k=k).distances[:, -1:]
    _, found = _nearest(made, asked, k)
    return float((found <= exact * (1 + 1e-5) + 1e-6).mean())

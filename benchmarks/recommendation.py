"""What does somebody like next? A run of siamese_recommendation, and the usual ways.

python benchmarks/recommendation.py [runs/siamese_recommendation]

The last film that each person liked is asked for, by those liked before; films that a person liked
already are passed over by all. The usual ways: the most popular films; films whose audiences are
alike (cosine of two films' columns); implicit ALS, of the package implicit where it is installed,
of 32 factors.

InfoNCE with the films of a batch as negatives, which come as often as they are liked, learns how
much likelier a film is for this person than for others: log p(film | person) - log p(film), as its
cosine over the temperature. So "siamese and popularity" adds the temperature times log p(film).
"""

import importlib.util
import sys

import numpy as np
from scipy.sparse import csr_matrix

import reprlearn
from reprlearn.data.sets.movielens import history, liked

AT = 10


def main(workdir: str = "runs/siamese_recommendation") -> None:
    """Prints a row for each way."""
    films, people = liked()
    place = {film: i for i, film in enumerate(films)}
    seen = [[place[film] for film in of_person[:-1]] for of_person in people]
    asked = np.array([place[of_person[-1]] for of_person in people])
    rows = np.repeat(np.arange(len(seen)), list(map(len, seen)))
    shape = (len(people), len(films))
    known = csr_matrix((np.ones(len(rows), np.float32), (rows, np.concatenate(seen))), shape)
    print(f"{len(people)} people, {len(films):,} films\n\n{'':<26}{'recall@10':>10}{'NDCG@10':>10}")
    counts = np.asarray(known.sum(axis=0))[0]
    _print("most popular", np.tile(counts, (len(people), 1)), known, asked)
    _print("audiences alike", _alike(known), known, asked)
    if importlib.util.find_spec("implicit") is None:
        print(f"{'implicit ALS':<26}  not installed")
    else:
        _print("implicit ALS", _als(known), known, asked)
    run = reprlearn.restore(workdir)
    z = run.encode([history(of_person[:-1]) for of_person in people])
    scores = z @ run.encode(list(films.values()), "right/x").T
    _print("siamese", scores, known, asked)
    both = scores + run.config.model.temperature * np.log1p(counts)
    _print("siamese and popularity", both, known, asked)


def _alike(known: csr_matrix) -> np.ndarray:
    """Of each person and film the sum of the cosines with the films that were liked."""
    lengths = np.sqrt(np.asarray(known.multiply(known).sum(axis=0)))[0]
    unit = known.multiply(1 / np.maximum(lengths, 1)).tocsr()
    return np.asarray((known @ (unit.T @ unit)).todense())


def _als(known: csr_matrix) -> np.ndarray:
    """By matrix factors for implicit feedback (Hu, Koren & Volinsky 2008)."""
    from implicit.als import AlternatingLeastSquares

    model = AlternatingLeastSquares(factors=32, random_state=0, num_threads=1)
    model.fit(known, show_progress=False)
    return model.user_factors @ model.item_factors.T


def _print(name: str, scores: np.ndarray, known: csr_matrix, asked: np.ndarray) -> None:
    """Recall and NDCG of the one film that is asked for, among those not seen."""
    scores = np.where(known.toarray() > 0, -np.inf, scores)
    own = scores[np.arange(len(asked)), asked][:, None]
    rank = (scores >= own).sum(axis=1)
    gain = np.where(rank <= AT, 1 / np.log2(rank + 1.0), 0.0)
    print(f"{name:<26}{(rank <= AT).mean():>10.4f}{gain.mean():>10.4f}", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])

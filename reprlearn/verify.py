"""Says whether two images, or texts, are similar: their distance, a probability, a decision.

python -m reprlearn.verify --workdir=runs/siamese_faces a.png b.png
python -m reprlearn.verify --workdir=runs/siamese_faces new.png known_1.png known_2.png
python -m reprlearn.verify --workdir=runs/siamese_faces new.png alice/ bob/

The first image is compared with each of the others; of a folder with all images in it, which are of
one person: their mean distance decides. --prior is the share of similar pairs among those that are
asked, one half unless it is said; it moves the probability, not the decision. The run keeps the
score "verification", which found the threshold on its validation pairs.
"""

from collections.abc import Sequence

from reprlearn import cli
from reprlearn.errors import UsageError


def main(arguments: Sequence[str]) -> None:
    """Prints a line for each pair."""
    flags = {"workdir": None, "prior": "0.5"}
    given = cli.parse_strings(arguments, flags, rest="queries")
    cli.need(given, "workdir", "the directory of a run")
    files = given["queries"]
    if len(files) < 2:
        raise UsageError(f"{len(files)} images or texts are named; allowed: two or more")
    prior = _number(given["prior"])
    from reprlearn import queries, runs  # JAX is loaded here: a typo is answered at once

    run = runs.restore(given["workdir"])
    first = queries.examples(run.column, files[:1])
    enrolled = [queries.enrolled(run.column, name) for name in files[1:]]
    found = run.verify_enrolled([first[0]] * len(enrolled), enrolled, prior=prior)
    names = [
        f"{name} ({len(known)} images)" if len(known) > 1 else name
        for name, known in zip(files[1:], enrolled, strict=True)
    ]
    width = max(map(len, names))
    print(f"{files[0]}\n{'':{width}}  distance  probability")
    for name, distance, probability, similar in zip(names, *found, strict=True):
        decision = "similar" if similar else "different"
        print(f"{name:{width}}  {distance:8.4g}  {probability:11.3f}  {decision}")


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise UsageError(f"--prior is {text!r}; allowed: above 0 and below 1") from None


if __name__ == "__main__":
    cli.run(main)

"""Where in the plane the discriminator takes a point for a real one."""

from matplotlib.figure import Figure

from reprlearn import plots
from reprlearn.figures.base import DRAWN, STREAM
from reprlearn.subject import Needs, Subject

NEEDS = Needs(can=("sample", "discriminate"), columns=("x",), kind="point")


def draw(subject: Subject) -> Figure:
    """Its logits, with real points and samples."""
    run, real = subject.run, subject.load()["x"][:DRAWN]
    xs, ys, plane = plots.plane(real)
    values = run.discriminate(plane).reshape(len(ys), len(xs))
    fake = run.sample(subject.key(STREAM), DRAWN)
    title = f"The discriminator's field ({subject.what})"
    return plots.field(values, xs, ys, real, fake, title, "logit D(x)")

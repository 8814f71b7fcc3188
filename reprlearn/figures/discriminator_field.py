"""What the discriminator says over the plane."""

from matplotlib.figure import Figure

from reprlearn import plots
from reprlearn.figures.base import DRAWN, STREAM
from reprlearn.subject import Needs, Subject

NEEDS = Needs(can=("sample", "discriminate"), columns=("x",), kind="point")
CAPTION = (
    "Light where the discriminator takes a point for real, dark where for generated; dots are "
    "real. Where the game is balanced it can hardly tell, and the field is flat near the "
    "data."
)


def draw(subject: Subject) -> Figure:
    """Its logits less their mean on samples: of some games only differences have a meaning."""
    run, real = subject.run, subject.load()["x"][:DRAWN]
    xs, ys, plane = plots.plane(real)
    fake = run.sample(subject.key(STREAM), DRAWN)
    values = (run.discriminate(plane) - run.discriminate(fake).mean()).reshape(len(ys), len(xs))
    title = f"Where the discriminator sees real points ({subject.what})"
    names = ("logit D(x), less its mean on generated points", "as a generated point")
    return plots.field(values, xs, ys, real, fake, title, *names)

"""What several figures share."""

from reprlearn import plots
from reprlearn.subject import Subject

SHOWN, DRAWN = 64, 1_000  # images in a grid, points in a scatter
STREAM = "figures"  # of the key of all figures


def of_images(subject: Subject) -> str:
    """`subject.what`, and how images of many channels are shown."""
    channels = subject.run.column.shape[-1]
    of = "" if channels in plots.CHANNELS else f", mean of {channels} channels"
    return f"{subject.what}{of}"

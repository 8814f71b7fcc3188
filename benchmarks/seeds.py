"""What several seeds say, as tables have it."""

from collections.abc import Sequence


def told(values: Sequence[float]) -> str:
    """The mean over the seeds, and their range."""
    return f"{sum(values) / len(values):.3f} [{min(values):.3f}, {max(values):.3f}]"

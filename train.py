"""Trains what a config describes: `python -m reprlearn`, from a clone."""

from reprlearn import cli
from reprlearn.__main__ import main, tell_settings

if __name__ == "__main__":
    cli.run(main, tell_settings)

"""The group `config.training`: how far a run goes, what it reports, how a step is computed."""

from typing import Any

from reprlearn.errors import UsageError
from reprlearn.settings import Group, Setting, choice, integer, share


def _check_cache(path: str, value: Any) -> None:
    if not isinstance(value, str) or (value not in ("auto", "off") and "/" not in value):
        raise UsageError(f"{path} is {value!r}; allowed: auto, off, or a folder (with a /)")


SETTINGS: Group = {
    "steps": integer(2_000, "training steps"),
    "steps_per_call": integer(50, "steps in one compiled call; changes the speed alone"),
    "log_every": integer(100, "steps between two lines of metrics"),
    "eval_every": integer(500, "steps between two validations"),
    "checkpoint_every": integer(1_000, "steps between two checkpoints"),
    "keep_checkpoints": integer(2, "how many checkpoints are kept, the newest ones"),
    "accumulate_steps": integer(
        1, "gradients are averaged over so many steps for one update; divides training.steps"
    ),
    "ema_decay": share(
        0.0, "decay of the moving average of the parameters, which is then evaluated; 0: no average"
    ),
    "on_nonfinite": choice(
        "stop",
        ("stop", "skip"),
        "at a NaN or an infinity: stop the run, or skip the update and count it",
    ),
    "num_seeds": integer(1, "how many runs, of seed, seed + 1, ..., are trained at once"),
    "parallel": choice("jit", ("jit", "pmap"), "how the devices share a step"),
    "compilation_cache": Setting(
        "auto",
        "the folder of compiled programs; auto: in the user's cache",
        "auto, off, a folder/",
        _check_cache,
    ),
}


def check(config: Any) -> None:
    """Refuses settings that do not go together.

    Raises:
      UsageError: naming the field, its value and what is allowed.
    """
    training = config.training
    if config.seed + training.num_seeds > 2**32:
        raise UsageError(
            f"training.num_seeds is {training.num_seeds} from seed {config.seed}; allowed: "
            "seeds below 2^32"
        )
    if training.accumulate_steps > 1 and training.on_nonfinite == "skip":
        raise UsageError(
            f"training.on_nonfinite is 'skip' with training.accumulate_steps "
            f"{training.accumulate_steps}; allowed: 'stop', or no accumulation"
        )
    if training.accumulate_steps > training.steps:
        raise UsageError(
            f"training.accumulate_steps is {training.accumulate_steps}; allowed: at most "
            f"training.steps, {training.steps}"
        )

"""A method as scikit-learn's transformer: in a Pipeline, in GridSearchCV, on a table."""

import tempfile
import warnings
from pathlib import Path
from typing import Any

import jax
import numpy as np
from ml_collections import ConfigDict
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from reprlearn import columns as of_data
from reprlearn import config as configs
from reprlearn import data, methods, schema
from reprlearn.assemble import assemble
from reprlearn.errors import UsageError, suggestion
from reprlearn.runs import Run
from reprlearn.training import loop


class Transformer(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):
    """Learns a representation of the rows it is fitted to, and encodes rows by it.

    All rows are trained on: none is held out, nothing is scored, and no run is kept. The labels y
    are used by methods that learn from them, such as the siamese network, and ignored by others.

    Args:
      config: the name or the file of a config, as `--config` takes it, or a config.
      fields: other values of fields of the config, by their names, `latent_dim=8`, or by the end of
        their paths, `encoder__widths=(64,)`. Where there are fewer rows than `data.batch_size`, all
        are a batch.

    Attributes:
      run_: the trained Run, once fitted.

    Raises:
      UsageError: when it is fitted: a field that there is not or that several groups have, a value
        that is not allowed, data that the method cannot learn from.

    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.pipeline import make_pipeline
    >>> codes = Transformer("autoencoder", latent_dim=8, steps=500)
    >>> pipeline = make_pipeline(codes, LogisticRegression())
    >>> pipeline.fit(x, y)                               # doctest: +SKIP
    """

    def __init__(self, config: Any = "autoencoder", **fields: Any):
        self.config = config
        for name, value in fields.items():
            setattr(self, name, value)

    @classmethod
    def of(cls, run: Run) -> "Transformer":
        """A run that is trained already, as a fitted transformer; `fit` would train it anew."""
        made = cls(run.config)
        made.run_, made.n_features_in_ = run, run.column.shape[0]  # of images their height
        return made

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """The config, and the fields that were given."""
        del deep
        return {n: v for n, v in vars(self).items() if not n.startswith("_") and n[-1] != "_"}

    def set_params(self, **params: Any) -> "Transformer":
        """Sets the config, or fields of it."""
        for name, value in params.items():
            setattr(self, name, value)
        return self

    def fit(self, x: Any, y: Any = None) -> "Transformer":
        """Trains on rows x `[N, D]`, or images `[N, H, W]` or `[N, H, W, C]`; labels y `[N]`."""
        x = validate_data(self, x, allow_nd=True, dtype="numeric", ensure_min_samples=2)
        config = self._resolved(len(x))
        given = self._data(config, x, y)
        experiment = assemble(config, data.from_memory(given, config.data))
        method, feed, dataset = experiment[:3]
        with tempfile.TemporaryDirectory() as folder:
            trained = loop.train(method, feed, lambda state: {}, config, Path(folder), quiet=True)
        for note in experiment.notes[1:]:  # the first says what was read
            warnings.warn(note, stacklevel=2)
        self.run_ = Run(Path("."), config, method, trained.state, dataset.columns, dataset)
        return self

    def transform(self, x: Any) -> np.ndarray:
        """The codes `[N, D]` of rows."""
        check_is_fitted(self)
        return self.run_.encode(validate_data(self, x, reset=False, allow_nd=True, dtype="numeric"))

    def inverse_transform(self, z: Any) -> np.ndarray:
        """The rows, or images, that codes `[N, D]` decode to, of methods that decode."""
        check_is_fitted(self)
        return self.run_.decode(np.asarray(z))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = []  # codes are float32
        return tags

    @property
    def _n_features_out(self) -> int:
        one = np.zeros((1, *self.run_.column.shape), np.float32)
        return self.run_.encode(one).shape[1]

    def _resolved(self, rows: int) -> ConfigDict:
        """The config with the fields that were given, for so many rows."""
        given = self.config
        config = schema.complete(configs.load(given) if isinstance(given, str) else given)
        fields = {n: v for n, v in self.get_params().items() if n != "config"}
        changes = {_path(name, config): value for name, value in fields.items()}
        try:
            config = configs.changed(config, changes)
        except TypeError as error:  # of a value of another type
            raise UsageError(str(error).split("\n")[0]) from error
        changes = {"data.name": "memory", "data.target": None, "scores": (), "report": "off"}
        changes |= {"data.batch_size": min(config.data.batch_size, rows)}
        steps = config.training.steps
        changes |= {f"training.{n}": steps for n in ("eval_every", "checkpoint_every", "log_every")}
        if config.training.num_seeds > 1:
            raise UsageError(f"training.num_seeds is {config.training.num_seeds}; allowed: 1")
        config = configs.changed(config, changes)
        schema.check(config)
        return config

    def _data(self, config: ConfigDict, x: np.ndarray, y: Any) -> dict[str, Any]:
        """All rows as the training split; the other two are there because a run must have them."""
        split = {"x": x}
        columns = data.from_memory(dict.fromkeys(data.SPLITS, split), config.data).columns
        columns = {**columns, "y": of_data.classes("01")}
        if methods.from_config(config, columns).takes.needs_labels:
            if y is None:
                raise UsageError(f"y is None; method {config.method!r} learns from labels")
            split["y"] = np.asarray(y)
        return dict.fromkeys(data.SPLITS, split)

    def __getstate__(self) -> dict[str, Any]:
        """What pickle keeps: of the run its numbers, since compiled programs cannot be kept."""
        kept = dict(super().__getstate__())
        if "run_" in kept:
            run = kept.pop("run_")
            kept["_run"] = run.config.to_dict(), run.columns, jax.device_get(run.state)
        return kept

    def __setstate__(self, kept: dict[str, Any]) -> None:
        run = kept.pop("_run", None)
        super().__setstate__(kept)
        if run is not None:
            config, columns, state = schema.complete(run[0]), run[1], run[2]
            method = methods.from_config(config, columns)
            self.run_ = Run(Path("."), config, method, state, columns)


def _path(name: str, config: ConfigDict) -> str:
    """The dotted path of a field, by its end: latent_dim, encoder__widths, model.latent_dim."""
    fields, end = configs.flatten(config), name.replace("__", ".")
    homes = [path for path in fields if path == end or path.endswith(f".{end}")]
    if not homes:
        raise UsageError(f"the config has no field {name!r}.{suggestion(end, fields)}")
    if len(homes) > 1 and end not in homes:
        options = ", ".join(home.replace(".", "__") for home in homes)
        raise UsageError(f"{name!r} is a field of several groups; allowed: {options}")
    return end if end in homes else homes[0]

"""Settings: declared once, with a default each; a config says what differs, and is checked."""

import json

import numpy as np
import pytest
from conftest import ROOT, command, refusal, tiny
from ml_collections import ConfigDict

import reprlearn
from reprlearn import cli, experiment, methods, rundir, runs, schema, settings
from reprlearn import config as configs
from reprlearn.__main__ import tell_settings
from reprlearn.errors import UsageError
from reprlearn.settings import choice, integer, not_negative, positive, share, sizes, text, words


@pytest.mark.parametrize("method", methods.names())
def test_the_defaults_are_allowed_and_said(method):
    schema.check(reprlearn.default_config(method, "digits"))
    declared = dict(settings.flatten(schema.of(method)))
    assert {"seed", "data.name", "optimizer.name", "training.steps", "scores"} <= set(declared)
    for path, setting in declared.items():
        assert len(setting.about.splitlines()) == 1 and setting.about[-1] != ".", path
        assert setting.about and setting.allowed, path


@pytest.mark.parametrize(
    ("setting", "right", "wrong", "message"),
    [
        (integer(3, ""), [1, 7], [0, -1, 2.0, True, "3", None], "an integer, at least 1"),
        (integer(0, "", least=0), [0], [-1], "an integer, at least 0"),
        (positive(1.0, ""), [0.5, 3], [0.0, -1.0, float("nan"), float("inf"), "1"], "above 0"),
        (not_negative(1.0, ""), [0.0, 3], [-0.5, float("nan"), True], "a number, at least 0"),
        (share(0.0, ""), [0.0, 0.99], [-0.1, 1.0, 2, "x"], "allowed: "),
        (choice("a", "abc", ""), ["a", "c"], ["d", None, 1], "Choices: a, b, c"),
        (sizes((), ""), [(), (8, 3), [5]], [(0,), (2.0,), 8, "8", None], "positive integers"),
        (text("a", "", "a word"), ["", "b"], [None, 1], "allowed: a word"),
        (text(None, ""), [None, "b"], [1, ("a",)], "allowed: text"),
        (words((), ""), [(), ("a",), ["b"]], ["ab", (1,), None], r"names, such as ('a', 'b')"),
    ],
)
def test_what_a_setting_allows(setting, right, wrong, message):
    for value in right:
        setting.check("group.field", value)
    for value in wrong:
        told = refusal(setting.check, "group.field", value)
        assert told.startswith(f"group.field is {value!r}") and message in told


WRONG = {
    "seed": "seed is 'wrong'; allowed: an integer, at least 0",
    "data.batch_size": "data.batch_size is 'wrong'; allowed: an integer, at least 0",
    "data.split": "data.split is 'wrong'; allowed: three positive shares",
    "data.classes": "data.classes is 'wrong'; allowed: different classes by number or by name",
    "data.image_size": "data.image_size is 'wrong'; allowed: height and width",
    "data.scaling": "data.scaling is 'wrong'. Choices: standard, minmax, none",
    "model.encoder.network": "model.encoder.network is 'wrong'. Choices: linear, mlp, conv",
    "model.encoder.bias_scales": "model.encoder.bias_scales is 'wrong'; allowed: two numbers",
    "model.decoder.widths": "model.decoder.widths is 'wrong'; allowed: positive integers",
    "model.latent_dim": "model.latent_dim is 'wrong'; allowed: an integer, at least 1",
    "optimizer.schedule": "optimizer.schedule is 'wrong'. Choices: constant, cosine, inverse",
    "training.ema_decay": "training.ema_decay is 'wrong'; allowed: a number, at least 0.0",
    "training.compilation_cache": "training.compilation_cache is 'wrong'; allowed: auto, off",
    "scores": "scores is 'wrong'; allowed: names, such as ('a', 'b')",
}


@pytest.mark.parametrize("path", WRONG)
def test_a_wrong_value_in_any_group_is_told_in_a_line(path):
    config = reprlearn.default_config("vae", "digits")
    *groups, leaf = path.split(".")
    group = config
    for name in groups:
        group = group[name]
    with group.ignore_type():
        group[leaf] = "wrong"
    assert refusal(schema.check, config).startswith(WRONG[path])


@pytest.mark.parametrize("method", methods.names())
def test_no_value_of_any_setting_is_an_accident(method):
    """Whatever is written in place of a value, it is allowed or refused in a line."""
    for path, setting in settings.flatten(schema.of(method)):
        for value in (None, 3, -1, 0.5, "x", "", (), [[1]], (None,), {}, True, float("nan")):
            try:
                setting.check(path, value)
            except UsageError as error:
                assert str(error).startswith(path) and "\n" not in str(error)


@pytest.mark.parametrize("config", [3, None, "vae", ["vae"]])
def test_what_is_no_config_is_refused(config):
    assert refusal(schema.complete, config).startswith(f"the config is {config!r}; allowed")


def test_groups_are_groups_and_numbers_may_be_of_numpy(tmp_path):
    for group in ("model", "data", "optimizer", "training"):
        config = {"method": "vae", group: 3}
        assert refusal(experiment.train, config, tmp_path / "run") == (
            f"{group} is 3; allowed: a group of fields"
        )
    config = {"method": "vae", "modle": {}}
    assert refusal(experiment.train, config, tmp_path / "run").startswith("the config has modle, n")
    config = {"method": "vae", "baselines": 3}
    assert refusal(experiment.train, config, tmp_path / "run").startswith("baselines is 3; allowed")
    assert not (tmp_path / "run").exists()
    config = schema.complete(
        {"method": "vae", "seed": np.int64(3), "model": {"beta": np.float32(2)}}
    )
    assert (type(config.seed), type(config.model.beta)) == (int, float)


def test_an_unknown_field_is_told_with_the_one_that_was_meant():
    config = reprlearn.default_config("vae", "digits").unlock()
    config.model.latent_dims = 3
    assert refusal(schema.check, config) == (
        "the config has model.latent_dims, no such field of method 'vae'. "
        "Did you mean 'model.latent_dim'?"
    )
    config = reprlearn.default_config("vae", "digits").unlock()
    del config["method"]
    assert refusal(schema.complete, config) == "the config lacks the field method"


def test_a_config_that_says_only_what_differs_is_trained(tmp_path):
    few = ConfigDict(
        {
            "method": "vae",
            "data": {"name": "digits"},
            "model": {"latent_dim": 2, "encoder": {"widths": [8]}},
            "training": {"steps": 2},
        }
    )
    before = few.to_dict()
    run = experiment.train(few, tmp_path / "run")
    assert few.to_dict() == before
    whole = configs.changed(
        reprlearn.default_config("vae", "digits"),
        {"model.latent_dim": 2, "model.encoder.widths": (8,), "training.steps": 2},
    )
    assert configs.differences(run.config, whole) == {}


def test_a_run_without_a_newer_setting_is_restored_and_resumed(tmp_path):
    """As if training.ema_decay and the group model.decoder were added after it was trained."""
    config = tiny("vae.py", training__steps=2)
    trained = experiment.train(config, tmp_path / "run")
    path = tmp_path / "run" / "config.json"
    stored = json.loads(path.read_text())
    del stored["training"]["ema_decay"], stored["model"]["decoder"]
    path.write_text(json.dumps(stored))
    assert configs.differences(runs.restore(tmp_path / "run").config, trained.config) == {}
    more = configs.changed(config, {"training.steps": 4})
    assert experiment.train(more, tmp_path / "run").summary["steps"] == 4


def test_a_run_with_a_setting_that_is_no_more_says_what_to_do(tmp_path):
    experiment.train(tiny("vae.py", training__steps=2), tmp_path / "run")
    path = tmp_path / "run" / "config.json"
    stored = json.loads(path.read_text())
    stored["model"]["momentum"] = 0.9
    path.write_text(json.dumps(stored))
    told = refusal(runs.restore, tmp_path / "run")
    assert "config.json has model.momentum. The run is of another version; to use it, take" in told
    told = refusal(experiment.train, tiny("vae.py", training__steps=4), tmp_path / "run")
    assert "model.momentum is 0.9 there, absent here. The run is of another version" in told
    del stored["method"]
    path.write_text(json.dumps(stored))
    assert refusal(runs.restore, tmp_path / "run").endswith("the config lacks the field method")


def test_another_method_keeps_what_a_config_changes():
    config = configs.load(f"{ROOT}/configs/siamese.py:digits")
    other = schema.of_method(config, "vae")
    assert (other.method, other.data.batch_size) == ("vae", 192)
    assert (other.model.latent_dim, other.model.encoder.widths) == (16, (512,))  # its own
    assert other.model.beta == 1.0 and "margin" not in other.model and "pairs" not in other.data
    schema.check(other)
    triplets = configs.changed(config, {"model.loss": "triplet", "model.latent_dim": 5})
    assert schema.of_method(triplets, "autoencoder").model.loss == "auto"  # it has no such loss
    assert schema.of_method(triplets, "autoencoder").model.latent_dim == 5
    assert schema.of_method(config, "siamese") is config
    assert config.method == "siamese" and other.is_locked


def test_another_method_on_the_command_line(tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    for flag in ("--config.method=vae", "-config.method=vae"):
        parsed = cli.parse(["train.py", "--config=siamese:digits", flag, "--config.model.beta=2"])
        assert (parsed.config.method, parsed.config.model.beta) == ("vae", 2.0)
    wrong = tmp_path / "wrong.py"
    text = (ROOT / "configs" / "vae.py").read_text()
    wrong.write_text(text.replace("4_000", "-1"))
    told = refusal(cli.parse, ["train.py", f"--config={wrong}", "--config.method=autoencoder"])
    assert told.startswith("training.steps is -1")


def test_a_run_of_another_method_is_resumed_by_the_bare_command(tmp_path):
    config = configs.load(f"{ROOT}/configs/siamese.py:digits")
    overrides = {"method": "autoencoder", "training.steps": 2, "scores": ()}
    first = configs.changed(schema.of_method(config, "autoencoder"), overrides)
    experiment.train(first, tmp_path / "run", overrides=overrides)

    def resolved(**given):
        given = {path.replace("__", "."): value for path, value in given.items()}
        changed = configs.changed(config, given)
        return rundir.resolve(tmp_path / "run", changed, given)

    assert (resolved().method, resolved().training.steps) == ("autoencoder", 2)
    assert resolved(training__steps=6).training.steps == 6
    assert "training.steps is -5" in refusal(resolved, training__steps=-5)
    told = refusal(resolved, model__margin=5.0)
    assert told.endswith("is of method 'autoencoder', without the field model.margin")


SAID = {  # what the configs that are their methods' examples change, and no more
    "autoencoder.py": set(),
    "vae.py": {"training.steps"},
    "vae_conv.py": {"model.encoder.network", "model.encoder.widths"},
    "siamese.py": {"data.name", "data.batch_size", "data.classes", "scores"},
}


@pytest.mark.parametrize("file", SAID)
def test_a_config_says_only_what_it_changes(file):
    config = configs.load(f"{ROOT}/configs/{file}")
    changed = configs.differences(reprlearn.default_config(config.method), config)
    assert set(changed) == SAID[file]


def test_help_shows_every_setting_of_a_config_within_80_columns():
    done = command("train.py", "--config=configs/gan_ring.py", "--help")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert max(map(len, lines)) <= 80
    for path in configs.flatten(configs.load(f"{ROOT}/configs/gan_ring.py")):
        assert sum(line.startswith(f"{path} ") for line in lines) == 1, path
    place = next(i for i, line in enumerate(lines) if line.startswith("model.data_scale"))
    assert lines[place].split() == ["model.data_scale", "4.0", "number", ">", "0"]
    assert lines[place + 1].strip() == "a factor by which the data are multiplied before training"
    assert "scores: adaptation, anomaly, bound, classification, clustering, code," in done.stdout


def test_help_is_of_the_config_that_the_command_means(capsys, monkeypatch):
    monkeypatch.chdir(ROOT)
    tell_settings(["x", "--config=siamese", "--config.method=vae", "--config.model.beta=3", "-h"])
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["model.beta", "3.0", "number", ">=", "0"] in lines
    tell_settings(["x", "--help"])
    assert capsys.readouterr().out.strip().startswith("Configs: anomaly_autoencoder, autoencoder, ")
    for wrong in ("--config=gan_rong", "--config.model.beta=-1"):
        arguments = ["x", "--config=vae", wrong, "--help"][wrong.startswith("--config=") :]
        assert "\n" not in refusal(tell_settings, ["x", *arguments])

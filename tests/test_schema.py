"""Settings: declared once, with a default each; a config says what differs, and is checked."""

import json

import pytest
from conftest import ROOT, command, config_files, refusal, tiny
from ml_collections import ConfigDict

import reprlearn
from reprlearn import config as configs
from reprlearn import experiment, methods, rundir, runs, schema, settings
from reprlearn.settings import choice, integer, not_negative, positive, share, sizes, text, words


@pytest.mark.parametrize("method", methods.names())
def test_the_defaults_are_allowed_and_said(method):
    config = reprlearn.default_config(method, "digits")
    schema.check(config)
    fields = configs.flatten(config)
    declared = dict(settings.flatten(schema.of(method)))
    assert set(fields) == set(declared)
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
    "data.batch_size": "data.batch_size is 'wrong'; allowed: an integer, at least 1",
    "data.split": "data.split is 'wrong'; allowed: three positive shares",
    "data.classes": "data.classes is 'wrong'; allowed: different labels, such as (0, 1), or ()",
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


def test_an_unknown_field_is_told_with_the_one_that_was_meant():
    config = reprlearn.default_config("vae", "digits").unlock()
    config.model.latent_dims = 3
    assert refusal(schema.check, config) == (
        "the config has model.latent_dims, no such field of method 'vae'. "
        "Did you mean 'model.latent_dim'?"
    )
    config = reprlearn.default_config("vae", "digits").unlock()
    with config.ignore_type():
        config.model = 3
    assert refusal(schema.check, config).startswith("the config has model, no such field")
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
    assert "config.json has model.momentum. The run is of another version" in told
    assert f"or take model.momentum out of {path}" in told
    told = refusal(experiment.train, tiny("vae.py", training__steps=4), tmp_path / "run")
    assert "model.momentum is 0.9 there, absent here" in told and "take model.momentum out" in told


def test_another_method_keeps_the_fields_that_it_has_too():
    config = configs.load(f"{ROOT}/configs/siamese.py:digits")
    other = schema.of_method(config, "vae")
    assert (other.method, other.data.batch_size, other.model.latent_dim) == ("vae", 192, 32)
    assert other.model.beta == 1.0 and "margin" not in other.model
    schema.check(other)
    assert schema.of_method(config, "autoencoder").model.loss == "auto"  # it has no such loss
    assert config.method == "siamese" and other.is_locked


def test_a_run_of_another_method_is_resumed_by_the_bare_command(tmp_path):
    config = configs.load(f"{ROOT}/configs/siamese.py:digits")
    overrides = {"method": "autoencoder", "training.steps": 2, "scores": ()}
    first = configs.changed(schema.of_method(config, "autoencoder"), overrides)
    experiment.train(first, tmp_path / "run", overrides=overrides)
    resolved = rundir.resolve(tmp_path / "run", config, {})
    assert resolved.method == "autoencoder" and resolved.training.steps == 2


@pytest.mark.parametrize("file", config_files())
def test_a_config_says_only_what_it_changes(file):
    """Each field that a file assigns differs from the method's default, on the file's own data."""
    text = (ROOT / "configs" / file).read_text()
    config = configs.load(f"{ROOT}/configs/{file}")
    default = reprlearn.default_config(config.method)
    changed = set(configs.differences(default, config))
    if "from configs import" in text:  # what it takes back is no change to the default
        return
    for line in text.splitlines():
        name, _, value = line.strip().partition(" = ")
        if name.startswith("config.") and value and "baselines" not in name:
            assert name.removeprefix("config.") in changed, line


def test_help_shows_every_setting_of_a_config_within_80_columns():
    done = command("train.py", "--config=configs/gan_ring.py", "--help")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert max(map(len, lines)) <= 80
    for path in configs.flatten(configs.load(f"{ROOT}/configs/gan_ring.py")):
        assert sum(line.split()[:1] == [path] for line in lines) == 1, path
    place = next(i for i, line in enumerate(lines) if line.startswith("model.data_scale"))
    assert lines[place].split() == ["model.data_scale", "4.0", "number", ">", "0"]
    assert lines[place + 1].strip() == "the players see the data times this"
    bad = command("train.py", "--config=gan_rong", "--help")
    assert (bad.returncode, bad.stderr.count("\n")) == (2, 1)

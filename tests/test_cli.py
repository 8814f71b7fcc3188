"""The command line as a user meets it: real processes, results, and bad input."""

import json

import pytest
from conftest import ROOT, command

from reprlearn import cli
from reprlearn.errors import UsageError

SMALL = (
    "--config.training.steps=8",
    "--config.training.steps_per_call=4",
    "--config.training.eval_every=4",
    "--config.training.checkpoint_every=4",
    "--config.model.encoder.widths=8",
    "--config.data.batch_size=20",
)
CONFIG = "--config=configs/vae.py:digits"
one_worker = pytest.mark.xdist_group("trained")  # the run is trained once
RUN_FILES = {
    "checkpoints", "config.json", "environment.json", "figures", "metrics.jsonl", "notes.txt",
    "report.html", "summary.json", "tensorboard",
}  # fmt: skip


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A run trained through the command line, with an override."""
    workdir = tmp_path_factory.mktemp("cli") / "run"
    done = command(
        "train.py", CONFIG, *SMALL, "--config.model.latent_dim=2", f"--workdir={workdir}"
    )
    assert done.returncode == 0, done.stderr
    return workdir, done


@one_worker
def test_train_prints_a_table_and_the_figures(trained):
    workdir, done = trained
    assert {path.name for path in workdir.iterdir()} == RUN_FILES
    lines = done.stdout.splitlines()
    assert lines[0].startswith("test/elbo")
    figures = [line for line in lines if line.endswith(".png")]
    names = {"training_curves", "reconstructions", "samples", "latent_map", "manifold"}
    names |= {"examples", "neighbours"}
    assert lines[-1] == f"{workdir}/report.html"
    assert {line.split("/")[-1].removesuffix(".png") for line in figures} == names
    assert all(
        (workdir / "figures" / line.split("/")[-1]).stat().st_size > 5_000 for line in figures
    )
    assert all(len(line) <= 80 for line in lines if not line.startswith(str(workdir)))
    assert "\r" not in done.stderr  # the progress bar is quiet off a terminal
    assert "Traceback" not in done.stderr


@one_worker
def test_summary_is_flat_and_complete(trained):
    summary = json.loads((trained[0] / "summary.json").read_text())
    wanted = {"test/elbo", "test/reconstruction", "test/kl", "steps", "seconds"}
    wanted |= {"steps_per_second", "parameters", "state_sha256"}
    assert set(summary) == wanted
    assert summary["steps"] == 8
    assert summary["test/elbo"] == pytest.approx(
        -summary["test/reconstruction"] - summary["test/kl"], rel=1e-5
    )
    assert len(summary["state_sha256"]) == 64
    encoder, decoder = 64 * 8 + 8 + 8 * 4 + 4, 2 * 8 + 8 + 8 * 64 + 64
    assert summary["parameters"] == encoder + decoder


@one_worker
def test_config_and_environment_say_what_ran(trained):
    config = json.loads((trained[0] / "config.json").read_text())
    assert config["model"]["latent_dim"] == 2
    assert config["model"]["encoder"]["widths"] == [8]
    environment = json.loads((trained[0] / "environment.json").read_text())
    assert {"versions", "devices", "commit"} <= set(environment)
    assert environment["overrides"]["model.latent_dim"] == 2
    assert environment["data"]["sizes"] == {"train": 1298, "validation": 144, "test": 355}


@one_worker
def test_evaluate_repeats_the_test_metrics(trained):
    done = command("-m", "reprlearn.evaluate", f"--workdir={trained[0]}")
    assert done.returncode == 0, done.stderr
    table = dict(line.split() for line in done.stdout.splitlines()[1:])
    summary = json.loads((trained[0] / "summary.json").read_text())
    for name, value in table.items():
        assert float(value.replace(",", "")) == pytest.approx(summary[name], abs=1e-4)


@one_worker
def test_the_bare_command_goes_on_with_the_run(trained, tmp_path):
    """A run remembers its overrides: the same config file and workdir are enough to resume."""
    workdir = tmp_path / "run"
    arguments = ("train.py", CONFIG, f"--workdir={workdir}")
    command(*arguments, *SMALL, "--config.model.latent_dim=2", "--config.training.steps=4")
    more = command(*arguments, "--config.training.steps=8")
    assert more.returncode == 0, more.stderr
    assert "from step 4" in more.stderr
    resumed, straight = (
        json.loads((path / "summary.json").read_text()) for path in (workdir, trained[0])
    )
    assert resumed["state_sha256"] == straight["state_sha256"]
    again = command(*arguments)
    assert again.returncode == 0
    assert again.stdout.splitlines()[0] == more.stdout.splitlines()[0]


@one_worker
def test_another_override_in_the_same_workdir_is_refused_with_the_difference(trained):
    before = sorted((p, p.stat().st_mtime) for p in trained[0].rglob("*"))
    done = command("train.py", CONFIG, "--config.model.latent_dim=3", f"--workdir={trained[0]}")
    assert done.returncode == 2
    assert "model.latent_dim is 2 there, 3 here" in done.stderr
    assert sorted((p, p.stat().st_mtime) for p in trained[0].rglob("*")) == before


SIAMESE = "--config=configs/siamese.py:digits"
BAD = {
    "field": (
        ["--config.model.latent_dm=3"],
        "'model.latent_dm'. Did you mean 'model.latent_dim'?",
    ),
    "group": (["--config.latent_dim=3"], "Did you mean 'model.latent_dim'?"),
    "initials": (["--config.optimizer.lr=3"], "Did you mean 'optimizer.learning_rate'?"),
    "type": (["--config.model.latent_dim=abc"], "model.latent_dim is 'abc'; allowed: an integer"),
    "float": (["--config.data.batch_size=3.5"], "data.batch_size is '3.5'; allowed: an integer"),
    "size": (["--config.model.latent_dim=0"], "model.latent_dim is 0; allowed: an integer"),
    "steps": (["--config.training.steps=-5"], "training.steps is -5"),
    "widths": (["--config.model.encoder.widths=8,0"], "model.encoder.widths is (8, 0)"),
    "rate": (["--config.optimizer.learning_rate=nan"], "optimizer.learning_rate is nan"),
    "data": (["--config.data.name=digitz"], "data.name is 'digitz'. Did you mean 'digits'?"),
    "method": (["--config.method=vea"], "method is 'vea'. Did you mean 'vae'? Choices: autoenc"),
    "optimizer": (["--config.optimizer.name=adm"], "Did you mean 'adam'?"),
    "batch": (["--config.data.batch_size=1299"], "batch_size is 1299; allowed: at most 1298"),
    "manual": (["--config.data.manual_dir=/no/where"], "data.manual_dir is '/no/where'"),
    "flag": (["--wrkdir=x"], "--wrkdir is not a flag. Did you mean 'workdir'?"),
    "stray": (["stray"], "'stray' is not a flag"),
    "file": (["--config=configs/vea.py"], "Did you mean 'configs/vae.py'?"),
    "twice": ([CONFIG, "--config=configs/autoencoder.py"], "--config is given 2 times"),
    "another method": (
        [SIAMESE, "--config.method=vae", "--config.model.margin=2."],
        "no field 'model.margin'",
    ),
    "group as field": (
        ["--config.model=vae"],
        "config.model is a group of fields. Choices: model.",
    ),
    "seed": (["--config.seed=4294967296"], "seed is 4294967296; allowed: below 2^32"),
    "loss": (
        ["--config=configs/gan_ring.py", "--config.model.loss=wgan"],
        "model.loss is 'wgan'. Choices: minimax, nonsaturating, hinge, wasserstein",
    ),
    "one class": ([SIAMESE, "--config.data.classes=3,"], "1 class, so no dissimilar pair"),
    "ratio": ([SIAMESE, "--config.data.dissimilar_ratio=0.0"], "dissimilar_ratio is 0.0"),
    "scores": (
        [CONFIG, "--config.scores=modes,"],
        "which needs a synthetic mixture (ring, grid). Allo",
    ),
    "processes": (["--num_processes=2"], "--coordinator_address is missing; allowed: all of"),
    "process": (
        ["--num_processes=2", "--coordinator_address=localhost:1", "--process_id=2"],
        "--process_id is 2; allowed: from 0 to below --num_processes, 2",
    ),
    "parallel": (["--config.training.parallel=pmp"], "Did you mean 'pmap'? Choices: jit, pmap"),
    "skip": (
        ["--config.training.on_nonfinite=skip", "--config.training.accumulate_steps=2"],
        "allowed: 'stop', or no accumulation",
    ),
    "nonfinite": (["--config.training.on_nonfinite=ignore"], "Choices: stop, skip"),
    "seeds": (["--config.training.num_seeds=0"], "training.num_seeds is 0; allowed: an integer"),
    "ema": (["--config.training.ema_decay=1.0"], "ema_decay is 1.0; allowed: from 0 to below 1"),
    "accumulate": (
        ["--config.training.accumulate_steps=5000"],
        "accumulate_steps is 5000; allowed: at most training.steps, 4000",
    ),
    "cache": (["--config.training.compilation_cache=of"], "compilation_cache is 'of'"),
}


@pytest.mark.parametrize("case", list(BAD))
def test_bad_input_is_one_line_and_exit_code_2(case, tmp_path):
    arguments, message = BAD[case]
    if not any(argument.startswith("--config=") for argument in arguments):
        arguments = [CONFIG, *arguments]
    done = command("train.py", *arguments, f"--workdir={tmp_path / 'run'}")
    assert done.returncode == 2, done.stderr
    assert message in done.stderr
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("error: ")
    assert done.stdout == ""
    assert list(tmp_path.iterdir()) == []


def test_a_model_field_is_refused_before_any_data_are_prepared(tmp_path):
    bad = f"--config.data.data_dir={tmp_path}/data", "--config.model.latent_dim=0"
    done = command("train.py", CONFIG, *bad, f"--workdir={tmp_path}/run")
    assert done.returncode == 2
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "--workdir is missing"),
        (["--workdir=/no/where"], "which is not a run"),
        (["--workdir=."], "which is not a run"),
        (["--workdir=.", "--split=tst"], "Did you mean 'test'?"),
        (["--workdri=."], "Did you mean 'workdir'?"),
    ],
)
def test_evaluate_refuses_what_is_no_run(arguments, message):
    done = command("-m", "reprlearn.evaluate", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr
    assert done.stderr.count("\n") == 1


def test_missing_config_lists_the_configs():
    done = command("train.py")
    assert done.returncode == 2
    assert "--config is missing. Choices: anomaly_autoencoder, " in done.stderr


def test_default_workdir_is_named_after_the_config(monkeypatch):
    monkeypatch.chdir(ROOT)
    for argument, expected in (("", "runs/vae"), (":digits", "runs/vae_digits")):
        parsed = cli.parse(["train.py", f"--config=configs/vae.py{argument}"])
        assert str(parsed.workdir) == expected


def test_overrides_keep_their_type(monkeypatch):
    monkeypatch.chdir(ROOT)
    parsed = cli.parse(
        [
            "train.py",
            "--config=configs/vae.py",
            "--config.model.encoder.widths=(64,32)",
            "--config.seed=3",
        ]
    )
    assert parsed.overrides == {"model.encoder.widths": (64, 32), "seed": 3}
    assert parsed.config.model.encoder.widths == (64, 32)
    with pytest.raises(UsageError, match="is a group of fields"):
        cli.parse(["train.py", "--config=configs/vae.py", "--config.model", "x"])


def test_importing_the_library_imports_nothing_heavy():
    loaded = "import sys, reprlearn; print([m for m in ('jax', 'flax') if m in sys.modules])"
    assert command("-c", loaded).stdout.strip() == "[]"
    no_tensorflow = "import sys, reprlearn.experiment; print('tensorflow' in sys.modules)"
    assert command("-c", no_tensorflow).stdout.strip() == "False"


def test_an_error_cannot_steer_the_terminal():
    assert cli.one_line(ValueError("a\x1b[2Jb\nc")) == "a\\x1b[2Jb c"


def test_nothing_is_unpickled_or_executed():
    """But the config file that --config names, which is the user's program."""
    import ast

    # pictures.py and decoders.py are two ends of one pipe: they read what we wrote ourselves.
    piped = ("pictures.py", "decoders.py")
    forbidden = {"pickle", "cPickle", "dill", "marshal", "shelve", "joblib", "yaml"}
    for path in (ROOT / "reprlearn").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in getattr(node, "names", []) if hasattr(alias, "name")]
            found = forbidden & {name.split(".")[0] for name in names}
            assert not found or path.name in piped, path
            if isinstance(node, ast.Call):
                called = getattr(node.func, "id", getattr(node.func, "attr", ""))
                assert called not in ("eval", "exec", "compile_command"), path
                if called == "exec_module":
                    assert path.name == "config.py"
            if isinstance(node, ast.keyword) and node.arg == "allow_pickle":
                assert getattr(node.value, "value", None) is False, path

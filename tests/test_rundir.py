"""What may change when a run is resumed, what may not, and the digest of a state."""

import jax.numpy as jnp
import numpy as np
import pytest
from conftest import tiny

import reprlearn
from reprlearn import files, rundir
from reprlearn.digest import sha256
from reprlearn.errors import UsageError
from reprlearn.lock import locked

DATA = {"columns": {}, "batch": {}, "sizes": {}, "train": {}, "sha256": {}}


@pytest.fixture
def workdir(tmp_path):
    rundir.begin(tmp_path / "run", tiny("vae.py"), {"model.latent_dim": 2}, DATA)
    return tmp_path / "run"


def test_the_same_config_goes_on(workdir):
    assert rundir.resolve(workdir, tiny("vae.py"), None).training.steps == 12


def test_steps_may_be_raised_and_intervals_and_places_changed(workdir):
    changed = {"training__steps": 24, "training__log_every": 3, "training__checkpoint_every": 2}
    resolved = rundir.resolve(workdir, tiny("vae.py", data__data_dir="/x", **changed), None)
    assert (resolved.training.steps, resolved.training.log_every) == (24, 3)


def test_fewer_steps_are_refused(workdir):
    with pytest.raises(
        UsageError, match=r"training\.steps is 6, but .* has 12 already; allowed: 12 or more"
    ):
        rundir.resolve(workdir, tiny("vae.py", training__steps=6), None)


def test_every_difference_is_shown(workdir):
    other = tiny("vae.py", seed=1, optimizer__learning_rate=0.5)
    with pytest.raises(UsageError, match=r"optimizer\.learning_rate is 0\.001 .*; seed is 0 there"):
        rundir.resolve(workdir, other, None)


def test_overrides_are_remembered_unless_given_again(workdir):
    bare, again = tiny("vae.py", model__latent_dim=16), tiny("vae.py", model__latent_dim=5)
    assert rundir.resolve(workdir, bare, {}).model.latent_dim == 2
    with pytest.raises(UsageError, match=r"model\.latent_dim is 2 there, 5 here"):
        rundir.resolve(workdir, again, {"model.latent_dim": 5})
    with pytest.raises(UsageError, match=r"model\.latent_dim is 2 there, 16 here"):
        rundir.resolve(workdir, bare, None)  # from Python the config says all


def test_an_override_of_a_later_session_is_remembered_too(workdir):
    longer = tiny("vae.py", training__steps=24)
    rundir.begin(workdir, longer, {"training.steps": 24}, DATA)
    assert rundir.read_environment(workdir)["overrides"] == {
        "model.latent_dim": 2,
        "training.steps": 24,
    }
    assert rundir.resolve(workdir, tiny("vae.py"), {}).training.steps == 24


def test_a_schedule_that_depends_on_the_total_warns(tmp_path):
    cosine = {"optimizer__schedule": "cosine"}
    assert rundir.lengthened(tmp_path, tiny("vae.py", training__steps=24, **cosine)) == []
    rundir.begin(tmp_path, tiny("vae.py", **cosine), None, DATA)
    assert rundir.lengthened(tmp_path, tiny("vae.py", **cosine)) == []
    assert rundir.lengthened(tmp_path, tiny("vae.py", training__steps=24)) == []
    assert rundir.lengthened(tmp_path, tiny("vae.py", training__steps=24, **cosine)) == [
        f"{tmp_path}: optimizer.schedule depends on training.steps: "
        "after 12 steps it now spans 24, so the result differs from 24 steps at once"
    ]


def test_phases_that_are_shares_of_the_total_warn(tmp_path):
    for share, told in ((0.0, 0), (0.5, 1)):
        stack = {"model__pretrain_share": share}
        folder = tmp_path / str(share)
        rundir.begin(folder, tiny("stacked_autoencoder.py", **stack), None, DATA)
        longer = tiny("stacked_autoencoder.py", training__steps=24, **stack)
        lines = rundir.lengthened(folder, longer)
        assert len(lines) == told
        assert all("model.pretrain_share depends on training.steps" in line for line in lines)


def test_a_file_is_no_workdir(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="not a directory"):
        rundir.resolve(tmp_path / "file", tiny("vae.py"), None)
    with pytest.raises(UsageError, match="Not a directory"), locked(tmp_path / "file" / "run"):
        pass


def test_digest_sees_names_shapes_dtypes_and_values():
    base = {"a": jnp.array([1.0, 2.0]), "b": {"c": jnp.zeros(2)}}
    digest = sha256(base)
    assert sha256({"b": {"c": np.zeros(2, np.float32)}, "a": base["a"]}) == digest
    others = [
        {"a": jnp.array([1.0, 2.0]), "b": {"d": jnp.zeros(2)}},
        {"a": jnp.array([[1.0, 2.0]]), "b": {"c": jnp.zeros(2)}},
        {"a": jnp.array([1.0, 2.0]), "b": {"c": jnp.zeros(2, jnp.int32)}},
        {"a": jnp.array([1.0, 2.0 + 1e-6]), "b": {"c": jnp.zeros(2)}},
    ]
    assert len({digest, *map(sha256, others)}) == 5


def test_json_is_written_whole_with_null_for_what_is_not_finite(tmp_path):
    files.write_json(tmp_path / "x.json", {"a": float("inf"), "b": 1.5})
    assert (tmp_path / "x.json").read_text() == '{\n  "a": null,\n  "b": 1.5\n}\n'
    assert [path.name for path in tmp_path.iterdir()] == ["x.json"]


def test_other_data_are_refused(workdir):
    with pytest.raises(UsageError, match="was trained on other data"):
        rundir.begin(workdir, tiny("vae.py"), None, DATA | {"sizes": {"train": 3}})


def test_a_further_session_adds_its_environment_and_drops_the_old_summary(workdir):
    first = rundir.read_environment(workdir)
    files.write_json(workdir / "summary.json", {"steps": 12})
    rundir.begin(workdir, tiny("vae.py", training__steps=24), None, DATA)
    again = rundir.read_environment(workdir)
    assert again["versions"] == first["versions"]
    assert [session["backend"] for session in again["resumed"]] == ["cpu"]
    assert rundir.read_summary(workdir) is None


def test_an_override_raised_from_python_is_remembered_as_it_is(workdir):
    rundir.begin(workdir, tiny("vae.py", training__steps=20), {"training.steps": 20}, DATA)
    rundir.begin(workdir, tiny("vae.py", training__steps=30), None, DATA)
    assert rundir.resolve(workdir, tiny("vae.py"), {}).training.steps == 30


def test_a_remembered_override_of_another_method_is_a_difference(workdir):
    other = tiny("autoencoder.py")
    rundir.begin(workdir, tiny("vae.py"), {"model.beta": 1.0}, DATA)
    with pytest.raises(UsageError, match=r"method is 'vae' there, 'autoencoder' here; model\.beta"):
        rundir.resolve(workdir, other, {})


def test_checkpoints_without_a_config_are_refused(tmp_path):
    (tmp_path / "checkpoints").mkdir()
    with pytest.raises(UsageError, match=r"holds checkpoints but no config\.json"):
        rundir.resolve(tmp_path, tiny("vae.py"), None)


@pytest.mark.parametrize("name", ["config.json", "environment.json"])
@pytest.mark.parametrize("text", ["", "[1]", '{"seed": 0', "{}"])
def test_files_that_are_not_whole_are_named(workdir, name, text):
    (workdir / name).write_text(text)
    with pytest.raises(UsageError, match=rf"{name}|lacks the field"):
        reprlearn.restore(workdir)

"""What is exported gives the run's own bits, in a process that does not have this package."""

import copy
import importlib.util
import re
import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from conftest import refusal, tiny

from reprlearn import experiment, export

pytestmark = pytest.mark.xdist_group("export")

WITHOUT_US = """
import sys
sys.path.insert(0, sys.argv[1])
sys.modules["reprlearn"] = None  # an import of it would fail
import numpy as np
from {function} import {function}
np.save(sys.argv[3], {function}(np.load(sys.argv[2])))
"""


def elsewhere(folder, function, x, tmp_path):
    """What the exported function gives in a fresh process without this package."""
    np.save(tmp_path / "x.npy", x)
    paths = [str(folder), str(tmp_path / "x.npy"), str(tmp_path / "found.npy")]
    script = WITHOUT_US.format(function=function)
    done = subprocess.run(
        [sys.executable, "-c", script, *paths], capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    return np.load(tmp_path / "found.npy")


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    return experiment.train(tiny("vae_conv.py", scores=()), folder / "images")


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    """An auto-encoder of a table with a large offset and missing values."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(120, 4)) * [1, 3, 0.1, 50] + [0, 1e6, 3, -20]
    x[::7, 1] = np.nan
    folder = tmp_path_factory.mktemp("runs")
    lines = [",".join("" if np.isnan(v) else repr(float(v)) for v in row) for row in x]
    (folder / "t.csv").write_text("\n".join(["a,b,c,d", *lines]))
    fields = {"data__name": f"{folder}/t.csv", "data__missing": "mean", "data__batch_size": 10}
    config = tiny("autoencoder.py", scores=(), **fields)
    return experiment.train(config, folder / "rows"), x


@pytest.mark.parametrize("function", ["encode", "reconstruct"])
def test_images_to_the_bit(images, function, digits, tmp_path):
    export.write(images, function, tmp_path / "out")
    found = elsewhere(tmp_path / "out", function, digits["x"], tmp_path)
    np.testing.assert_array_equal(found, getattr(images, function)(digits["x"]))


def test_weights_are_the_parameters_by_name(images, tmp_path):
    file = export.write_weights(images, tmp_path / "out")
    with np.load(file) as found:
        params = images.state.params
        assert len(found.files) == len(jax.tree.leaves(params))
        for name in ("encoder/Conv_0/kernel", "decoder/Dense_0/bias"):
            of, layer, kind = name.split("/")
            np.testing.assert_array_equal(found[name], params[of][layer][kind])


def test_weights_are_those_that_are_used(images, tmp_path):
    run, average = copy.copy(images), jax.tree.map(lambda leaf: leaf + 1, images.state.params)
    own = {"average": average, "source": {"mean": jnp.ones(3)}}
    run.state = images.state.replace(model_state=own)
    with np.load(export.write_weights(run, tmp_path / "out")) as found:
        kernel = average["encoder"]["Conv_0"]["kernel"]
        np.testing.assert_array_equal(found["encoder/Conv_0/kernel"], kernel)
        np.testing.assert_array_equal(found["source/mean"], np.ones(3))
        assert len(found.files) == len(jax.tree.leaves(average)) + 1


def test_codes_are_decoded_to_the_bit(images, tmp_path):
    z = np.random.default_rng(0).normal(size=(7, 2)).astype(np.float32)
    export.write(images, "decode", tmp_path / "out")
    found = elsewhere(tmp_path / "out", "decode", z, tmp_path)
    np.testing.assert_array_equal(found, images.decode(z))


def test_the_scaling_of_a_table_is_inside(rows, tmp_path):
    run, x = rows
    x = np.where(np.isnan(x), run.column.fill, x)
    program, loader = export.write(run)
    assert program.parent == run.workdir / "export" and loader.name == "encode.py"
    found = elsewhere(program.parent, "encode", x, tmp_path)
    np.testing.assert_array_equal(found, run.encode(x))
    assert found.std() > 0.01  # in float32 an offset of 1e6 would leave nothing of 0.1


def test_a_table_comes_back_in_its_own_units(rows, tmp_path):
    run, x = rows
    x = np.where(np.isnan(x), run.column.fill, x)
    export.write(run, "reconstruct", tmp_path / "out")
    found = elsewhere(tmp_path / "out", "reconstruct", x, tmp_path)
    np.testing.assert_allclose(found, run.reconstruct(x), rtol=1e-15)


def test_missing_values_become_what_they_became_in_training(rows):
    run, x = rows
    made = export.export(run, "encode")
    import jax

    from reprlearn.columns import to_model

    with jax.enable_x64(True):
        found = np.asarray(made.call(x))
    expected = run.method.encode(run.state, to_model(run.column, x))
    np.testing.assert_allclose(found, expected, atol=1e-5)
    assert np.isfinite(found).all()


def test_any_number_of_examples_on_both_platforms(images):
    made = export.export(images, "encode")
    assert made.platforms == ("cpu", "cuda")
    assert str(made.in_avals[0].shape[0]) == "batch"
    for count in (1, 3):
        assert made.call(np.zeros((count, 8, 8, 1), np.uint8)).shape == (count, 2)


def test_the_loader_refuses_what_it_would_have_to_cut(images, digits, tmp_path):
    _, loader = export.write(images, "encode", tmp_path / "out")
    spec = importlib.util.spec_from_file_location("encode", loader)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    for wrong in (digits["x"] / 255.0, digits["x"].astype(int) + 256):
        with pytest.raises(TypeError, match="allowed: uint8"):
            module.encode(wrong)


def test_the_loader_is_short_and_imports_nothing_of_ours(images, tmp_path):
    _, loader = export.write(images, "encode", tmp_path / "out")
    text = loader.read_text()
    assert "reprlearn" not in text
    body = [line for line in text.splitlines() if line.strip() and '"""' not in line]
    assert len(body) <= 15
    assert re.search(r"x \[N, 8, 8, 1\] uint8 -> codes \[N, D\]", text)


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        (["--function=encod"], "--function is 'encod'. Did you mean 'encode'?"),
        (
            ["--function=predict"],
            "which method 'vae' does not have; allowed: encode, rec",
        ),
        (["--out=no/where"], "--out is 'no/where': there is no folder 'no'"),
        (["--workdir=nowhere"], "--workdir is 'nowhere', which is not a run"),
    ],
)
def test_bad_input_is_told_in_a_line(images, flags, told, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    arguments = ["export", f"--workdir={images.workdir}", *flags]
    assert told in refusal(export.main, arguments)
    assert list(tmp_path.iterdir()) == []
    assert refusal(export.main, ["export"]).startswith("--workdir is missing")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("file", "fields"),
    [
        ("gan_ring.py", {}),
        ("siamese.py", {"data__classes": ()}),
        ("dann.py:digits,digits", {"data__target": "digits"}),
        ("vae_conv.py", {"model__likelihood": "gaussian"}),
        ("autoencoder.py", {"model__encoder__network": "conv"}),
        ("gan_grid.py:digits", {"model__discriminator__network": "conv"}),
    ],
)  # fmt: skip
def test_every_family_to_the_bit(file, fields, tmp_path):
    config = tiny(file, scores=(), **fields)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(experiment.figures, "draw", lambda *_: None)
        run = experiment.train(config, tmp_path / "run")
    x = next(iter(run.load("test").values()))[:70]
    z = np.random.default_rng(0).normal(size=(70, config.model.latent_dim)).astype(np.float32)
    for function in export.FUNCTIONS:
        if getattr(run.method, function):
            given = z if function == "decode" else x
            _, loader = export.write(run, function)
            spec = importlib.util.spec_from_file_location(function, loader)
            module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
            found, expected = getattr(module, function)(given), getattr(run, function)(given)
            np.testing.assert_array_equal(found, expected, err_msg=f"{file} {function}")

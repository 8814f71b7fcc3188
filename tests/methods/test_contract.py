"""What every method keeps, whatever it is: of every config and variant that there is."""

import sys

import pytest
from conftest import ROOT, command, config_files, tiny

from reprlearn import config as configs
from reprlearn import methods, schema, testing
from reprlearn.errors import UsageError


def cases():
    """Every config made small, and the variants of the first one of each method.

    The first config of each method is for every day, the others are for `pytest -m slow`. All tests
    of a case go to one worker, which builds and compiles it once.
    """
    known, found = set(), []
    for file in config_files():
        config = tiny(file)
        found.append((file, config, config.method in known))
        if config.method not in known:
            for other in testing.variants(config):
                fields = configs.differences(config, other)
                found.append(("-".join([file, *fields]), other, True))
        known.add(config.method)
    return [
        pytest.param(
            config,
            id=name,
            marks=[pytest.mark.xdist_group(name), *([pytest.mark.slow] if slow else [])],
        )
        for name, config, slow in found
    ]


@pytest.fixture(scope="module", params=cases())
def case(request):
    return testing.case(request.param)


@pytest.mark.parametrize("claim", testing.CLAIMS, ids=lambda claim: claim.__name__)
def test_every_method_keeps_it(case, claim):
    claim(case)


@pytest.mark.slow
@pytest.mark.parametrize("network", ["linear", "conv"])  # "mlp" is what configs have
@pytest.mark.parametrize(
    "file", ["autoencoder.py", "siamese.py", "vae.py", "gan_ring.py", "dann.py"]
)
def test_every_method_takes_every_network(file, network):
    """On images; every group but a mirror image and the adversary of codes, which are vectors."""
    data = "digits,digits" if file == "dann.py" else "digits"
    config = testing.small(configs.load(f"{ROOT}/configs/{file}:{data}"), {"model.latent_dim": 2})
    for name, group in config.model.items():
        if name in ("encoder", "generator") or (name, file) == ("discriminator", "gan_ring.py"):
            group.network, group.widths = network, (8, 4)
    case = testing.case(config)
    for claim in (
        testing.claims.update_is_finite_and_moves_every_parameter,
        testing.claims.training_compiles_for_accelerators,
        testing.claims.capabilities_have_the_shapes_they_promise,
        testing.claims.resumed_equals_undisturbed_to_the_bit,
    ):
        claim(case)


@pytest.mark.parametrize("platform", ["cuda", "tpu"])
@pytest.mark.parametrize("file", ["vae.py", "vae_conv.py"])
def test_convolutions_are_native_on_accelerators(file, platform):
    program = testing.claims.exported_step(testing.case(tiny(file)), platform).mlir_module()
    assert ("stablehlo.convolution" in program) == (file == "vae_conv.py")


def test_every_method_has_a_config():
    assert {tiny(file).method for file in config_files()} == set(methods.names())


MINE = '''
"""A mean that is learned, of a method of somebody else's."""

import jax.numpy as jnp

from reprlearn import losses, optimizers, settings
from reprlearn.methods import Method, gradient_step
from reprlearn.methods.base import initial_state

SETTINGS = {"model": {"start": settings.not_negative(0.0, "where it begins")}}
VARIANTS = ({"model.start": 0.5},)


def from_config(config, columns):
    shape, optimizer = columns["x"].shape, optimizers.from_config(config)

    def objective(params, model_state, batch, key, step):
        mean = 0 * batch["x"] + params["mean"][None]
        return {"loss": losses.squared_error(mean, batch["x"])}, model_state

    return Method(
        init=lambda key, batch: initial_state(
            {"mean": jnp.full(shape, config.model.start, "float32")}, optimizer
        ),
        update=gradient_step(objective, optimizer),
        evaluate=lambda state, batch, key: objective(state.params, {}, batch, key, state.step)[0],
        reconstruct=lambda state, x: 0 * x + state.params["mean"][None],
    )
'''


@pytest.fixture
def somebodys(tmp_path, monkeypatch):
    """A package of somebody else, with methods that work and that do not."""
    package = tmp_path / "somebodys"
    package.mkdir()
    files = {
        "__init__": "",
        "mine": MINE,
        "worse": MINE.replace('batch["x"])}', 'batch["x"]) * batch["x"].mean()}'),
        "wrong": MINE.replace("optimizers.from_config", "optimizers.no_such"),
        "broken": "import no_such_package",
        "empty": "",
    }
    for name, text in files.items():
        (package / f"{name}.py").write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield tmp_path
    for name in [name for name in sys.modules if name.split(".")[0] == "somebodys"]:
        del sys.modules[name]


def of(method):
    config = schema.default_config(f"somebodys.{method}", "digits")
    return testing.small(config)


def test_a_method_of_another_package_is_trained_and_held_to_the_contract(somebodys):
    testing.check_method(of("mine"))
    workdir, path = somebodys / "run", str(somebodys)
    arguments = ["--config=configs/autoencoder.py:digits", "--config.method=somebodys.mine"]
    steps = ["--config.training.steps=2", f"--workdir={workdir}"]
    done = command("train.py", *arguments, *steps, PYTHONPATH=path)
    assert done.returncode == 0, done.stderr
    again = command("-m", "reprlearn.evaluate", f"--workdir={workdir}", PYTHONPATH=path)
    assert "test/loss" in again.stdout, again.stderr


def test_a_method_that_breaks_the_contract_is_found(somebodys):
    with pytest.raises(AssertionError) as found:
        testing.check_method(of("worse"))
    claim = testing.claims.evaluate_gives_one_value_an_example_that_no_other_example_changes
    assert claim.__name__ in {entry.name for entry in found.traceback}


@pytest.mark.parametrize(
    ("method", "kind", "message"),
    [
        ("none", UsageError, "and there is no module 'somebodys.none'$"),
        (".mine", UsageError, "or a module such as my_package.mine$"),
        ("empty", UsageError, r"a module without SETTINGS$"),
        ("broken", ModuleNotFoundError, "No module named 'no_such_package'"),
        ("wrong", AttributeError, "has no attribute 'no_such'"),
    ],
)
def test_what_is_wrong_with_it_is_told_and_not_hidden(somebodys, method, kind, message):
    with pytest.raises(kind, match=message):
        methods.from_config(of(method), {}) if kind is UsageError else testing.case(of(method))

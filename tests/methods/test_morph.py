"""Morphing: against a network written out in SciPy, with weights of a file, and what is refused."""

import jax
import numpy as np
import pytest
from conftest import refusal, tiny
from PIL import Image
from scipy.ndimage import correlate

from reprlearn import config as configs
from reprlearn import data, experiment, export, kept, keys, methods
from reprlearn.columns import image

pytestmark = pytest.mark.xdist_group("morph")
SIDE = 6
COLUMNS = {"x": image((SIDE, SIDE, 3)), "style": image((SIDE, SIDE, 3))}
MEAN, DEVIATION = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """Two blocks, of two convolutions and of one, as a file."""
    rng = np.random.default_rng(0)
    shapes = {"conv1_1": (3, 4), "conv1_2": (4, 4), "conv2_1": (4, 5)}
    arrays = {}
    for name, (channels, width) in shapes.items():
        arrays[f"{name}/kernel"] = rng.normal(size=(3, 3, channels, width)).astype("f4")
        arrays[f"{name}/bias"] = rng.normal(size=width).astype("f4")
    path = tmp_path_factory.mktemp("weights") / "vgg.npz"
    np.savez(path, **arrays)
    return path, arrays


@pytest.fixture(scope="module")
def batch():
    x = jax.random.uniform(jax.random.key(0), (2, 1, SIDE, SIDE, 3))
    return {"x": x[0], "style": x[1] * 0.5}


def made(**fields):
    config = tiny("morph.py", **{"data__image_size": (SIDE, SIDE), **fields})
    return methods.from_config(config, COLUMNS)


def network(arrays, x):
    """The activations of one image `[H, W, 3]`, in float64."""
    h, found = (np.asarray(x, np.float64) - MEAN) / DEVIATION, {}
    for name in ("conv1_1", "conv1_2", "conv2_1"):
        if name == "conv2_1":
            h = h.reshape(SIDE // 2, 2, SIDE // 2, 2, -1).mean(axis=(1, 3))
        kernel, bias = arrays[f"{name}/kernel"], arrays[f"{name}/bias"]
        maps = [
            sum(
                correlate(h[..., c], kernel[..., c, f].astype(np.float64), mode="nearest")
                for c in range(h.shape[-1])
            )
            for f in range(kernel.shape[-1])
        ]
        h = np.maximum(np.stack(maps, axis=-1) + bias, 0)
        found[name] = h
    return found


@pytest.mark.parametrize("beta", [0.0, 3.0])
def test_distances_are_those_of_the_network_written_out(weights, batch, beta):
    path, arrays = weights
    layers = {"model__style_layers": ("conv1_1", "conv2_1"), "model__content_layer": "conv1_2"}
    fields = {"model__beta": beta, "model__colour": 7.0, "model__total_variation": 2.5}
    method = made(model__phi=str(path), **fields, **layers)
    state = method.init(keys.root(0), batch)
    images = [np.asarray(batch[role][0]) for role in ("x", "style")]
    content, style = (network(arrays, x) for x in images)
    means = {n: (content[n].mean(axis=(0, 1)) + style[n].mean(axis=(0, 1))) / 2 for n in content}
    means = {name: np.maximum(mean, mean.mean() / 10) for name, mean in means.items()}

    def gram(h):
        rows = h.reshape(-1, h.shape[-1])
        return rows.T @ rows / len(rows)

    x = jax.random.uniform(jax.random.key(5), (3, SIDE, SIDE, 3))
    found = method.resemblance(state, x)
    for place, one in enumerate(x):
        seen = {name: h / means[name] for name, h in network(arrays, one).items()}
        error = seen["conv1_2"] - content["conv1_2"] / means["conv1_2"]
        assert float(found["content"][place]) == pytest.approx(0.5 * np.square(error).mean(), 1e-3)
        of_layer = [
            np.square(gram(seen[n]) - gram(style[n] / means[n])).mean() / 4
            for n in ("conv1_1", "conv2_1")
        ]
        expected = (7 * of_layer[0] + of_layer[1]) / 2
        assert float(found["style"][place]) == pytest.approx(expected, rel=1e-3)
    values = method.evaluate(state, batch, keys.root(0))
    now = np.asarray(method.image(state)[0], np.float64)
    variation = sum(np.square(np.diff(now, axis=axis)).sum() for axis in (0, 1)) / now.size
    total = float(values["content"][0] + beta * values["style"][0]) + 2.5 * variation
    assert float(values["loss"][0]) == pytest.approx(total, rel=1e-5)


def test_the_two_images_are_at_no_distance_of_their_own(batch):
    method = made(model__widths=(4, 5), model__content_layer="conv2_1")
    state = method.init(keys.root(0), batch)
    of_content, of_style = (method.resemblance(state, batch[role]) for role in ("x", "style"))
    assert float(of_content["content"][0]) == pytest.approx(0, abs=1e-6)
    assert float(of_style["style"][0]) == pytest.approx(0, abs=1e-6)
    assert of_content["style"][0] > 0.01 and of_style["content"][0] > 0.01


@pytest.mark.parametrize("start", ["content", "style", "noise"])
def test_it_begins_where_it_is_told_and_its_parameter_is_the_image(batch, start):
    method = made(model__start=start, model__widths=(4, 5), model__content_layer="conv2_1")
    state = method.init(keys.root(0), batch)
    wanted = {"content": batch["x"], "style": batch["style"]}.get(start)
    if wanted is not None:
        np.testing.assert_allclose(method.image(state), np.clip(wanted, 0.02, 0.98), atol=1e-5)
    assert set(state.params) == {"image"} and state.params["image"].shape == batch["x"].shape
    after, metrics = method.update(state, batch, keys.root(0))
    assert jax.tree.all(jax.tree.map(np.array_equal, state.model_state, after.model_state))
    assert np.isfinite(metrics["loss"])


def test_later_random_kernels_do_not_see_brightness():
    method = made(model__widths=(4, 5), model__content_layer="conv2_1")
    one = jax.numpy.ones((1, SIDE, SIDE, 3))
    state = method.init(keys.root(0), {"x": 0.7 * one, "style": 0.2 * one})
    kernels = {name: layer["kernel"] for name, layer in state.model_state["phi"].items()}
    for name, kernel in kernels.items():
        even = np.abs(kernel.mean(axis=(0, 1))).max()
        assert even > 1e-3 if name == "conv1_1" else even < 1e-6


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A photograph's stand-in with a square, and stripes of other colours."""
    folder = tmp_path_factory.mktemp("images")
    square = np.full((40, 60, 3), 200, np.uint8)
    square[10:30, 20:40] = (30, 60, 90)
    stripes = np.zeros((50, 50, 3), np.uint8)
    stripes[:, ::4] = (250, 120, 0)
    for name, array in (("square", square), ("stripes", stripes)):
        Image.fromarray(array).save(folder / f"{name}.png")
    return folder


@pytest.fixture(scope="module")
def run(files, tmp_path_factory):
    pair = {"data__content": str(files / "square.png"), "data__style": str(files / "stripes.png")}
    config = tiny("morph.py", training__steps=60, model__widths=(8, 8, 8), **pair)
    return experiment.train(config, tmp_path_factory.mktemp("runs") / "run")


def test_it_has_the_content_of_one_and_the_style_of_the_other(run):
    assert run.summary["morph/style_ratio"] > 3  # 5 seeds: 4.4 to 32
    assert run.summary["morph/content_ratio"] < 0.95  # 5 seeds: .63 to .88
    arrays = kept.read(run.workdir, "morph").arrays
    np.testing.assert_array_equal(arrays["result"], run.image())
    found = {
        name: {k: float(v[0]) for k, v in run.method.resemblance(run.state, arrays[name]).items()}
        for name in ("content", "style", "result")
    }
    ratio = found["content"]["style"] / found["result"]["style"]
    assert run.summary["morph/style_ratio"] == pytest.approx(ratio, rel=1e-3)
    left = found["result"]["content"] / found["style"]["content"]
    assert run.summary["morph/content_ratio"] == pytest.approx(left, rel=1e-3)


def test_the_network_of_a_run_is_one_to_morph_with(batch, tmp_path):
    config = tiny("photo_autoencoder.py", scores=(), model__encoder__widths=(4, 6))
    learned = experiment.train(config, tmp_path / "run")
    file = export.write_weights(learned)
    assert file == tmp_path / "run" / "export" / "weights.npz"
    method = made(model__phi=str(file), model__content_layer="conv2_2")
    state = method.init(keys.root(0), batch)
    phi = learned.state.params["encoder"]["phi"]
    assert jax.tree.all(jax.tree.map(np.array_equal, phi, state.model_state["phi"]))


def test_images_are_brought_to_one_size_and_every_split_has_them(files):
    options = data.options.Options(
        "content_style", content=str(files / "square.png"), image_size=(20, 20)
    )
    dataset = data.open_dataset(options)
    arrays = [data.whole(dataset.open(split)) for split in data.SPLITS]
    for each in arrays:
        assert {role: a.shape for role, a in each.items()} == {
            "x": (1, 20, 20, 3),
            "style": (1, 20, 20, 3),
        }
        np.testing.assert_array_equal(each["x"], arrays[0]["x"])
    assert arrays[0]["x"][0, 10, 10].tolist() == [30, 60, 90]  # its centre
    assert arrays[0]["style"].std() > 20  # the flower that scikit-learn ships


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"model__alpha": 0.0, "model__beta": 0.0}, "model.alpha and model.beta are 0; allowed"),
        (
            {"model__content_layer": "conv9_1"},
            "model.content_layer is 'conv9_1'. Did you mean 'conv4_1'? Choices: conv1_1, conv1_2",
        ),
        ({"model__style_layers": ("relu",)}, "model.style_layers is 'relu'. Choices: conv1_1, co"),
        ({"data__image_size": (7, 20)}, "data.image_size is (7, 20); allowed with 4 blocks, which"),
        ({"data__content": "no.png"}, "data.content: 'no.png' cannot be read: No such file"),
        ({"data__style": __file__}, "is not a PNG, JPEG, WebP, BMP, GIF or TIFF image"),
        ({"model__phi": "no.npz"}, "model.phi is 'no.npz'; allowed: random, a .npz file"),
        ({"model__phi": __file__}, "allowed: random, a .npz file"),
        ({"scores": ("knn",)}, "'knn', which needs a method that encodes, labelled examples"),
    ],
)
def test_what_cannot_be_morphed_is_refused(fields, told, tmp_path):
    config = tiny("morph.py", model__widths=(4, 4, 4, 4), model__content_layer="conv3_1")
    for name, value in fields.items():
        configs.set_field(config, name.replace("__", "."), value)
    assert told in refusal(experiment.train, config, tmp_path / "no")
    assert not (tmp_path / "no").exists()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"conv1_2/kernel": np.zeros((3, 3, 4, 5), "f4")}, "whose layer conv1_2 has"),
        ({"conv2_1/kernel": np.zeros((3, 3, 3, 5), "f4")}, "whose layer conv2_1 has"),
        ({"conv1_1/bias": None}, "whose layer conv1_1 has {'kernel': (3, 3, 3, 4)}; allowed"),
        ({"fc6/kernel": np.zeros((3, 3), "f4")}, "with layers fc6; allowed: conv1_1, conv1_2"),
    ],
)
def test_weights_of_another_network_are_refused(weights, change, told, tmp_path):
    arrays = {name: a for name, a in (weights[1] | change).items() if a is not None}
    np.savez(tmp_path / "w.npz", **arrays)
    assert told in refusal(made, model__phi=str(tmp_path / "w.npz"))


def test_methods_of_one_image_take_no_other_data(tmp_path):
    config = tiny("morph.py", data__name="digits", data__image_size=())
    told = refusal(experiment.train, config, tmp_path / "no")
    assert "style, a second image: set data.name=content_style" in told


def damaged(path):
    """Files that are no weights, by what is wrong with them."""
    np.savez(path / "whole.npz", **{"conv1_1/kernel": np.zeros((3, 3, 3, 4), "f4")})
    whole = (path / "whole.npz").read_bytes()
    np.save(path / "array.npy", np.zeros(3))
    swapped = whole[:60] + bytes(80) + whole[140:]
    files = {"empty": b"", "cut": whole[: len(whole) // 2], "swapped": swapped}
    return files | {"array": (path / "array.npy").read_bytes()}


@pytest.mark.parametrize("wrong", ["empty", "cut", "array", "swapped"])
def test_a_file_that_is_no_weights_is_refused_in_a_line(tmp_path, wrong):
    (tmp_path / "w.npz").write_bytes(damaged(tmp_path)[wrong])
    assert "w.npz'; allowed: random, a .npz file" in refusal(
        made, model__phi=str(tmp_path / "w.npz")
    )


@pytest.mark.parametrize(
    ("kernel", "told"),
    [
        (np.float32(1.0), "whose layer conv1_1 has {'kernel': (), 'bias': (4,)}"),
        (np.full((3, 3, 3, 4), np.nan, "f4"), "whose conv1_1/kernel is not finite"),
    ],
)
def test_weights_that_are_none_are_refused(tmp_path, kernel, told):
    np.savez(tmp_path / "w.npz", **{"conv1_1/kernel": kernel, "conv1_1/bias": np.zeros(4, "f4")})
    assert told in refusal(made, model__phi=str(tmp_path / "w.npz"))


def test_a_run_is_resumed_with_the_weights_that_it_began_with(weights, tmp_path):
    path, arrays = weights
    mine = tmp_path / "mine.npz"
    mine.write_bytes(path.read_bytes())
    fields = {"model__phi": str(mine), "model__content_layer": "conv1_2", "scores": ()}
    experiment.train(tiny("morph.py", training__steps=4, **fields), tmp_path / "run")
    experiment.train(tiny("morph.py", training__steps=6, **fields), tmp_path / "run")
    np.savez(mine, **{name: 2 * array for name, array in arrays.items()})
    longer = tiny("morph.py", training__steps=8, **fields)
    told = refusal(experiment.train, longer, tmp_path / "run")
    assert "was trained on other data: the file model.phi has changed" in told

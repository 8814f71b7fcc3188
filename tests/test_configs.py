"""Every config is locked, builds, takes steps, and changes only what its header says."""

import json
import shutil
import sys
import zipfile
from pathlib import Path

import pytest
from conftest import ROOT, command, config_files, tiny
from ml_collections import ConfigDict, FrozenConfigDict

import reprlearn
from reprlearn import config as configs
from reprlearn import experiment, schema, scores, testing
from reprlearn.data import options
from reprlearn.errors import UsageError


@pytest.mark.parametrize("file", config_files())
def test_config_is_locked_and_complete(file):
    config = configs.load(str(ROOT / "configs" / file))
    schema.check(config)
    assert configs.differences(config, schema.complete(config)) == {}
    with pytest.raises(AttributeError):
        config.model.no_such_field = 1


@pytest.mark.parametrize("file", [file for file in config_files() if file != "dann_moons.py"])
def test_config_takes_its_data_set_after_a_colon(file):
    path = str(ROOT / "configs" / file)
    assert configs.load(f"{path}:digits").data.name == "digits"
    others = configs.differences(configs.load(path), configs.load(f"{path}:digits"))
    assert "data.name" in others
    of_set = {"data.name", "data.classes", "data.ignore", "data.target"}  # go with a set
    of_mixtures = {"scores", "model.data_scale"}
    of_mixtures |= {f"model.{player}.bias_scales" for player in ("generator", "discriminator")}
    assert set(others) <= of_set | (of_mixtures if file.startswith("gan") else set())


def test_a_gan_takes_images_too():
    config = testing.small(configs.load(f"{ROOT}/configs/gan_ring.py:digits"))
    testing.claims.update_is_finite_and_moves_every_parameter(testing.case(config))


def test_a_second_data_set_after_a_comma_is_the_target():
    config = configs.load(f"{ROOT}/configs/vae.py:photos_2019/,photos_2024/")
    assert (config.data.name, config.data.target) == ("photos_2019/", "photos_2024/")


def test_a_path_with_a_comma_that_is_there_is_one(tmp_path):
    (tmp_path / "a,b").mkdir()
    for file in ("vae.py", "dann.py"):
        config = configs.load(f"{ROOT}/configs/{file}:{tmp_path}/a,b")
        assert (config.data.name, config.data.target) == (f"{tmp_path}/a,b", None)


def test_the_fields_of_a_set_have_the_same_defaults_everywhere():
    config = configs.load(str(ROOT / "configs" / "vae.py"))
    assert options.read(config.data) == options.Options("mnist_5k")
    assert set(options.OF_SET) <= set(config.data)
    of_pairs = configs.load(str(ROOT / "configs" / "siamese.py"))
    assert options.read(of_pairs.data) == options.Options("fashion_mnist")
    assert set(options.FIELDS) <= set(of_pairs.data)


def test_the_moons_take_their_angle_after_a_colon():
    path = str(ROOT / "configs" / "dann_moons.py")
    assert configs.load(path).data.target == "moons-35"
    assert configs.load(f"{path}:50").data.target == "moons-50"
    others = configs.differences(configs.load(path), configs.load(f"{path}:50"))
    assert set(others) == {"data.target"}


def test_a_copy_shares_nothing_and_can_be_of_a_frozen_config():
    widths = [3, 4]
    config = ConfigDict({"a": 1, "model": {"widths": widths, "scale": 0.5}, "none": None})
    copied, frozen = configs.copy(config), configs.copy(FrozenConfigDict(config))
    config.a, config.model.scale = 2, 7.0
    widths[0] = 9
    for found in (copied, frozen):
        assert found.to_dict() == {"a": 1, "model": {"widths": (3, 4), "scale": 0.5}, "none": None}
        assert found.is_locked


def test_a_baseline_is_the_config_with_its_own_fields():
    config = configs.load(str(ROOT / "configs" / "dann_moons.py"))
    baseline = configs.baseline(config, "source_only")
    others = configs.differences(config, baseline)
    assert others["model.trained_on"] == ("source_and_target", "source")
    own = {"model.trained_on", "baselines.source_only.model.trained_on"}
    assert set(others) == own | {"figures", "report"}
    assert (baseline.figures, baseline.report) == ("off", "off")
    config.unlock().baselines.source_only.figures = "on"
    assert configs.baseline(config, "source_only").figures == "on"
    config.unlock().baselines.source_only.model.trained_onn = "source"
    with pytest.raises(UsageError, match=r"has model\.trained_onn, no such field. Did you mean"):
        configs.baseline(config, "source_only")


@pytest.mark.parametrize("file", config_files())
def test_header_states_command_cost_and_result(file):
    text = (ROOT / "configs" / file).read_text().split('"""')[1]
    assert f"python train.py --config=configs/{file}" in text
    assert "Cost:" in text
    assert "Result:" in text


@pytest.mark.parametrize("file", config_files())
def test_config_trains(file, tmp_path, monkeypatch):
    monkeypatch.setattr(scores.load("map"), "LANDMARKS", 100)  # fewer and faster maps
    monkeypatch.setattr(scores.load("map"), "PERPLEXITIES", (10,))
    whole = configs.load(str(ROOT / "configs" / file))
    own = {name: whole[name] for name in ("scores", "watch", "figures", "report")}
    run = experiment.train(tiny(file, training__steps=4, **own), tmp_path / "run")
    assert run.summary["steps"] == 4
    assert all(run.summary[name] is not None for name in run.summary if name.startswith("test/"))


def test_json_round_trip():
    config = configs.load(str(ROOT / "configs/vae.py"))
    again = configs.copy(json.loads(configs.to_json(config)))
    assert configs.differences(config, again) == {}
    assert again.model.encoder.widths == (512,)


def test_differences_name_path_and_both_values():
    old, new = tiny("vae.py"), tiny("vae.py", model__latent_dim=7)
    assert configs.differences(old, new) == {"model.latent_dim": (2, 7)}


@pytest.mark.parametrize("seed", [-1, 2**32, 2**70])
def test_seeds_that_a_key_cannot_tell_apart_are_refused(seed):
    with pytest.raises(UsageError, match="seed is"):
        schema.check(tiny("vae.py", seed=seed))
    schema.check(tiny("vae.py", seed=2**32 - 1))


def test_load_config_is_public():
    assert reprlearn.load_config(str(ROOT / "configs/vae.py:digits")).data.name == "digits"


def test_a_config_is_found_by_its_name_from_anywhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert configs.load("vae:digits") == configs.load(f"{ROOT}/configs/vae.py:digits")
    own = "from configs import vae\ndef get_config(d='digits'):\n    return vae.get_config(d)\n"
    for name in ("mine", "gan_ring"):
        (tmp_path / "configs").mkdir(exist_ok=True)
        (tmp_path / "configs" / f"{name}.py").write_text(own)
    assert configs.load("mine") == configs.load("gan_ring")  # one's own go before the library's
    (tmp_path / "configs" / "vae.py").write_text("def get_config(d):\n    return {'own': d}\n")
    assert configs.load("mine") == {"own": "digits"}
    with pytest.raises(UsageError, match=r"'mien', no such file. Did you mean 'mine'. Choices: an"):
        configs.load("mien")
    with pytest.raises(UsageError, match=r"'vea.py', no such file.* Choices: anomaly_autoencoder,"):
        configs.load("vea.py")
    with pytest.raises(UsageError, match=r"'configs/min.py', no such file.* Choices: configs/gan_"):
        configs.load("configs/min.py")


def test_two_folders_of_configs_never_mix(tmp_path):
    for place in ("one", "two"):
        folder = tmp_path / place / "configs"
        folder.mkdir(parents=True)
        (folder / "__init__.py").touch()
        (folder / "base.py").write_text(f"NAME = {place!r}")
        (folder / "mine.py").write_text(
            "import ml_collections\n"
            "def get_config():\n"
            "    from configs import base\n"
            "    return ml_collections.ConfigDict({'name': base.NAME})\n"
        )
    before = {name: module for name, module in sys.modules.items() if name.startswith("configs")}
    found = [configs.load(f"{tmp_path}/{place}/configs/mine.py").name for place in ("one", "two")]
    assert found == ["one", "two"]
    after = {name: module for name, module in sys.modules.items() if name.startswith("configs")}
    assert after == before
    assert str(tmp_path) not in " ".join(sys.path)


@pytest.mark.slow
def test_an_installed_package_has_its_configs(tmp_path):
    source = tmp_path / "source"  # a build leaves folders behind
    for name in ("reprlearn", "configs"):
        shutil.copytree(ROOT / name, source / name, symlinks=True)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    build = ("-m", "pip", "wheel", "--quiet", "--no-deps", f"--wheel-dir={tmp_path}", str(source))
    assert command(*build).returncode == 0
    (wheel,) = tmp_path.glob("*.whl")
    names = {Path(name).name for name in zipfile.ZipFile(wheel).namelist() if "/configs/" in name}
    assert names == {"__init__.py", *config_files()}

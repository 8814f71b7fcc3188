"""Data that changed, moved, or are asked for otherwise than they are: noticed, found, refused."""

import numpy as np
import pytest
from conftest import command, labelled_images, tiny
from photos import photographs

import reprlearn
from reprlearn import experiment
from reprlearn.errors import UsageError


def train(given, workdir, file="vae.py", **fields):
    return reprlearn.train(tiny(file, data__batch_size=10, **fields), workdir, data=given)


def test_a_finished_run_does_not_answer_for_other_data(tmp_path):
    x, y = labelled_images()
    run = train((x, y), tmp_path / "run")
    assert train((x, y), tmp_path / "run").summary == run.summary
    with pytest.raises(UsageError, match="other data: the test split has changed"):
        train((255 - x, y), tmp_path / "run")


def test_evaluate_says_that_a_file_has_changed(tmp_path):
    x, y = labelled_images()
    np.savez(tmp_path / "a.npz", x=x, y=y)
    config = tiny("vae.py", data__name=str(tmp_path / "a.npz"), data__batch_size=10)
    experiment.train(config, tmp_path / "run")
    evaluate = ("-m", "reprlearn.evaluate", f"--workdir={tmp_path / 'run'}")
    for split in ("train", "test"):
        done = command(*evaluate, f"--split={split}")
        assert done.returncode == 0 and "warning" not in done.stderr, done.stderr
    np.savez(tmp_path / "a.npz", x=255 - x, y=y)
    for split in ("train", "test"):
        told = command(*evaluate, f"--split={split}").stderr
        assert f"warning: the {split} split of" in told and "is not the one of" in told


def test_a_run_goes_on_wherever_its_data_are_now(tmp_path):
    x, y = labelled_images()
    runs = []
    for name, steps in (("a.npz", 12), ("b.npz", 18)):
        np.savez(tmp_path / name, x=x, y=y)
        fields = {"data__name": str(tmp_path / name), "training__steps": steps}
        runs.append(experiment.train(tiny("vae.py", data__batch_size=10, **fields), tmp_path / "r"))
    assert runs[1].summary["steps"] == 18
    fields = {"data__name": "digits", "training__steps": 24}
    with pytest.raises(UsageError, match=r"other data: x is image of shape \(6, 5, 1\) there, "):
        experiment.train(tiny("vae.py", data__batch_size=10, **fields), tmp_path / "r")


def test_two_domains_that_moved(tmp_path):
    x, y = labelled_images()
    for name in ("a", "b"):
        np.savez(tmp_path / f"{name}.npz", x=x, y=y)
    names = {"data__name": f"{tmp_path}/a.npz", "data__target": f"{tmp_path}/b.npz"}
    run = experiment.train(tiny("dann_moons.py", **names, scores=()), tmp_path / "run")
    before = run.evaluate()
    for name in ("a", "b"):
        (tmp_path / f"{name}.npz").rename(tmp_path / f"new_{name}.npz")
    moved = f"{tmp_path}/new_a.npz,{tmp_path}/new_b.npz"
    assert reprlearn.restore(tmp_path / "run", data=moved).evaluate() == before


def test_photographs_are_decoded_once_and_one_alone_is_encoded(tmp_path, capsys):
    folder = photographs(tmp_path / "photos")
    fields = {"data__name": str(folder), "data__data_dir": str(tmp_path / "prepared")}
    experiment.train(tiny("vae.py", data__batch_size=10, **fields), tmp_path / "run")
    assert "Preparing" in capsys.readouterr().err
    run = reprlearn.restore(tmp_path / "run")
    run.evaluate()
    assert "Preparing" not in capsys.readouterr().err
    assert len(list((tmp_path / "prepared" / "own_images").iterdir())) == 1
    photographs(tmp_path / "one", count=1, classes=("tulip",))
    assert run.encode_dataset(tmp_path / "one")["name"].tolist() == ["tulip/00.png"]


def test_classes_are_not_taken_for_their_names(tmp_path):
    x, y = labelled_images(count=240)
    fields = {"data__classes": (1, 2), "scores": ()}
    with pytest.raises(
        UsageError, match=r"their names 1, 2, 3; the classes of these names have .* \(0, 1\)"
    ):
        train((x, y + 1), tmp_path / "no", "siamese.py", **fields)
    assert train((x, y), tmp_path / "yes", "siamese.py", **fields).summary["steps"] == 12


def test_labels_that_the_run_does_not_know_are_left_out(tmp_path):
    x, y = labelled_images()
    run = train(x, tmp_path / "run")
    assert set(run.encode_dataset((x, y))) == {"z", "name"}
    given = {"train": (x, np.full(60, -1)), "test": (x, y)}
    fields = {"model__loss": "supervised_contrastive", "data__classes": (), "scores": ()}
    with pytest.raises(UsageError, match=r"no (training )?example.* has a label"):
        train(given, tmp_path / "no", "siamese.py", **fields)


def test_a_target_beside_data_in_memory_is_refused(tmp_path):
    with pytest.raises(UsageError, match=r"data\.target is 'moons'; allowed with data in memory"):
        train(labelled_images(), tmp_path / "run", data__target="moons")


def test_what_was_read_is_told(tmp_path, capsys):
    train(labelled_images(), tmp_path / "run")
    told = capsys.readouterr().err.splitlines()
    assert "memory: images of shape 6 x 5 x 1, 3 classes; " in told[0]
    assert told[0].endswith(" test")


def test_classes_that_are_never_trained_are_told(tmp_path, capsys):
    x = np.random.default_rng(0).normal(size=(30, 3))
    data = {"train": (x, np.arange(30) % 2), "test": (x[:9], np.arange(9) % 3)}
    config = tiny("vae.py", data__batch_size=10, training__steps=2)
    experiment.train(config, tmp_path / "run", data=data)
    assert "classes without a training example: 2\n" in capsys.readouterr().err


def test_a_path_that_is_not_there_is_told_before_a_field_that_it_does_not_use(tmp_path):
    config = tiny("vae.py", data__name=f"{tmp_path}/a.csv ", data__label="species")
    with pytest.raises(UsageError, match=r"^data.name is '.*a.csv ', no such folder"):
        experiment.train(config, tmp_path / "run")
    config = tiny("dann.py", data__name="moons", data__target=f"{tmp_path}/no/")
    with pytest.raises(UsageError, match=r"^data.target is '.*/no/', no such folder"):
        experiment.train(config, tmp_path / "run")


def test_a_run_is_restored_without_a_word(tmp_path, capsys, caplog):
    run = experiment.train(tiny("vae.py", training__steps=2), tmp_path / "run")
    capsys.readouterr(), caplog.clear()
    reprlearn.restore(run.workdir).load("test")
    assert capsys.readouterr() == ("", "") and not caplog.records

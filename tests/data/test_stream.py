"""Streams: the device feed's batches to the bit, from files, with any number of workers."""

import json
import multiprocessing
from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from conftest import tiny

from reprlearn import config as configs
from reprlearn import data, experiment, keys, schema, subject
from reprlearn.data import stored, stream
from reprlearn.data.dataset import Rows
from reprlearn.errors import UsageError
from reprlearn.roles import Takes
from reprlearn.training import loop, prefetch

KEY = keys.root(3)
SHUFFLE = keys.stream(KEY, "shuffle")


def options(**values):
    base = {"name": "digits", "feed": "stream", "workers": 0, "batch_size": 20, "classes": ()}
    base |= {"max_labels": 0}
    return SimpleNamespace(**(base | values))


def split_to_stream(takes, chosen):
    return data.split_to_stream(data.open_dataset(chosen), takes, chosen)


def feeds(steps=200, steps_per_call=4, minibatches=1, **others):
    """A device feed and a stream of the digits to train on."""
    chosen, takes = options(**others), Takes(("x", "y"), minibatches=minibatches)
    device = data.make_feed(takes, data.load("digits", "train"), chosen, steps=steps)
    sizes = {"steps": steps, "steps_per_call": steps_per_call}
    split = split_to_stream(takes, chosen)
    return device, data.make_stream(split, takes, chosen, **sizes)


def assert_same(got, wanted):
    assert set(got) == set(wanted)
    for name, array in wanted.items():
        assert got[name].dtype == array.dtype
        np.testing.assert_array_equal(got[name], array)


@pytest.mark.parametrize("block_bytes", [1, 10_000, 2**20])
def test_batches_are_those_of_the_device_feed_from_any_step(block_bytes, monkeypatch):
    """1,298 examples in batches of 40: an epoch ends inside the batch of step 32."""
    monkeypatch.setattr(stream, "BLOCK_BYTES", block_bytes)
    device, streamed = feeds(minibatches=2)
    batch_at = jax.jit(device.batch_at)
    read = list(streamed.batches(SHUFFLE, 29, 40))
    assert len(read) == 11
    for step, batch in enumerate(read, start=29):
        wanted = batch_at(device.arrays, SHUFFLE, jnp.int32(step))
        assert_same(data.as_floats(jax.tree.map(jnp.asarray, batch)), wanted)


def test_chunks_of_any_span_have_one_shape_and_give_the_batches_of_their_steps():
    device, streamed = feeds()
    stops = [34, 35, 39, 40]
    shapes = jax.tree.map(np.shape, dict(streamed.arrays))
    wanted_at, batch_at = jax.jit(device.batch_at), jax.jit(streamed.batch_at)
    with prefetch.arrays_of_calls(streamed, KEY, 31, 40, iter(stops)) as chunks:
        step = 31
        for stop, chunk in zip(stops, chunks, strict=True):
            assert jax.tree.map(np.shape, dict(chunk)) == shapes
            for at in map(jnp.int32, range(step, stop)):
                assert_same(batch_at(chunk, SHUFFLE, at), wanted_at(device.arrays, SHUFFLE, at))
            step = stop
    assert batch_at._cache_size() == 1  # nothing compiles twice
    assert loop.batch_spec(streamed) == loop.batch_spec(device)


def test_a_stream_trains_what_the_device_trains_with_any_number_of_workers(tmp_path, monkeypatch):
    monkeypatch.setattr(stream, "BLOCK_BYTES", 3 * 20 * 68)  # 4 blocks of 3 steps for 12 steps
    runs = {}
    for name, fields in {
        "device": {"data__feed": "device"},
        "no workers": {"data__feed": "stream", "data__workers": 0},
        "two workers": {"data__feed": "stream", "data__workers": 2},
    }.items():
        runs[name] = experiment.train(tiny("vae.py", **fields), tmp_path / name)
    assert len({run.summary["state_sha256"] for run in runs.values()}) == 1
    assert len({run.summary["test/elbo"] for run in runs.values()}) == 1
    logs = [[line | {"seconds": 0} for line in run.history] for run in runs.values()]
    assert logs[0] == logs[1] == logs[2]
    assert not multiprocessing.active_children()


@pytest.mark.slow
def test_a_run_goes_on_inside_an_epoch_with_the_other_feed(tmp_path):
    """65 steps of 20 are an epoch of 1,298 and a little; the run stops at 60 and goes on twice."""
    sizes = {"training__checkpoint_every": 30, "training__steps_per_call": 7}
    straight = experiment.train(
        tiny("vae.py", **sizes, data__feed="device", training__steps=70), tmp_path / "straight"
    )
    for steps, feed in ((30, "stream"), (60, "device"), (70, "stream")):
        fields = {"training__steps": steps, "data__feed": feed, "data__workers": 0}
        parts = experiment.train(tiny("vae.py", **sizes, **fields), tmp_path / "parts")
    assert parts.summary["state_sha256"] == straight.summary["state_sha256"]
    assert parts.config.data.feed == "stream"


def test_the_training_split_is_never_read_whole(tmp_path, monkeypatch):
    read = []
    records_read = stored.Records.read

    def counted(records, places):
        read.append(len(places))
        return records_read(records, places)

    monkeypatch.setattr(subject, "FITTED", 100)
    monkeypatch.setattr(stored.Records, "read", counted)
    monkeypatch.setattr(stream, "BLOCK_BYTES", 1)
    fields = {"data__feed": "stream", "data__workers": 0, "scores": ("retrieval",)}
    run = experiment.train(tiny("vae.py", **fields), tmp_path / "run")
    assert "retrieval/pca_recall_at_1" in run.summary
    assert max(read) < 400  # the test split; batches are 20
    described = json.loads((tmp_path / "run" / "environment.json").read_text())["data"]
    assert described["sizes"] == {"train": 1298, "validation": 144, "test": 355}
    assert len(described["train"]["source"]) == 64


def test_several_seeds_have_no_stream(tmp_path):
    config = tiny("vae.py", data__feed="stream", training__num_seeds=2)
    with pytest.raises(UsageError, match=r"is 'stream' with training\.num_seeds 2; allowed: auto"):
        experiment.train(config, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_an_error_while_training_ends_the_stream(tmp_path, monkeypatch):
    ended = []
    batches = stream._read

    def watched(*arguments):
        try:
            yield from batches(*arguments)
        finally:
            ended.append(True)

    monkeypatch.setattr(stream, "_read", watched)
    config = tiny("vae.py", optimizer__name="sgd", optimizer__learning_rate=1e30)
    config.data.feed, config.data.workers = "stream", 0
    with pytest.raises(ArithmeticError, match="training diverged"):
        experiment.train(config, tmp_path / "run")
    # The run's; that of its first batch, read again; that of its steps, taken again.
    assert ended == 3 * [True]


def test_an_error_while_reading_is_raised_where_the_batch_is_needed(tmp_path, monkeypatch):
    def broken(*_):
        yield from ()
        raise OSError("the disk is gone")

    monkeypatch.setattr(stream, "_read", broken)
    config = tiny("vae.py", data__feed="stream", data__workers=0)
    with pytest.raises(OSError, match="the disk is gone"):
        experiment.train(config, tmp_path / "run")


def test_auto_streams_what_is_larger_than_the_bound(monkeypatch):
    chosen = options(feed="auto")
    assert split_to_stream(Takes(), chosen) is None
    monkeypatch.setattr(stream, "DEVICE_BYTES", 1298 * (8 * 8 + 4) - 1)
    assert len(split_to_stream(Takes(), chosen)) == 1298
    assert split_to_stream(Takes(), options(feed="device")) is None
    assert (
        split_to_stream(Takes(("x", "y"), "pairs"), chosen) is None
    )  # only on the device, whatever its size


@pytest.mark.parametrize(
    ("takes", "fields", "message"),
    [
        (
            Takes(("x", "y"), "pairs"),
            {},
            "'stream'; allowed with batches of pairs, .*: auto, device",
        ),
        (Takes(("source/x", "target/x")), {"name": "moons", "target": "moons-35"}, "two domains"),
        (Takes(), {"name": "ring"}, "allowed with data.name 'ring', which is drawn: auto"),
        (Takes(("x", "labelled/x")), {}, "allowed with labelled examples beside all, which this"),
        (
            Takes(("x", "y", "s", "s_weight")),
            {},
            "allowed with weights of examples, which this method takes: auto, device",
        ),
        (Takes(("x", "y")), {"max_labels": 50}, "allowed with data.max_labels 50: auto, device"),
        (Takes(("x", "y")), {"classes": (0, 1)}, r"with data.classes \(0, 1\): auto, device"),
    ],
)
def test_what_cannot_be_streamed_is_refused(takes, fields, message):
    with pytest.raises(UsageError, match=message):
        split_to_stream(takes, options(**fields))


def test_a_batch_larger_than_the_split_and_missing_labels_are_refused():
    split = split_to_stream(Takes(), options())
    sizes = {"steps": 10, "steps_per_call": 4}
    with pytest.raises(UsageError, match=r"data\.batch_size is 2000; allowed: at most 1298"):
        data.make_stream(split, Takes(), options(batch_size=2_000), **sizes)
    bare = Rows({"x": np.zeros((30, 8, 8, 1), np.uint8)})
    with pytest.raises(UsageError, match="data: x, without y; the method takes x, y"):
        data.make_stream(bare, Takes(("x", "y")), options(), **sizes)


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        (
            "data.feed",
            "steam",
            r"data\.feed is 'steam'\. Did you mean 'stream'\? Choices: auto, device",
        ),
        ("data.workers", -1, "data.workers is -1; allowed: an integer, at least 0"),
    ],
)
def test_fields_are_checked(field, value, message):
    config = tiny("vae.py")
    configs.set_field(config, field, value)
    with pytest.raises(UsageError, match=message):
        schema.check(config)

"""How fast the library is, against what this machine could do at best: a JSON object a line.

python benchmarks/throughput.py --workload=w1
python benchmarks/throughput.py                        # all of them
python benchmarks/throughput.py --workload=w1 --batch=1024 --dtype=bfloat16

    workload        one of WORKLOADS, below
    step_ms         of one training step, the median of 5 calls of the compiled loop
    images_per_s    of w6; seconds of w8, w9, w11 and w12: medians of 5 too
    peak_gflops     of a large matrix product, measured before and after, the better of both
    floor_ms        the larger of the products' operations / peak and bytes / bandwidth; of the
                    state every byte is read and written once, of the batch read once
    ratio_to_floor  how often the floor fits in the time measured
    mfu             its inverse where operations set the floor: the model's share of the peak
"""

import argparse
import importlib.metadata
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))  # started as a script, from wherever

QUERIES, ITEMS, WIDTH = 10_000, 60_000, 64
SAMPLES, SCORED = 1_000, 100

# What is trained, and the steps of one timed call.
TRAINED = {
    "w1": ("vae", {}, 300),
    "w2": ("conv_autoencoder", {}, 30),
    "w3": ("gan", {}, 600),
    "w4": ("dann", {}, 2_000),
    "w5": ("siamese", {}, 400),
    "w7": ("gan", {"training__num_seeds": 8}, 80),
    "w10": ("conv_vae", {}, 12),
    "w13": ("morph", {}, 3),
    "w14": ("dann_images", {}, 60),
    "w15": ("mined_triplets", {}, 200),
}


def train(name: str, options: argparse.Namespace) -> dict[str, float]:
    """A training workload: the compiled loop, with the gather, the cast and the metrics' sums."""
    from benchmarks import workloads, yardsticks
    from benchmarks.arrays import COLOURED, DIGITS, PHOTO, PHOTOS

    config, fields, steps = TRAINED[name]
    fields = dict(fields)
    if options.batch:
        fields["data__batch_size"] = options.batch
    if options.dtype != "float32":
        fields["model__dtype"] = options.dtype
    own = {"w10": (PHOTOS, PHOTO), "w14": (DIGITS, COLOURED)}
    data = dict(zip(("examples", "shape"), own[name], strict=True)) if name in own else {}
    work = workloads.training(getattr(workloads, config)(**fields), **data)
    flops = yardsticks.matmul_flops(work.step, work.state)
    moved = 2 * yardsticks.state_bytes(work.state) + work.batch_bytes
    steps, state = options.steps or steps, [work.state]

    def call():
        state[0] = work.run(state[0], steps)

    seconds, machine = yardsticks.measured(call, options.dtype)
    floor = machine.floor(flops, moved)
    return {"step_ms": 1e3 * seconds / steps} | machine.judge(seconds / steps, floor, flops)


def log_likelihood(name: str, options: argparse.Namespace) -> dict[str, float]:
    """w6: log p(x) of w1's VAE from 1,000 samples an image, images a second."""
    import jax

    from benchmarks import workloads, yardsticks
    from benchmarks.arrays import images
    from reprlearn import columns, data, keys, methods
    from reprlearn.training import parallel

    method = methods.from_config(workloads.vae(), {"x": columns.image((28, 28, 1))})
    x = data.as_floats({"x": jax.numpy.asarray(images(SCORED)["x"])})
    state = parallel.initial_state(method, keys.root(0), x)
    samples = options.samples
    estimate = parallel.compiled(method.log_likelihood, static=(3,))
    flops = yardsticks.matmul_flops(
        lambda x: method.log_likelihood(state, x, keys.root(1), samples), x["x"]
    )
    seconds, machine = yardsticks.measured(
        lambda: estimate(state, x["x"], keys.root(1), samples), "float32"
    )
    floor = machine.floor(flops, yardsticks.state_bytes(state.params))
    return {"images_per_s": SCORED / seconds} | machine.judge(seconds, floor, flops)


def start(name: str, options: argparse.Namespace) -> dict[str, float]:
    """w8: from starting Python to the first training step of configs/vae.py, caches warm."""
    import statistics

    seconds = [first_step() for _ in range(1 + 5)][1:]
    return {"seconds": statistics.median(seconds), "seconds_at_most": max(seconds)}


def first_step() -> float:
    """From starting train.py to the first line of metrics.jsonl, written after one step."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "run" / "metrics.jsonl"
        flags = ["--config=configs/vae.py", f"--workdir={folder}/run"]
        flags += ["--config.training.steps_per_call=1", "--config.training.log_every=1"]
        command = [sys.executable, "train.py", *flags]
        begin = time.perf_counter()
        process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL)
        while not (log.is_file() and log.stat().st_size):
            if process.poll() is not None:
                raise SystemExit("train.py ended before its first step")
            time.sleep(0.005)
        elapsed = time.perf_counter() - begin
        process.kill()
        process.wait()
        return elapsed


def search(name: str, options: argparse.Namespace) -> dict[str, float]:
    """w9: recall at 1 of 10,000 queries among 60,000 items of 64 dimensions; w12: MAP@R as well."""
    import numpy as np

    from benchmarks import yardsticks
    from reprlearn import evaluation

    rng, share = np.random.default_rng(0), options.share
    queries, items = int(QUERIES * share), int(ITEMS * share)
    x, y = rng.normal(size=(queries, WIDTH)), rng.normal(size=(items, WIDTH))
    labels, gallery_labels = rng.integers(0, 10, queries), rng.integers(0, 10, items)

    def recall():
        return np.mean(gallery_labels[evaluation.nearest(x, y).places[:, 0]] == labels)

    def both():
        gallery = {"gallery_embeddings": y, "gallery_labels": gallery_labels}
        return evaluation.retrieval(x, labels, **gallery)["map_at_r"]

    seconds, machine = yardsticks.measured({"w9": recall, "w12": both}[name], "float32")
    flops = 2 * queries * items * WIDTH
    floor = machine.floor(flops, 4 * WIDTH * (queries + items))
    return {"seconds": seconds} | machine.judge(seconds, floor, flops)


def prepare(name: str, options: argparse.Namespace) -> dict[str, float]:
    """w11: 5,000 JPEGs of 256x256, prepared at 64x64 and read as one array."""
    import statistics

    from benchmarks import photographs
    from reprlearn import data
    from reprlearn.data.options import Options

    def seconds():
        with tempfile.TemporaryDirectory() as prepared:  # each time anew
            settings = Options(str(folder), data_dir=prepared, image_size=2 * (photographs.SIDE,))
            begin = time.perf_counter()
            data.whole(data.open_dataset(settings).open("all"))
            return time.perf_counter() - begin

    with photographs.folder(int(options.share * photographs.COUNT)) as folder:
        return {"seconds": statistics.median([seconds() for _ in range(1 + 5)][1:])}


WORKLOADS: dict[str, Callable[[str, argparse.Namespace], dict[str, float]]] = {
    **dict.fromkeys(("w1", "w2", "w3", "w4", "w5"), train),
    "w6": log_likelihood,
    "w7": train,
    "w8": start,
    "w9": search,
    "w10": train,
    "w11": prepare,
    "w12": search,
    "w13": train,
    "w14": train,
    "w15": train,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--workload", choices=["all", *WORKLOADS], default="all")
    parser.add_argument("--batch", type=int, default=None, help="of a training workload")
    parser.add_argument("--dtype", choices=["float32", "bfloat16"], default="float32")
    parser.add_argument("--steps", type=int, default=None, help="of one timed call of training")
    parser.add_argument("--samples", type=int, default=SAMPLES, help="an image, of w6")
    parser.add_argument(
        "--share",
        type=float,
        default=1.0,
        help="of the queries and items of w9, w12; of the files of w11",
    )
    options = parser.parse_args()
    names = WORKLOADS if options.workload == "all" else [options.workload]
    about = {"jax": importlib.metadata.version("jax"), "dtype": options.dtype}
    if options.batch:
        about["batch"] = options.batch
    for name in names:
        values = WORKLOADS[name](name, options)
        rounded = {field: float(f"{value:.4g}") for field, value in values.items()}
        print(json.dumps({"workload": name} | rounded | about), flush=True)


if __name__ == "__main__":
    main()

"""Training on more images than one would keep in memory: how much memory it takes, how fast it is.

python benchmarks/streaming.py
python benchmarks/streaming.py --images=2000000 --steps=20000 --folder=/tmp/streaming

Generates images of 28x28 (1.1 GB of files for 2 million; removed at the end, unless a folder is
named), trains configs/vae.py on them through data.feed=stream, and samples the resident memory of
the process and of its children. Resident memory counts the pages that processes share once for each
of them, so the sum says too much rather than too little. The baseline is the peak of the same
command on a tiny set that lies on the device. Then, in turn, images per second of both feeds on
Fashion-MNIST, which needs its files: Debian's package dataset-fashion-mnist, or a network.
"""

import argparse
import concurrent.futures
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parent.parent
SHARDS, HELD_OUT, ROUNDS = 16, 2_000, 3
MIB = 2**20


def write_shard(path: Path, count: int, seed: int) -> int:
    """Writes `count` MNIST digits, each moved and dimmed at random; returns their bytes."""
    from array_record.python.array_record_module import ArrayRecordWriter
    from tensorflow_datasets.proto import tf_example_pb2

    from reprlearn import data

    digits = data.load("mnist_5k", "train")
    padded = np.pad(digits["x"][..., 0], ((0, 0), (4, 4), (4, 4)))
    rng, side = np.random.default_rng(seed), np.arange(28)
    writer, size = ArrayRecordWriter(str(path), "group_size:1"), 0
    for start in range(0, count, 1_000):
        rows = min(1_000, count - start)
        chosen = rng.integers(0, len(padded), rows)
        down, right = side + rng.integers(0, 9, (2, rows, 1))
        images = padded[chosen[:, None, None], down[:, :, None], right[:, None, :]]
        images = (images * rng.uniform(0.5, 1.0, (rows, 1, 1))).astype(np.uint8)
        for image, label in zip(images, digits["y"][chosen], strict=True):
            example = tf_example_pb2.Example()
            example.features.feature["image"].bytes_list.value.append(image.tobytes())
            example.features.feature["label"].int64_list.value.append(int(label))
            record = example.SerializeToString()
            writer.write(record)
            size += len(record)
    writer.close()
    return size


def generate(folder: Path, images: int) -> None:
    """The set "generated" as TFDS stores one: `images` for training, a few held out."""
    import tensorflow_datasets as tfds

    home = folder / "generated" / "1.0.0"
    if (home / "dataset_info.json").is_file():
        return
    home.mkdir(parents=True)
    plan = {"train": SHARDS, "validation": 1, "test": 1}
    infos = []
    with concurrent.futures.ProcessPoolExecutor() as pool:
        for place, (split, shards) in enumerate(plan.items()):
            total = images if split == "train" else HELD_OUT
            counts = [total // shards + (shard < total % shards) for shard in range(shards)]
            names = [
                f"generated-{split}.array_record-{i:05d}-of-{shards:05d}" for i in range(shards)
            ]
            seeds = [100 * place + shard for shard in range(shards)]
            sizes = pool.map(write_shard, [home / name for name in names], counts, seeds)
            template = tfds.core.ShardedFileTemplate(
                data_dir=home, dataset_name="generated", split=split, filetype_suffix="array_record"
            )
            infos.append(tfds.core.SplitInfo(split, counts, sum(sizes), template))
    features = {
        "image": tfds.features.Tensor(shape=(28, 28, 1), dtype=np.uint8, encoding="bytes"),
        "label": tfds.features.ClassLabel(names=[str(digit) for digit in range(10)]),
    }
    tfds.folder_dataset.write_metadata(
        data_dir=home, features=features, split_infos=infos, check_data=False
    )


def resident(pid: int) -> list[int]:
    """The resident bytes of a process and of each of its descendants."""
    parents, sizes = {}, {}
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            fields = dict(line.split(":", 1) for line in status.read_text().splitlines())
        except OSError:  # it has ended
            continue
        if "VmRSS" in fields:
            parents[int(fields["Pid"])] = int(fields["PPid"])
            sizes[int(fields["Pid"])] = 1024 * int(fields["VmRSS"].split()[0])
    family = [pid]
    for member in family:
        family += [child for child, parent in parents.items() if parent == member]
    return [sizes.get(member, 0) for member in family]


def train(*flags: str) -> tuple[dict, list[list[int]]]:
    """Trains in a fresh process; returns its summary, and its memory every 50 ms."""
    samples = []
    with tempfile.TemporaryDirectory() as workdir:
        command = [sys.executable, "train.py", f"--workdir={workdir}/run", *flags]
        with open(f"{workdir}/log", "w+") as log:
            process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)
            while process.poll() is None:
                samples.append(resident(process.pid))
                time.sleep(0.05)
            log.seek(0)
            if process.returncode:
                raise SystemExit(log.read())
        return json.loads(Path(f"{workdir}/run/summary.json").read_text()), samples


def measure_memory(folder: Path, images: int, steps: int) -> None:
    flags = [f"--config.training.steps={steps}"]
    tiny = ["--config=configs/vae.py", "--config.data.feed=device"]
    _, samples = train(*tiny, "--config.training.steps=1000")
    baseline = max(map(sum, samples))
    large = ["--config=configs/vae.py:generated", f"--config.data.data_dir={folder}"]
    summary, samples = train(*large, "--config.data.feed=stream", *flags)
    totals = [sum(sample) for sample in samples]
    peak = max(samples, key=sum)
    print(f"{images:,} images, {images * 784 / MIB:,.0f} MiB of pixels; {steps:,} steps of 100")
    print(f"  baseline, mnist_5k on the device {baseline / MIB:8,.0f} MiB")
    print(f"  peak, {images:,} streamed     {sum(peak) / MIB:8,.0f} MiB: ", end="")
    print("the run", *(f"{size / MIB:,.0f}" for size in peak[:1]), end=", ")
    print("its children", *(f"{size / MIB:,.0f}" for size in sorted(peak[1:], reverse=True)))
    print(f"  difference                       {(sum(peak) - baseline) / MIB:8,.0f} MiB")
    quarters = [max(part) for part in np.array_split(totals, 4)]
    print("  highest in each quarter of the run", *(f"{size / MIB:,.0f}" for size in quarters))
    print(
        f"  {summary['steps_per_second'] * 100:,.0f} images/s, test ELBO {summary['test/elbo']:.1f}"
    )


def measure_speed(steps: int = 1_500) -> None:
    feeds = {
        "device": ("device", 2),
        "stream, 2 workers": ("stream", 2),
        "stream, 0": ("stream", 0),
    }
    rates, digests = {name: [] for name in feeds}, set()
    for _ in range(ROUNDS):
        for name, (feed, workers) in feeds.items():
            flags = ["--config=configs/vae.py:fashion_mnist", f"--config.training.steps={steps}"]
            flags += [f"--config.data.feed={feed}", f"--config.data.workers={workers}"]
            summary, _ = train(*flags)
            rates[name].append(100 * summary["steps_per_second"])
            digests.add(summary["state_sha256"])
    same = "one final state" if len(digests) == 1 else "final states differ"
    print(f"fashion_mnist, {steps:,} steps of 100, {ROUNDS} rounds; {same}")
    for name, found in rates.items():
        print(f"  {name:<18} median {statistics.median(found):8,.0f} images/s", end="")
        ratios = [r / device for r, device in zip(found, rates["device"], strict=True)]
        print(f"   of the device feed's {statistics.median(ratios):.2f}")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--images", type=int, default=2_000_000)
    parser.add_argument("--steps", type=int, default=20_000)
    parser.add_argument("--folder", type=Path, default=None)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.folder or Path(temporary)
        begin = time.perf_counter()
        generate(folder, arguments.images)
        print(f"generated in {time.perf_counter() - begin:.0f} s", flush=True)
        measure_memory(folder, arguments.images, arguments.steps)
    measure_speed()


if __name__ == "__main__":
    main()

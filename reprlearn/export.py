"""Exports what a run has learned: a program that needs JAX alone, or its parameters as arrays.

python -m reprlearn.export --workdir=runs/vae --function=encode          # runs/vae/export/
python -m reprlearn.export --workdir=runs/vae --function=decode --out=vae_decoder/
python -m reprlearn.export --workdir=runs/vae --function=weights
python -m reprlearn.export --workdir=runs/titles --column=right/x        # encode_right.jax

The folder then holds encode.jax, StableHLO for CPU and CUDA with the parameters and the scaling of
the columns inside, for any number of examples, and encode.py, a few lines that load it:

    from encode import encode
    z = encode(x)

Of weights it is weights.npz, the parameters by their names, such as "encoder/Dense_0/kernel", where
they are averaged the averages, and batch statistics. Where a run has two towers, or statistics of
each domain, --column=right/x or --column=target/x takes what is for these examples; without it it
is what is for the first, left/x or source/x.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reprlearn import cli
from reprlearn.errors import UsageError, check_choice
from reprlearn.files import check_parent, storing, whole_file, write_arrays, write_text

if TYPE_CHECKING:
    from reprlearn.columns import Column
    from reprlearn.runs import Run

PLATFORMS = ("cpu", "cuda")
GIVES = {
    "encode": "codes [N, D]",
    "reconstruct": "reconstructions of the shape of x",
    "predict": "class logits [N, C]",
    "discriminate": "logits [N]",
    "decode": "examples [N, ...]",
}
FUNCTIONS = tuple(GIVES)
WEIGHTS = "weights"


def main(arguments: Sequence[str]) -> None:
    """Writes the program and its loader, and says where."""
    flags = {"workdir": None, "function": "encode", "column": None, "out": None}
    given = cli.parse_strings(arguments, flags)
    cli.need(given, "workdir", "the directory of a run")
    check_choice("--function", given["function"], (*FUNCTIONS, WEIGHTS))
    out = None if given["out"] is None else check_parent("--out", given["out"])
    from reprlearn import runs  # JAX is loaded here: a typo is answered at once

    run = runs.restore(given["workdir"])
    if given["function"] == WEIGHTS:
        run.check_column(WEIGHTS, given["column"])
        print(write_weights(run, out))
        return
    for path in write(run, given["function"], out, given["column"]):
        print(path)


def write_weights(run: "Run", out: Path | None = None) -> Path:
    """Writes the parameters of a run into weights.npz in a folder; returns its path.

    Args:
      run: a trained run.
      out: the folder; None: export/ in the run's own.

    Raises:
      StorageError: the file cannot be written.
    """
    import jax

    own = dict(run.state.model_state)  # batch statistics, or the average of the parameters
    used = {**own.pop("average", run.state.params), **own}
    leaves, _ = jax.tree_util.tree_flatten_with_path(used)
    arrays = {jax.tree_util.keystr(p, simple=True, separator="/"): leaf for p, leaf in leaves}
    out = out or run.workdir / "export"
    with storing(out):
        out.mkdir(exist_ok=True)
    write_arrays(out / f"{WEIGHTS}.npz", arrays)
    return out / f"{WEIGHTS}.npz"


def write(
    run: "Run", function: str = "encode", out: Path | None = None, column: str | None = None
) -> list[Path]:
    """Writes the program and its loader into a folder; returns both paths.

    Args:
      run: a trained run.
      function: one of FUNCTIONS that its method can.
      out: the folder; None: export/ in the run's own.
      column: of `Method.by_column` the one whose examples it is for; the files are then named after
        it too, encode_right.jax; None: the first, or all alike.

    Raises:
      UsageError: the method cannot do it, or takes the examples of all columns alike.
      StorageError: a file cannot be written.
    """
    can = [name for name in FUNCTIONS if getattr(run.method, name)]
    if function not in can:
        raise UsageError(
            f"--function is {function!r}, which method {run.config.method!r} does not have; "
            f"allowed: {', '.join(can)}"
        )
    run.check_column(function, column)
    out, name = out or run.workdir / "export", function
    if column is not None:
        name += f"_{column.split('/')[0]}"
    program, loader = out / f"{name}.jax", out / f"{name}.py"
    exported = export(run, function, column)
    with storing(out):
        out.mkdir(exist_ok=True)
    with whole_file(program) as partial:
        partial.write_bytes(exported.serialize())
    write_text(loader, _loader(run, function, name, exported.in_avals[0]))
    return [program, loader]


def export(run: "Run", function: str, column: str | None = None) -> Any:
    """The program, a `jax.export.Exported`: examples, or codes, as a person has them, to results.

    Equal to `Run`'s own to the bit on the same machine, in batches of `data.eval_batch_size`.
    """
    import jax
    import numpy as np
    from jax import export as jax_export

    of_x, state, method = run.column, run.state, getattr(run.method, function)
    way = [] if column is None else [column]
    shape, dtype, takes = of_x.shape, np.dtype(np.float64), lambda x: _to_model(of_x, x)
    if function == "decode":
        shape, dtype, takes = (run.config.model.latent_dim,), np.dtype(np.float32), lambda z: z
    elif of_x.kind in ("image", "tokens"):
        dtype = np.dtype(of_x.dtype)
    (batch,) = jax_export.symbolic_shape("batch")

    # XLA's own, of our convolutions on a CPU; JAX does not vouch for how it is written in a file.
    layout = jax_export.DisabledSafetyCheck.custom_call("LayoutConstraint")

    def exported(of: Callable, dtype: Any) -> Any:
        x = jax.ShapeDtypeStruct((batch, *shape), dtype)
        return jax_export.export(jax.jit(of), platforms=PLATFORMS, disabled_checks=[layout])(x)

    # Behind the barrier XLA takes the parameters as they come: it would compute with constants
    # beforehand, and round otherwise than a run does.
    seen = dtype if of_x.kind == "tokens" else np.float32
    model = exported(lambda x: method(jax.lax.optimization_barrier(state), x, *way), seen)
    gives_examples = function in ("reconstruct", "decode")
    gives = (lambda x: _from_model(of_x, x)) if gives_examples else lambda x: x
    # The columns' scaling is in float64: of a large offset, float32 would leave nothing.
    with jax.enable_x64(True):
        return exported(lambda x: gives(model.call(takes(x))), dtype)


def _to_model(column: "Column", x: Any) -> Any:
    """`columns.to_model` in JAX, to the bit."""
    import jax
    import jax.numpy as jnp
    import numpy as np

    if column.kind == "tokens":
        return x
    if column.kind == "image":
        if x.dtype != np.uint8:
            return x.astype(np.float32)
        # XLA would turn a division by 255 into a product, which rounds otherwise.
        return jnp.asarray(np.arange(256, dtype=np.float32) / np.float32(255))[x.astype(np.int32)]
    if column.fill:
        x = jnp.where(jnp.isnan(x), jnp.array(column.fill)[None], x)
    if column.scale:
        fitted = jnp.array([column.offset, column.scale])[:, None]
        offset, scale = jax.lax.optimization_barrier(fitted)
        x = (x - offset) / scale
    return x.astype(np.float32)


def _from_model(column: "Column", x: Any) -> Any:
    """`columns.from_model` in JAX."""
    import jax.numpy as jnp
    import numpy as np

    if column.kind != "vector" or not column.scale:
        return x
    return x.astype(np.float64) * jnp.array(column.scale)[None] + jnp.array(column.offset)[None]


def _loader(run: "Run", function: str, name: str, x: Any) -> str:
    """The text of the loader, of the program in a file of the same name."""
    shape, length = ", ".join(map(str, ("N", *x.shape[1:]))), x.shape[-1]
    is_text = run.column.kind == "tokens"
    of_x = f"x, N texts, or tokens [{shape}] {x.dtype}" if is_text else f"x [{shape}] {x.dtype}"
    names = f"; classes: {', '.join(run.class_names)}" if function == "predict" else ""
    about = f"{function} of a run of {run.config.method} on {run.config.data.name}"
    return LOADER.format(
        about=repr(f"{about}; needs jax and flatbuffers.")[1:-1].replace('"', "'"),
        name=name,
        batch=run.config.data.eval_batch_size,
        doc=repr(f"{of_x} -> {GIVES[function]}{names}")[1:-1].replace('"', "'"),
        read=TEXTS.format(length=length) if is_text else "",
        dtype=x.dtype,
        casting="safe" if x.dtype == "uint8" else "same_kind",
    )


TEXTS = """    if isinstance(x, list | tuple):
        rows = [t.encode().replace(b"\\0", b" ")[:{length}].ljust({length}, b"\\0") for t in x]
        x = np.frombuffer(b"".join(rows), np.uint8).reshape(-1, {length}).astype(np.uint16)
"""

LOADER = '''"""{about}"""

from pathlib import Path

import jax
import numpy as np
from jax import export

PROGRAM = export.deserialize(Path(__file__).with_name("{name}.jax").read_bytes())


def {name}(x, batch={batch}):
    """{doc}"""
{read}    x = np.asarray(x)
    if not np.can_cast(x.dtype, "{dtype}", "{casting}"):
        raise TypeError(f"x is {{x.dtype}}; allowed: {dtype}")
    x = x.astype("{dtype}")
    padded = np.concatenate([x, np.zeros((-len(x) % batch, *x.shape[1:]), x.dtype)])
    with jax.enable_x64(True):
        starts = range(0, len(padded), batch)
        parts = [np.asarray(PROGRAM.call(padded[i : i + batch])) for i in starts]
    return np.concatenate(parts)[: len(x)]
'''

if __name__ == "__main__":
    cli.run(main)

"""Image files read by processes of their own, one a core.

Threads take a quarter longer, as they wait for Python's lock. These processes run pictures.py by
itself and start in a tenth of a second; those of multiprocessing would first import the program
that was started, and with it JAX. A file that crashes a library of Pillow's ends one of them only.
"""

import contextlib
import itertools
import os
import pickle
import subprocess
import sys
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from PIL import Image

import reprlearn
from reprlearn.data import pictures

CHUNK = 32  # questions that a process is asked at once


class Decoders:
    """Processes that answer questions about files; they end with the context."""

    def __init__(self, count: int):
        """Starts them, and does not wait for it."""
        self._all = [_start() for _ in range(count)]
        self._idle: SimpleQueue[subprocess.Popen] = SimpleQueue()
        for process in self._all:
            self._idle.put(process)

    def __enter__(self) -> "Decoders":
        return self

    def __exit__(self, *exception: object) -> None:
        for process in self._all:
            process.kill()
        for process in self._all:
            with contextlib.suppress(OSError), process:  # closes its pipes and waits
                pass

    def ask(self, questions: Sequence[tuple[Any, ...]], chunk: int = CHUNK) -> Iterator[Any]:
        """The answers of `pictures.serve`, in the order of the questions, a little ahead."""
        starts = iter(range(0, len(questions), chunk))
        with ThreadPoolExecutor(len(self._all)) as pool:

            def send(count: int) -> list:
                few = itertools.islice(starts, count)
                return [pool.submit(self._answer, questions[i : i + chunk]) for i in few]

            waiting = deque(send(2 * len(self._all)))
            try:
                while waiting:
                    answers = waiting.popleft().result()
                    waiting.extend(send(1))
                    yield from answers
            finally:
                pool.shutdown(cancel_futures=True)

    def _answer(self, questions: Sequence[tuple[Any, ...]]) -> list:
        process = self._idle.get()
        try:
            pickle.dump((Image.MAX_IMAGE_PIXELS, questions), process.stdin)
            process.stdin.flush()
            answers = pickle.load(process.stdout)
        except (OSError, EOFError, pickle.UnpicklingError) as error:
            code = process.wait()
            if code >= 0:  # no crash, but it cannot run at all, and has said why
                raise subprocess.CalledProcessError(code, process.args) from error
            process = _start()
            self._all.append(process)
            answers = None
        finally:
            self._idle.put(process)
        if answers is not None:
            return answers
        if len(questions) == 1:
            return [f"ended the process that read it (signal {-code})"]
        return [answer for question in questions for answer in self._answer([question])]


def _start() -> subprocess.Popen:
    """A process that answers; Ctrl-C is for this one to hear, which ends it."""
    root = Path(reprlearn.__file__).parent.parent
    paths = os.pathsep.join([str(root), *filter(None, sys.path)])
    return subprocess.Popen(
        [sys.executable, "-S", "-P", pictures.__file__],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": paths},
        start_new_session=True,
    )

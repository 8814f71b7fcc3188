"""Requests to stop, SIGTERM and Ctrl-C, remembered until the loop has a moment to obey."""

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator

SIGNALS = (signal.SIGTERM, signal.SIGINT)


@contextlib.contextmanager
def requests() -> Iterator[Callable[[], signal.Signals | None]]:
    """Within it the first signal is remembered, and a second one is obeyed at once.

    Gives a function that returns the signal that came, or None. Outside the main thread, where
    Python lets nobody handle signals, it stays None and signals do what they did before.
    """
    received: list[signal.Signals] = []
    if threading.current_thread() is not threading.main_thread():
        yield lambda: None
        return
    before = {number: signal.getsignal(number) for number in SIGNALS}

    def restore():
        for number, handler in before.items():
            signal.signal(number, handler)

    def remember(number, _):
        received.append(signal.Signals(number))
        restore()

    for number in SIGNALS:
        signal.signal(number, remember)
    try:
        yield lambda: received[0] if received else None
    finally:
        restore()

"""What is written to a terminal that is gone."""

from __future__ import annotations

import os
import signal

from flowtui.ui.terminal.hangup_driver import HangupFile


def test_a_terminal_that_is_gone_is_told_once_by_sighup() -> None:
    told: list[int] = []
    before = signal.signal(signal.SIGHUP, lambda number, _: told.append(number))
    master, slave = os.openpty()
    try:
        with open(slave, "w", closefd=False) as terminal:
            file = HangupFile(terminal)
            file.write("seen")
            file.flush()
            assert os.read(master, 99) == b"seen"
            os.close(master)
            for _ in range(99):
                file.write("x" * 9999)
                file.flush()
            # What is left in its buffer would be written when it is closed.
            os.dup2(os.open(os.devnull, os.O_WRONLY), slave)
    finally:
        os.close(slave)
        signal.signal(signal.SIGHUP, before)
    assert told == [signal.SIGHUP]

"""A shell that has one job, and tells of the terminal as it finds it whenever the job stops.

It never sets the terminal's modes itself, as bash does.
"""

from __future__ import annotations

import os
import signal
import sys
import termios

STOPPED, ENDED = "job stopped", "job ended"


def main(argv: list[str]) -> None:
    job = os.fork()
    if job == 0:
        os.setpgid(0, 0)
        give_terminal(os.getpid())
        os.execvp(argv[0], argv)  # noqa: S606  (the tests name the program)
    give_terminal(job)
    while True:
        _, status = os.waitpid(job, os.WUNTRACED)
        modes = termios.tcgetattr(0)[3]
        is_cooked = bool(modes & termios.ECHO and modes & termios.ICANON)
        give_terminal(os.getpid())
        kind = "cooked" if is_cooked else "raw"
        if not os.WIFSTOPPED(status):
            say(f"{ENDED} {kind} {os.waitstatus_to_exitcode(status)}")
            return
        say(f"{STOPPED} {kind} {signal.Signals(os.WSTOPSIG(status)).name}")
        go_on(job, sys.stdin.readline().strip())


def go_on(job: int, command: str) -> None:
    """As a shell does for `fg`, `bg`, and `kill %1`."""
    if command == "fg":
        give_terminal(job)
    if command == "kill":
        os.killpg(job, signal.SIGTERM)
    os.killpg(job, signal.SIGCONT)


def give_terminal(group: int) -> None:
    """Not even a group in the background is stopped for that."""
    before = signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    os.tcsetpgrp(0, group)
    signal.signal(signal.SIGTTOU, before)


def say(text: str) -> None:
    os.write(1, f"\r\n{text}\r\n".encode())


if __name__ == "__main__":
    main(sys.argv[1:])

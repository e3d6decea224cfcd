"""The program: `flowtui`, or `python -m flowtui`."""

from __future__ import annotations

STOPPED = 4


def main() -> None:
    try:
        _main()
    except KeyboardInterrupt:
        # So soon or so late that nothing of ours is there to say so.
        raise SystemExit(STOPPED) from None


def _main() -> None:
    from flowtui.cli import main as run
    from flowtui.cli import streams

    streams.prepare()
    run()


if __name__ == "__main__":
    main()

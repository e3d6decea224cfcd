"""The program: `flowtui`, or `python -m flowtui`."""

from __future__ import annotations

import gc

STOPPED = 4


def main() -> None:
    try:
        _main()
    except KeyboardInterrupt:
        # So soon or so late that nothing of ours is there to say so.
        raise SystemExit(STOPPED) from None


def _main() -> None:
    # Importing makes no garbage, so the collector need look for none: that is a tenth of its time.
    gc.disable()
    from flowtui.cli import crash, streams
    from flowtui.cli import main as run

    gc.freeze()
    gc.enable()
    streams.prepare()
    crash.install()
    run()


if __name__ == "__main__":
    main()

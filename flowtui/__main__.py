"""The program: `flowtui`, or `python -m flowtui`."""

from __future__ import annotations

import gc


def main() -> None:
    # Importing makes no garbage, so the collector need look for none: that is a tenth of its time.
    gc.disable()
    from flowtui.cli import main as run

    gc.freeze()
    gc.enable()
    run()


if __name__ == "__main__":
    main()

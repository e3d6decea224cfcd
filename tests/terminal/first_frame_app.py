"""`flowtui demo`, which writes to a file what it draws first, and what is imported by then."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from flowtui.cli import main
from flowtui.ui.app import FlowtuiApp


def watch_first_frame(file: Path) -> None:
    def note(app: FlowtuiApp) -> None:
        """Textual calls it when it has drawn something, or nothing."""
        lines = ["".join(text for text, _ in line) for line in app._memory._lines.values()]
        if lines and not file.exists():
            file.write_text(json.dumps({"lines": lines, "imported": list(sys.modules)}))

    FlowtuiApp.post_display_hook = note  # type: ignore[assignment]  # it becomes a method


if __name__ == "__main__":
    watch_first_frame(Path(sys.argv[1]))
    sys.argv = ["flowtui", "demo"]
    main()

"""The program on a scripted service, whose calls are written to the file that is named."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from flowtui.backends.scripted import Script
from flowtui.settings import Settings
from flowtui.ui.app import FlowtuiApp
from flowtui.ui.screens.workspace import WorkspaceScreen
from tests.pilot.service import FIRST_PAIRS, FLOWS_DONE, PAIRS_DONE, ScriptedService, make_app

LOOSE_ENDS = "may still run: "


def main(calls: Path, *, theme: str, kind: str) -> int:
    is_endless = kind in ("endless", "faulty quit")
    script: Script = [FIRST_PAIRS, asyncio.Event()] if is_endless else [FIRST_PAIRS, PAIRS_DONE]
    service = ScriptedService(script, [FLOWS_DONE])
    app = make_app(service, settings=Settings(theme=theme))
    app.run()
    left = [query_id for ids in app.left_running.values() for query_id in ids]
    calls.write_text("\n".join([*service.verbs, *(LOOSE_ENDS + query_id for query_id in left)]))
    return app.return_code or 0


def fail(_: object) -> None:
    raise ZeroDivisionError("a fault of flowtui")


if __name__ == "__main__":
    file, name, kind = sys.argv[1:]
    if kind == "fault":
        WorkspaceScreen.action_help = fail  # type: ignore[assignment,method-assign]  # F1 breaks it
    if kind == "faulty quit":
        FlowtuiApp.action_quit = fail  # type: ignore[assignment,method-assign]  # over any screen
    sys.exit(main(Path(file), theme=name, kind=kind))

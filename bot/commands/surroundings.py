"""What a command is run beside: the settings and the calendar of the environment, or those of a sandbox."""

from __future__ import annotations

from pathlib import Path

from bot.cases.ports import Clock
from bot.clock import RealClock, SandboxClock
from bot.commands.refusal import CannotDo
from bot.sandboxed import sandbox_beside
from bot.settings import Settings, SettingsError, load


def settings_in(folder: Path) -> Settings:
    """Those of the environment; without any of Slack's, those of the sandbox that runs in the bot's own folder.

    Raises CannotDo, a line a problem.
    """
    try:
        return load(sandbox_beside(folder))
    except SettingsError as error:
        raise CannotDo("\n".join(error.problems)) from error


def clock_in(folder: Path) -> Clock:
    """Real time, or the sandbox's calendar, which can be moved."""
    sandbox = sandbox_beside(folder)
    if sandbox is None:
        return RealClock()
    clock = SandboxClock(f"http://127.0.0.1:{sandbox['PORT']}")
    clock.read()
    return clock

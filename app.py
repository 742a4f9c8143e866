"""Starts Termkeeper: the bot where Slack's tokens are set, the sandbox and the bot where they are not."""

from __future__ import annotations

import sys

from bot.cli import start

if __name__ == "__main__":
    sys.exit(start(sys.argv[1:]))

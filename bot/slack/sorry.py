"""What a person is told when something could not be taken in."""

from __future__ import annotations

REPEAT = "I could not take this in just now, and nothing was done. Please repeat it in a minute."
TOO_LATE = "The view could not be opened in time, and nothing was done. Please press again."

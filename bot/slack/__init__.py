"""Slack: listeners that take in, cards that speak, posting that happens once."""

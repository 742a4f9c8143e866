"""The commands that take more than a screen each; bot/cli.py has their words and options."""

"""Listeners by Slack's own kinds, each module with a `register(app, ...)`."""

"""A Slack message event in, the sync failures that it reports out."""

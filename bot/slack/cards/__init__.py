"""Cards: functions from a value to Slack blocks."""

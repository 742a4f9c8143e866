"""Emulated Slack, Intacct and BILL over real sockets, and a page to play the people. Shares no code with the bot."""

"""The steps that made the tables what they are, in order; `bot.records.migrate` runs them."""

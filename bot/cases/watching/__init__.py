"""After the term is there: whether what waits arrives, and as billed."""

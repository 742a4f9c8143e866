"""Periods that close: who is reminded, what may still be chosen, what is not in the books."""

"""The heart: payment terms as values, and pure functions over them. No clock, no network, no database."""

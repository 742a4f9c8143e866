"""Making a term inactive that nothing uses any more."""

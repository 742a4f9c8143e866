"""Cases: one thing to fix each, from the first failure to the books."""

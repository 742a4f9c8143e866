"""Carrying out a decision in Intacct: read again, write once, read back."""

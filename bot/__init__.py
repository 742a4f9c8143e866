"""Termkeeper: finds out why an invoice did not sync, and makes the missing payment term once a person approves."""

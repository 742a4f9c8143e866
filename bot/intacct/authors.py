"""Whose hand Intacct says made or changed a record: ours, or somebody else's."""

from __future__ import annotations


def somebody_else(by: str, writer: str) -> bool:
    """Whether CREATEDBY or MODIFIEDBY certainly names another user than ours.

    Where a company tells nothing, that is not certain. Nor is it where a number stands for the user, as records of
    Intacct can bear: its own record number says nothing about a user id.
    """
    if not by or not writer or (by.isdecimal() and not writer.isdecimal()):
        return False
    return by.casefold() != writer.casefold()

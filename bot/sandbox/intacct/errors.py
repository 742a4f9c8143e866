"""What the gateway refuses with, by the layer at which it refuses."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """One `error` of an `errormessage`; any of its texts may be empty, as in the vendor's own replies."""

    errorno: str
    description: str = ""
    description2: str = ""
    correction: str = ""


class GatewayError(Exception):
    """The gateway itself turned the request away: an HTTP status other than 200, and a control without sender."""

    def __init__(self, status: int, trouble: Trouble) -> None:
        super().__init__(trouble.description)
        self.status = status
        self.trouble = trouble


class ControlError(Exception):
    """The request or its sender is refused before anything is run."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(trouble.description2)
        self.trouble = trouble


class SignInError(Exception):
    """The user, the company or the session is refused; no function is run."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__(trouble.description2)
        self.trouble = trouble


class FunctionError(Exception):
    """One function failed; the others of the request stand, unless the operation is a transaction."""

    def __init__(self, *troubles: Trouble) -> None:
        super().__init__(troubles[0].description2)
        self.troubles = troubles


def schema_error(reason: str) -> ControlError:
    """A request that is not XML, or not in the schema's order (errorno and opening words: Sage, error handling)."""
    return ControlError(Trouble(errorno="XL03000003", description2=f"XML Parse schema error: {reason}"))


def too_many_at_once() -> GatewayError:
    """More requests in flight than the contract allows (Sage, error handling: 429 errors)."""
    return GatewayError(429, Trouble(errorno="GW-0010", description="API rate limit exceeded. Try again later."))


def wrong_sign_in() -> SignInError:
    """A wrong company, user or password: the gateway does not tell which (Sage, error handling)."""
    return SignInError(Trouble(errorno="XL03000006", description2="Sign-in information is incorrect"))


def no_permission(operation: str, kind: str = "") -> FunctionError:
    """The user's role lacks a right (number and words as companies report them)."""
    on = f" on objects of type {kind}" if kind else ""
    words = f"You do not have permission for API operation {operation}{on}"
    return FunctionError(Trouble(errorno="PL04000005", description2=words))


def not_queryable(kind: str, fields: list[str]) -> FunctionError:
    """`query` was asked for a field that does not exist or cannot be queried (the vendor says the same of both)."""
    listed = ", ".join(fields)
    words = f"The following fields cannot be queried: [ {kind.lower()}: [{listed}] ]"
    return FunctionError(Trouble(errorno="XL03000006", description2=words))


def unknown_object(kind: str) -> FunctionError:
    """The object's name is none that the company knows."""
    return FunctionError(Trouble(errorno="Query Failed", description2=f"Object definition {kind} not found"))


def bad_query(reason: str = "There was an error processing the request.") -> FunctionError:
    """A query that cannot be run: a field of `readByQuery` that does not exist, a date in another form, bad syntax."""
    return FunctionError(Trouble(errorno="DL02000001", description="Error", description2=reason))


def refused(reason: str, function: str, correction: str = "", errorno: str = "BL03000018") -> FunctionError:
    """A business rule said no; the second error names what was not done, as the vendor's do."""
    verb, _, thing = function.partition("_")
    return FunctionError(
        Trouble(errorno=errorno, description2=reason, correction=correction),
        Trouble(errorno="BL01001973", description2=f"Could not {verb} {thing} record!"),
    )

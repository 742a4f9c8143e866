"""What BILL refuses, each refusal with BILL's own code, words and HTTP status."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from starlette.responses import JSONResponse


@dataclass(frozen=True, slots=True)
class Refusal(Exception):
    """One refusal; codes and words are those of BILL's list of error codes (developer.bill.com)."""

    status: int
    code: str
    message: str
    category: str = "REQUEST"

    def answer(self, at: datetime) -> JSONResponse:
        """The refusal as BILL sends it: an array of one object."""
        error = {
            "timestamp": moment(at),
            "code": self.code,
            "severity": "ERROR",
            "category": self.category,
            "message": self.message,
        }
        return JSONResponse([error], status_code=self.status)


def moment(at: datetime) -> str:
    """A moment as BILL writes it, in milliseconds with a zone."""
    return at.isoformat(timespec="milliseconds")


def session_invalid() -> Refusal:
    """No session, an idle one, or one of another developer key."""
    return Refusal(401, "BDC_1109", "Session is invalid. Please log in.", "DOWNSTREAM")


def wrong_password() -> Refusal:
    """User name or password is wrong."""
    return Refusal(401, "BDC_1101", "User name and/or password do not match our records.")


def wrong_key() -> Refusal:
    """The developer key is unknown."""
    return Refusal(401, "BDC_1102", "Developer key is invalid.")


def wrong_organization() -> Refusal:
    """The organization is not the user's."""
    return Refusal(400, "BDC_1123", "Invalid organization id.")


def hourly_limit() -> Refusal:
    """Too many requests, or logins, in this clock hour."""
    return Refusal(429, "BDC_1144", "Max number of requests per hour reached. Please wait until the next hour.")


def concurrent_limit() -> Refusal:
    """More than three requests at once."""
    return Refusal(429, "BDC_1322", "Max number of concurrent requests per organization reached.")


def bad_filter_field(field: str) -> Refusal:
    """A filter names a field that cannot be filtered."""
    return Refusal(400, "BDC_1130", f"Invalid list filter field: {field}.")


def bad_filter_operator(operator: str) -> Refusal:
    """A filter's operator is unknown, or not one that its field takes."""
    return Refusal(400, "BDC_1131", f"Invalid list filter operator: {operator}.")


def bad_parameter(name: str, value: str) -> Refusal:
    """A parameter's value is of the wrong form."""
    return Refusal(400, "BDC_1129", f"Invalid parameter value for parameter,value: {name}, {value}.")


def missing_field(name: str) -> Refusal:
    """A required field of the body is absent."""
    return Refusal(400, "BDC_1117", f"Missing required data for: {name}.")


def bad_json() -> Refusal:
    """The body is not a JSON object."""
    return Refusal(400, "BDC_1122", "Error Parsing Json Object. Please check your request.")


def not_found() -> Refusal:
    """No record has this id."""
    return Refusal(404, "BDC_1120", "No data found.")


def unsupported() -> Refusal:
    """The path or method is none of BILL's."""
    return Refusal(404, "BDC_1121", "API not supported.")


def system_error() -> Refusal:
    """BILL's own failure."""
    return Refusal(500, "BDC_1001", "System error occurred.", "SERVER")

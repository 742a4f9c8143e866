"""The manifest is valid by Slack's own schema, complete, and asks for no more than is used."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft7Validator
from referencing import Registry, Resource

from bot.doctor.workspace import SCOPES
from bot.slack.cards.names import COMMAND, MESSAGE_SHORTCUT
from tests.shared import need_shared

MANIFEST = Path(__file__).parents[2] / "manifest.yml"
RAW = "https://raw.githubusercontent.com/slackapi/manifest-schema/v0.5.0/schemas/"


def _manifest() -> dict[str, Any]:
    return yaml.safe_load(MANIFEST.read_text())


def _validator() -> Draft7Validator:
    folder = need_shared("slack", "manifest")
    schemas = {path.name: json.loads(path.read_text()) for path in folder.glob("*.json")}
    registry: Registry[Any] = Registry().with_resources(
        (RAW + name, Resource.from_contents(schema)) for name, schema in schemas.items()
    )
    return Draft7Validator(schemas["manifest.schema.json"], registry=registry)


def test_manifest_is_valid_by_slacks_schema() -> None:
    assert [error.message for error in _validator().iter_errors(_manifest())] == []


def test_schema_check_would_notice_a_wrong_manifest() -> None:
    wrong = _manifest()
    wrong["features"]["slash_commands"][0]["command"] = "checkterms"
    wrong["settings"]["socket_mode"] = True
    assert not _validator().is_valid(wrong)


def test_scopes_are_the_ones_in_use_and_no_others() -> None:
    assert set(_manifest()["oauth_config"]["scopes"]["bot"]) == {
        "chat:write",
        "channels:history",
        "groups:history",
        "channels:read",
        "groups:read",
        "commands",
        "files:write",
        "users:read",
        "usergroups:read",
        "im:write",
        "im:history",
    }
    assert "user" not in _manifest()["oauth_config"]["scopes"]


def test_each_scope_has_its_reason_beside_it() -> None:
    lines = MANIFEST.read_text().splitlines()
    start = lines.index("    bot:") + 1
    listed = lines[start : lines.index("settings:")]
    assert all(listed[index - 1].strip().startswith("#") for index, line in enumerate(listed) if "- " in line[:10])


def test_what_the_code_listens_to_is_declared() -> None:
    manifest = _manifest()
    features, settings = manifest["features"], manifest["settings"]
    assert features["slash_commands"][0]["command"] == COMMAND
    assert features["slash_commands"][0]["usage_hint"]
    assert features["shortcuts"][0]["callback_id"] == MESSAGE_SHORTCUT
    assert features["app_home"]["home_tab_enabled"]
    assert settings["socket_mode_enabled"]
    assert settings["interactivity"]["is_enabled"]
    assert set(settings["event_subscriptions"]["bot_events"]) == {
        "message.channels",
        "message.groups",
        "app_home_opened",
        "member_joined_channel",
    }


def test_doctor_looks_for_every_scope_that_the_manifest_asks_for() -> None:
    assert set(SCOPES) == set(_manifest()["oauth_config"]["scopes"]["bot"])

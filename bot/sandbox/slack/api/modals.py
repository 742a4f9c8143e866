"""views.*: modals and App Homes."""

from __future__ import annotations

from bot.sandbox.slack import kit, payloads
from bot.sandbox.slack.api.call import Args, SlackError, invalid_arguments, method
from bot.sandbox.slack.views import STACK_LIMIT
from bot.sandbox.slack.workspace import Workspace
from bot.sandbox.world import Record


def check_view(view: object, kind: str | None = None) -> Record:
    """A view that Slack would take; raises SlackError."""
    if not isinstance(view, dict):
        raise invalid_arguments("failed to match all allowed schemas [json-pointer:/view]")
    problems = kit.view_problems(view)
    if not problems and kind is not None and view["type"] != kind:
        problems = [f"must be of type {kind} [json-pointer:/view/type]"]
    if problems:
        raise invalid_arguments(*problems)
    return view


def _unique_external_id(workspace: Workspace, view: Record, besides: str | None = None) -> None:
    external = view.get("external_id")
    other = workspace.views.find(None, external) if external else None
    if other is not None and other["view"]["id"] != besides:
        raise SlackError("duplicate_external_id")


def _take_trigger(workspace: Workspace, args: Args) -> tuple[str, str | None]:
    error, user, view = workspace.triggers.take(args.need("trigger_id"))
    if error:
        raise SlackError(error)
    return user, view


@method("views.open")
def views_open(workspace: Workspace, args: Args) -> Record:
    """Opens a modal for the person who just did something."""
    view = check_view(args.json("view"), "modal")
    _unique_external_id(workspace, view)
    user, _ = _take_trigger(workspace, args)
    return {"view": payloads.view(workspace.views.open(user, view))}


@method("views.push")
def views_push(workspace: Workspace, args: Args) -> Record:
    """Puts a modal on top of the one in which the person just did something."""
    view = check_view(args.json("view"), "modal")
    _unique_external_id(workspace, view)
    user, within = _take_trigger(workspace, args)
    if within is None:
        raise SlackError("not_found")
    if len(workspace.views.stack(user)) >= STACK_LIMIT:
        raise SlackError("push_limit_reached")
    return {"view": payloads.view(workspace.views.push(user, view))}


@method("views.update")
def views_update(workspace: Workspace, args: Args) -> Record:
    """Replaces an open view."""
    view = check_view(args.json("view"))
    row = workspace.views.find(args.text("view_id") or None, args.text("external_id") or None)
    if row is None:
        raise SlackError("not_found")
    if view["type"] != row["view"]["type"]:
        raise invalid_arguments("view type cannot be changed [json-pointer:/view/type]")
    _check_hash(args, row)
    _unique_external_id(workspace, view, besides=row["view"]["id"])
    return {"view": payloads.view(workspace.views.update(row, view))}


@method("views.publish")
def views_publish(workspace: Workspace, args: Args) -> Record:
    """Publishes a person's App Home."""
    user = args.need("user_id")
    view = check_view(args.json("view"), "home")
    if user not in workspace.directory.users:
        raise SlackError("user_not_found")
    before = workspace.views.home(user)
    if before is not None:
        _check_hash(args, {"view": before})
    return {"view": payloads.view(workspace.views.publish(user, view))}


def _check_hash(args: Args, row: Record) -> None:
    given = args.text("hash")
    if given and given != row["view"]["hash"]:
        raise SlackError("hash_conflict")

"""What people do with what the app shows them: buttons, commands, shortcuts, views."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any

from bot.sandbox.slack import kit, payloads, seed, shapes
from bot.sandbox.slack.delivery import Ack
from bot.sandbox.slack.directory import ActError
from bot.sandbox.slack.sight import Sight
from bot.sandbox.slack.views import state_values
from bot.sandbox.world import Record, World


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How the app answered what a person did."""

    ok: bool
    """The app acknowledged it in time, and (for a submission) had nothing to complain of."""
    error: str | None = None
    """Why not, in Slack's words: `operation_timeout`, `dispatch_failed`, `http_service_error`, `invalid_blocks`,
    `invalid_arguments` (a view or errors that Slack would not take), `push_limit_reached`."""
    errors: dict[str, str] = field(default_factory=dict)
    """A submission's problems by block id."""
    view: Record | None = None
    """The view that the app answered a submission with (updated or pushed)."""


class Interactions(Sight):
    """The interactive half of the workspace: each act is sent to the app, whose answer is the returned task's result."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self._states: dict[str, Record] = {}
        self._tasks: set[asyncio.Task[Outcome]] = set()

    def press(
        self,
        user: str,
        channel: str | None,
        ts: str,
        action_id: str,
        *,
        value: Any = None,
        block_id: str | None = None,
    ) -> asyncio.Task[Outcome]:
        """A person uses a button, menu or other element of a message, an ephemeral message, or a view.

        `ts` is the message's, or a view's id (channel is then not looked at). `value` tells which of several buttons
        with this action id, or what was chosen: an option's value, a list of them, a user id, a date.
        """
        person = self.directory.user(user)
        if ts.startswith("V"):
            kept = self.views.visible(person["id"], ts)
            payload = self._press_in_view(person, kept, action_id, value, block_id)
        else:
            payload = self._press_in_message(
                person, self.directory.channel(channel or ""), ts, action_id, value, block_id
            )
        room = payload.get("channel", {}).get("id")
        return self._interact("interactive", payload, person["id"], room, f"The button {action_id}")

    def command(self, user: str, channel: str, command: str, text: str = "") -> asyncio.Task[Outcome]:
        """A person enters a slash command in a channel."""
        person, room = self.directory.user(user), self.directory.channel(channel)
        name = command if command.startswith("/") else "/" + command
        response_url = self.response_urls.lend(user=person["id"], channel=room["id"])
        payload = payloads.command(
            person,
            {"id": room["id"], "name": self.directory.shown_name(room)},
            command=name,
            text=text.strip(),
            trigger=self.triggers.lend(person["id"]),
            response_url=response_url,
        )
        return self._interact("slash_commands", payload, person["id"], room["id"], name)

    def shortcut(self, user: str, channel: str, ts: str, callback_id: str) -> asyncio.Task[Outcome]:
        """A person chooses a message shortcut in a message's menu."""
        person, room = self.directory.user(user), self.directory.channel(channel)
        message = self._message(room, ts)
        payload = payloads.message_action(
            person,
            {"id": room["id"], "name": self.directory.shown_name(room)},
            shapes.payload_message(self.files.in_message(message)),
            callback_id=callback_id,
            action_ts=self.board.messages.new_ts(),
            trigger=self.triggers.lend(person["id"]),
            response_url=self.response_urls.lend(user=person["id"], channel=room["id"]),
        )
        return self._interact("interactive", payload, person["id"], room["id"], f"The shortcut {callback_id}")

    def submit(self, user: str, view_id: str, values: Record | None = None) -> asyncio.Task[Outcome]:
        """A person presses a view's submit button; `values`: block id → action id → what was entered or chosen.

        What is not given stays as the view shows it. Slack itself refuses a missing or impossible value: the outcome
        then carries `errors` and the app hears nothing.
        """
        person = self.directory.user(user)
        kept = self.views.top(person["id"], view_id)
        state, errors = state_values(kept["view"], values or {}, self._states.get(view_id, {}))
        if errors:
            return self._background(_done(Outcome(ok=False, errors=errors)))
        self._states[view_id] = state
        return self._background(self._submit(person, kept, state))

    def close_view(self, user: str, view_id: str, *, whole_stack: bool = False) -> None:
        """A person closes a view by its cancel button, or the whole stack."""
        person = self.directory.user(user)
        kept = self.views.top(person["id"], view_id)
        closed = self.views.close(person["id"], whole_stack=whole_stack)
        for gone in closed:
            if gone["view"]["notify_on_close"]:
                payload = payloads.view_closed(person, gone["view"], is_cleared=whole_stack)
                self._interact("interactive", payload, person["id"], None, "Closing the view")
        self._states.pop(kept["view"]["id"], None)
        self.world.touch()

    def _press_in_message(
        self, person: Record, room: Record, ts: str, action_id: str, value: Any, block_id: str | None
    ) -> Record:
        whispered = self.board.ephemerals.get(ts)
        if whispered is not None and (whispered["user"] != person["id"] or whispered["channel"] != room["id"]):
            raise ActError("Only the person whom it was shown to sees this message.")
        message = whispered["message"] if whispered else self._message(room, ts)
        action = payloads.action(message.get("blocks", []), action_id, value, block_id, self.board.messages.new_ts())
        state = payloads.remember(self._states.setdefault(f"{room['id']}:{ts}:{person['id']}", {}), action)
        thread_ts = message.get("thread_ts")
        return payloads.block_actions(
            person,
            action,
            trigger=self.triggers.lend(person["id"]),
            state=state,
            channel={"id": room["id"], "name": self.directory.shown_name(room)},
            message=None if whispered else shapes.payload_message(self.files.in_message(message)),
            message_ts=ts,
            thread_ts=thread_ts,
            response_url=self.response_urls.lend(user=person["id"], channel=room["id"], ts=ts, thread_ts=thread_ts),
        )

    def _press_in_view(self, person: Record, kept: Record, action_id: str, value: Any, block_id: str | None) -> Record:
        view = kept["view"]
        action = payloads.action(view["blocks"], action_id, value, block_id, self.board.messages.new_ts())
        state = payloads.remember(self._states.setdefault(view["id"], {}), action)
        return payloads.block_actions(
            person,
            action,
            trigger=self.triggers.lend(person["id"], view["id"]),
            state=None,
            view={**payloads.view(view), "state": {"values": state}},
        )

    def _interact(self, kind: str, payload: Record, user: str, channel: str | None, what: str) -> asyncio.Task[Outcome]:
        return self._background(self._tell(kind, payload, user, channel, what))

    def _background(self, work: Coroutine[Any, Any, Outcome]) -> asyncio.Task[Outcome]:
        """Starts something; the loop itself would let go of a task that nobody awaits."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _tell(self, kind: str, payload: Record, user: str, channel: str | None, what: str) -> Outcome:
        ack = await self.delivery.interaction(kind, payload)
        if not ack.ok:
            self._say_failed(user, channel, what, ack)
            return Outcome(ok=False, error=ack.error)
        if kind == "slash_commands" and channel is not None and (ack.payload.get("text") or ack.payload.get("blocks")):
            if kit.message_problems(ack.payload.get("blocks") or []):
                self._say_failed(user, channel, what, Ack(ok=False, error="invalid_blocks"))
                return Outcome(ok=False, error="invalid_blocks")
            self.board.answer({"user": user, "channel": channel}, ack.payload)
        return Outcome(ok=True)

    def _say_failed(self, user: str, channel: str | None, what: str, ack: Ack) -> None:
        room = channel or self.direct(user)["id"]
        self.board.whisper(user, room, {"user": seed.SLACKBOT, "text": f'{what} failed with the error "{ack.error}"'})

    async def _submit(self, person: Record, kept: Record, state: Record) -> Outcome:
        view_id = kept["view"]["id"]
        payload = payloads.view_submission(
            person, kept["view"], state, trigger=self.triggers.lend(person["id"], view_id)
        )
        ack = await self.delivery.interaction("interactive", payload)
        if not ack.ok:
            return Outcome(ok=False, error=ack.error)
        if problem := self.views.response_problem(person["id"], kept["view"], ack.payload):
            return Outcome(ok=False, error=problem)
        errors, view = self.views.respond(person["id"], view_id, ack.payload)
        self.world.touch()
        if errors is not None:
            return Outcome(ok=False, errors=errors)
        return Outcome(ok=True, view=view)


async def _done(outcome: Outcome) -> Outcome:
    return outcome

"""mrkdwn as HTML: what Slack formats is formatted, all else is escaped."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from bot.sandbox.page.mrkdwn import Reader, mrkdwn, plain

NOON = datetime(2026, 11, 24, 17, 0, tzinfo=UTC)
READER = Reader(
    users={"U0DAN": "Dan Weber"},
    channels={"C0GENERAL": "general"},
    groups={"S0CONTROLLERS": "controllers"},
    zone=ZoneInfo("America/New_York"),
    now=NOON,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("*bold* and _italic_ and ~gone~", "<strong>bold</strong> and <em>italic</em> and <s>gone</s>"),
        ("*_both_*", "<strong><em>both</em></strong>"),
        ("2 * 3 * 4", "2 * 3 * 4"),
        ("snake_case_name", "snake_case_name"),
        ("`Net *45*`", "<code>Net *45*</code>"),
        ("```a\n*b*```", "<pre>a\n*b*</pre>"),
        ("one\ntwo", "one<br>two"),
        ("&gt; quoted\n&gt; again\nafter", "<blockquote>quoted<br>again</blockquote>after"),
        ("<@U0DAN>", '<span class="mention">@Dan Weber</span>'),
        ("<@U0NOBODY>", '<span class="mention">@U0NOBODY</span>'),
        ("<#C0GENERAL>", '<span class="mention">#general</span>'),
        ("<!subteam^S0CONTROLLERS>", '<span class="mention">@controllers</span>'),
        ("<!channel>", '<span class="mention">@channel</span>'),
        (
            "*<https://example.test/?a=1&amp;b=2|INV-1>*",
            (
                '<strong><a href="https://example.test/?a=1&amp;b=2" target="_blank" rel="noopener noreferrer">INV-1</a>'
                "</strong>"
            ),
        ),
        (":warning: :unheard_of:", "⚠️ :unheard_of:"),
        ("AT&amp;T &lt;b&gt;", "AT&amp;T &lt;b&gt;"),
    ],
)
def test_text_is_drawn_as_slack_draws_it(text: str, expected: str) -> None:
    assert mrkdwn(text, READER) == expected


@pytest.mark.parametrize(
    ("form", "shown"),
    [
        ("{date_num}", "2026-11-24"),
        ("{date_short} at {time}", "Nov 24, 2026 at 9:14 AM"),
        ("{date_long}", "Tuesday, November 24, 2026"),
        ("{date_pretty}", "today"),
        ("{ago}", "2 hours ago"),
        ("{odd}", "{odd}"),
    ],
)
def test_a_date_is_shown_in_the_readers_zone(form: str, shown: str) -> None:
    moment = int(datetime(2026, 11, 24, 14, 14, tzinfo=UTC).timestamp())
    assert f">{shown}</time>" in mrkdwn(f"<!date^{moment}^{form}|then>", READER)


def test_a_date_that_is_none_shows_its_fallback() -> None:
    assert mrkdwn("<!date^soon^{date}|in a while>", READER) == "in a while"


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "&lt;script&gt;alert(1)&lt;/script&gt;",
        "<javascript:alert(1)|click>",
        '<https://x.test/"onmouseover="alert(1)|x>',
        "`<script>`",
        "```<img src=x onerror=alert(1)>```",
        "<@U0|<b>>",
        '<!date^1^{date}|"><script>alert(1)</script>>',
        "\ue0000\ue001\ue00099\ue001",
    ],
)
def test_nothing_from_outside_becomes_markup(text: str) -> None:
    drawn = str(mrkdwn(text, READER))
    for harm in ("<script", "<img", "<b>", 'javascript:alert(1)"', '"onmouseover'):
        assert harm not in drawn


def test_plain_text_keeps_its_signs() -> None:
    assert plain("*a*\n<b>") == "*a*<br>&lt;b&gt;"

"""Twelve weeks of findings as a picture: Slack's own chart block, a PNG where that is refused, and the same in words."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from bot.reports.report import Strand, WeekCounts

TITLE = "Findings, by week"
SERIES_MOST = 6
"""Series that Slack's chart takes (Slack, data visualization block)."""
_COLOURS = ("#0b3c5d", "#b5446e", "#e0a458", "#4f6d7a", "#7b9e89", "#9a9a9a")
"""Told apart in any of the common colour blindnesses, and in grey."""
_HATCHES = ("", "//", "..", "xx", "--", "")
_INCHES, _DPI = (9.0, 4.2), 110


def strands(history: Sequence[WeekCounts]) -> tuple[Strand, ...]:
    """What the chart shows: every strand that any of the weeks has."""
    return tuple(strand for strand in Strand if any(week.counts.get(strand) for week in history))


def every_week(history: Sequence[WeekCounts]) -> tuple[WeekCounts, ...]:
    """The weeks from the first to the last, those without a report as empty places."""
    filled: list[WeekCounts] = []
    for each in history:
        while filled and filled[-1].week.plus(1) < each.week:
            filled.append(WeekCounts(week=filled[-1].week.plus(1), counts={}, reported=False))
        filled.append(each)
    return tuple(filled)


def block(history: Sequence[WeekCounts]) -> dict[str, Any] | None:
    """Slack's `data_visualization` block with stacked weeks; None where there is nothing to show."""
    history = every_week(history)
    shown = strands(history)[:SERIES_MOST]
    if not shown:
        return None
    labels = [_label(week) for week in history]
    return {
        "type": "data_visualization",
        "title": TITLE,
        "chart": {
            "type": "bar",
            "series": [
                {
                    "name": strand.value,
                    "data": [
                        {"label": label, "value": week.counts.get(strand, 0)}
                        for label, week in zip(labels, history, strict=True)
                    ],
                }
                for strand in shown
            ],
            "axis_config": {"categories": labels, "x_label": "Week", "y_label": "Open findings"},
        },
    }


def _label(week: WeekCounts) -> str:
    note = " (partial)" if week.partial else "" if week.reported else " (no report)"
    return f"{_day(week)}{note}"


def _day(week: WeekCounts) -> str:
    return f"{week.week.monday:%b} {week.week.monday.day}"


def in_words(history: Sequence[WeekCounts]) -> str:
    """The picture's alternative text: where it started, where it stands, strand by strand."""
    if not history:
        return "No weeks yet."
    first, last = history[0], history[-1]
    then = "{} then, {} now" if len(history) > 1 else "{}"
    parts = [
        f"{strand.value}: {then.format(first.counts.get(strand, 0), last.counts.get(strand, 0))}"
        for strand in strands(history)
    ]
    weeks = len(every_week(history))
    counted = f"{weeks} weeks" if weeks == len(history) else f"{len(history)} of {weeks} weeks had a report"
    span = f"{counted}, {_label(first)} to {_label(last)}" if weeks > 1 else f"Week of {_label(last)}"
    return f"Open findings by week. {span}. {'; '.join(parts) or 'None in any of them'}."


_LETTERS: dict[Strand, str] = {
    Strand.MISSING: "M",
    Strand.INACTIVE: "I",
    Strand.UNLIKE: "A",
    Strand.DEFAULTS: "C",
    Strand.RULES: "R",
    Strand.TIDYING: "T",
}
BAR = 32
"""Letters of the longest bar, or a few more where each strand is rounded up."""
MEANT_A_LINE = 2
"""Strands whose letter is explained in one line, so that no line is longer than a narrow page is wide."""


def as_text(history: Sequence[WeekCounts]) -> tuple[str, ...]:
    """The chart in letters of one width, for where no picture can stand: a line a week, then what the letters mean."""
    shown = strands(history)
    if not shown:
        return ()
    longest = max(sum(week.counts.get(strand, 0) for strand in shown) for week in history)
    each = -(-longest // BAR)
    lines = []
    for week in every_week(history):
        if not week.reported:
            lines.append(f"{_day(week):<7} no report")
            continue
        bar = "".join(_LETTERS[strand] * -(-week.counts.get(strand, 0) // each) for strand in shown)
        total = sum(week.counts.get(strand, 0) for strand in shown)
        lines.append(" ".join(filter(None, (f"{_day(week):<7}", bar, str(total), "partial" if week.partial else ""))))
    meant = [f"{_LETTERS[strand]} {strand.value}" for strand in shown]
    lines += ["; ".join(meant[place : place + MEANT_A_LINE]) for place in range(0, len(meant), MEANT_A_LINE)]
    return (*lines, *([f"a letter is up to {each} findings"] if each > 1 else ()))


def png(history: Sequence[WeekCounts]) -> bytes:
    """The same chart as a PNG. The chart library is loaded here and nowhere else, as it takes half a second."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415  # slow, and not always needed
    from matplotlib.figure import Figure  # noqa: PLC0415  # as above
    from matplotlib.ticker import MaxNLocator  # noqa: PLC0415  # as above

    described, history = in_words(history), every_week(history)
    figure = Figure(figsize=_INCHES, dpi=_DPI, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    places = list(range(len(history)))
    floor = [0] * len(history)
    for index, strand in enumerate(strands(history)):
        heights = [week.counts.get(strand, 0) for week in history]
        axes.bar(
            places,
            heights,
            bottom=floor,
            label=strand.value,
            color=_COLOURS[index % len(_COLOURS)],
            hatch=_HATCHES[index % len(_HATCHES)],
            edgecolor="white",
            linewidth=0.6,
        )
        floor = [low + height for low, height in zip(floor, heights, strict=True)]
    axes.set_xticks(places, [_label(week) for week in history], rotation=35, ha="right")
    axes.set_title(TITLE, loc="left", fontweight="bold")
    axes.set_ylabel("Open findings")
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_ylim(0, max([*floor, 1]) * 1.05)
    if strands(history):
        figure.legend(frameon=False, ncols=3, loc="outside lower left", fontsize="small")
    picture = io.BytesIO()
    figure.savefig(picture, format="png", metadata={"Title": TITLE, "Description": described})
    return picture.getvalue()

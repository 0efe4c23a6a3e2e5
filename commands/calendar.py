"""/release calendar add [train] | end: a calendar to subscribe to, of trains, windows and freezes (TRN-25, WIN-16, FRZ-08)."""

from zoneinfo import ZoneInfo

from commands.core import record
from commands.core.cards import note
from commands.core.command import Ask, Command, Reply, Work
from commands.core.train_fields import TrainName
from commands.core.words import Arguments, NoArguments
from guards.authorization import authorized
from guards.timetable import known_train
from guards.vocabulary import Action
from storage import feeds, outbox


class Add(Arguments):
    """One train, or all."""

    train: TrainName | None = None


def add(work: Work[Add]) -> Reply:
    """A feed of one's own; one for the same that there was before ends, so that a lost address is lost to everybody."""
    person, train = work.asker.person, work.args.train
    day = work.at.astimezone(ZoneInfo(work.policy.zone)).date()
    feed = feeds.Feed(feeds.next_id(work.tx, day), person.id, train, work.at)
    for one in feeds.of(work.tx, person.id):
        if one.train == train:
            _end(work, one)
    feeds.add(work.tx, feed)
    actor = record.actor_of(person, work.asker.slack, work.request, work.facts)
    record.write(work.tx, "calendar:added", actor, work.facts, work.correlation, subject=feed.id, train=train)
    title = f"The calendar of {train}" if train else "The calendar of all trains, windows and freezes"
    body = {"feed": feed.id, "user": work.asker.slack, "channel": None, "title": title}
    outbox.add(work.tx, outbox.Message("calendar", body, lane=f"to:{work.asker.slack}", correlation=work.correlation), work.at)
    return Reply(note("📅 The address comes in your direct messages"))


def end(work: Work[NoArguments]) -> Reply:
    """None of one's calendars is found any more."""
    mine = feeds.of(work.tx, work.asker.person.id)
    for one in mine:
        _end(work, one)
    if not mine:
        return Reply(note("📅 You have no calendar", ("One is made by `/release calendar add`.",)))
    return Reply(note("📅 Your calendars have ended", (f"{len(mine)} of them; what was read is gone within five minutes.",)))


def _end(work: Work[Add] | Work[NoArguments], feed: feeds.Feed) -> None:
    feeds.end(work.tx, feed.id, work.at)
    actor = record.actor_of(work.asker.person, work.asker.slack, work.request, work.facts)
    record.write(work.tx, "calendar:ended", actor, work.facts, work.correlation, subject=feed.id, train=feed.train)


calendar_add = Command(
    name="calendar add",
    summary="A calendar of trains, windows and freezes to subscribe to.",
    examples=("calendar add weekly", "calendar add"),
    action=Action.READ,
    guards=(authorized, known_train),
    arguments=Add,
    ask=lambda args, asker: Ask(train=args.train),
    run=add,
)

calendar_end = Command(
    name="calendar end",
    summary="End your calendars: their addresses are not found any more.",
    examples=("calendar end",),
    action=Action.READ,
    guards=(authorized,),
    arguments=NoArguments,
    ask=lambda args, asker: Ask(),
    run=end,
)

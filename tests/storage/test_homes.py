"""Who looks at the App Home, and what they were shown last."""

from datetime import UTC, datetime, timedelta

from storage import homes

AT = datetime(2026, 11, 24, 10, tzinfo=UTC)


async def test_who_looked_last_comes_first_and_who_has_not_for_long_is_forgotten(store):
    for hours, user in enumerate(("U1", "U2", "U3", "U1")):
        await store.write(lambda tx: homes.opened(tx, user, AT + timedelta(hours=hours)))  # noqa: B023
    assert await store.read(lambda tx: homes.recent(tx, AT, 9)) == ["U1", "U3", "U2"]
    assert await store.read(lambda tx: homes.recent(tx, AT, 2)) == ["U1", "U3"]
    assert await store.read(lambda tx: homes.recent(tx, AT + timedelta(hours=1), 9)) == ["U1", "U3"]
    await store.write(lambda tx: homes.prune(tx, AT + timedelta(hours=2)))
    assert await store.read(lambda tx: homes.recent(tx, AT, 9)) == ["U1"]


async def test_what_somebody_was_shown_outlasts_another_opening(store):
    assert await store.read(lambda tx: homes.last(tx, "U1")) is None
    await store.write(lambda tx: homes.shown(tx, "U1", "of nobody who looks"))
    assert await store.read(lambda tx: homes.last(tx, "U1")) is None
    await store.write(lambda tx: homes.opened(tx, "U1", AT))
    assert await store.read(lambda tx: homes.last(tx, "U1")) == ""
    await store.write(lambda tx: homes.shown(tx, "U1", "abc"))
    await store.write(lambda tx: homes.opened(tx, "U1", AT + timedelta(hours=1)))
    assert await store.read(lambda tx: homes.last(tx, "U1")) == "abc"

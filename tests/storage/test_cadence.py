"""How services are released outside trains, on both databases: one record counts, those before it stay (TRN-20)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from guards.released import Alone
from storage import cadence

AT = datetime(2026, 11, 21, 9, tzinfo=UTC)
API = Alone("api", "daily", "weekdays", "its owner", "the version before", "it changes daily", "carla@example.com", "Carla", AT)


async def test_a_new_word_ends_the_one_before_and_a_train_ends_it_for_good(store):
    assert await store.write(lambda tx: cadence.say(tx, API)) == API
    hourly = replace(API, frequency="hourly", at=AT + timedelta(days=1))
    second = await store.write(lambda tx: cadence.say(tx, hourly))
    assert second == replace(hourly, number=2)
    assert await store.read(cadence.current) == {"api": second}
    assert await store.read(lambda tx: cadence.of(tx, "api")) == (replace(API, ended=second.at), second)

    over = AT + timedelta(days=2)
    assert await store.write(lambda tx: cadence.end(tx, "api", over))
    assert not await store.write(lambda tx: cadence.end(tx, "api", over))
    assert await store.read(cadence.current) == {}

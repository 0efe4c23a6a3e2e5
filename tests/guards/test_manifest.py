"""A manifest is known by everything in it, and its services have an order (MAN-01, MAN-05, MAN-07)."""

from dataclasses import fields, replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guards.manifest import Entry, Manifest, SetPromotion, SetStanding, SetState, in_dependency_order, needs
from guards.version import Deployment
from tests.guards.cases import AT, CHANGE

ENTRY = Entry(
    "api", "acme/api", "v1.4.0", "c" * 40, "sha256:" + "1f" * 32, "acme/api@sha256:1f", ("https://sbom",), ("https://slsa",), ("o/r@c",)
)
MANIFEST = Manifest("weekly-2026-11-24", "weekly", 1, (ENTRY,), "mara@example.com", "", "remy@example.com", "Remy", AT)

TEXT = st.text(max_size=12)
OTHER = {"entries": (), "number": 2, "at": AT + timedelta(microseconds=1)}
NAMES = st.lists(st.sampled_from("abcdefgh"), unique=True, min_size=1)


@pytest.mark.parametrize("name", [f.name for f in fields(Manifest) if f.name != "sealed"])
def test_every_part_of_a_manifest_moves_its_hash(name):
    assert replace(MANIFEST, **{name: OTHER.get(name, "another")}).hash != MANIFEST.hash


@pytest.mark.parametrize("name", [f.name for f in fields(Entry)])
def test_every_part_of_an_entry_moves_the_hash(name):
    other = ("another",) if isinstance(getattr(ENTRY, name), tuple) else "another"
    assert replace(MANIFEST, entries=(replace(ENTRY, **{name: other}),)).hash != MANIFEST.hash


def test_the_seal_is_no_part_of_what_it_seals():
    assert replace(MANIFEST, sealed="x").hash == MANIFEST.hash
    assert MANIFEST.hash.startswith(MANIFEST.short)


@given(st.lists(st.tuples(TEXT, TEXT), min_size=2, max_size=2, unique=True))
def test_no_two_texts_run_into_each_other(words):
    one, two = (replace(MANIFEST, owner=owner, breaking=breaking).hash for owner, breaking in words)
    assert one != two


@given(st.permutations([ENTRY, replace(ENTRY, service="web"), replace(ENTRY, service="lib")]))
def test_the_order_of_the_entries_is_a_part_of_it(entries):
    in_order = replace(MANIFEST, entries=(ENTRY, replace(ENTRY, service="web"), replace(ENTRY, service="lib")))
    assert (replace(MANIFEST, entries=tuple(entries)).hash == in_order.hash) == (tuple(entries) == in_order.entries)


@given(NAMES, st.data())
def test_whatever_depends_on_something_comes_after_it(services, data):
    """Edges only from later to earlier letters: there is always an order."""
    graph = {
        s: data.draw(st.lists(st.sampled_from("abcdefgh").filter(lambda o, s=s: o < s), max_size=3)) if s > "a" else [] for s in "abcdefgh"
    }
    order = in_dependency_order(graph, services)
    assert order is not None
    assert sorted(order) == sorted(services)
    for at, service in enumerate(order):
        assert not needs(service, graph) & set(order[at + 1 :])


def test_what_nothing_orders_stays_as_it_was_given():
    assert in_dependency_order({}, ("web", "api", "lib")) == ("web", "api", "lib")
    assert in_dependency_order({"web": ["api"]}, ("web", "lib", "api")) == ("lib", "api", "web")
    assert in_dependency_order({"web": ["api"], "api": ["lib"]}, ("web", "lib")) == ("lib", "web")


@pytest.mark.parametrize("graph", [{"api": ["api"]}, {"api": ["web"], "web": ["api"]}, {"api": ["web"], "web": ["lib"], "lib": ["api"]}])
def test_a_circle_has_no_order(graph):
    assert in_dependency_order(graph, ("api", "web")) is None


def test_an_entry_stands_only_with_its_version_and_its_digest():
    here = Deployment("api", "production", "v1.4.0", ENTRY.digest, ENTRY.commit, AT)
    for running, stands in ((here, True), (replace(here, version="v1.3.0"), False), (replace(here, digest="x"), False), (None, False)):
        standing = SetStanding(MANIFEST, running={"api": running})
        assert standing.stands(ENTRY) is stands
        assert standing.left == (() if stands else (ENTRY,))
    assert SetStanding(None).left == ()
    assert MANIFEST.entry("shop") is None


def test_what_an_approver_sees_of_a_set_moves_with_each_change_of_it():
    promotion = SetPromotion("SET-1", MANIFEST.hash, MANIFEST.run, "weekly", "production", "C0", False, SetState.OPEN, "r", "R", AT)
    standing = SetStanding(MANIFEST, promotion=promotion, changes=(CHANGE,))
    amended = replace(CHANGE, content=replace(CHANGE.content, record="other"))
    seen = {standing.seen, replace(standing, changes=(amended,)).seen, replace(standing, changes=()).seen}
    assert len({*seen, SetStanding(None).seen}) == 4
    assert not standing.begun
    assert replace(standing, changes=(replace(CHANGE, attempt=1),)).begun
    assert standing.ahead_of(CHANGE.id) == standing.ahead_of("CR-9") == ()

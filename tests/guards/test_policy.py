"""The policy's own rules: each mistake stands beside its correct twin (POL-01, RBAC-11, WIN-03, CMD-09, CMD-11)."""

import copy
import json
from collections.abc import Callable
from datetime import UTC, date, time, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from guards.consistency import nearest
from guards.parts import Parts
from guards.policy import Policy, PolicyError
from guards.sections import RepositoryRules
from guards.values import IN_WORDS, address
from guards.vocabulary import Action, Role, Weekday

Data = dict[str, Any]


def plain() -> Data:
    """The smallest policy that uses every kind of cross-reference."""
    return {
        "version": 1,
        "slack": {"teams": ["T01TEAM"], "alerts": "C0ALERTS"},
        "environments": [{"name": "staging", "aliases": ["stg"]}, {"name": "production", "production": True}],
        "services": {
            "api": {
                "repository": "example/api",
                "channel": "C0API",
                "owners": ["ada@example.com"],
                "ci": "actions",
                "artifacts": "images",
                "coordinates": "example/api",
                "workflows": {"staging": "stage.yml", "production": "live.yml"},
            }
        },
        "people": [
            {"id": "ada@example.com", "name": "Ada", "slack": ["U01ADA"], "github": "ada-l"},
            {"id": "bob@example.com", "name": "Bob", "slack": ["U02BOB"], "github": "bob"},
        ],
        "roles": {"release_manager": [{"people": ["bob@example.com"], "services": ["api"], "environments": ["production"]}]},
        "allow": {"approve": {"production": ["release_manager"]}},
        "windows": {
            "weekdays": {
                "days": ["Mon", "Tue"],
                "start": "10:00",
                "end": "16:00",
                "owner": "bob@example.com",
                "services": ["api"],
                "environments": ["production"],
            }
        },
        "approvals": {"production": {"count": 1}},
        "ci": {"actions": {"kind": "github"}},
        "evidence": {"profile": "starter"},
        "artifacts": {"images": {"kind": "oci", "url": "https://registry.example.com"}},
    }


def put(*path: str | int, to: object) -> Callable[[Data], None]:
    """A change of one value in the data."""

    def change(data: Any) -> None:
        for key in path[:-1]:
            data = data[key]
        data[path[-1]] = to

    return change


def calendar(**parts: object) -> Callable[[Data], None]:
    """A shared calendar of freezes."""
    company = {"url": "https://calendar.example.com/freezes.ics", "kind": "holiday", "environments": ["production"], "exit": "all are back"}
    return put("freeze_calendars", to={"company": {**company, "approver": "ada@example.com", "plan": "resume", **parts}})


def both(first: Callable[[Data], None], second: Callable[[Data], None]) -> Callable[[Data], None]:
    """Two changes."""

    def change(data: Any) -> None:
        first(data)
        second(data)

    return change


def drop(*path: str | int) -> Callable[[Data], None]:
    def change(data: Any) -> None:
        for key in path[:-1]:
            data = data[key]
        del data[path[-1]]

    return change


def add_person(identity: str) -> Callable[[Data], None]:
    return lambda data: data["people"].append({"id": identity, "name": "Somebody"})


def changed(*edits: Callable[[Data], None]) -> Policy:
    data = plain()
    for edit in edits:
        edit(data)
    return Policy.model_validate(data)


EVERYWHERE = {"profile": "starter", "environments": {name: {"add": ["rollback-target"]} for name in ("staging", "production")}}
API, WINDOW, ADA = ("services", "api"), ("windows", "weekdays"), ("people", 0)
KEPT = {"branch": "release/1.8", "owner": "ada@example.com", "until": "2027-06-30", "backports": "security only"}

TWINS = [
    # mistake, where it is reported, words of the report, its correct twin
    pytest.param(put("environments", 0, "aliases", to=["production"]), "environments.1", "'production' is already used by staging",
                 put("environments", 0, "aliases", to=["stage"]), id="an alias that is another environment's name"),
    pytest.param(put("environments", 0, "aliases", to=["stg", "stg"]), "environments.0", "'stg' is already used by staging",
                 put("environments", 0, "aliases", to=["stg", "stage"]), id="an alias twice"),
    pytest.param(put("environments", 1, "production", to=False), "environments", "mark at least one",
                 put("environments", 1, "production", to=True), id="no production environment"),
    pytest.param(put("allow", "decide", to={"production": ["release_manager", "release_captain"]}), "allow.decide.production",
                 "take out release_captain", put("allow", "decide", to={"production": ["release_manager"]}), id="a captain may decide"),
    pytest.param(put("allow", "promote", to={"prodution": ["developer"]}), "allow.promote.prodution", "did you mean 'production'?",
                 put("allow", "promote", to={"production": ["developer"]}), id="allow names an unknown environment"),
    pytest.param(put("approvals", "stagin", to={}), "approvals.stagin", "did you mean 'staging'?",
                 put("approvals", "staging", to={}), id="approvals name an unknown environment"),
    pytest.param(put("approvals", "production", "count", to=0), "approvals.production.count", "at least 1 (CMD-11)",
                 put("approvals", "production", "count", to=2), id="production without an approver"),
    pytest.param(drop("approvals", "production"), "approvals", "at least 1 (CMD-11)",
                 put("approvals", "production", to={}), id="production without a rule"),
    pytest.param(add_person("ADA@example.com"), "people.2.id", "already given to ada@example.com",
                 add_person("ida@example.com"), id="one id for two people"),
    pytest.param(put("people", 1, "slack", to=["U01ADA"]), "people.1.slack", "already given to ada@example.com",
                 put("people", 1, "slack", to=["U02BOB", "W02BOB"]), id="one Slack account for two people"),
    pytest.param(put("people", 1, "slack", to=["U02BOB", "U02BOB"]), "people.1.slack", "already given to bob@example.com",
                 put("people", 1, "slack", to=[]), id="one Slack account twice"),
    pytest.param(put("people", 1, "github", to="Ada-L"), "people.1.github", "already given to ada@example.com",
                 put("people", 1, "github", to=None), id="one login in two spellings"),
    pytest.param(put("people", 1, "emails", to=["ada@example.com"]), "people.1.emails", "already given to ada@example.com",
                 put("people", 1, "emails", to=["bob@home.example"]), id="another's id as a second address"),
    pytest.param(put("people", 1, "emails", to=["bob@example.com"]), "people.1.emails", "already given to bob@example.com",
                 put("people", 1, "emails", to=[]), id="one's own id as a second address"),
    pytest.param(put(*API, "owners", to=["eda@example.com"]), "services.api.owners.0", "did you mean 'ada@example.com'?",
                 put(*API, "owners", to=["ada@example.com", "bob@example.com"]), id="an owner who is nobody"),
    pytest.param(put(*API, "chain", to=["prod"]), "services.api.chain.0", "unknown environment 'prod'",
                 put(*API, "chain", to=["production"]), id="a chain through nowhere"),
    pytest.param(put(*API, "chain", to=[]), "services.api.chain", "at least one environment",
                 put(*API, "chain", to=["staging"]), id="a chain without environments"),
    pytest.param(put(*API, "chain", to=["production", "staging"]), "services.api.chain", "keep the order of `environments`",
                 put(*API, "chain", to=["staging", "production"]), id="a chain backwards"),
    pytest.param(put(*API, "chain", to=["staging", "staging"]), "services.api.chain", "each once",
                 put(*API, "chain", to=None), id="a chain in a circle"),
    pytest.param(put(*API, "ci", to="action"), "services.api.ci", "did you mean 'actions'?",
                 put("ci", "jenkins", to={"kind": "http", "url": "https://ci.example.com", "secret": "CI_SECRET"}), id="an unknown CI"),
    pytest.param(put(*API, "artifacts", to="index"), "services.api.artifacts", "unknown artifact source 'index' (known: images)",
                 put("artifacts", "index", to={"kind": "http", "url": "https://ci.example.com", "secret": "CI_SECRET"}),
                 id="an unknown artifact source"),
    pytest.param(put(*API, "depends_on", to=["api"]), "services.api.depends_on", "api depends on itself",
                 put(*API, "depends_on", to=[]), id="a service that needs itself"),
    pytest.param(put(*API, "depends_on", to=["ghost"]), "services.api.depends_on.0", "unknown service 'ghost'",
                 put(*API, "depends_on", to=[]), id="a service that needs an unknown one"),
    pytest.param(put(*API, "repositories", to=["example/config"]), "services.api.repositories", "takes `history`",
                 put(*API, "repositories", to=[]), id="other repositories without a history"),
    pytest.param(both(put(*API, "history", to="github"), put(*API, "repositories", to=["example/config", "example/config"])),
                 "services.api.repositories", "name each repository once",
                 both(put(*API, "history", to="github"), put(*API, "repositories", to=["example/config"])), id="a repository twice"),
    pytest.param(both(put(*API, "history", to="github"), put(*API, "repository_rules", to={"example/config": {}})),
                 "services.api.repository_rules.example/config", "is not among its `repositories`",
                 both(both(put(*API, "history", to="github"), put(*API, "repositories", to=["example/config"])),
                      put(*API, "repository_rules", to={"example/config": {"branch": "trunk"}})), id="rules of an unknown repository"),
    pytest.param(drop(*API, "coordinates"), "services.api", "`coordinates` must name",
                 put(*API, "coordinates", to="elsewhere/api"), id="a registry without coordinates"),
    pytest.param(drop(*API, "workflows", "production"), "services.api.workflows", "no workflow for production",
                 put(*API, "workflows", "production", to="other.yml"), id="an environment without a workflow"),
    pytest.param(put(*API, "workflows", "live", to="x.yml"), "services.api.workflows.live", "unknown environment 'live'",
                 put(*API, "workflows", "staging", to="x.yml"), id="a workflow to nowhere"),
    pytest.param(put("roles", "qa", to=[{"people": ["eve@example.com"]}]), "roles.qa.0.people.0", "unknown person 'eve@example.com'",
                 put("roles", "qa", to=[{"people": ["ada@example.com"]}]), id="a role for nobody"),
    pytest.param(put("roles", "qa", to=[{"services": ["ap"]}]), "roles.qa.0.services.0", "did you mean 'api'?",
                 put("roles", "qa", to=[{"services": ["api"]}]), id="a role for no service"),
    pytest.param(put("roles", "qa", to=[{"environments": ["dev"]}]), "roles.qa.0.environments.0", "unknown environment 'dev'",
                 put("roles", "qa", to=[{"environments": ["staging"]}]), id="a role in no environment"),
    pytest.param(put("stabilization", to={"supported": [{**KEPT, "owner": "eve@example.com"}]}), "stabilization.supported.0.owner",
                 "unknown person", put("stabilization", to={"supported": [KEPT]}), id="a supported branch that nobody answers for"),
    pytest.param(put("stabilization", to={"supported": [{**KEPT, "services": ["apo"]}]}), "stabilization.supported.0.services.0",
                 "did you mean 'api'?", put("stabilization", to={"supported": [{**KEPT, "services": ["api"]}]}),
                 id="a supported branch of no service"),
    pytest.param(put(*WINDOW, "owner", to="eve@example.com"), "windows.weekdays.owner", "unknown person",
                 put(*WINDOW, "owner", to="ada@example.com"), id="a window that nobody answers for"),
    pytest.param(put(*WINDOW, "services", to=["app"]), "windows.weekdays.services.0", "unknown service 'app'",
                 put(*WINDOW, "services", to=None), id="a window for no service"),
    pytest.param(put(*WINDOW, "environments", to=["live"]), "windows.weekdays.environments.0", "unknown environment 'live'",
                 put(*WINDOW, "environments", to=None), id="a window in no environment"),
    pytest.param(put(*API, "freeze_status", to=["main"]), "services.api.freeze_status", "takes `history`",
                 both(put(*API, "freeze_status", to=["main"]), put(*API, "history", to="github")), id="statuses, and nothing says where"),
    pytest.param(calendar(environments=["live"]), "freeze_calendars.company.environments.0", "unknown environment 'live'",
                 calendar(), id="a freeze calendar of an unknown environment"),
    pytest.param(calendar(services=["app"]), "freeze_calendars.company.services.0", "unknown service 'app'",
                 calendar(services=["api"]), id="a freeze calendar of an unknown service"),
    pytest.param(calendar(kind="whim"), "freeze_calendars.company.kind", "unknown kind of freeze 'whim'",
                 calendar(kind="incident"), id="a freeze calendar of an unknown kind"),
    pytest.param(calendar(approver="eve@example.com"), "freeze_calendars.company.approver", "unknown person",
                 calendar(), id="nobody answers for a freeze calendar"),
    pytest.param(calendar(good_for="15m"), "freeze_calendars.company.good_for", "must be good for longer",
                 calendar(good_for="16m"), id="a freeze calendar is read too seldom"),
    pytest.param(put(*WINDOW, "days", to=["Thu", "Fri"]), "windows.weekdays.days.1", "Fri is closed by `closed_weekdays`",
                 put(*WINDOW, "days", to=["Thu", "Sun"]), id="a window on a Friday"),
    pytest.param(put(*WINDOW, "dates", to=["2026-11-27"]), "windows.weekdays.dates.0", "2026-11-27 is a Fri",
                 put(*WINDOW, "dates", to=["2026-11-26"]), id="a window on the date of a Friday"),
    pytest.param(put("evidence", to=EVERYWHERE | {"reasons": {"rollback-target": "old"}}), "evidence.reasons.rollback-target",
                 "rollback-target is asked for everywhere", put("evidence", to=EVERYWHERE | {"reasons": {"sbom": "old"}}),
                 id="a reason for nothing"),
]  # fmt: skip


@pytest.mark.parametrize(("mistake", "where", "words", "twin"), TWINS)
def test_a_contradiction_is_found_where_it_stands_and_its_correct_twin_loads(
    mistake: Callable[[Data], None], where: str, words: str, twin: Callable[[Data], None]
) -> None:
    with pytest.raises(ValidationError) as caught:
        changed(mistake)
    error = caught.value.errors()[0]["ctx"]["error"]
    assert isinstance(error, PolicyError)
    assert [(".".join(map(str, path)), words in text) for path, text in error.problems] == [(where, True)]

    changed(twin)


SHAPES = [
    # value, where it goes, the twin that loads there
    pytest.param(30, ("limits",), "run", "30s", id="a duration without a unit"),
    pytest.param("0m", ("limits",), "run", "1m", id="a duration of nothing"),
    pytest.param("PT5M", ("limits",), "run", "5m", id="a duration in another notation"),
    pytest.param(600, WINDOW, "start", "10:00", id="a time that YAML 1.1 made a number"),
    pytest.param("10:00+01:00", WINDOW, "start", "09:00", id="a time with an offset"),
    pytest.param("24:00", WINDOW, "end", "00:00", id="a time after the day's end"),
    pytest.param(0, WINDOW, "valid_from", "1970-01-01", id="a date as a timestamp"),
    pytest.param("2026-02-29", WINDOW, "valid_to", "2028-02-29", id="a date that is not in the calendar"),
    pytest.param("Berlin", (), "zone", "Europe/Berlin", id="a zone that is none"),
    pytest.param("[A-Z", (), "naming", {"ticket": "[A-Z]+"}, id="a pattern that is none"),
    pytest.param("API", API, "ci", "actions", id="a name in capitals"),
    pytest.param("b.yml; rm -rf", (*API, "workflows"), "staging", "b.yml", id="a workflow with a shell in it"),
    pytest.param("example", API, "repository", "example/api", id="a repository without an owner"),
    pytest.param("#api", API, "channel", "C0API2", id="a channel by its name"),
    pytest.param("@example.com", ("slack",), "domains", ["example.com"], id="a domain with an @"),
    pytest.param(["Example.com"], ("slack",), "domains", ["mail.example.com"], id="a domain in capitals"),
    pytest.param(["com"], ("slack",), "domains", [], id="a domain of everybody"),
    pytest.param({"roles": []}, (), "delegation", {"roles": ["qa"]}, id="a delegation of nothing"),
    pytest.param({"roles": ["qa"], "maximum": 14}, (), "delegation", {"roles": ["qa"], "maximum": "14d"}, id="a delegation without a unit"),
    pytest.param("@ada", ADA, "slack", ["U03ADA"], id="an account by its name"),
    pytest.param([], API, "owners", ["bob@example.com"], id="a service without owners"),
    pytest.param("https://u:p@r.example.com", ("artifacts", "images"), "url", "https://r.example.com/v", id="a password in a URL"),
    pytest.param("hunter2", ("artifacts", "images"), "password", "REGISTRY_PASSWORD", id="a secret instead of its name"),
    pytest.param(True, (), "bypass", None, id="a switch that turns guards off (SEC-12)"),
]


@pytest.mark.parametrize(("wrong", "path", "key", "right"), SHAPES)
def test_a_value_of_the_wrong_shape_is_refused_and_its_twin_loads(
    wrong: object, path: tuple[str | int, ...], key: str, right: object
) -> None:
    def setting(value: object) -> Policy:
        def change(data: Any) -> None:
            for step in path:
                data = data.setdefault(step, {}) if isinstance(data, dict) else data[step]
            data[key] = value

        return changed(change)

    with pytest.raises(ValidationError):
        setting(wrong)
    if right is not None:
        setting(right)


@pytest.mark.parametrize(
    ("window", "words"),
    [
        pytest.param({"days": [], "dates": []}, "the window never opens", id="neither days nor dates"),
        pytest.param({"valid_from": "2026-02-01", "valid_to": "2026-01-31"}, "`valid_to` is before", id="over before it begins"),
        pytest.param({"days": [], "dates": ["2026-01-05"], "of_month": ["last"]}, "choose among `days`", id="the last of no weekday"),
        pytest.param({"every_weeks": 2}, "takes `week_of`", id="each second week, counted from nowhere"),
        pytest.param({"week_of": "2026-01-05"}, "takes `week_of`", id="a week that counts for nothing"),
        pytest.param({"every_weeks": 2, "week_of": "2026-01-05", "of_month": ["first", "last"]}, None, id="fortnightly and by the month"),
        pytest.param({"start": time(10, tzinfo=UTC)}, "times without an offset", id="a time with an offset"),
        pytest.param({"start": time(10)}, None, id="a time without one"),
        pytest.param({"days": [], "dates": ["2026-01-05"]}, None, id="dates alone"),
        pytest.param({"valid_from": "2026-02-01", "valid_to": "2026-02-01"}, None, id="for one day"),
    ],
)
def test_a_window_opens_sometime(window: Data, words: str | None) -> None:
    data = plain()
    data["windows"]["weekdays"].update(window)
    if words is None:
        Policy.model_validate(data)
    else:
        with pytest.raises(ValidationError, match=words):
            Policy.model_validate(data)


def test_a_pattern_is_a_regular_expression() -> None:
    Policy.model_validate(plain() | {"naming": {"ticket": "[A-Z]+-[0-9]+"}})
    with pytest.raises(ValidationError, match="no regular expression"):
        Policy.model_validate(plain() | {"naming": {"ticket": "[A-Z"}})


def test_all_contradictions_come_in_one_pass() -> None:
    data = plain()
    for mistake in (put(*API, "ci", to="action"), put(*WINDOW, "owner", to="eve@example.com"), put("people", 1, "github", to="ada-l")):
        mistake(data)
    with pytest.raises(ValidationError) as caught:
        Policy.model_validate(data)
    error = caught.value.errors()[0]["ctx"]["error"]
    assert [path for path, _ in error.problems] == [("people", 1, "github"), ("services", "api", "ci"), ("windows", "weekdays", "owner")]


def test_friday_is_closed_unless_the_policy_says_otherwise() -> None:
    assert Policy.model_validate(plain()).closed_weekdays == (Weekday.FRI,)
    opened = plain() | {"closed_weekdays": []}
    opened["windows"]["weekdays"]["days"] = ["Fri"]
    assert Policy.model_validate(opened).windows["weekdays"].days == (Weekday.FRI,)


def test_the_weekday_of_a_date() -> None:
    assert [Weekday.of(date(2026, 11, day)).value for day in (23, 27, 29)] == ["Mon", "Fri", "Sun"]


def test_two_texts_with_the_same_meaning_have_the_same_hash_and_a_changed_rule_another() -> None:
    first = Policy.model_validate(plain())
    spelled_out = copy.deepcopy(plain()) | {"zone": "UTC", "limits": {"run": "3600s"}}
    turned = json.loads(json.dumps(spelled_out), object_pairs_hook=lambda pairs: dict(reversed(pairs)))
    again = Policy.model_validate(turned)
    assert again.hash == first.hash
    assert changed(put("approvals", "production", "count", to=2)).hash != first.hash
    assert changed(put("limits", to={"run": "61m"})).hash != first.hash


def test_a_policy_that_is_written_out_reads_back_the_same() -> None:
    policy = changed(put("limits", to={"run": "90s", "request": "36h"}))
    assert Policy.model_validate_json(policy.model_dump_json(), strict=True) == policy


def test_what_is_derived_does_not_show_in_the_hash_or_in_the_dump() -> None:
    policy, fresh = Policy.model_validate(plain()), Policy.model_validate(plain())
    derived = (policy.by_id, policy.by_slack, policy.by_login, policy.environment_names, policy.production)
    assert all(derived)
    assert policy.hash == fresh.hash
    assert policy.model_dump() == fresh.model_dump()
    assert policy == fresh


def test_a_copy_with_another_part_keeps_nothing_that_was_concluded_before() -> None:
    policy = Policy.model_validate(plain())
    assert policy.chain("api") == ("staging", "production")
    assert policy.of_place(Policy.granted, "api", "production") == ((Role.RELEASE_MANAGER, frozenset({"bob@example.com"}), ()),)
    copied = policy.model_copy(update={"environments": policy.environments[1:], "roles": {}})
    assert copied.chain("api") == ("production",)
    assert copied.of_place(Policy.granted, "api", "production") == ()
    assert copied.hash != policy.hash
    assert policy.of_place(Policy.granted, "api", "production") != ()


@pytest.mark.parametrize(
    ("service", "environment", "times"),
    [("api", "production", 1), ("api", None, 1), (None, "production", 1), (None, None, 1), ("typed", "production", 2), ("api", "typed", 2)],
)
def test_what_the_file_tells_about_a_place_is_found_out_once_for_each_that_it_names(
    service: str | None, environment: str | None, times: int
) -> None:
    policy, asked = Policy.model_validate(plain()), []

    def tell(known: Parts, service: str | None, environment: str | None) -> str:
        asked.append((known, service, environment))
        return f"{service} in {environment}"

    said = [policy.of_place(tell, service, environment) for _ in range(2)]
    assert (said, asked) == ([f"{service} in {environment}"] * 2, [(policy, service, environment)] * times)


def test_a_policy_cannot_be_changed_after_it_was_judged() -> None:
    policy = Policy.model_validate(plain())
    with pytest.raises(ValidationError, match="frozen"):
        policy.zone = "Europe/Berlin"


def test_looking_things_up() -> None:
    policy = Policy.model_validate(plain())
    assert policy.environment_names == {"staging": "staging", "stg": "staging", "production": "production"}
    assert policy.production == {"production"}
    assert policy.by_slack["U01ADA"].id == policy.by_login["ada-l"].id == "ada@example.com"
    assert policy.chain("api") == ("staging", "production")
    assert changed(put(*API, "chain", to=["production"])).chain("api") == ("production",)
    assert (policy.windows["weekdays"].start, policy.limits.run) == (time(10), timedelta(hours=1))


@pytest.mark.parametrize(
    ("source", "other"),
    [
        (None, "https://github.com/example/config"),
        ("https://git.example.com/example/api", "https://git.example.com/example/config"),
        ("https://git.example.com/moved/elsewhere", "https://github.com/example/config"),
    ],
    ids=["on GitHub", "on a server of one's own", "under another name"],
)
def test_another_repository_of_a_service_is_found_beside_its_own(source: str | None, other: str) -> None:
    service = changed(put(*API, "repository", to="example/api"), put(*API, "source", to=source)).services["api"]
    assert service.address_of("example/api") == (source or "https://github.com/example/api")
    assert service.address_of("example/config") == other
    assert service.address_of("".join(["example", "/api"])) == service.address


@pytest.mark.parametrize(
    ("rules", "branch"),
    [
        pytest.param({}, "main", id="without rules of its own"),
        pytest.param({"example/config": RepositoryRules(checks=("lint",))}, "main", id="with rules that name no branch"),
        pytest.param({"example/config": RepositoryRules(branch="trunk")}, "trunk", id="with a branch of its own"),
    ],
)
def test_releases_come_from_the_main_branch_or_from_the_one_that_is_named(rules: dict[str, RepositoryRules], branch: str) -> None:
    service = changed().services["api"].model_copy(update={"repository_rules": rules})
    assert service.branch_of("example/config") == branch


def test_the_nearest_zone_counts() -> None:
    own = changed(put(*API, "zone", to="America/New_York"))
    assert (own.zone_of("api"), own.zone_of(None), own.zone_of("ghost")) == ("America/New_York", "UTC", "UTC")
    assert Policy.model_validate(plain()).zone_of("api") == "UTC"


def test_the_nearest_holidays_and_the_nearest_estimate_count() -> None:
    policy = changed(put("holidays", to=["DE"]), put("estimate", to={"deployment": "20m"}))
    assert (policy.holidays_of("api"), policy.holidays_of(None), policy.holidays_of("ghost")) == (("DE",), ("DE",), ("DE",))
    estimate = policy.estimate_of("api")
    assert estimate is not None
    assert (estimate.total, policy.estimate_of("ghost")) == (timedelta(minutes=50), estimate)
    own = changed(
        put("holidays", to=["DE"]),
        put(*API, "holidays", to=["XNYS", "DE"]),
        put("windows", "weekdays", "holidays", to=["FR", "XNYS"]),
        put(*API, "estimate", to={"deployment": "5m", "observation": "5m"}),
    )
    assert (own.holidays_of("api"), own.calendars) == (("XNYS", "DE"), ("DE", "XNYS", "FR"))
    assert (own.estimate_of(None), own.estimate_of("api")) == (None, own.services["api"].estimate)
    assert changed(put("holidays", to=["DE"]), put(*API, "holidays", to=[])).holidays_of("api") == ()


def test_what_has_no_rule_is_not_granted() -> None:
    policy = Policy.model_validate(plain())
    assert Action.PROMOTE not in policy.allow
    assert policy.approval_rule("staging").count == 0
    assert policy.approval_rule("production").count == 1


@pytest.mark.parametrize(
    ("scope", "service", "environment", "covered"),
    [
        pytest.param({}, "api", "staging", True, id="without a scope: everywhere"),
        pytest.param({}, None, None, True, id="without a scope: without a place too"),
        pytest.param({"services": ["api"]}, "api", "staging", True, id="its service"),
        pytest.param({"services": ["api"]}, "web", "staging", False, id="another service"),
        pytest.param({"services": ["api"]}, None, "staging", False, id="no service named"),
        pytest.param({"environments": ["staging"]}, "api", "staging", True, id="its environment"),
        pytest.param({"environments": ["staging"]}, "api", "production", False, id="another environment"),
        pytest.param({"services": []}, "api", "staging", False, id="an empty scope reaches nothing"),
    ],
)
def test_a_grant_reaches_its_scope_and_no_further(scope: Data, service: str | None, environment: str | None, covered: bool) -> None:
    from guards.sections import RoleGrant

    assert RoleGrant.model_validate({"people": ["ada@example.com"], **scope}).covers(service, environment) is covered


def test_every_pattern_of_the_file_is_explained_in_words() -> None:
    def patterns(schema: Any) -> set[str]:
        if isinstance(schema, list):
            return set().union(*map(patterns, schema))
        if not isinstance(schema, dict):
            return set()
        own = {schema["pattern"]} if isinstance(schema.get("pattern"), str) else set()
        return own | set(schema.get("patternProperties", {})) | set().union(*map(patterns, schema.values()))

    assert patterns(Policy.model_json_schema()) == set(IN_WORDS)


def test_nearest_names_one_or_lists_all() -> None:
    assert nearest("stagin", ["staging", "production"]) == ", did you mean 'staging'?"
    assert nearest("x", ["staging", "production"]) == " (known: production, staging)"
    assert nearest("x", []) == " (known: none)"


def test_which_addresses_are_ours() -> None:
    """RBAC-01."""
    ours = changed(put("slack", "domains", to=["example.com"]))
    assert ours.of_ours("Ada@Example.COM") == "ada@example.com"
    for other in ("ada@mail.example.com", "ada@example.com.evil.example", "ada@notexample.com", "a b@example.com", "example.com", "", None):
        assert ours.of_ours(other) is None
    assert ours.of_ours("a" * 243 + "@example.com") is None
    assert changed(put("slack", "domains", to=[])).of_ours("ada@example.com") is None


def test_each_address_of_a_person_leads_to_them() -> None:
    known = changed(put("people", 1, "emails", to=["Bob@Home.example"])).by_email
    assert known["bob@home.example"].id == known["bob@example.com"].id == "bob@example.com"


def test_a_repository_is_where_its_source_says_or_else_at_github() -> None:
    assert changed(lambda data: None).services["api"].address == "https://github.com/example/api"
    assert (
        changed(put(*API, "source", to="https://git.example.com/example/api")).services["api"].address
        == "https://git.example.com/example/api"
    )


def test_a_team_has_its_services_in_the_order_of_the_file() -> None:
    data = plain()
    assert Policy.model_validate(data).teams == {}
    data["services"]["web"] = {**data["services"]["api"]}
    for service in data["services"].values():
        service["team"] = "".join(["pay", "ments"])  # each its own text, as in a file
    assert Policy.model_validate(data).teams == {"payments": tuple(data["services"])}


def test_a_login_that_reads_like_somebody_elses_slack_id_is_another_account() -> None:
    assert changed(put("people", 1, "github", to="U01ADA")).people[1].github == "U01ADA"


@pytest.mark.parametrize(("length", "is_one"), [(254, True), (255, False)])
def test_an_address_has_254_characters_at_most(length: int, is_one: bool) -> None:
    text = "a" * (length - len("@EXAMPLE.com")) + "@EXAMPLE.com"
    assert address(text) == (text.lower() if is_one else None)

"""What is asked of GitHub about a release, against its OpenAPI description and its GraphQL schema (EVD-31).

`scripts/peers.sh` fetches both. The queries are not only validated: they are executed, on GitHub's schema, with the tests' own data.
"""

import json
import re
from datetime import UTC, datetime
from urllib.parse import parse_qs

import jsonschema
import pytest
from graphql import build_schema, execute_sync, parse, validate
from graphql.validation import NoDeprecatedCustomRule
from pydantic import SecretStr

from bot.adapters import github_graphql
from bot.adapters.github_api import GitHubApi
from bot.adapters.github_auth import API_HEADERS, TokenAuth
from bot.adapters.github_branches import Activities, BaseOf, CommitFiles, History, OpenPulls
from bot.adapters.github_graphql import ReviewNode
from bot.adapters.github_vcs import GitHubVcs
from bot.adapters.github_vcs_wire import (
    UNDECIDED,
    BranchProtection,
    CheckRuns,
    Commits,
    Comparison,
    PullRule,
    Refs,
    Rules,
    Statuses,
    TagObject,
)
from guards.unread import Absent, Unread
from guards.vcs import CheckState, ReviewState
from tests.peers.described import PEERS, example, operation
from tests.world.github_vcs import TOKEN, WEB, FakeGitHubVcs, RoundTrips, actor, git
from tests.world.moments import StillClock

pytestmark = pytest.mark.peers

REPO = "octo/api"
QUERIES = {name: text for name, text in vars(github_graphql).items() if isinstance(text, str) and text.startswith("query ")}


@pytest.fixture(scope="module")
def schema():
    # Assumed valid: GitHub publishes it with fields whose deprecation differs from their interface's, which the library calls an error.
    return build_schema((PEERS / "graphql-schema" / "schema.graphql").read_text(), assume_valid=True)


def release():
    fake = FakeGitHubVcs()
    base = fake.commit("base", git("ada"))
    own = [fake.commit(f"work {n}", git("ada"), git(None, "b@example.com"), on=False) for n in range(120)]
    merge = fake.commit("Change 7 (#7)", git("ada"), git("bob"), committer=WEB)
    reviews = [
        {"author": actor(who), "state": state, "submittedAt": "2026-11-20T09:00:00Z", "commit": {"oid": own[-1]}}
        for who in ("rob", "robot[bot]", None)
        for state in ("APPROVED", "DISMISSED", "COMMENTED") * 12
    ]
    paths = [f"src/{n}.py" for n in range(130)]
    fake.pull(7, "dependabot[bot]", own, merge, brought=[merge], reviews=reviews, labels=["risk:low"], paths=paths)
    fake.links[merge][:0] = [fake.pull(100 + n, "x", [merge], merge, brought=[], merged=False) for n in range(60)]
    fake.commit("pushed", git("eve"), signed=False)
    fake.files[merge, "docs/CODEOWNERS"] = "* @octo/everybody"
    fake.tag("v1.4.0", merge)
    fake.ran(merge, "test")
    fake.write(merge, "build", "success")
    return fake, base, merge


def reader(fake):
    way = RoundTrips(fake)
    return way, GitHubVcs(GitHubApi(way, TokenAuth(SecretStr(TOKEN)), clock=StillClock(), api_url="http://github.test"))


# ---------------------------------------------------------------- GraphQL


def test_there_are_queries():
    assert len(QUERIES) == 9


@pytest.mark.parametrize("name", QUERIES)
def test_each_query_is_one_that_github_understands_and_asks_for_nothing_that_will_go(schema, name):
    assert validate(schema, parse(QUERIES[name])) == []
    assert validate(schema, parse(QUERIES[name]), [NoDeprecatedCustomRule]) == []


async def test_the_queries_executed_on_githubs_schema_tell_what_the_small_github_tells(schema):
    fake, base, merge = release()
    _, vcs = reader(fake)
    wanted = [
        await vcs.span(REPO, base, fake.history[-1]),
        await vcs.span(REPO, None, fake.history[-1]),
        await vcs.codeowners(REPO, merge),
        await vcs.codeowners(REPO, base),
    ]
    assert not [fact for fact in wanted if isinstance(fact, Unread)]
    assert (len(wanted[0].pulls[0].reviews), len(wanted[0].pulls[0].paths), len(wanted[0].contributors)) == (108, 130, 6)
    simple = len(fake.asked)

    executed = []

    def execute(asked):
        result = execute_sync(schema, parse(asked["query"]), fake.root(), variable_values=asked["variables"])
        executed.append(asked["query"])
        assert result.errors is None, result.errors
        return {"data": result.data}

    fake.execute = execute
    _, again = reader(fake)
    for (base_, head), span in zip([(base, fake.history[-1]), (None, fake.history[-1])], wanted[:2], strict=True):
        assert await again.span(REPO, base_, head) == span
    assert [await again.codeowners(REPO, at) for at in (merge, base)] == wanted[2:]
    assert isinstance(wanted[3], Absent)
    assert len(executed) == simple
    assert await again.span(REPO, base, fake.history[-1]) == wanted[0]  # what people wrote is read once more
    assert set(executed) == set(QUERIES.values())


def test_every_state_of_a_review_has_a_meaning(schema):
    words = set(schema.type_map["PullRequestReviewState"].values)
    assert words == {state.value.upper() for state in ReviewState} | {"PENDING"}
    assert words == set(ReviewNode.model_fields["state"].annotation.__args__)


def test_the_kinds_of_accounts_are_the_ones_that_are_told_apart(schema):
    kinds = {kind.name for kind in schema.get_possible_types(schema.type_map["Actor"])}
    assert kinds == {"Bot", "EnterpriseUserAccount", "Mannequin", "Organization", "User"}


# ---------------------------------------------------------------- REST


async def test_every_request_is_one_that_github_describes(described):
    fake, base, merge = release()
    requests, honest = [], fake.answer

    def keep(method, target, headers, body=b"", origin=""):
        requests.append((method, target, headers))
        return honest(method, target, headers, body)

    fake.answer = keep
    _, vcs = reader(fake)
    await vcs.tag(REPO, "v1.4.0")
    await vcs.span(REPO, base, merge)
    await vcs.span(REPO, None, merge)
    await vcs.checks(REPO, merge)
    await vcs.protection(REPO, "main")
    asked = [
        await vcs.head(REPO, "main"),
        await vcs.head(REPO, "main", datetime(2026, 11, 20, 12, tzinfo=UTC)),
        await vcs.merge_base(REPO, base, merge),
        await vcs.line(REPO, merge, 5),
        await vcs.patch(REPO, merge),
        await vcs.open_pulls(REPO, "main"),
    ]
    assert not [fact for fact in asked if isinstance(fact, Unread)]
    rest = [(target, headers) for method, target, headers in requests if method == "GET"]
    assert len(rest) == 15
    for target, headers in rest:
        path, _, query = target.partition("?")
        described_as = operation(
            described, "get", re.sub("matching-refs/(tags|heads)/", r"matching-refs/\1%2F", path)
        )  # `:ref` has a slash in it
        known = {parameter["name"]: parameter["schema"] for parameter in described_as["parameters"] if parameter["in"] == "query"}
        for name, (value,) in parse_qs(query).items():
            jsonschema.validate(int(value) if known[name].get("type") == "integer" else value, known[name])
        assert headers["X-GitHub-Api-Version"] == API_HEADERS["X-GitHub-Api-Version"]


ANSWERS = {
    "git/matching-refs/tags": Refs,
    "git/tags/s": TagObject,
    "compare/a...b": Comparison,
    "commits": Commits,
    "commits/s/check-runs": CheckRuns,
    "commits/s/statuses": Statuses,
    "branches/main/protection": BranchProtection,
    "rules/branches/main": Rules,
    "commits/s": CommitFiles,
    "pulls": OpenPulls,
}


@pytest.mark.parametrize("path", ANSWERS)
def test_every_documented_answer_is_understood(described, path):
    _, values = example(described, "get", f"/repos/o/r/{path}", "200")
    assert values
    for value in values:
        ANSWERS[path].model_validate_json(json.dumps(value))


@pytest.mark.parametrize(("path", "model"), [("commits", History), ("compare/a...b", BaseOf)])
def test_what_is_documented_of_histories_is_read_for_branches_too(described, path, model):
    for value in example(described, "get", f"/repos/o/r/{path}", "200")[1]:
        model.model_validate_json(json.dumps(value))


def test_a_moved_branch_is_told_with_githubs_own_time(described):
    schema = operation(described, "get", "/repos/o/r/activity")["responses"]["200"]["content"]["application/json"]["schema"]
    move = (
        described[1]["components"]["schemas"][schema["items"]["$ref"].rpartition("/")[2]] if "$ref" in schema["items"] else schema["items"]
    )
    assert {"before", "after", "ref", "timestamp"} <= set(move["required"])
    assert move["properties"]["timestamp"]["description"] == "The time when the activity occurred."
    # The example beside it has names of before (`pushed_at`); the schema, and what GitHub answers, has these.
    Activities.model_validate([{name: move["properties"][name].get("example", "2026-11-20T12:00:00Z") for name in move["required"][2:6]}])


def test_what_is_documented_of_protection_is_read(described):
    _, (value,) = example(described, "get", "/repos/o/r/branches/main/protection", "200")
    read = BranchProtection.model_validate(value)
    assert read.required_status_checks.contexts == ["continuous-integration/travis-ci"]
    assert read.required_pull_request_reviews.demand().required_approving_review_count == 2
    assert read.enforce_admins.enabled


def test_the_rules_about_reviews_and_checks_have_the_documented_parameters(described):
    schema = operation(described, "get", "/repos/o/r/rules/branches/main")["responses"]["200"]["content"]["application/json"]["schema"]
    (kinds,) = [choice for choice in (schema["items"].get("oneOf"), schema["items"].get("anyOf")) if choice]
    parameters = {}
    for kind in kinds:
        merged = {}
        for part in kind.get("allOf", [kind]):
            merged |= part.get("properties", {})
        parameters[merged["type"]["enum"][0]] = merged.get("parameters", {})
    needed = set(PullRule.model_fields["parameters"].annotation.model_fields)
    assert needed <= set(parameters["pull_request"]["required"])
    assert {"required_status_checks"} <= set(parameters["required_status_checks"]["required"])


def test_every_documented_end_of_a_check_means_something(described):
    schema = operation(described, "get", "/repos/o/r/commits/s/check-runs")["responses"]["200"]["content"]["application/json"]["schema"]
    run = schema["properties"]["check_runs"]["items"]["properties"]
    _, (value,) = example(described, "get", "/repos/o/r/commits/s/check-runs", "200")
    passed = []
    for conclusion in filter(None, run["conclusion"]["enum"]):
        value["check_runs"][0] |= {"status": "completed", "conclusion": conclusion}
        means = CheckRuns.model_validate(value).check_runs[0].state()
        assert isinstance(means, CheckState), conclusion
        passed += [conclusion] if means is CheckState.PASSED else []
    assert passed == ["success"]
    for status in set(run["status"]["enum"]) - {"completed"}:
        value["check_runs"][0] |= {"status": status, "conclusion": None}
        assert CheckRuns.model_validate(value).check_runs[0].state() is CheckState.WAITING


def test_the_reasons_that_decide_nothing_are_documented(described):
    text = operation(described, "get", "/repos/o/r/git/tags/s")["description"]
    reasons = set(re.findall(r"^\| `([a-z_]+)` \| ", text, re.MULTILINE))
    assert {"valid", "unsigned", "unknown_key"} <= reasons
    assert {reason for reason in UNDECIDED if reason.startswith("gpg")} <= reasons

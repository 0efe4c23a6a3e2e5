"""Judging a very large release: what each guard asks of its pull requests is found out once (EVD-13, RSK-10).

Invariant: the guards that look at every pull request and every file come to their end, or the figures are refused.
"""

from dataclasses import replace
from statistics import median
from time import process_time

from bot.bench.company import SERVICES, email, policy_data
from bot.bench.figures import Figure
from bot.bench.promotion import AT, DAY, case
from commands.core.dispatch import GUARDS, HEALS
from commands.core.requests import at_dispatch
from guards.codeowners import CodeOwners
from guards.decision import Allow
from guards.facts import Facts
from guards.judge import judge
from guards.policy import Policy
from guards.vcs import Commit, Contributor, Pull, Review, ReviewState, Span
from guards.version import Evidence

GROUP = "Judging a release of 1,000 pull requests with 10,000 files, under 200 path patterns"
_PULLS, _PATTERNS = 1000, 200
_HEAD, _COMMIT = "5e" * 20, "c0" * 20
_ASKED = ["pull-requests", "reviews", "code-owners", "specialist-reviews", "risk-assessment"]
_ROLES = ("developer", "tech_lead", "product", "ops", "security", "on_call", "engineering_manager")


def policy() -> Policy:
    """The company's policy with one service, whose pull requests and risk are judged."""
    data, service = policy_data(), SERVICES[0]
    data["services"] = {service: {**data["services"][service], "history": "github"}}
    data["roles"] = {"release_captain": data["roles"]["release_captain"], "release_manager": data["roles"]["release_manager"]}
    data["roles"] |= {key: [{"people": [email(32)]}] for key in _ROLES}
    data["allow"]["approve"]["production"] += _ROLES
    data["evidence"]["environments"] = {"production": {"add": _ASKED}}
    patterns = (f"services/s{n}/migrations/*.sql" if n % 2 else f"team-{n}/**/*.tf" for n in range(_PATTERNS))
    data["risk"] = {"paths": {key: ["infrastructure"] for key in patterns}}
    return Policy.model_validate(data)


def facts_of_a_large_release() -> Facts:
    """What is read for it."""
    author, *reviewers = (Contributor(f"person-{n}") for n in range(3))
    reviews = tuple(Review(who.login, ReviewState.APPROVED, _HEAD, AT - DAY) for who in reviewers)

    def pull(number: int) -> Pull:
        paths = tuple(f"src/module{number % 50}/part{(number * 10 + n) % 3000}/file.py" for n in range(10))
        return Pull(
            number, f"Work {number}", f"https://git.test/{number}", "main", _COMMIT, AT - DAY, _HEAD, author, (author,), reviews,
            frozenset({"risk:low"}), "## Risk\nlow\n\n## Database\nnone\n", author, (f"PAY-{number}",), paths,
        )  # fmt: skip

    def commit(number: int) -> Commit:
        return Commit(f"{number:040x}", f"Work {number}", "https://git.test/c", author, author, (), verified=True, pulls=(number,))

    numbers = range(_PULLS)
    owners = CodeOwners.read("CODEOWNERS", "/src/ @person-1\n" + "".join(f"/team-{n}/ @person-1\n" for n in range(_PATTERNS)))
    work = Span("bench/service", "0d" * 20, _COMMIT, tuple(map(commit, numbers)), tuple(map(pull, numbers)))
    return replace(case().facts, policy=policy(), evidence=Evidence(work=work, owners=owners, owners_before=owners))


def measure() -> list[Figure]:
    """How long the first judgement takes, and each further one."""
    change, facts = case().change, facts_of_a_large_release()

    def judged() -> float:
        again = replace(facts)  # the same evidence among facts that were read anew, of which nothing was concluded yet
        begun = process_time()
        said = judge(GUARDS, at_dispatch(change, again), again, HEALS)
        spent = (process_time() - begun) * 1e3
        answers = {answer.guard: answer.decision for answer in said.answers}
        if not all(isinstance(answers[name], Allow) for name in ("pulled", "reviewed", "owned", "specialised")):
            raise RuntimeError("the large release is not judged to its end: the figures would tell of less")
        return spent

    first, further = judged(), [judged() for _ in range(3)]
    note = "each file is held against each pattern and each owner; what was found is remembered with the evidence."
    return [
        Figure(GROUP, "first judgement, CPU", first, "ms", below=5000, note=note),
        Figure(GROUP, "each further one, CPU", median(further), "ms", below=500),
    ]

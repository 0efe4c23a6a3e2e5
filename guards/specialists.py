"""Whether those who know about it looked at it: security, databases, operations, and two for what breaks others (RSK-06).

Invariant: a specialist is a person who holds the role here, now, and approved the pull request's last commit without having written it.
"""

from collections.abc import Iterable

from guards.as_hotfix import hotfix_of, untold
from guards.authorization import held_roles
from guards.decision import Allow, Decision, Refusal, Refuse, Unsure
from guards.duties import identify
from guards.evidence import asks_for
from guards.facts import Facts, Request
from guards.review import independent
from guards.risk import history_of, told_by_work
from guards.unread import Unread
from guards.vcs import Pull
from guards.version import Artifact
from guards.vocabulary import Question, Requirement, Role

_NAMED = 5


@asks_for(Requirement.SPECIALISTS)
def specialised(request: Request, facts: Facts, artifact: Artifact) -> Decision:
    """Whether each pull request that answers a question with yes was approved by whom the policy asks for (RSK-06, HOT-06)."""
    works, rules = history_of(artifact.service, facts), facts.policy.risk
    if isinstance(works, Unsure):
        return works  # of work that is not known nothing is told
    if lost := untold(request, facts):
        return lost
    lacking: list[str] = []
    looked, severe = 0, _severe(request, facts)
    for told in told_by_work(artifact.service, facts):
        if told.pull is None:
            continue
        yes = {what for _, what in told.findings if isinstance(what, Question)} | severe
        asked = sorted(yes & rules.reviewers.keys())
        looked += bool(asked)
        for question in asked:
            short = _short(told.pull, question, request, facts)
            if isinstance(short, Unsure):
                return short
            lacking += [f"{told.name} ({question}) lacks {one}" for one in short]
    if lacking:
        more = f" and {len(lacking) - _NAMED} more" if len(lacking) > _NAMED else ""
        return Refuse(Refusal.NO_SPECIALIST, f"{'; '.join(lacking[:_NAMED])}{more}.", "Have them approve the pull request's last commit.")
    return Allow(
        f"pull requests that take specialists: {looked}, each approved by them" if looked else "no pull request takes a specialist"
    )


def _severe(request: Request, facts: Facts) -> frozenset[Question]:
    """A hotfix of something severe is looked at for security, whatever it changes (HOT-06)."""
    hotfix = hotfix_of(request, facts)
    if hotfix is None:
        return frozenset()
    known = next((one for one in facts.policy.incidents.severities if one.name == hotfix.scope.severity), None)
    # a severity that the policy names no more is as bad as any
    return frozenset({Question.SECURITY}) if known is None or known.security_review else frozenset()


def _short(pull: Pull, question: Question, request: Request, facts: Facts) -> list[str] | Unsure:
    """What a pull request's approvals lack for one question."""
    wanted, approvers = facts.policy.risk.reviewers[question], independent(pull, facts)
    lacks = [f"{wanted.count - len(approvers)} of {wanted.count} approvals"] if len(approvers) < wanted.count else []
    if not wanted.roles:
        return lacks
    held = _held(sorted(approvers), request, facts)
    if isinstance(held, Unsure):
        return held
    sure, untold = held
    missing = [role for role in wanted.roles if role not in sure]
    if unknown := [role for role in missing if role in untold]:
        return Unsure(f"the Slack groups that hold {', '.join(unknown)}")
    return [*lacks, *(f"an approval of {role}" for role in missing)]


def _held(logins: Iterable[str], request: Request, facts: Facts) -> tuple[frozenset[Role], frozenset[Role]] | Unsure:
    """The roles that these people hold, and those that hang on groups that could not be read. Somebody unknown holds none."""
    sure, untold = frozenset[Role](), frozenset[Role]()
    for login in logins:
        person = identify(login, facts)
        if isinstance(person, Unread):
            return Unsure(person.what, person.why)
        if person is not None:
            roles, unread = held_roles(person, request.service, request.environment, facts)
            sure, untold = sure | roles, untold | unread
    return sure, untold

"""GitHub Actions as the CI that deploys: a workflow is dispatched with fixed inputs, and its run is followed.

The workflow must take the inputs in `INPUTS` and carry the key in its title:

    run-name: Deploy ${{ inputs.service }} ${{ inputs.version }} to ${{ inputs.environment }} [signalbox ${{ inputs.key }}]

Invariant: only the workflows named at construction are ever started or listened to, and a dispatch is never sent twice (CMD-02, PRM-20).
"""

import hashlib
import hmac
import json
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

from pydantic import SecretStr, ValidationError

from bot.adapters.answers import Answer, not_taken, parse, said, status_words
from bot.adapters.github_api import GitHubApi, asked_wait
from bot.adapters.github_auth import API_HEADERS, Auth
from bot.adapters.github_wire import Dispatched, Listing, PullEvent, PushEvent, RunEvent, WorkflowRun, since
from bot.adapters.reading import UnreadError
from bot.adapters.signing import checked
from bot.adapters.transport import Transport
from commands.core.ports.ci import (
    AccessOrder,
    BranchOrder,
    Forged,
    Heard,
    Malformed,
    NoRun,
    Order,
    Proposed,
    Pushed,
    Run,
    RunLog,
    Started,
    Stopping,
    TurnedDown,
    Unknown,
)
from commands.core.ports.clock import Clock
from guards.unread import Absent, Unread

ACCESS_INPUTS = ("step", "scope", "service", "environment", "person", "until", "grant", "key")
BRANCH_INPUTS = ("service", "branch", "commit", "run", "key")
INPUTS = ("service", "environment", "version", "digest", "commit", "change", "key")
WHO = "GitHub"
MAX_LOG = 32 * 1024 * 1024
"""Bytes of the logs of one run, as the zip that GitHub makes of them."""

_REPOSITORY = re.compile(r"[A-Za-z0-9._-]+/[A-Za-z0-9._-]+")
_WORKFLOW = re.compile(r"[A-Za-z0-9._-]+\.ya?ml")
_PER_PAGE, _MAX_PAGES = 50, 20  # GitHub lists at most 1,000 runs for one search
_CLOCKS = timedelta(minutes=2)  # GitHub's clock may be behind ours


class GitHubActions:
    """Implements the `CI` port for one GitHub (CMD-10, PRM-19).

    Args:
        transport: shared by all neighbours.
        auth: see `github_auth`.
        clock: for rate limits.
        webhook_secret: of the webhook that sends `workflow_run` events, at least 16 characters.
        former_secret: also accepted while the secret is being replaced.
        workflows: every (`owner/name`, workflow file) pair in the policy file; nothing else is started or believed.
        api_url: `https://api.github.com`, or `https://HOST/api/v3` for GitHub Enterprise Server.

    Raises:
        ValueError: when a setting cannot be right.
    """

    def __init__(
        self,
        transport: Transport,
        auth: Auth,
        *,
        clock: Clock,
        webhook_secret: SecretStr,
        workflows: Iterable[tuple[str, str]],
        api_url: str = "https://api.github.com",
        former_secret: SecretStr | None = None,
    ) -> None:
        self._reads = GitHubApi(transport, auth, clock=clock, api_url=api_url)
        self._workflows = {(repository.lower(), workflow) for repository, workflow in workflows}
        for repository, workflow in self._workflows:
            if not _REPOSITORY.fullmatch(repository) or not _WORKFLOW.fullmatch(workflow) or set(repository.split("/")) & {".", ".."}:
                raise ValueError(f"{repository} {workflow} is not a repository and a workflow file")
        self._transport, self._auth, self._clock, self._api = transport, auth, clock, api_url.rstrip("/")
        self._secrets = [checked(s).get_secret_value().encode() for s in (webhook_secret, former_secret) if s is not None]

    async def start(self, order: Order) -> Started | TurnedDown | Unknown:
        """See `CI.start`. The run's id comes back when GitHub tells it (200), else it is found by the key (204)."""
        names = (*INPUTS, "manifest") if order.manifest is not None else INPUTS  # GitHub refuses an input that a workflow does not take
        return await self._ask(order, order.version, {name: getattr(order, name) for name in names})

    async def branch(self, order: BranchOrder) -> Started | TurnedDown | Unknown:
        """See `CI.branch`. The workflow is dispatched at the main branch, with `BRANCH_INPUTS`."""
        return await self._ask(order, order.main, {name: getattr(order, name) for name in BRANCH_INPUTS})

    async def access(self, order: AccessOrder) -> Started | TurnedDown | Unknown:
        """See `CI.access`. The workflow is dispatched at the main branch, with `ACCESS_INPUTS`."""
        return await self._ask(order, order.main, {name: str(getattr(order, name)) for name in ACCESS_INPUTS})

    async def _ask(self, order: Order | BranchOrder | AccessOrder, ref: str, inputs: Mapping[str, str]) -> Started | TurnedDown | Unknown:
        if (order.repository.lower(), order.workflow) not in self._workflows:
            return TurnedDown(f"{order.workflow} of {order.repository} is not a workflow of the policy file.")
        headers = await self._headers(order.repository)
        if isinstance(headers, Unread):
            return TurnedDown(f"The order was not sent: could not get {headers.what}: {headers.why}.")
        body: dict[str, object] = {"ref": ref, "inputs": dict(inputs)}
        answer = await self._dispatch(order, headers, {**body, "return_run_details": True})
        if isinstance(answer, Answer) and answer.status in {400, 422} and "return_run_details" in said(answer, "message"):
            answer = await self._dispatch(order, headers, body)  # an older GitHub Enterprise Server certainly refused the first
        if not isinstance(answer, Answer):
            return answer
        if answer.status == 204:
            return Started()
        if answer.status == 200:
            run = parse(Dispatched, "the started run", answer)
            if isinstance(run, Unread):
                return Unknown(f"{WHO} seems to have taken the order, but {run.why}.")
            return Started(str(run.workflow_run_id), str(run.html_url))
        if answer.good:
            return Unknown(f"{WHO} answered with status {answer.status}, which it does not document for a dispatch.")
        if answer.status == 401:
            self._auth.refused(order.repository)
        return not_taken(WHO, answer, words=said(answer, "message"), wait=asked_wait(answer, self._clock.now()))

    async def cancel(self, order: Order, run: str | None) -> Stopping | TurnedDown | Unknown:
        """See `CI.cancel`. Takes *actions: write*, as a dispatch does; GitHub answers 202, or 409 to a run that is over.

        Source: GitHub, "Cancel a workflow run".
        """
        if run is None or not (run.isascii() and run.isdigit()):
            return TurnedDown(f"{WHO} never told the run's id.")
        headers = await self._headers(order.repository)
        if isinstance(headers, Unread):
            return TurnedDown(f"The run was not ended: could not get {headers.what}: {headers.why}.")
        url = f"{self._api}/repos/{order.repository}/actions/runs/{run}/cancel"
        answer = await self._transport.send(WHO, url, body=b"", headers=headers)
        if not isinstance(answer, Answer):
            return answer
        return Stopping() if answer.status == 202 else not_taken(WHO, answer, words=said(answer, "message"))

    async def find(self, order: Order, run: str | None, since: datetime) -> Run | NoRun | Unread:
        """See `CI.find`. GitHub's listing lags behind, so absence is never sure."""
        what = f"the run of {order.change} at {WHO}"
        return await (self._by_key(what, order, since) if run is None else self._by_id(what, order, run))

    async def log(self, order: Order, run: str | None) -> RunLog | Absent | Unread:
        """See `CI.log`. GitHub keeps the logs of a run as a zip, for 90 days unless the repository says otherwise, and answers 410 then.

        Source: GitHub, "Download workflow run logs".
        """
        what = f"the log of {order.change} at {WHO}"
        if run is None or not (run.isascii() and run.isdigit()):
            return Unread(what, "it never told the run's id")
        if (order.repository.lower(), order.workflow) not in self._workflows:
            return Unread(what, f"{order.workflow} of {order.repository} is not a workflow of the policy file")
        try:
            answer = await self._reads.download(what, order.repository, f"actions/runs/{run}/logs", MAX_LOG, also={410})
        except UnreadError as failed:
            return failed.unread
        return Absent(f"log of run {run} at {WHO} any more") if answer.status == 410 else RunLog(answer.body, "application/zip")

    def hear(self, headers: Mapping[str, str], body: bytes, at: datetime) -> Heard | Forged | Malformed:  # noqa: ARG002  GitHub signs no time
        """See `CI.hear`. Only our repositories say anything: runs of workflows, pushes, pull requests (GitHub, "Validating webhooks")."""
        given = headers.get("x-hub-signature-256", "").encode("utf-8", "surrogateescape")
        wanted = [b"sha256=" + hmac.new(secret, body, hashlib.sha256).hexdigest().encode() for secret in self._secrets]
        if not any([hmac.compare_digest(given, each) for each in wanted]):  # noqa: C419  always compares all
            return Forged("the signature is missing or does not fit")
        delivery, kind = headers.get("x-github-delivery", ""), headers.get("x-github-event", "")
        if not delivery or not kind:
            return Malformed("X-GitHub-Delivery or X-GitHub-Event is missing")
        if not headers.get("content-type", "application/json").startswith("application/json"):
            return Malformed("set the webhook's content type to application/json")
        if kind not in {"workflow_run", "push", "pull_request"}:
            return Heard(delivery, ())
        try:
            if kind == "push":
                return Heard(delivery, self._ours(PushEvent.model_validate_json(body).value()))
            if kind == "pull_request":
                return Heard(delivery, self._ours(PullEvent.model_validate_json(body).value()))
            event = RunEvent.model_validate_json(body)
        except ValidationError as error:
            return Malformed(f"{'.'.join(str(part) for part in error.errors()[0]['loc']) or 'the body'} is not what GitHub documents")
        run, key = event.workflow_run, event.workflow_run.key()
        ours = (event.repository.full_name.lower(), run.workflow()) in self._workflows and run.event == "workflow_dispatch"
        if not ours or key is None:
            return Heard(delivery, ())
        value = run.value(key)
        return Heard(delivery, (value,)) if value else Malformed("the run's status is not one that GitHub documents")

    def _ours(self, told: Pushed | Proposed | None) -> tuple[Pushed | Proposed, ...]:
        return (told,) if told and told.repository.lower() in {repository for repository, _ in self._workflows} else ()

    async def alive(self) -> Unread | None:
        """See `CI.alive`. Asks for the rate limit, which costs none; 404 says that this server has none.

        One owner who lets us in is enough: another one's mistake must not make the bot unready for all.
        """
        lost: Unread | None = None
        for repository in {repository.partition("/")[0]: repository for repository, _ in sorted(self._workflows)}.values():
            lost = await self._lets_in(repository)
            if lost is None:
                return None
        return lost

    # ------------------------------------------------------------ one call each

    async def _headers(self, repository: str) -> dict[str, str] | Unread:
        token = await self._auth.token(repository)
        return token if isinstance(token, Unread) else {**API_HEADERS, "Authorization": f"Bearer {token}"}

    async def _dispatch(
        self, order: Order | BranchOrder | AccessOrder, headers: dict[str, str], body: Mapping[str, object]
    ) -> Answer | TurnedDown | Unknown:  # fmt: skip
        url = f"{self._api}/repos/{order.repository}/actions/workflows/{order.workflow}/dispatches"
        return await self._transport.send(WHO, url, body=json.dumps(body).encode(), headers={**headers, "Content-Type": "application/json"})

    async def _lets_in(self, repository: str) -> Unread | None:
        headers = await self._headers(repository)
        if isinstance(headers, Unread):
            return Unread(WHO, f"could not get {headers.what}: {headers.why}")
        answer = await self._transport.read(WHO, f"{self._api}/rate_limit", headers=headers, expect={200, 401, 404})
        if isinstance(answer, Unread):
            return answer
        if answer.status == 401:
            self._auth.refused(repository)
            return Unread(WHO, status_words(answer))
        if answer.status == 404 and not said(answer, "message"):
            return Unread(WHO, "it answered 404 without a word; is the API's address right?")
        return None

    async def _get(self, what: str, repository: str, path: str, params: dict[str, str | int] | None = None) -> Answer | Unread:
        """What stands at `path` below the repository's Actions."""
        try:
            return await self._reads.get(what, repository, f"actions/{path}", params)
        except UnreadError as failed:
            return failed.unread

    async def _by_id(self, what: str, order: Order, run: str) -> Run | Unread:
        if not (run.isascii() and run.isdigit()):
            return Unread(what, "the run's id is not one of GitHub's")
        answer = await self._get(what, order.repository, f"runs/{run}")
        if isinstance(answer, Unread):
            return answer
        found = parse(WorkflowRun, what, answer)
        if isinstance(found, Unread):
            return found
        if str(found.id) != run or not found.belongs(order):
            return Unread(what, f"run {run} is not a dispatch of {order.workflow} at {order.commit[:12]}")
        return found.value(found.key()) or _undocumented(what, found)

    async def _by_key(self, what: str, order: Order, oldest: datetime) -> Run | NoRun | Unread:
        params: dict[str, str | int] = {"event": "workflow_dispatch", "per_page": _PER_PAGE}
        params["created"] = since(oldest.astimezone(UTC) - _CLOCKS)
        matches: dict[int, WorkflowRun] = {}
        seen: set[int] = set()
        for page in range(1, _MAX_PAGES + 1):
            answer = await self._get(what, order.repository, f"workflows/{order.workflow}/runs", {**params, "page": page})
            if isinstance(answer, Unread):
                return answer
            listing = parse(Listing, what, answer)
            if isinstance(listing, Unread):
                return listing
            seen |= {run.id for run in listing.workflow_runs}
            matches |= {run.id: run for run in listing.workflow_runs if run.key() == order.key}
            if len(seen) >= listing.total_count:
                break
            if not listing.workflow_runs:
                return Unread(what, "its list of runs is not complete")
        else:
            return Unread(what, "there are more runs than it lists")
        if not matches:
            return NoRun(sure=False)
        match [run for run in matches.values() if run.belongs(order)]:
            case [only]:
                return only.value(order.key) or _undocumented(what, only)
            case []:
                return Unread(what, f"a run carries the key {order.key}, but not at {order.commit[:12]}")
            case several:
                return Unread(what, f"{len(several)} runs carry the key {order.key}")


def _undocumented(what: str, run: WorkflowRun) -> Unread:
    return Unread(what, f"its status {run.status!r} with conclusion {run.conclusion!r} is not one that GitHub documents")

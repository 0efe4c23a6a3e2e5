"""GitHub's words about workflow runs, and what they mean here.

Invariant: a word that GitHub has not documented is never taken for any state.

Source: GitHub, "List workflow runs for a workflow", "Create a workflow dispatch event", event `workflow_run`, "About status checks".
"""

import re
from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field, HttpUrl

from commands.core.ports.ci import Order, Proposed, Pushed, Run, RunState

_KEY = re.compile(r"\[signalbox ([A-Za-z0-9.-]{1,64})\]")

_UNDER_WAY = {
    "queued": RunState.QUEUED,
    "requested": RunState.QUEUED,
    "waiting": RunState.QUEUED,  # for a deployment protection rule
    "pending": RunState.QUEUED,  # for a concurrency group
    "in_progress": RunState.RUNNING,
}
_ENDED = {
    "success": RunState.SUCCEEDED,
    "failure": RunState.FAILED,
    "startup_failure": RunState.FAILED,
    "neutral": RunState.FAILED,  # neither success nor failure: nothing says that it deployed
    "skipped": RunState.FAILED,  # no job ran
    "cancelled": RunState.CANCELLED,
    "timed_out": RunState.TIMED_OUT,
    "stale": RunState.TIMED_OUT,  # given up by GitHub because it took too long
    "action_required": RunState.QUEUED,  # waits for a person and may still go on, so it is not over
}


def state(status: str | None, conclusion: str | None) -> RunState | None:
    """What GitHub's two words mean, or None when they are not documented."""
    if status == "completed":
        return _ENDED.get(conclusion or "")
    return _UNDER_WAY.get(status or "")


class Dispatched(BaseModel):
    """The 200 of a dispatch that asked for `return_run_details`."""

    workflow_run_id: int
    html_url: HttpUrl


class WorkflowRun(BaseModel):
    """A workflow run, in a listing, alone, or in a webhook."""

    id: Annotated[int, Field(gt=0)]
    event: str
    status: str | None
    conclusion: str | None
    head_sha: str
    path: str = ""  # absent in webhooks of old GitHub Enterprise Servers
    html_url: HttpUrl
    display_title: str | None = None
    name: str | None = None

    def key(self) -> str | None:
        """The order's key from the run's title; None when there is none, or more than one."""
        for title in (self.display_title, self.name):
            keys = set(_KEY.findall(title or ""))
            if keys:
                return str(keys.pop()) if len(keys) == 1 else None
        return None

    def workflow(self) -> str:
        """The workflow's file name: `path` is `.github/workflows/deploy.yml`, with `@ref` behind it in some answers."""
        return self.path.partition("@")[0].rpartition("/")[2]

    def belongs(self, order: Order) -> bool:
        """Whether this can be a run of that order: dispatched, of its workflow, at its commit."""
        return self.event == "workflow_dispatch" and self.head_sha == order.commit and self.workflow() in {order.workflow, ""}

    def value(self, key: str | None) -> Run | None:
        """The port's own value; None when the state is not documented."""
        stands = state(self.status, self.conclusion)
        return Run(key=key, run=str(self.id), url=str(self.html_url), state=stands, commit=self.head_sha) if stands else None


class Listing(BaseModel):
    """One page of workflow runs."""

    total_count: int
    workflow_runs: list[WorkflowRun]


class _Repository(BaseModel):
    full_name: str


class RunEvent(BaseModel):
    """The webhook event `workflow_run`."""

    action: str
    workflow_run: WorkflowRun
    repository: _Repository


_PROPOSING = frozenset({"opened", "reopened", "synchronize", "edited", "ready_for_review"})


class PushEvent(BaseModel):
    """The webhook event `push`."""

    ref: str
    repository: _Repository

    def value(self) -> Pushed | None:
        """The port's own value; None when it is a tag that was pushed."""
        kind, _, branch = self.ref.removeprefix("refs/").partition("/")
        return Pushed(self.repository.full_name, branch) if kind == "heads" and branch else None


class _Base(BaseModel):
    ref: str


class _Pull(BaseModel):
    number: int
    base: _Base


class PullEvent(BaseModel):
    """The webhook event `pull_request`."""

    action: str
    pull_request: _Pull
    repository: _Repository

    def value(self) -> Proposed | None:
        """The port's own value; None for what changes neither its head nor its base."""
        pull = self.pull_request
        return Proposed(self.repository.full_name, pull.base.ref, pull.number) if self.action in _PROPOSING else None


def since(moment: datetime) -> str:
    """The `created` filter for runs not older than a UTC moment."""
    return f">={moment:%Y-%m-%dT%H:%M:%SZ}"

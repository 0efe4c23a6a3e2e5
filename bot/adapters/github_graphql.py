"""GitHub's GraphQL queries about commits and pull requests, and the shape of their answers.

Invariant: the text of a query never changes; every value travels as a variable. Every list says whether it is whole.

Source: GitHub, "GraphQL API reference"; tests/peers holds each query against GitHub's published schema.
"""

from typing import Annotated, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from pydantic.alias_generators import to_camel

from bot.adapters.moment import Moment

T = TypeVar("T")
Sha = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{40}$")]

_PAGE = "pageInfo { hasNextPage endCursor }"
_LINKS = f"nodes {{ id merged baseRepository {{ nameWithOwner }} mergeCommit {{ oid }} }} {_PAGE}"
_WORK = """oid
    authors(first: 25) { nodes { name email user { login } } pageInfo { hasNextPage endCursor } }
    committer { name email user { login } }
    signature { isValid wasSignedByGitHub }"""
_REVIEWS = f"nodes {{ author {{ __typename login }} state submittedAt commit {{ oid }} }} {_PAGE}"
_PARTS = f"nodes {{ commit {{ {_WORK} }} }} {_PAGE}"
_FILES = f"nodes {{ path }} {_PAGE}"

COMMITS = f"""query Commits($ids: [ID!]!) {{
  nodes(ids: $ids) {{ ... on Commit {{
    id url messageHeadline message
    parents(first: 1) {{ totalCount }}
    {_WORK}
    associatedPullRequests(first: 50) {{ {_LINKS} }}
  }} }}
}}"""

_WORDS = f"""id number title body headRefName
    labels(first: 100) {{ nodes {{ name }} {_PAGE} }}
    reviews(first: 100) {{ {_REVIEWS} }}"""

PULLS = f"""query Pulls($ids: [ID!]!) {{
  nodes(ids: $ids) {{ ... on PullRequest {{
    {_WORDS}
    url baseRefName headRefOid mergedAt changedFiles
    mergeCommit {{ oid }}
    author {{ __typename login }}
    mergedBy {{ __typename login }}
    commits(first: 100) {{ {_PARTS} }}
    files(first: 100) {{ {_FILES} }}
  }} }}
}}"""

WORDS = f"""query Words($ids: [ID!]!) {{
  nodes(ids: $ids) {{ ... on PullRequest {{ {_WORDS} }} }}
}}"""

HISTORY = """query History($owner: String!, $name: String!, $head: GitObjectID!) {
  repository(owner: $owner, name: $name) {
    nameWithOwner
    object(oid: $head) { ... on Commit { history(first: 1) { totalCount } } }
  }
}"""

OWNERS = """query Owners($owner: String!, $name: String!, $commit: GitObjectID!, $first: String!, $second: String!, $third: String!) {
  repository(owner: $owner, name: $name) {
    object(oid: $commit) { ... on Commit { oid } }
    first: object(expression: $first) { ... on Blob { text byteSize isTruncated } }
    second: object(expression: $second) { ... on Blob { text byteSize isTruncated } }
    third: object(expression: $third) { ... on Blob { text byteSize isTruncated } }
  }
}"""


def _rest(kind: str, field: str, content: str) -> str:
    return f"""query Rest($id: ID!, $after: String!) {{
  node(id: $id) {{ ... on {kind} {{ page: {field}(first: 100, after: $after) {{ {content} }} }} }}
}}"""


MORE_LINKS = _rest("Commit", "associatedPullRequests", _LINKS)
MORE_REVIEWS = _rest("PullRequest", "reviews", _REVIEWS)
MORE_PARTS = _rest("PullRequest", "commits", _PARTS)
MORE_FILES = _rest("PullRequest", "files", _FILES)


class _Wire(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel)


class PageInfo(_Wire):
    """Whether a list goes on."""

    has_next_page: bool
    end_cursor: str | None


class Page(_Wire, Generic[T]):
    """A list, or its first part."""

    nodes: list[T]
    page_info: PageInfo


class _Rest(_Wire, Generic[T]):
    page: Page[T]


class Rest(_Wire, Generic[T]):
    """The next part of a list."""

    node: _Rest[T]


class Nodes(_Wire, Generic[T]):
    """Things that were asked for by their ids, in that order."""

    nodes: list[T]


class _Login(_Wire):
    login: str


class GitActor(_Wire):
    """Who git says it was, and the account that the address belongs to."""

    name: str | None
    email: str | None
    user: _Login | None


class Actor(_Wire):
    """An account."""

    kind: Annotated[str, Field(alias="__typename")]
    login: str


class Oid(_Wire):
    """A commit's id alone."""

    oid: Sha


class _Name(_Wire):
    name: str


class _Path(_Wire):
    path: str


class _Repository(_Wire):
    name_with_owner: str


class Signature(_Wire):
    """What GitHub says of a commit's signature."""

    is_valid: bool
    was_signed_by_git_hub: bool


class Work(_Wire):
    """Who made a commit."""

    oid: Sha
    authors: Page[GitActor]
    committer: GitActor | None
    signature: Signature | None


class _Count(_Wire):
    total_count: int


class Link(_Wire):
    """A pull request that knows a commit."""

    id: str
    merged: bool
    base_repository: _Repository | None
    merge_commit: Oid | None


class CommitNode(Work):
    """A commit of the span."""

    id: str
    url: str
    message_headline: str
    message: str
    parents: _Count
    associated_pull_requests: Page[Link]


class ReviewNode(_Wire):
    """A review; one that is pending was not submitted."""

    author: Actor | None
    state: Literal["APPROVED", "CHANGES_REQUESTED", "COMMENTED", "DISMISSED", "PENDING"]
    submitted_at: Moment | None
    commit: Oid | None


class Part(_Wire):
    """A commit of a pull request's own branch."""

    commit: Work


class WordsNode(_Wire):
    """What people may still write on a pull request that was merged."""

    id: str
    number: int
    title: str
    body: str
    head_ref_name: str
    labels: Page[_Name]
    reviews: Page[ReviewNode]


class PullNode(WordsNode):
    """A merged pull request."""

    url: str
    base_ref_name: str
    head_ref_oid: Sha
    merged_at: Moment
    changed_files: int
    merge_commit: Oid
    author: Actor | None
    merged_by: Actor | None
    commits: Page[Part]
    files: Page[_Path] | None


FilePath = _Path


class _Head(_Wire):
    history: _Count


class _HistoryOf(_Wire):
    name_with_owner: str
    object: _Head | None


class History(_Wire):
    """How many commits there are up to one."""

    repository: _HistoryOf


class Blob(_Wire):
    """A file's text."""

    text: str | None
    byte_size: int
    is_truncated: bool


class _OwnersOf(_Wire):
    object: Oid | None
    first: Blob | None
    second: Blob | None
    third: Blob | None


class Owners(_Wire):
    """The three places where a CODEOWNERS file may stand."""

    repository: _OwnersOf

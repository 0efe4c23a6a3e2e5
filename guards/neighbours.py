"""The parts of the policy file that say whom the bot asks: what deploys, what knows built versions, whose signatures count.

Invariant: a secret never stands here, only the name of the variable that holds it.
"""

from typing import Annotated, Literal

from pydantic import Field

from guards.section import Section
from guards.values import Day, SecretName, Url


class GitHubCI(Section):
    """GitHub Actions; its credentials come from the environment (docs/operate.md)."""

    kind: Literal["github"] = Field(description="Says which form this is.")


class HttpCI(Section):
    """A CI behind the contract of docs/generic-ci.md."""

    kind: Literal["http"] = Field(description="Says which form this is.")
    url: Url = Field(description="Base address, without a trailing slash.")
    secret: SecretName = Field(description="Environment variable that holds the shared secret; `<NAME>_FILE` works too.")


class KeySigner(Section):
    """A pinned public key whose signatures count."""

    kind: Literal["key"] = Field(description="Says which form this is.")
    public_key: str = Field(max_length=4000, description="The public key as PEM.")


class SigstoreSigner(Section):
    """An identity under a pinned sigstore trust root, such as the release workflow of a repository."""

    kind: Literal["sigstore"] = Field(description="Says which form this is.")
    identity: str = Field(
        min_length=1,
        max_length=500,
        description="The certificate's subject alternative name, exactly; `{version}` in it stands for the tag.",
    )
    issuer: Url = Field(description="The OIDC issuer, exactly.")
    root: str = Field(min_length=1, max_length=500, description="File with the `trusted_root.json`; a path from the policy file's folder.")
    root_as_of: Day = Field(description="When that file was fetched; keys withdrawn since are still trusted, so people see its age.")


class OciRegistry(Section):
    """An OCI registry; each service's `coordinates` name its repository there."""

    kind: Literal["oci"] = Field(description="Says which form this is.")
    url: Url = Field(description="Base address of the registry.")
    username: str | None = Field(default=None, max_length=100, description="User for the token exchange; left out: anonymous.")
    password: SecretName | None = Field(default=None, description="Environment variable that holds the password or token.")
    signers: tuple[Annotated[KeySigner | SigstoreSigner, Field(discriminator="kind")], ...] = Field(
        default=(), description="Whose signatures on provenance, SBOMs and artifacts count; any one of them is enough (EVD-11)."
    )


class HttpIndex(Section):
    """A build index behind the contract of docs/generic-ci.md."""

    kind: Literal["http"] = Field(description="Says which form this is.")
    url: Url = Field(description="Base address, without a trailing slash.")
    secret: SecretName = Field(description="Environment variable that holds the shared secret; `<NAME>_FILE` works too.")

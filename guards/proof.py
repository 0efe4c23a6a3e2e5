"""What is proven of the artifact's bits: what is in them, how they were built, who signed them, and that there is a way back.

Invariant: a proof counts for exactly the artifact's digest; that of another digest proves nothing, however well it is signed (EVD-16).
"""

from guards.artifact import short
from guards.decision import Allow, Decision, Refusal, Refuse, Unsure
from guards.evidence import asks_for
from guards.facts import Facts, Request
from guards.provenance import Identity, Proof, Sbom, Signer
from guards.unread import Absent, Unread
from guards.version import Artifact
from guards.vocabulary import Requirement


def _proof(facts: Facts, artifact: Artifact) -> Proof | Unsure:
    proof = facts.evidence.proof
    if proof is None:
        return Unsure(f"what is attached to {artifact.service} {artifact.version}", "nobody asked for it")
    if isinstance(proof, Absent):
        return Unsure(f"what is attached to {artifact.service} {artifact.version}", f"there is no {proof.what}")
    return Unsure(proof.what, proof.why) if isinstance(proof, Unread) else proof


def _but(proof: Proof) -> str:
    """What is attached and proves nothing, for whoever has to mend it."""
    return "".join(f" {one.what[:1].upper()}{one.what[1:]} does not count: {one.why}." for one in proof.invalid[:3])


def signed_by(signer: Signer) -> str:
    """Whose signature it is, for sentences."""
    return signer.name if isinstance(signer, Identity) else f"the pinned key {short(signer.fingerprint)}"


def bill_of(proof: Proof, artifact: Artifact, *, signed: bool) -> Sbom | None:
    """The bill of materials that counts: bound to the artifact's digest by a signature or, where that is enough, by its own words.

    Args:
        proof, artifact: what is attached to what.
        signed: only one with a signature counts.
    """
    bound = [s for s in proof.sboms if s.digest == artifact.digest and (s.signer or (s.named and not signed))]
    return min(bound, key=lambda s: s.signer is None, default=None)


@asks_for(Requirement.SBOM)
def listed(request: Request, facts: Facts, artifact: Artifact) -> Decision:
    """Whether a bill of materials is bound to exactly this digest, by a signature where the policy asks for one (EVD-09)."""
    proof = _proof(facts, artifact)
    if isinstance(proof, Unsure):
        return proof
    signed = facts.policy.signed_sboms(request.environment)
    if bill := bill_of(proof, artifact, signed=signed):
        by = f"signed by {signed_by(bill.signer)}" if bill.signer else "unsigned"
        return Allow(f"{bill.format} {bill.version} with {bill.components} components, {by}")
    binding = "is signed by somebody whom the policy pins" if signed else "names this digest or is signed"
    loose = f" {len(proof.sboms)} attached, none of which {binding}." if proof.sboms else ""
    return Refuse(
        Refusal.NO_SBOM,
        f"No bill of materials is bound to {short(artifact.digest)}.{loose}{_but(proof)}",
        f"Have CI make the SBOM from the built artifact{', sign it' if signed else ''} and attach it to that digest.",
    )


@asks_for(Requirement.PROVENANCE)
def proven(request: Request, facts: Facts, artifact: Artifact) -> Decision:
    """Whether a verified statement says that exactly this digest was built from exactly this commit and tag (EVD-10, EVD-27)."""
    proof = _proof(facts, artifact)
    if isinstance(proof, Unsure):
        return proof
    stated = [p for p in proof.provenances if p.digest == artifact.digest]
    refs = {None, f"refs/tags/{artifact.version}"}
    for one in stated:
        if one.commit == artifact.commit and (one.ref in refs or not (one.ref or "").startswith("refs/tags/")):
            return Allow(f"built by {one.builder} from {one.commit[:12]}, signed by {signed_by(one.signer)}")
    others = "".join(f" One names commit {p.commit[:12]}{f' at {p.ref}' if p.ref else ''}." for p in stated[:3])
    return Refuse(
        Refusal.NO_PROVENANCE,
        f"No verified provenance names {short(artifact.digest)} and commit {artifact.commit[:12]}.{others}{_but(proof)}",
        "Have CI attest how it built the artifact, with the identity or key that the policy pins.",
    )


@asks_for(Requirement.SIGNATURE)
def signed(request: Request, facts: Facts, artifact: Artifact) -> Decision:
    """Whether somebody whom the policy pins signed exactly this digest, alone or in its provenance (EVD-11)."""
    proof = _proof(facts, artifact)
    if isinstance(proof, Unsure):
        return proof
    signers = [s.signer for s in proof.signatures if s.digest == artifact.digest]
    signers += [p.signer for p in proof.provenances if p.digest == artifact.digest]
    if signers:
        return Allow(f"{short(artifact.digest)} is signed by {signed_by(signers[0])}")
    return Refuse(
        Refusal.NOT_SIGNED,
        f"Nobody whom the policy pins signed {short(artifact.digest)}.{_but(proof)}",
        "Have CI sign the artifact's digest with the identity or key that the policy pins.",
    )


@asks_for(Requirement.ROLLBACK)
def revertible(request: Request, facts: Facts, artifact: Artifact) -> Decision:
    """Whether what runs in the target can still be pulled, so that there is a way back (PRM-15, RBK-14)."""
    running, still = facts.running, facts.evidence.retrievable
    if isinstance(running, Unread):
        return Unsure(running.what, running.why)
    if running is None:
        return Allow("nothing runs there yet, so there is nothing to go back to")
    if still is None:
        return Unsure(f"whether {running.version} can still be pulled", "nobody asked for it")
    if isinstance(still, Unread):
        return Unsure(still.what, still.why)
    if not still:
        return Refuse(
            Refusal.NO_ROLLBACK_TARGET,
            f"{running.version} ({short(running.digest)}) runs in {running.environment} and can no longer be pulled: there is no way back.",
            "Restore it in the registry first.",
        )
    return Allow(f"back to {running.version} ({short(running.digest)}), which can still be pulled")

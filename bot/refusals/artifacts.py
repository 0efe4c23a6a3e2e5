"""What is wrong with an artifact, or with the way that it came."""

from collections.abc import Mapping
from typing import Final

from bot.refusals.meaning import Meaning
from guards.decision import Refusal

MEANINGS: Final[Mapping[Refusal, Meaning]] = {
    Refusal.NO_ARTIFACT: Meaning(
        ("same_artifact", "built", "same_version", "apart"),
        "Nothing was published under this version.",
        "Check the version. If it is right, have CI build and publish it once.",
    ),
    Refusal.DIGEST_MISMATCH: Meaning(
        ("same_artifact",),
        "The version's digest is not the one that you named, or not the one that ran in the environment before.",
        "Do not go on. Find out which artifact is meant, and have CI build a new version.",
    ),
    Refusal.POINTER_MOVED: Meaning(
        (
            "same_artifact",
            "same_version",
            "tagged",
            "grounded",
        ),
        "The version named another digest, commit or tag when it was first seen, or its tag names another commit than the artifact was "
        "built from. A version is a fixed pointer. It is also told in the alerts channel.",
        "Find out who moved it, and have CI build a new version.",
    ),
    Refusal.FLOATING_REFERENCE: Meaning(
        ("pinned",),
        "`latest`, a branch or another name that can move was given instead of a version.",
        "Name a release, like `v1.4.0`.",
    ),
    Refusal.PRE_RELEASE: Meaning(
        ("pinned",),
        "A pre-release (`-alpha`, `-beta`, `-rc`) or a build with metadata was asked for in production.",
        "Have CI tag a release `vMAJOR.MINOR.PATCH`, and promote that.",
    ),
    Refusal.ENVIRONMENT_BUILD: Meaning(
        ("pinned",),
        "The version is named for one environment, like `v1.4.0-staging`. What staging proved would then be no proof for production.",
        "Have CI build one version, and keep what differs between environments in configuration.",
    ),
    Refusal.ENVIRONMENT_SKIPPED: Meaning(
        ("in_order", "verified_before", "soaked"),
        "The version has not run in the environment before this one, or too short a time until another version took its place there, or "
        "this one is not on the service's way.",
        "Promote it to the environment before first; the refusal has the command.",
    ),
    Refusal.NOT_VERIFIED: Meaning(
        ("verified_before",),
        "The version was deployed to the environment before, but nobody said what they looked at there.",
        "Look at it there: smoke and end-to-end tests, monitoring. Then `/release verify <change>` with what you saw.",
    ),
    Refusal.NOT_SOAKED: Meaning(
        ("soaked",),
        "The version has not run long enough in the environment before (`evidence.soak`).",
        "Wait: the refusal says until when. It can be approved meanwhile, and goes out by itself. An emergency by its record passes.",
    ),
    Refusal.ALREADY_RUNNING: Meaning(
        ("asked_once", "ready_to_depart", "way_back"),
        "This version, or everything that the manifest pins, runs there already.",
        "Nothing is left to do.",
    ),
}

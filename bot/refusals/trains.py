"""What keeps a train, a cut, a manifest or a set from going on."""

from collections.abc import Mapping
from typing import Final

from bot.refusals.meaning import Meaning
from guards.decision import Refusal

MEANINGS: Final[Mapping[Refusal, Meaning]] = {
    Refusal.NO_CANDIDATE: Meaning(
        ("has_candidate",),
        "It is not pinned yet what the run would bring, so there is nothing to decide about.",
        "Bring a version of each of its services to staging, and name the release.",
    ),
    Refusal.NOT_CALLED: Meaning(
        ("called", "answered"),
        "Nobody was asked about what the run would bring now; what was answered about another candidate does not count for this one.",
        "The captain calls the roll: `/release go call <run>`.",
    ),
    Refusal.NOT_TICKABLE: Meaning(
        ("tickable",),
        "Somebody would confirm what the bot checks itself, what another area owns, or say go to what the bot found failing.",
        "Have it mended or excepted; people confirm only what no machine can check.",
    ),
    Refusal.NOT_READY: Meaning(
        ("ready",),
        "An item of the go/no-go checklist is failing, or not confirmed, and no exception stands in for it.",
        "`/release train readiness <run>` shows each; mend it, have it confirmed by its area, or ask for an exception.",
    ),
    Refusal.NOT_ANSWERED: Meaning(
        ("answered",),
        "An area has not answered, or said no-go. Silence never counts as go.",
        "Its owners answer with `/release go answer`; the card names them.",
    ),
    Refusal.NOT_DECIDED: Meaning(
        ("decided",),
        "The service rides a release train, and no go stands for this version: it was not given yet, or withdrawn.",
        "Wait for the go/no-go of the run, or bring it about; the change goes on by itself when the go is given.",
    ),
    Refusal.NO_GO: Meaning(
        ("decided",),
        "The newest decision about what holds this version is a no-go.",
        "It takes a new decision, or another version.",
    ),
    Refusal.GO_VOID: Meaning(
        ("decided",),
        "A go was given, and then the candidate, a tag, a commit or a digest changed: the go was for something else.",
        "Find out what changed, call the roll about the new candidate, and decide anew.",
    ),
    Refusal.NO_SUCH_SET: Meaning(
        ("authorized", "open_set", "set_as_seen", "way_back"),
        "No set promotion has this id, or no manifest this hash.",
        "Look it up on the card, or with `/release manifest show <run>`.",
    ),
    Refusal.NO_MANIFEST: Meaning(
        ("manifested", "integrated", "suite_free", "in_turn", "ready_to_depart", "way_back"),
        "The run has no manifest, so nothing says which versions it brings; or no set ever went out whole, to go back to.",
        "Build one with `/release manifest build <run>`; without a set to go back to, promote the versions that ran before.",
    ),
    Refusal.MANIFEST_INCOMPLETE: Meaning(
        ("composed",),
        "The entries are not the services of the train, each once, or they have no order.",
        "Name a version for each service that the refusal lists, and none for another.",
    ),
    Refusal.MANIFEST_MOVED: Meaning(
        ("manifested",),
        "The run has a newer manifest, the manifest reads otherwise than when it was built, or the change is not what it pins. What was "
        "approved of it is void.",
        "Look at the newest manifest and ask for that. If the refusal says that it was edited, find out by whom.",
    ),
    Refusal.NOT_INTEGRATED: Meaning(
        ("integrated", "suite_free"),
        "The integration suite has not passed against exactly this manifest, or the policy file names none.",
        "Wait for its end, or have it run with `/release manifest integrate <run>`. A failed one takes a new manifest.",
    ),
    Refusal.NOT_ITS_TURN: Meaning(
        ("in_turn",),
        "What goes before this entry of the set does not run there yet, or not any more.",
        "Wait: it goes out by itself when its turn comes. If something else was deployed in between, cancel the set and ask again.",
    ),
    Refusal.SET_NOT_READY: Meaning(
        ("in_turn",),
        "Another entry of the set could not go out now, so the first one does not begin.",
        "Do what the sentence says for that entry. The set begins by itself when all of them could go.",
    ),
    Refusal.NO_SUCH_TRAIN: Meaning(
        (
            "authorized",
            "known_run",
            "on_track",
            "known_train",
            "composed",
            "suite_free",
            "ready_to_depart",
            "timely",
            "described",
            "still_described",
            "altered",
            "unclosed",
            "unpublished",
            "before_cutoff",
            "skippable",
            "resumable",
            "captained",
            "able_captains",
            "by_captain",
            "accountable",
        ),
        "There is no train with this name, or no run with this id.",
        "`/release train list` shows those that there are.",
    ),
    Refusal.TRAIN_EXISTS: Meaning(
        ("untaken",),
        "A train has this name already, or had it: names are never given twice, as the records of a closed train stay.",
        "Choose another name, or amend the train that there is.",
    ),
    Refusal.NO_CAPTAIN: Meaning(
        ("captained", "able_captains"),
        "The train has no release captain, or one who left or does not hold `release_captain` for each of its services.",
        "Name somebody who does: `/release train captain`.",
    ),
    Refusal.NOT_CAPTAIN: Meaning(
        ("by_captain", "accountable"),
        "What is published is changed by one of the train's captains; a release manager can name another captain, and close it.",
        "Ask one of the people that the refusal names.",
    ),
    Refusal.BAD_SCHEDULE: Meaning(
        ("timely", "before_cutoff", "later"),
        "The cadence cannot be read, never fires, or fires more than once on a day; or the moments that it tells are over or out of order.",
        "Give another cadence, dates or times; the refusal names the values.",
    ),
    Refusal.DOUBTFUL_TIME: Meaning(
        ("timely",),
        "At a clock change a local time of the train does not exist or comes twice. It would count with the offset before the change, and "
        "of two the first.",
        "Choose another time, or say that it is meant: `doubtful=accept`.",
    ),
    Refusal.NO_TRAIN_WINDOW: Meaning(
        ("timely",),
        "The window that the train names is not defined, is not about one of its services, or does not open for all of them together after "
        "the go/no-go.",
        "Name another window, or have the go/no-go earlier.",
    ),
    Refusal.NOT_IN_CHANNEL: Meaning(
        ("reachable",),
        "The bot cannot write in the train's channel: it is not in it, or the channel is archived or does not exist.",
        "Invite it there with `/invite @signalbox`, or name another channel.",
    ),
    Refusal.CUT_OFF: Meaning(
        ("before_cutoff",),
        "The run is cut off: what rides is decided, and its schedule stays.",
        "Amend the train; the runs after it follow.",
    ),
    Refusal.NOT_ON_MAIN: Meaning(
        ("cuttable",),
        "The commit to cut is not on the branch that releases come from, or that branch is not there.",
        "Name a commit that is on it; what is to ride has to be merged first.",
    ),
    Refusal.NO_CUT_VERSION: Meaning(
        (
            "cuttable",
            "grounded",
        ),
        "Which version the run makes does not follow from what production runs, or the policy has no such name for a release branch.",
        "Say the version: `/release train cut <run> version=v1.8.0`.",
    ),
    Refusal.NO_BRANCH_WORKFLOW: Meaning(
        (
            "cuttable",
            "grounded",
        ),
        "The release branch is not there, and the policy file names no workflow that makes it.",
        "Make the branch at the commit that is named, or have `branch_workflow` added to the service, and cut again.",
    ),
    Refusal.BRANCH_ELSEWHERE: Meaning(
        ("begun", "cuttable"),
        "The release branch is there, but it does not begin at the commit of the cutoff.",
        "Cut the commit at which it begins, say another version, or remove the branch.",
    ),
    Refusal.BEING_CUT: Meaning(
        ("not_cut_yet",),
        "The run is being cut: its branches were ordered, and are not verified yet.",
        "Wait; the thread of the run tells how it ends.",
    ),
    Refusal.NOT_STABLE: Meaning(
        ("stabilized",),
        "A release blocker of the run is open, a commit on its release branch has a flaw that nobody accepted, or its checks have "
        "not passed again.",
        "`/release blocker list <run>` shows all of it: resolve the blockers, take the commit back or have it accepted, wait for checks.",
    ),
    Refusal.OF_A_SET: Meaning(
        ("in_its_set",),
        "The go for the version is one for a manifest: it goes to production as an entry of that set, in its order, after the integration "
        "suite.",
        "Ask for the whole set: `/release train promote <run> <environment>`. What ran there before can be gone back to alone.",
    ),
    Refusal.NOT_OF_THE_CUT: Meaning(
        ("of_the_cut", "entries_of_the_cut"),
        "The candidate is not what was cut and stabilized for the run: its commit is not the newest one of the release branch, or its "
        "service was not cut at all.",
        "Have CI tag the newest commit of the release branch, and make that version the candidate; what else was merged rides the next "
        "train.",
    ),
    Refusal.NO_SUCH_BLOCKER: Meaning(
        ("authorized", "open_blocker"),
        "There is no blocker with this id.",
        "`/release blocker list <run>` shows those that there are.",
    ),
    Refusal.NO_SUCH_FIX: Meaning(
        ("acceptable",),
        "No judged commit of this run begins like this, or more than one does.",
        "The thread of the run names the commits that were flagged.",
    ),
}

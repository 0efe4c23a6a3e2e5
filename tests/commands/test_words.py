"""The grammar: whatever is typed becomes a validated command or a sentence that says why not; it never raises (CMD-02)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commands import COMMANDS
from commands.core.words import LONGEST, Missing, Problem, assign, bind, match, split, usage
from commands.promote import Promote
from guards.policy import Policy
from tests.world.company import FREEZES, policy_data

POLICY = Policy.model_validate(policy_data(freeze_calendars={"company": FREEZES}))
NAMES = tuple(command.name for command in COMMANDS)
WORDS = st.text(
    st.characters(exclude_categories=["Cc", "Cf", "Cs", "Zs", "Zl", "Zp"], exclude_characters="\"“”„'‘’ "), min_size=1, max_size=12
)
FIELDS = st.sampled_from(sorted({name for command in COMMANDS for name in command.arguments.model_fields}))
MODELS = st.sampled_from([command.arguments for command in COMMANDS])


@given(st.text())
def test_any_text_is_words_or_a_problem(text):
    found = split(text)
    if isinstance(found, Problem):
        assert found.said
    else:
        assert all(word == word.strip('"') for word in found)


@given(st.lists(WORDS))
def test_words_come_back_as_they_were_typed(words):
    assert split("  ".join(words)) == words


@given(st.lists(WORDS, min_size=2, max_size=4))
def test_quotes_keep_blanks_together(words):
    for opened, closed in (('"', '"'), ("“", "”"), ("„", "“")):
        assert split(f"reason={opened}{' '.join(words)}{closed} last") == [f"reason={' '.join(words)}", "last"]


@given(st.integers(0, 5))
def test_no_command_is_longer_than_the_limit(more):
    assert isinstance(split("x" * (LONGEST + more)), list) is (more == 0)


@given(st.lists(WORDS, min_size=1, max_size=4))
def test_any_words_name_a_command_or_say_what_is_near(words):
    found = match(words, NAMES)
    if isinstance(found, Problem):
        assert found.said
        assert found.nearest is None or found.nearest in NAMES
    else:
        assert found[0] in NAMES
        assert found[1] == words[len(found[0].split()) :]


@pytest.mark.parametrize("name", NAMES)
def test_each_command_is_found_by_its_name_in_any_case(name):
    assert match([*name.upper().split(), "more"], NAMES) == (name, ["more"])


@given(MODELS, st.lists(st.one_of(WORDS, st.builds("{}={}".format, FIELDS, WORDS)), max_size=10))
def test_no_word_is_dropped_or_invented(model, words):
    """Each word is in a field, or named in a problem."""
    fields = assign(model, words)
    if isinstance(fields, Problem):
        assert fields.said
        return
    assert set(fields) <= set(model.model_fields)
    typed = " ".join(words).split(" ") if words else []
    given_words = [word for value in fields.values() for word in value.split(" ")]
    assert len(given_words) == len(typed)
    assert all(any(word.endswith(value) for word in typed) for value in given_words)


@given(MODELS, st.dictionaries(FIELDS, st.text(max_size=40), max_size=8))
def test_any_fields_are_arguments_or_what_is_wrong_with_them(model, fields):
    """From a form or a button come names of fields that the command may not have."""
    bound = bind(model, fields, POLICY)
    assert isinstance(bound, (model, Missing, Problem))
    if isinstance(bound, Problem):
        assert bound.said
    if isinstance(bound, Missing):
        assert not any(fields.get(name, "").strip() for name in bound.names)


@given(st.text(max_size=80), st.text(max_size=80), st.text(max_size=80))
def test_what_gets_through_is_what_the_policy_names(service, version, environment):
    bound = bind(Promote, {"service": service, "version": version, "environment": environment}, POLICY)
    if isinstance(bound, Promote):
        assert bound.service in POLICY.services
        assert bound.environment in {e.name for e in POLICY.environments}
        assert version.isascii()
        assert not set(version) & set(" ;|&$`'\"<>\\\n()")


@pytest.mark.parametrize("example", [example for command in COMMANDS for example in command.examples])
def test_every_example_is_a_complete_command(example):
    for theirs, ours in (("rita@example.com", "rita@acme.example"), ("katherine@example.com", "rita@acme.example"), ("web-shop", "web")):
        example = example.replace(theirs, ours)
    words = split(example)
    assert isinstance(words, list)
    found = match(words, NAMES)
    assert not isinstance(found, Problem)
    model = next(c.arguments for c in COMMANDS if c.name == found[0])
    fields = assign(model, found[1])
    assert not isinstance(fields, Problem)
    assert isinstance(bind(model, fields, POLICY), model)


def test_usage_shows_which_words_may_be_left_out():
    assert usage("promote", Promote) == (
        "promote <service> <version> <environment> "
        "[risk=…] [answers=…] [migration=…] [customers=…] [downtime=…] [data=…] [type=…] [digest=…] [queue=…]"
    )

"""The Web API methods about views: modals and the App Home; and what a modal's answer to a submission does.

Invariant: a trigger opens one view, for the person it was made for, within three seconds; a stack holds three views.
Source: Slack's reference of views.open, views.push, views.update, views.publish; "Modals".
"""

from hashlib import blake2s

from bot.workspace import pictures
from bot.workspace.arguments import Arguments, Refused, invalid
from bot.workspace.blocks import view_problems
from bot.workspace.forms import TROUBLE, View
from bot.workspace.inputs import initial_state
from bot.workspace.state import APP_ID, BOT_ID, TRIGGER_LIFE, State
from bot.workspace.text import Json

STACK = 3
VIEW_BYTES = 250_000


def view_json(state: State, view: View) -> Json:
    """A view as the Web API and the payloads show it."""
    payload = {
        "close": None,
        "submit": None,
        "private_metadata": "",
        "callback_id": "",
        "external_id": "",
        "clear_on_close": False,
        "notify_on_close": False,
        **view.payload,
    }
    return payload | {
        "id": view.id,
        "team_id": state.team,
        "hash": view.hash,
        "state": {"values": view.state},
        "root_view_id": view.root,
        "previous_view_id": view.previous,
        "app_id": APP_ID,
        "app_installed_team_id": state.team,
        "bot_id": BOT_ID,
    }


def open_view(state: State, given: Arguments) -> Json:
    """views.open: a new stack for the person of the trigger."""
    payload = _payload(state, given.data("view"), "modal")
    person = _redeem(state, given.text("trigger_id"))
    while state.stacks[person]:
        close_top(state, person)
    return {"ok": True, "view": view_json(state, _place(state, person, payload))}


def push_view(state: State, given: Arguments) -> Json:
    """views.push: on top of the person's open modal."""
    payload = _payload(state, given.data("view"), "modal")
    person = _redeem(state, given.text("trigger_id"))
    if not state.stacks[person]:
        raise Refused("not_found")
    if len(state.stacks[person]) >= STACK:
        raise Refused("push_limit_reached")
    return {"ok": True, "view": view_json(state, _place(state, person, payload))}


def update_view(state: State, given: Arguments) -> Json:
    """views.update, by view_id or external_id; with a hash only when nothing has changed since."""
    wanted, external = given.maybe("view_id"), given.maybe("external_id")
    known = (view for view in state.views.values() if view.id == wanted or (external and view.payload.get("external_id") == external))
    view = next(known, None)
    if view is None:
        raise Refused("not_found")
    _same(view, given)
    rewrite(state, view, _payload(state, given.data("view"), view.payload["type"]))
    return {"ok": True, "view": view_json(state, view)}


def publish_view(state: State, given: Arguments) -> Json:
    """views.publish: a person's App Home."""
    person = given.text("user_id")
    if person not in state.people:
        raise Refused("user_not_found")
    if not state.app.home_tab:
        raise Refused("not_enabled")
    payload = _payload(state, given.data("view"), "home")
    view = state.homes.get(person)
    if view is None:
        view = _new(state, person, payload)
        view.root = view.id
        state.homes[person] = view
        state.tell(f"[home of {state.names[person]}] {view.as_text()}")
    else:
        _same(view, given)
        rewrite(state, view, payload)
    return {"ok": True, "view": view_json(state, view)}


def rewrite(state: State, view: View, payload: Json) -> None:
    """Show something else in the same view; what was typed stays where the fields stayed."""
    view.payload = payload | {"blocks": state.with_ids(payload["blocks"])}
    view.hash = _hash(state)
    view.state = initial_state(view.blocks, view.state)
    view.errors, view.notice = {}, None
    state.tell(f"[{'home' if payload['type'] == 'home' else 'modal'} of {state.names[view.person]}] now: {view.as_text()}")


def close_top(state: State, person: str) -> View:
    """Take the top view away; the one underneath shows again."""
    view = state.stacks[person].pop()
    del state.views[view.id]
    state.tell(f"[modal of {state.names[person]}] closed: {view.title}")
    return view


def answer_submission(state: State, view: View, answer: Json | None) -> None:
    """Do what the bot answered to a `view_submission`; what Slack cannot read becomes its own notice in the modal.

    Args:
        state: the workspace.
        view: the submitted view; when it is no longer open, nothing is done.
        answer: the JSON of the answer, `{}` when it was empty, None when there was no usable answer.
    """
    if view.id not in state.views:
        return
    view.errors, view.notice = {}, None
    try:
        _obey(state, view, answer)
    except (Refused, KeyError, TypeError, AttributeError) as wrong:
        view.notice = TROUBLE
        why = wrong.answer if isinstance(wrong, Refused) else repr(wrong)
        state.tell(f"[modal of {state.names[view.person]}] {TROUBLE} ({why})")


def _obey(state: State, view: View, answer: Json | None) -> None:
    if answer is None:
        raise Refused("no_usable_answer")
    match answer.get("response_action"):
        case None if not answer:
            close_top(state, view.person)
        case "clear":
            while state.stacks[view.person]:
                close_top(state, view.person)
        case "errors":
            fields = {each.block_id for each in view.inputs}
            errors = answer["errors"]
            if not errors or not errors.keys() <= fields:
                raise Refused("errors_name_no_input", unknown=sorted(errors.keys() - fields))
            view.errors = {block: str(why) for block, why in errors.items()}
            state.tell(f"[modal of {state.names[view.person]}] {view.as_text()}")
        case "update":
            rewrite(state, view, _payload(state, answer.get("view"), "modal"))
        case "push":
            if len(state.stacks[view.person]) >= STACK:
                raise Refused("push_limit_reached")
            _place(state, view.person, _payload(state, answer.get("view"), "modal"))
        case unknown:
            raise Refused("invalid_response_action", response_action=unknown)


def _payload(state: State, view: object, kind: str) -> Json:
    problems = view_problems(view)
    if problems:
        raise invalid(problems)
    assert isinstance(view, dict)
    if view["type"] != kind:
        raise invalid([f"[ERROR] must be a {kind} view [json-pointer:/view/type]"])
    if problems := pictures.unseen(state, view["blocks"]):
        raise invalid(problems)
    if len(str(view).encode()) > VIEW_BYTES:
        raise Refused("view_too_large")
    return view


def _redeem(state: State, trigger_id: str) -> str:
    trigger = state.triggers.get(trigger_id)
    if trigger is None:
        raise Refused("invalid_trigger_id")
    if trigger.used:
        raise Refused("exchanged_trigger_id")
    if state.now() - trigger.born > TRIGGER_LIFE:
        raise Refused("expired_trigger_id")
    trigger.used = True
    return trigger.person


def _same(view: View, given: Arguments) -> None:
    if (expected := given.maybe("hash")) is not None and expected != view.hash:
        raise Refused("hash_conflict")


def _hash(state: State) -> str:
    return f"{int(state.now().timestamp())}.{blake2s(str(state.number()).encode(), digest_size=4).hexdigest()}"


def _new(state: State, person: str, payload: Json) -> View:
    external = payload.get("external_id")
    if external and any(view.payload.get("external_id") == external for view in state.views.values()):
        raise Refused("duplicate_external_id")
    view = View(f"V{state.number():010d}", _hash(state), person, payload | {"blocks": state.with_ids(payload["blocks"])}, state.reader)
    view.state = initial_state(view.blocks, {})
    state.views[view.id] = view
    return view


def _place(state: State, person: str, payload: Json) -> View:
    """Put a new modal on top of the person's stack."""
    stack = state.stacks[person]
    view = _new(state, person, payload)
    view.root, view.previous = (stack[0].id, stack[-1].id) if stack else (view.id, None)
    stack.append(view)
    state.tell(f"[modal of {state.names[person]}] opened: {view.as_text()}")
    return view

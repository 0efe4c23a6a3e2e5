"""A small Slack of our own, for the demo and for the tests.

Invariant: it enforces what Slack enforces, talks to the bot over real HTTP or a real websocket, listens on 127.0.0.1
only, and takes no token that a real Slack could have given out.
"""

from bot.workspace.deliver import Exchange
from bot.workspace.faults import Faults, Hang
from bot.workspace.forms import NotSent, View
from bot.workspace.inputs import Input
from bot.workspace.manifest import App, installed
from bot.workspace.nouns import Button, Channel, Group, Message, Person
from bot.workspace.state import BOT_USER, Call
from bot.workspace.workspace import Workspace

__all__ = [
    "BOT_USER",
    "App",
    "Button",
    "Call",
    "Channel",
    "Exchange",
    "Faults",
    "Group",
    "Hang",
    "Input",
    "Message",
    "NotSent",
    "Person",
    "View",
    "Workspace",
    "installed",
]

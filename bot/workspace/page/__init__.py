"""The workspace in a browser: a page on this machine that looks like the part of Slack which the bot uses.

Invariant: whoever opens it does only what `Workspace` lets a person do; whatever people or the bot wrote reaches the page as
text, never as markup; it listens on 127.0.0.1 only, below an address that nobody can guess.
"""

from bot.workspace.page.beside import Beside
from bot.workspace.page.server import Page

__all__ = ["Beside", "Page"]

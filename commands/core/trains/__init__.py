"""What trains are made of beside the words that people type: planned runs, moments that fire, cards, reminders.

Invariant: what a run does at a moment is one function of `fire.HOOKS`; nothing else moves a run on time's behalf.
"""

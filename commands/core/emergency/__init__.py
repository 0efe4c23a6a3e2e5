"""The machinery of emergencies and of break-glass access (EMG).

Invariant: the words that people type stay in `commands/`; what follows from them, and what nobody types, is here.
"""

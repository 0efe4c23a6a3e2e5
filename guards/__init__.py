"""May this happen? Pure functions over frozen facts: no I/O, no clock, no await, no logging.

An auditor reads this folder with nothing else open.
"""

"""What hotfixes are made of beside the words that people type: where they begin, their branch, what is owed for them, their card.

Invariant: a hotfix is moved on by what was seen, at CI, in version control or in production; people begin, write down and close.
"""

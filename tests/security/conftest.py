"""Only `make security` installs what the mutation runner takes; other targets deselect its tests, and could not even import them."""

from importlib.util import find_spec

collect_ignore = [] if find_spec("cosmic_ray") else ["test_mutants.py"]

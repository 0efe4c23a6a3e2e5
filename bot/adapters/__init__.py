"""The outside systems behind the ports of `commands/core/ports/`, each with its own time limits and failures as values."""

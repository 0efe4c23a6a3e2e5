"""placeholder while the house is laid"""
from enum import StrEnum
class Role(StrEnum):
    DEVELOPER = "developer"
class Policy: ...

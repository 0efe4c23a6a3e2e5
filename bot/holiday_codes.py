"""Which country, subdivision or exchange a code of the policy file names, in the library that knows public holidays.

Invariant: a code that the library does not know has no calendar; it is a mistake in the file, told before the bot starts.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from guards.consistency import nearest

if TYPE_CHECKING:
    from holidays import HolidayBase

_COUNTRY_LENGTH = 2
_LANGUAGE = "en_US"
"""Cards and records are in English, whatever the machine's own language is."""


def calendar(code: str, years: Iterable[int] = ()) -> "HolidayBase":
    """The library's calendar of a code.

    Args:
        code: `DE`, `DE-BY` or `XNYS`.
        years: those that are computed.

    Raises:
        NotImplementedError: there is none.
    """
    import holidays  # takes a while, and few policies name calendars

    country, _, subdivision = code.partition("-")
    if len(country) == _COUNTRY_LENGTH:
        return holidays.country_holidays(country, subdiv=subdivision or None, years=years, language=_LANGUAGE)
    return holidays.financial_holidays(code, years=years, language=_LANGUAGE)


def mistake(code: str) -> str | None:
    """Why a code names no calendar, with what was probably meant; None when it names one."""
    import holidays

    country, _, subdivision = code.partition("-")
    countries = {name: divisions for name, divisions in holidays.list_supported_countries().items() if len(name) == _COUNTRY_LENGTH}
    if len(country) != _COUNTRY_LENGTH:
        exchanges = [name for name in holidays.list_supported_financial() if len(name) == 2 * _COUNTRY_LENGTH]
        return None if code in exchanges else f"no holidays are known of an exchange {code!r}{nearest(code, exchanges)}"
    if country not in countries:
        return f"no holidays are known of a country {country!r}; write its ISO 3166-1 code, like 'DE'"
    if subdivision and subdivision not in countries[country]:
        return f"{country} has no subdivision {subdivision!r}{nearest(subdivision, countries[country])}"
    return None

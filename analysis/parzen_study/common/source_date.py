"""SOURCE_DATE_EPOCH, the date that a build gives its files (reproducible-builds.org).

No report holds a date, but SciPy imports numpy.f2py, which takes the variable for a number as it is
loaded and fails where it is none. So it is checked before either is.
"""

from __future__ import annotations

import os
import re

from parzen_study.common.shown import quoted

_NAME = "SOURCE_DATE_EPOCH"
_LATEST = 253402300799  # the end of the year 9999, as for GCC


class UnusableSetting(Exception):
    """A variable of the environment that libraries cannot read: which, its value, what to do."""


def check_source_date() -> None:
    """Raise UnusableSetting for a value that is not a date; an empty one counts as unset."""
    text = os.environ.get(_NAME)
    if text is None:
        return
    if not text:
        del os.environ[_NAME]
        return
    digits = re.fullmatch(r"0*([0-9]{1,12})", text)
    if not digits or int(digits[1]) > _LATEST:
        raise UnusableSetting(
            f"{_NAME} is {quoted(text)}: set it to seconds since 1970, 0 to {_LATEST}, or unset it"
        )

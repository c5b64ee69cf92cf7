"""The limits on this process: which one an error comes from, and how to raise it.

Known to bench/ as well, so nothing but the standard library is needed.
"""

from __future__ import annotations

import errno
import resource
from typing import Final

# By the error that exceeding it gives: what is limited, the option of ulimit, the unit shown here.
_LIMITS: Final = {
    errno.EMFILE: ("open files", "n", resource.RLIMIT_NOFILE, ""),
    # Its unit in ulimit is a matter of the shell.
    errno.EAGAIN: ("processes and threads", "u", resource.RLIMIT_NPROC, ""),
    errno.EFBIG: ("the size of files", "f", resource.RLIMIT_FSIZE, " bytes"),
}


def how_to_raise(error: OSError) -> str:
    """What to do about the limit that an error is about: `raise the limit on open files (ulimit -n,
    here 8)`; empty for any other error."""
    if error.errno == errno.ENFILE:
        return "close other programs, or raise the system's limit on open files (fs.file-max)"
    if error.errno == errno.EAGAIN and resource.getrlimit(resource.RLIMIT_NPROC)[0] < 0:
        return "end other processes, or raise the limit on them (pids.max of a cgroup or container)"
    if error.errno not in _LIMITS:
        return ""
    what, option, number, unit = _LIMITS[error.errno]
    limit, _ = resource.getrlimit(number)
    if limit == resource.RLIM_INFINITY:  # so it was another one, such as the file system's
        return ""
    return f"raise the limit on {what} (ulimit -{option}, here {limit}{unit})"

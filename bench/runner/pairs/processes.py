"""Checks that a build can create enough processes. As a program, its status is the answer.

CMake 3.25 kills every process of the user, by kill(-1), if it cannot create one. So a build that
would reach a limit is not started.
"""

import os
import sys

if __name__ == "__main__":
    # Sets the import path for any start. This folder is removed: its modules are in package
    # `runner`.
    _here = os.path.dirname(os.path.realpath(__file__))
    _top = os.path.dirname(os.path.dirname(os.path.dirname(_here)))
    sys.path = [
        *(os.path.join(_top, folder) for folder in ("bench", "analysis")),
        *(folder for folder in sys.path if os.path.realpath(folder) != _here),
    ]

from parzen_study.common.limits import how_to_raise


def require_processes() -> None:
    """Raises OSError, with advice, unless this user can create as many processes as a
    build needs."""
    made: list[int] = []
    try:
        # CMake, Ninja, and three processes for each compiler that Ninja starts.
        for _ in range(4 + 3 * (2 + (os.cpu_count() or 1))):
            if (process := os.fork()) == 0:
                os._exit(0)
            made.append(process)  # it counts until it is waited for
    except OSError as error:
        remedy = how_to_raise(error) or "end other processes"
        said = f"{error.strerror} after {len(made)} processes, too few to build; {remedy}"
        raise OSError(error.errno, said) from error
    finally:
        for process in made:
            os.waitpid(process, 0)


if __name__ == "__main__":
    try:
        require_processes()
    except OSError as failure:
        sys.exit(f"processes.py: {failure.strerror}")

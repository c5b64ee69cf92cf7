"""Whether a build can make as many processes as it takes. As a program: says so, by its status.

CMake 3.25 kills every process of the user, by kill(-1), where it cannot make one: so a build that
would run into a limit is not begun.
"""

import os
import sys

if __name__ == "__main__":
    # Found however this is started; the modules of this folder are not, by their plain names.
    _here = os.path.dirname(os.path.realpath(__file__))
    _top = os.path.dirname(os.path.dirname(os.path.dirname(_here)))
    sys.path = [
        *(os.path.join(_top, folder) for folder in ("bench", "analysis")),
        *(folder for folder in sys.path if os.path.realpath(folder) != _here),
    ]

from parzen_study.common.limits import how_to_raise


def require_processes() -> None:
    """Raises OSError, with the remedy, unless as many more as a build takes can be there."""
    made: list[int] = []
    try:
        # CMake, Ninja, and three of each compiler that Ninja starts.
        for _ in range(4 + 3 * (2 + (os.cpu_count() or 1))):
            if (process := os.fork()) == 0:
                os._exit(0)
            made.append(process)  # which counts until it is waited for
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

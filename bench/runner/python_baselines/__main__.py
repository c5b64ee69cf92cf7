"""`python -m runner.python_baselines`."""

import signal
import sys

from runner.python_baselines.program import main

if __name__ == "__main__":
    # Ctrl-C ends it at once, without a traceback; its workers end with it.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    sys.exit(main())

"""`python -m parzen_study.peers`."""

import signal
import sys

from parzen_study.peers.program import main

if __name__ == "__main__":
    # Ctrl-C ends it at once and without a traceback; its workers end with it.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    sys.exit(main())

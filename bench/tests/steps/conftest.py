"""Ctrl-C ends what a test starts, as in a terminal. A background job of a shell ignores it, and so
would all that it starts."""

import signal

signal.signal(signal.SIGINT, signal.default_int_handler)

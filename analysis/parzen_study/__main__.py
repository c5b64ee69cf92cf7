"""`python -m parzen_study`."""

import sys

if __name__ == "__main__":
    try:
        from parzen_study.cli import main  # takes a second, in which Ctrl-C may come

        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)

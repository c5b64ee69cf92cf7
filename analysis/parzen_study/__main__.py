"""`python -m parzen_study`."""

import sys

if __name__ == "__main__":
    try:
        from parzen_study.cli import main

        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)

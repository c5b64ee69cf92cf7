"""The figures of the report: each file holds what one shows and how it is drawn."""

from parzen_study.figures.import_matplotlib import import_matplotlib

import_matplotlib()  # before any module of this package does

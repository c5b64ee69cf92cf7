"""What is written and printed of studies: pages, forms, tables and the terminal's summary."""

from parzen_study.page.import_matplotlib import import_matplotlib

import_matplotlib()  # before any topic's figure does

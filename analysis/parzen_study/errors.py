"""The errors that a user meets in reading: data that cannot be used, and none at all."""


class UnusableData(Exception):
    """Says what happened, where, what was found and what to do next, a line each."""

    def __init__(self, what: str, *, where: str, found: str, next_step: str) -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.found = found
        self.next_step = next_step

    def __str__(self) -> str:
        return (
            f"{self.what}\n  where: {self.where}\n  found: {self.found}\n  do:    {self.next_step}"
        )


class NoData(UnusableData):
    """There is nothing to read: missing, or not readable. That says nothing about any run, so a
    comparison has no verdict then."""

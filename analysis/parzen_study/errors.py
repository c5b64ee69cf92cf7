"""The one error that a user meets: data that cannot be used."""


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

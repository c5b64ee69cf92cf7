"""Files of data are regular files: reading from a FIFO waits for a writer, from a device forever.

Known to bench/ as well, so nothing but the standard library is needed.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import Final

_KINDS: Final = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a FIFO",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a character device",
    stat.S_IFBLK: "a block device",
}


def read_regular(path: Path, most: int = -1) -> bytes:
    """The content of a regular file, or of what a symbolic link to one leads to; of at most so many
    bytes, where a number is given.

    Raises OSError for whatever else has the name, which is not opened: that alone may have effects.
    """
    kind = stat.S_IFMT(os.stat(path).st_mode)
    if kind != stat.S_IFREG:
        what = f"{_KINDS.get(kind, 'not a file')} instead of a regular file"
        raise OSError(errno.EINVAL, what, str(path))
    with open(path, "rb") as file:
        return file.read(most)

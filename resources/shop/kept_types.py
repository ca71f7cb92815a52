"""Types of structs are kept until the process is gone.

The interpreter's last collection may free them in an order in which msgspec 0.22 crashes (its issue 717), when all is
done, so that a command that did its work ends with exit code 139.
"""

import ctypes

import msgspec

__all__ = ["keep_types"]


def keep_types() -> None:
    """Add a reference to each type of struct that nobody takes back, so that none is ever collected."""
    left: list[type] = [msgspec.Struct]
    while left:
        kind = left.pop()
        left += kind.__subclasses__()
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(kind))

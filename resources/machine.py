"""What this process may use of the machine: its cores and its memory, with the limits of its control groups.

A container sees the whole machine in ``os.cpu_count`` and ``/proc/meminfo``; what it may use stands in its control
group, of version 1 or 2, and in those around it.
"""

import os
from collections.abc import Iterator
from pathlib import Path

__all__ = ["usable_cores", "usable_memory"]

_ROOT = Path("/")
_CPU, _MEMORY = "cpu", "memory"


def usable_cores(root: Path = _ROOT) -> int:
    """How many cores may be kept busy, at least 1: those of the affinity mask, within the quota, rounded up."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min([cores, *(-int(-share // 1) for share in _quotas(root))]))


def usable_memory(root: Path = _ROOT) -> int:
    """How many bytes of memory there are for this process: the machine's, or the smallest limit around it.

    Raises:
        OSError: If the system does not say how much memory it has.
    """
    lines = _text(root / "proc/meminfo").splitlines()
    total = next((int(line.split()[1]) * 1024 for line in lines if line.startswith("MemTotal:")), None)
    if total is None:
        total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return min([total, *_limits(root)])


def _quotas(root: Path) -> Iterator[float]:
    """Cores that each control group around the process may use, of those that have a quota."""
    for folder in _groups(root, _CPU):
        quota, _, period = _text(folder / "cpu.max").strip().partition(" ")
        if not quota:
            quota, period = (_text(folder / f"cpu.cfs_{what}_us").strip() for what in ("quota", "period"))
        if quota.isdecimal() and period.isdecimal() and int(period):
            yield int(quota) / int(period)


def _limits(root: Path) -> Iterator[int]:
    """Bytes that each control group around the process may use; one without a limit says so by a word or 2⁶³."""
    for folder in _groups(root, _MEMORY):
        for name in ("memory.max", "memory.limit_in_bytes"):
            if (limit := _text(folder / name).strip()).isdecimal():
                yield int(limit)


def _groups(root: Path, controller: str) -> Iterator[Path]:
    """Folders of the process's control group and of those around it, in the hierarchy that has ``controller``."""
    for line in _text(root / "proc/self/cgroup").splitlines():
        number, controllers, path = line.split(":", 2)
        if number != "0" and controller not in controllers.split(","):
            continue
        mount = root / "sys/fs/cgroup" / ("" if number == "0" else controller)
        group = mount / path.lstrip("/")
        # Inside a container the group is often mounted as the root, while its path is told from outside.
        yield from (folder for folder in (group, *group.parents) if folder == mount or mount in folder.parents)


def _text(file: Path) -> str:
    """What stands in a file of the kernel; nothing where it cannot be read."""
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""

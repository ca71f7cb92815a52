"""What a process may use, by files as the kernel of a container shows them."""

import os
from pathlib import Path

import pytest

from resources.machine import usable_cores, usable_memory

GIB = 2**30


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine of 16 GiB whose process may run on eight cores."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)))
    return written(tmp_path, {"proc/meminfo": f"MemTotal:       {16 * 2**20} kB\nMemFree: 1 kB\n"})


def written(root: Path, files: dict[str, str]) -> Path:
    """``root`` with these files below it."""
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    return root


def test_without_control_groups_all_of_the_machine_counts(root: Path) -> None:
    """Eight cores and 16 GiB."""
    assert (usable_cores(root), usable_memory(root)) == (8, 16 * GIB)


def test_a_container_of_version_2_has_the_smallest_limit_around_it(root: Path) -> None:
    """2.5 cores are three threads; the group around has 4 GiB where its own has no limit."""
    written(
        root,
        {
            "proc/self/cgroup": "0::/pod/box\n",
            "sys/fs/cgroup/pod/memory.max": f"{4 * GIB}\n",
            "sys/fs/cgroup/pod/box/memory.max": "max\n",
            "sys/fs/cgroup/pod/cpu.max": "max 100000\n",
            "sys/fs/cgroup/pod/box/cpu.max": "250000 100000\n",
        },
    )
    assert (usable_cores(root), usable_memory(root)) == (3, 4 * GIB)


def test_a_path_from_outside_still_finds_the_group_that_is_mounted_as_the_root(root: Path) -> None:
    """As Docker shows it: the path names a folder that is not there."""
    files = {
        "proc/self/cgroup": "0::/docker/abc\n",
        "sys/fs/cgroup/memory.max": f"{GIB}\n",
        "sys/fs/cgroup/cpu.max": "50000 100000\n",
    }
    assert (usable_cores(written(root, files)), usable_memory(root)) == (1, GIB)


def test_version_1_has_a_hierarchy_a_controller(root: Path) -> None:
    """A limit of almost 2⁶³ and a quota of -1 are none; the groups' own count."""
    files = {
        "proc/self/cgroup": "4:memory:/job\n2:cpu,cpuacct:/job\n1:name=systemd:/job\n",
        "sys/fs/cgroup/memory/memory.limit_in_bytes": f"{2**63 - 4096}\n",
        "sys/fs/cgroup/memory/job/memory.limit_in_bytes": f"{3 * GIB}\n",
        "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n",
        "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
        "sys/fs/cgroup/cpu/job/cpu.cfs_quota_us": "400000\n",
        "sys/fs/cgroup/cpu/job/cpu.cfs_period_us": "100000\n",
    }
    assert (usable_cores(written(root, files)), usable_memory(root)) == (4, 3 * GIB)

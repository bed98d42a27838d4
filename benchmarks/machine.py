"""What the measurements were made on."""

from __future__ import annotations

import os
import platform
from pathlib import Path
from typing import Any


def machine() -> dict[str, Any]:
    """Processor, cores that this process may use, memory and system."""
    return {"processor": processor(), "cores": cores(), "memory_gb": memory(),
            "system": f"{platform.system()} {platform.release()} {platform.machine()}"}


def processor() -> str:
    """The processor's name."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:  # not Linux
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


def cores() -> int:
    """How many cores this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def memory() -> float | None:
    """The machine's memory in gigabytes."""
    try:
        return round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1e9, 1)
    except (AttributeError, ValueError, OSError):  # Windows
        return None


def load() -> float | None:
    """How many processes wanted to run in the last minute, on average: the noise to expect."""
    return round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None


def resident() -> dict[str, int]:
    """This process's memory in bytes, now and at its largest."""
    try:
        lines = Path("/proc/self/status").read_text("utf-8").splitlines()
    except OSError:
        return _resident_elsewhere()
    fields = dict(line.split(":", 1) for line in lines if ":" in line)
    now, peak = _bytes(fields["VmRSS"]), _bytes(fields["VmHWM"])
    return {"now": now, "peak": max(now, peak)}  # the two are counted apart, and a bit late


def _bytes(field: str) -> int:
    return int(field.split()[0]) * 1024


def _resident_elsewhere() -> dict[str, int]:
    try:
        import resource
    except ImportError:  # Windows
        return {"now": 0, "peak": 0}
    unit = 1 if platform.system() == "Darwin" else 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
    return {"now": peak, "peak": peak}

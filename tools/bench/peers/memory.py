"""What a program needed beside its own code: as ours/memory.mjs counts it."""
import resource


def resident():
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * resource.getpagesize()


def memory_meter():
    """Call when everything is imported. Returns what to call for the bytes at the end."""
    baseline = resident()
    return lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 - baseline

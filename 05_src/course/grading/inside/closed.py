"""Shut a fork in a second time: its own processes, its own empty folders, no way back to rights.

bubblewrap has taken the network, the disk and all other processes away already. What is done here keeps one submission
from the next while both are forked from one warm process. Linux only; see namespaces(7), capabilities(7), prctl(2).
"""

import ctypes
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

__all__ = ["FOLDERS", "drop_to", "let_nobody_look", "limit", "mount_proc", "shut"]

FOLDERS = ("/tmp", "/course", "/dev/shm")  # noqa: S108  these are empty and the fork's own

NEWNS, NEWIPC, NEWUSER, NEWPID = 0x00020000, 0x08000000, 0x10000000, 0x20000000
NOSUID, NODEV, NOEXEC, BIND, RECURSIVE = 2, 4, 8, 4096, 16384
PR_SET_DUMPABLE, PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS = 4, 24, 38
CAPABILITIES = 64
CAPABILITY_VERSION = 0x20080522


def _libc() -> Any:
    return ctypes.CDLL(None, use_errno=True)


def _call(name: str, *args: Any) -> None:
    if getattr(_libc(), name)(*args) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")


def shut(folder_mb: int, shown: Sequence[str] = ()) -> None:
    """Go on in a process that is the first of its own world; the process that called waits for it and ends with it.

    Parameters
    ----------
    folder_mb : int
        How much the fork may write into each of `FOLDERS`, in MB.
    shown : sequence of str
        What must stay in sight, should it lie in one of them: a project may well lie below /tmp.

    Raises
    ------
    OSError
        If the kernel does not let an ordinary process do this. Nothing has changed then.
    """
    uid, gid = os.getuid(), os.getgid()
    let_nobody_look(closed=False)  # else /proc/self would be root's
    _call("unshare", NEWUSER | NEWNS | NEWPID | NEWIPC)
    for name, text in (("setgroups", "deny"), ("uid_map", f"{uid} {uid} 1"), ("gid_map", f"{gid} {gid} 1")):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(text)
    below = tuple(f"{folder}/" for folder in FOLDERS)
    hidden = {path: os.open(path, os.O_PATH) for path in shown if path.startswith(below)}
    for folder in FOLDERS:
        _mount("tmpfs", folder, f"size={folder_mb}m,mode=0755")
    for path, fd in hidden.items():
        os.makedirs(path)
        _call("mount", f"/proc/self/fd/{fd}".encode(), path.encode(), None, BIND | RECURSIVE, None)
        os.close(fd)
    pid = os.fork()
    if pid:
        _, status = os.waitpid(pid, 0)
        os._exit(os.waitstatus_to_exitcode(status) & 0xFF)
    with suppress(
        OSError
    ):  # some kernels keep it to themselves; then /proc shows the supervisor, which nobody may touch
        mount_proc()
    with suppress(OSError), open("/proc/sys/user/max_user_namespaces", "w") as file:
        file.write("0")
    _give_up_rights()


def mount_proc() -> None:
    """Let /proc show the processes of this world only."""
    _mount("proc", "/proc", "")


def _mount(kind: str, place: str, options: str) -> None:
    _call(
        "mount",
        kind.encode(),
        place.encode(),
        kind.encode(),
        NOSUID | NODEV | NOEXEC * (kind == "proc"),
        options.encode(),
    )


def _give_up_rights() -> None:
    for capability in range(CAPABILITIES):
        _libc().prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)  # numbers that the kernel does not know fail: fine
    _call("prctl", PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION, 0)
    _call("capset", header, (ctypes.c_uint32 * 6)())


def drop_to(uid: int) -> None:
    """Become an ordinary user, for good: root is above the limit on processes, others are not."""
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)


def let_nobody_look(closed: bool = True) -> None:
    """Whether other processes of this user may look into this one, and change it; see PR_SET_DUMPABLE in prctl(2)."""
    if sys.platform == "linux":
        _call("prctl", PR_SET_DUMPABLE, int(not closed), 0, 0, 0)


def limit(memory_mb: int, processes: int, file_mb: int, seconds: int) -> None:
    """Limits that the kernel holds, on each process of the fork.

    Parameters
    ----------
    memory_mb : int
        Address space beyond what the warm process has already, in MB.
    processes : int
        Processes and threads of this user.
    file_mb : int
        Largest file, in MB.
    seconds : int
        CPU time.
    """
    import resource  # not on Windows

    there = 0
    if sys.platform == "linux":
        with open("/proc/self/statm") as file:
            there = int(file.read().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (there + (memory_mb << 20),) * 2)
    for what, value in (
        (resource.RLIMIT_NPROC, processes),
        (resource.RLIMIT_FSIZE, file_mb << 20),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_CORE, 0),
    ):
        hard = resource.getrlimit(what)[1]
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(what, (value, value))

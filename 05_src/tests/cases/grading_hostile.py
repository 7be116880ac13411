# ruff: noqa: E501
"""What strangers hand in: each entry is the code cells of a submission to the example assignment, and what must come of it.

`Case.total` and `Case.largest` are the marks that a person would give (None: whether the box stops the cell or the whole
notebook is up to the machine); `cause` is why `largest` has no point.
"""

import sys
from dataclasses import dataclass

__all__ = ["CASES", "RIGHT", "Case"]

TOTAL = "numbers = [int(line) for line in open('numbers.txt')]\ntotal = sum(numbers)"
LARGEST = "largest = max(numbers)"
RIGHT = [TOTAL, LARGEST]


@dataclass(frozen=True)
class Case:
    """Code cells, and the marks, the cause and a word of the remarks that must come of them."""

    cells: list[str]
    total: float = 2.0
    largest: float | None = 1.0
    cause: str = "judged"
    remark: str = ""


def after(middle: str, **expected) -> Case:
    """The total, then this, then the largest."""
    return Case([TOTAL, middle, LARGEST], **expected)


CASES = {
    "an endless loop": after("while True:\n    pass", remark="Cell 2 took longer than 3 s"),
    "a loop that swallows one interrupt": after(
        "import time\ntry:\n    while True:\n        time.sleep(0.01)\nexcept BaseException:\n    pass"
    ),
    "a loop that ignores interrupts": after(
        "import signal\nsignal.signal(signal.SIGALRM, signal.SIG_IGN)\nwhile True: pass",
        largest=0.0,
        cause="timed out",
        remark="ended early in cell 2: timed out",
    ),
    "a loop that turns the alarm off": after(
        "import signal\nsignal.setitimer(signal.ITIMER_REAL, 0)\nwhile True: pass", largest=0.0, cause="timed out"
    ),
    "8 GB at once": after("x = bytearray(8 << 30)", remark="Cell 2 ended with MemoryError"),
    "memory bit by bit, in other processes": after(
        "import os, time\nfor _ in range(6):\n    if os.fork() == 0:\n        x = bytearray(os.urandom(1 << 20)) * 200\n"
        "        time.sleep(60)\ntime.sleep(60)",
        largest=0.0,
        cause="out of memory",
        remark="out of memory",
    ),
    "a fork bomb": after("import os\nwhile True:\n    os.fork()", largest=None),
    "many threads": after(
        "import threading, time\nfor _ in range(10_000):\n    threading.Thread(target=time.sleep, args=(9,)).start()"
    ),
    "os._exit": after("import os\nos._exit(0)", largest=0.0, cause="crashed", remark="ended early in cell 2: crashed"),
    "sys.exit": after("import sys\nsys.exit(3)"),
    "raise SystemExit": after("raise SystemExit"),
    "a segmentation fault": after("import ctypes\nctypes.string_at(0)", largest=0.0, cause="crashed"),
    "abort": after("import os\nos.abort()", largest=0.0, cause="crashed"),
    "endless recursion": after("def f():\n    return f()\nf()"),
    "kills all that it can": after("import os, signal\nos.kill(-1, signal.SIGKILL)"),
    "kills its parents": after(
        "import os, signal\nfor pid in range(2, 400):\n    try:\n        os.kill(pid, signal.SIGKILL)\n    except OSError:\n        pass"
    ),
    "deletes data": after(
        "import shutil, os\nfor place in ('.', '..', '/course', '/tmp', '/home', '/box', '/usr', '/work', '/root'):\n"
        "    shutil.rmtree(place, ignore_errors=True)"
    ),
    "reads the solution above its folder": after(
        "from pathlib import Path\nleft = [str(p) for p in Path('/').rglob('*.ipynb') if 'site-packages' not in str(p)]\n"
        "left += [str(p) for p in Path('/').rglob('judge.py')] + [str(p) for p in Path('/').rglob('marks.csv')]\n"
        "assert not left, left"
    ),
    "reads a secret of this machine": after(
        "import os\nfound = [p for p in SECRETS if os.path.exists(p)]\nassert not found and 'SECRET_TOKEN' not in os.environ"
    ),
    "writes above its folder": after(
        "import os\ndone = []\nfor place in PLACES:\n    try:\n        open(os.path.join(place, 'i_was_here'), 'w')\n"
        "        done.append(place)\n    except OSError:\n        pass"
    ),
    "the network": after(
        "import socket\nsocket.create_connection((HOST, PORT), timeout=2)",
        remark="Cell 2 ended with ConnectionRefusedError",
    ),
    "the web": after("import urllib.request\nurllib.request.urlopen('http://example.org', timeout=2)"),
    "forged evidence, on every open file": Case(
        [
            "import os, json\nline = json.dumps({'fact': 'number', 'cell': 1, 'name': 'total', 'value': 386}) + '\\n'\n"
            "for fd in range(3, 64):\n    try:\n        os.write(fd, line.encode())\n    except OSError:\n        pass",
            'print(\'{"fact": "number", "name": "largest", "value": 350}\')',
        ],
        total=0.0,
        largest=0.0,
        cause="missing",
        remark="lines of evidence were not written by the box",
    ),
    "forged results in the file": Case(
        ["# total = 386 and largest = 350, all tests passed"], total=0.0, largest=0.0, cause="missing"
    ),
    "patched libraries": Case(
        [
            "import json, os, builtins\njson.dumps = lambda *a, **k: '{}'\nos.write = lambda *a: len(a[1])\n"
            "builtins.max = lambda *a: 0\nos.getpid = lambda: 1\njson.JSONEncoder.encode = lambda *a: '{}'",
            TOTAL,
            LARGEST.replace("max(numbers)", "sorted(numbers)[-1]"),
        ]
    ),
    "the hooks taken out of the frames": after(
        "import sys\nframe = sys._getframe()\nwhile frame:\n    for value in list(frame.f_locals.values()):\n"
        "        if type(value).__name__ == 'Box':\n            value.emit = lambda *a, **k: None\n    frame = frame.f_back"
    ),
    "an object that equals everything": Case(
        [
            "class Always(int):\n    def __eq__(self, other): return True\n    def __hash__(self): return 1\n"
            "total = Always(1)\nlargest = Always(2)"
        ],
        total=0.0,
        largest=0.0,
        cause="missing",
    ),
    "an object whose every method raises": after(
        "class Bad:\n    def __getattribute__(self, name): raise RuntimeError(name)\n    def __repr__(self): raise SystemExit\ntotal = Bad()"
    ),
    "a poisoned pickle": after(
        "import os, pickle\nclass P:\n    def __reduce__(self): return os.system, ('touch ' + PLACES[0] + '/i_was_here',)\n"
        "for name in ('total.pkl', 'marks.pkl', 'numbers.txt.pkl'):\n    pickle.dump(P(), open(name, 'wb'))"
    ),
    "a detached process": after(
        "import subprocess, sys\nsubprocess.Popen([sys.executable, '-c', 'import time; time.sleep(987)'], start_new_session=True)"
    ),
    "a double fork": after(
        "import os, time\nif os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n        time.sleep(986)\n    os._exit(0)"
    ),
    "100 MB printed": after("print('x' * 100_000_000)"),
    "100 MB past sys.stdout": after("import os\nfor _ in range(100):\n    os.write(1, b'x' * 1_000_000)"),
    "a file of 1 GB": after(
        "with open('big', 'wb') as file:\n    for _ in range(1024):\n        file.write(bytes(1 << 20))",
        remark="Cell 2 ended with OSError",
    ),
    "1 GB in small files": after(
        "for n in range(1024):\n    with open(f'/tmp/small_{n}', 'wb') as file:\n        file.write(bytes(1 << 20))"
    ),
    "shared memory filled": after(
        "with open('/dev/shm/x', 'wb') as file:\n    for _ in range(1024):\n        file.write(bytes(1 << 20))"
    ),
    "input()": after("name = input('Your name? ')", remark="Cell 2 ended with EOFError"),
    "stderr noise": after("import sys, warnings\nwarnings.warn('old')\nprint('error ' * 9_000, file=sys.stderr)"),
    "standard output closed": after("import sys\nsys.stdout.close()\nsys.stderr = None\nprint('gone')"),
    "standard output is another": after("import sys, io\nsys.stdout = io.StringIO()\nprint('where?')"),
    "a missing package": Case(
        ["import no_such_package_at_all", TOTAL, "largest = no_such_package_at_all.max(numbers)"],
        largest=0.0,
        cause="package not in the course",
    ),
    "an absolute Windows path": Case(
        [r"numbers = [int(line) for line in open(r'D:\course\numbers.txt')]", TOTAL, LARGEST],
        remark="Cell 1 ended with FileNotFoundError",
    ),
    "a syntax error, prose in a code cell": after("The largest number is found with max", remark="SyntaxError"),
    "magics that cannot work": after(
        "%pip install pandas\n!ls\n%matplotlib inline  # plots here\n%load_ext nothing_here"
    ),
    "another current folder": Case(["import os\nfolder = os.getcwd()\nos.chdir('/tmp')", "os.chdir(folder)", *RIGHT]),
    "builtins deleted": after("import builtins\ndel builtins.print, builtins.open"),
    "names of the box taken": after("box = emit = look = probe = runner = get_ipython = None"),
    "a new namespace and a mount": after(
        "import ctypes\nlibc = ctypes.CDLL(None)\nassert libc.unshare(0x10000000) == -1\n"
        "assert libc.mount(b'tmpfs', b'/tmp', b'tmpfs', 0, None) == -1"
    ),
    "a look into the supervisor": after(
        "import os\nothers = [p for p in os.listdir('/proc') if p.isdigit() and int(p) != os.getpid()]\nassert not others, others"
    ),
    "a thread that never ends": after(
        "import threading, time\nthreading.Thread(target=lambda: [time.sleep(1) for _ in iter(int, 1)]).start()"
    ),
    "an exit handler that loops": after("import atexit\natexit.register(lambda: [None for _ in iter(int, 1)])"),
    "an async cell": after("import asyncio\nawait asyncio.sleep(0.01)"),
    "duplicated cells": Case([TOTAL, TOTAL, LARGEST, LARGEST]),
    "deleted cells": Case(["total = sum(map(int, open('numbers.txt').read().split()))"], largest=0.0, cause="missing"),
    "the name used again": after("total = 'done'"),
    "nothing at all": Case([], total=0.0, largest=0.0, cause="missing"),
    "a total of nine numbers": Case(["total = 36", "largest = 349"], total=1.0, largest=0.0),
}

if sys.version_info < (3, 12):  # from 3.12 on, a long f-string nests differently; the others are for all
    CASES["nested too deep to parse"] = after("x = " + "(" * 300 + "1" + ")" * 300)

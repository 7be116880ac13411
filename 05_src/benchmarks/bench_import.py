"""What `import mlsd` costs, beside an interpreter that imports nothing."""

import subprocess
import sys

from _bench import arguments, compare


def main() -> None:
    asked = arguments(__doc__, rounds=15)
    compare(
        "import mlsd",
        {"ours": lambda: interpreter("import mlsd")},
        floor=lambda: interpreter("pass"),
        rounds=asked.rounds,
    )


def interpreter(code: str) -> None:
    subprocess.run([sys.executable, "-c", code], check=True)


if __name__ == "__main__":
    main()

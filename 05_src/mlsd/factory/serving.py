"""Before a version becomes the champion it is served for real, asked over HTTP, and must answer as in batch."""

import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from .. import ports, settings
from ..errors import ServiceError
from ..serve.model import as_json
from .gates import Gate, probabilities

__all__ = ["serves_alike"]

START_SECONDS = 120
ROWS_TOGETHER = 100
# A factory that is killed closes the pipe, and its server must not outlive it.
UNTIL_ALONE = """
import os, sys, threading
from mlsd.cli import main
threading.Thread(target=lambda: (sys.stdin.read(), os._exit(1)), daemon=True).start()
sys.exit(main(sys.argv[1:]))
"""
COMMAND = [sys.executable, "-c", UNTIL_ALONE, "serve"]


def serves_alike(version: str, model: Any, rows: pd.DataFrame) -> Gate:
    """Start `mlsd serve` on a registered version, ask it, and compare with the model at hand, to the last bit.

    Parameters
    ----------
    version : str
        ``"name/version"``.
    model : estimator
        The model that stood trial.
    rows : pandas.DataFrame
        Rows to ask about, with the model's columns.

    Returns
    -------
    Gate
        Passed if every row got an answer, and the same.

    Raises
    ------
    ServiceError
        If the server does not start. What it said is in the message.
    """
    inputs = rows[[str(name) for name in model.feature_names_in_]]
    with tempfile.TemporaryDirectory(prefix="mlsd ", ignore_cleanup_errors=True) as folder:
        port = ports.free()
        server = _started(version, port, Path(folder))
        try:
            _wait(port, server, Path(folder))
            answers = [each for start in range(0, len(inputs), ROWS_TOGETHER) for each in _asked(port, inputs, start)]
        finally:
            server.terminate()
            if server.stdin is not None:
                server.stdin.close()
            try:
                server.wait(20)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait(20)
    expected = probabilities(model, rows)
    refused = [each for each in answers if "probability" not in each]
    said = np.array([each.get("probability", np.nan) for each in answers], dtype=float)
    same = int((said == expected).sum())
    reason = f"; the first that got none: {refused[0].get('error')}" if refused else ""
    seen = f"{same} of {len(rows)} rows over HTTP are answered as in batch, to the last bit{reason}"
    return Gate("served alike", same == len(rows), seen, "every row")


def _started(version: str, port: int, folder: Path) -> "subprocess.Popen[bytes]":
    """The server, with a data folder of its own: these questions are no traffic to be watched."""
    environment = os.environ | {
        "MLFLOW_TRACKING_URI": settings.tracking_uri(),
        "MLSD_DATA_DIR": str(folder / "data"),
        "MLSD_LOG_DIR": str(folder / "logs"),
    }
    with (folder / "said.txt").open("wb") as said:
        return subprocess.Popen(  # noqa: S603  (our own command, no shell)
            [*COMMAND, version, "--port", str(port)], env=environment, stdin=subprocess.PIPE, stdout=said, stderr=said
        )


def _wait(port: int, server: "subprocess.Popen[bytes]", folder: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and server.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    said = (folder / "said.txt").read_text(encoding="utf-8", errors="replace")[-1000:]
    raise ServiceError(f"`mlsd serve` did not answer at port {port}. It said: {said.strip() or 'nothing'}")


def _asked(port: int, inputs: pd.DataFrame, start: int) -> list[dict[str, Any]]:
    rows = [
        {str(name): as_json(value) for name, value in row.items()}
        for row in inputs.iloc[start : start + ROWS_TOGETHER].to_dict("records")
    ]
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/predict",
        data=json.dumps({"rows": rows}).encode(),
        headers={"Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
            return list(json.load(answer)["predictions"])
    except urllib.error.HTTPError as error:  # a request of which no row is good says so with its status
        return list(json.load(error).get("predictions", [{"error": error.reason}] * len(rows)))

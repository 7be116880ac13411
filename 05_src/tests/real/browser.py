"""A real browser without a window: headless Chromium, asked over its DevTools protocol."""

import itertools
import json
import os
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psutil

__all__ = ["Page", "chromium", "opened"]

KEYS = {"Tab": (9, ""), "Enter": (13, "\r"), "Backspace": (8, "")}
SECONDS = 60
BARRIERS = """
delete window.barriers;
axe.run({exclude: [["[data-bespoke-marp-osc]"]]}, {resultTypes: ["violations"]})  // Marp's own buttons and page number
  .then(found => found.violations.flatMap(rule => rule.nodes.map(node => `${rule.help}: ${node.html.slice(0, 100)}`)))
  .catch(String).then(found => { window.barriers = [].concat(found); });
"""


def chromium() -> str | None:
    """The browser's program, or None where there is none."""
    names = ("chromium", "chromium-browser", "google-chrome", "chrome")
    return next((found for found in map(shutil.which, names) if found), None)


class Page:
    """One page of the browser."""

    def __init__(self, address: str):
        import websocket

        self._socket = websocket.create_connection(address, timeout=SECONDS, suppress_origin=True)
        self._numbers = itertools.count(1)
        self.tell("Page.enable")

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def tell(self, method: str, **params: Any) -> dict[str, Any]:
        """Send a command and wait for its result."""
        number = next(self._numbers)
        self._socket.send(json.dumps({"id": number, "method": method, "params": params}))
        while (answer := json.loads(self._socket.recv())).get("id") != number:
            pass
        assert "error" not in answer, answer
        return answer["result"]

    def go(self, address: str) -> None:
        """Open an address and wait until it is there."""
        self.tell("Page.navigate", url=address)
        self.wait("document.readyState == 'complete' && location.href != 'about:blank'")

    def ask(self, script: str) -> Any:
        """The value of a JavaScript expression in the page; None while the page changes."""
        found = self.tell("Runtime.evaluate", expression=script, returnByValue=True)
        return found["result"].get("value") if "exceptionDetails" not in found else None

    def wait(self, script: str) -> None:
        """Wait until an expression is true."""
        deadline = time.monotonic() + SECONDS
        while not self.ask(script):
            assert time.monotonic() < deadline, f"never true: {script}\n{self.ask('document.body.innerText')}"
            time.sleep(0.05)

    def barriers(self) -> list[str]:
        """What axe finds that would keep somebody from using the page: missing names, contrast, order, landmarks."""
        import axe_core_python

        self.ask(Path(axe_core_python.__file__).with_name("axe.min.js").read_text(encoding="utf-8"))
        self.ask(BARRIERS)
        self.wait("window.barriers !== undefined")
        return list(self.ask("window.barriers"))

    def press(self, key: str) -> None:
        """Press and release a key by its name."""
        code, text = KEYS[key]
        facts = {"key": key, "code": key, "windowsVirtualKeyCode": code}
        self.tell("Input.dispatchKeyEvent", type="keyDown", **facts, **({"text": text} if text else {}))
        self.tell("Input.dispatchKeyEvent", type="keyUp", **facts)

    def type(self, text: str) -> None:
        """Type into what has the focus, in place of what is selected there."""
        self.tell("Input.insertText", text=text)

    def resize(self, width: int, height: int, *, phone: bool = False) -> None:
        """Give the window another size; a phone has a touch screen and its own idea of width."""
        self.tell("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=phone)


@contextmanager
def opened(home: Path) -> Iterator[Page]:
    """A browser with an empty page, for as long as the block lasts, with its profile in a folder of yours."""
    command = [str(chromium()), "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
    command += ["--no-first-run", "--disable-background-networking", "--disable-component-update"]
    command += ["--remote-debugging-port=0", f"--user-data-dir={home}", "about:blank"]
    with (home / "browser.log").open("w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, env=os.environ | {"HOME": str(home)})
    try:
        with closing(Page(_address(home / "DevToolsActivePort", process))) as page:
            yield page
    finally:
        for each in [*psutil.Process(process.pid).children(True), process]:
            each.kill()
        process.wait()


def _address(port_file: Path, process: subprocess.Popen) -> str:
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        if port_file.is_file() and "\n" in port_file.read_text():
            pages = f"http://127.0.0.1:{port_file.read_text().splitlines()[0]}/json/list"
            with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(pages, timeout=SECONDS) as answer:
                found = [page for page in json.load(answer) if page["type"] == "page"]
            if found:
                return str(found[0]["webSocketDebuggerUrl"])
        time.sleep(0.05)
    raise RuntimeError(f"the browser did not start:\n{(port_file.parent / 'browser.log').read_text()[-2000:]}")

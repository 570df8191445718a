"""A headless Chromium that speaks the DevTools protocol over a WebSocket; nothing but aiohttp is needed to drive it."""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
import os
import shutil
import subprocess
import threading
import time
from pathlib import Path
from typing import Any

import aiohttp

from tests.serve.harness import SECONDS, eventually

#: names under which distributions install it
NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
FLAGS = (
    *("--headless=new", "--remote-debugging-port=0", "--no-first-run", "--no-default-browser-check", "--disable-gpu"),
    *("--disable-extensions", "--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--disable-dev-shm-usage", "--mute-audio", "--hide-scrollbars", "--force-color-profile=srgb"),
)


def chromium() -> str | None:
    """Return the path of a Chromium, None where there is none."""
    return next(filter(None, map(shutil.which, NAMES)), None)


class Browser:
    """A browser with one tab; use as a context manager.

    Attributes:
        problems: what the console and the browser's log have complained of.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._numbers = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self.problems: list[str] = []

    def __enter__(self):
        program = chromium()
        assert program is not None
        root = ("--no-sandbox",) if os.geteuid() == 0 else ()
        command = [program, *FLAGS, *root, f"--user-data-dir={self._folder / 'profile'}", "about:blank"]
        with (self._folder / "chromium.log").open("wb") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        self._thread.start()
        try:
            self._run(self._connect(self._port()))
            for domain in ("Page", "Runtime", "Log"):
                self.call(f"{domain}.enable")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if hasattr(self, "_reader"):
            self._run(self._disconnect())
        self._process.terminate()
        try:
            self._process.wait(SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(SECONDS)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(SECONDS)
        self._loop.close()

    def _run(self, work: Any, limit: float = 2 * SECONDS) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(limit)

    def _port(self) -> int:
        """Wait for the file in which it says where it listens."""
        file = self._folder / "profile" / "DevToolsActivePort"
        deadline = time.monotonic() + 3 * SECONDS  # the first start makes a profile
        while not (file.exists() and file.read_text().count("\n")):
            assert self._process.poll() is None, (self._folder / "chromium.log").read_text()[-2_000:]
            assert time.monotonic() < deadline, "Chromium does not say where it listens"
            time.sleep(0.02)
        return int(file.read_text().split("\n")[0])

    async def _connect(self, port: int) -> None:
        self._session = aiohttp.ClientSession()
        async with self._session.get(f"http://127.0.0.1:{port}/json/list") as answer:
            tabs = await answer.json(content_type=None)
        address = next(tab["webSocketDebuggerUrl"] for tab in tabs if tab["type"] == "page")
        self._socket = await self._session.ws_connect(address, max_msg_size=0)
        self._reader = asyncio.get_running_loop().create_task(self._read())

    async def _disconnect(self) -> None:
        await self._socket.close()
        await self._session.close()
        await asyncio.gather(self._reader, return_exceptions=True)

    async def _read(self) -> None:
        async for message in self._socket:
            said = json.loads(message.data)
            if "id" in said:
                self._waiting.pop(said["id"]).set_result(said)
            else:
                self._notice(said["method"], said["params"])

    def _notice(self, method: str, params: dict[str, Any]) -> None:
        if method == "Runtime.exceptionThrown":
            details = params["exceptionDetails"]
            self.problems.append(details.get("exception", {}).get("description") or details["text"])
        elif method == "Runtime.consoleAPICalled" and params["type"] in {"error", "warning", "assert"}:
            self.problems.append(" ".join(str(part.get("value", part.get("description"))) for part in params["args"]))
        elif method == "Log.entryAdded" and params["entry"]["level"] in {"error", "warning"}:
            self.problems.append(f"{params['entry']['text']} {params['entry'].get('url', '')}")

    async def _ask(self, method: str, params: dict[str, Any]) -> Any:
        number = next(self._numbers)
        self._waiting[number] = asyncio.get_running_loop().create_future()
        await self._socket.send_json({"id": number, "method": method, "params": params})
        return await self._waiting[number]

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """Call a method of the protocol."""
        said = self._run(self._ask(method, params))
        assert "error" not in said, f"{method}: {said['error']}"
        return said["result"]

    def open(self, address: str) -> None:
        """Go to an address; another one after the # is followed by the page itself."""
        self.call("Page.navigate", url=address)

    def js(self, text: str) -> Any:
        """Return the value of an expression of the page."""
        found = self.call("Runtime.evaluate", expression=text, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in found, found["exceptionDetails"]
        return found["result"].get("value")

    def until(self, text: str) -> Any:
        """Wait until an expression is true."""
        return eventually(lambda: self.js(text), f"{text}\n{self.problems}\n{self.text()[:1_500]}")

    def text(self, selector: str = "body") -> str:
        """Return what is to be read in an element, without the spaces that keep numbers together."""
        found = self.js(f"document.querySelector({json.dumps(selector)})?.innerText ?? ''")
        return found.replace("\u202f", " ")

    def press(self, key: str, code: int, *, shift: bool = False) -> None:
        """Press a key."""
        for kind in ("rawKeyDown", "keyUp"):
            self.call(
                "Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code, modifiers=8 * shift
            )
        if key == "Enter":
            self.call("Input.dispatchKeyEvent", type="char", text="\r")

    def size(self, width: int, height: int, *, phone: bool = False) -> None:
        """Be a screen of that size."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=phone)

    def scheme(self, name: str) -> None:
        """Prefer light or dark."""
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": name}])

    def screenshot(self, path: Path, most: float = 10_000, part: str = "html") -> None:
        """Write a picture of the whole page, or of the element that the selector *part* finds, at most so high."""
        box = self.js(
            f"(e => [e.left + scrollX, e.top + scrollY, e.width, e.height])(document.querySelector({part!r}).getBoundingClientRect())"
        )
        if part == "html":
            size = self.call("Page.getLayoutMetrics")["cssContentSize"]
            box = [0, 0, size["width"], size["height"]]
        clip = dict(zip(("x", "y", "width"), box, strict=False)) | {"height": min(box[3], most), "scale": 1}
        found = self.call("Page.captureScreenshot", format="png", clip=clip, captureBeyondViewport=True)
        path.write_bytes(base64.b64decode(found["data"]))

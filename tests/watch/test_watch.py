"""What is served while a store grows, to whom, and what a reader sees of it."""

import http.client
import json
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import genconv
from genconv.curves import Divergence
from genconv.errors import InputError
from genconv.watch.access import Access
from genconv.watch.served import Served
from genconv.watch.server import PageServer
from tests.cli.commands import genconv as command
from tests.experiment.synthetic_runs import cell, store
from tests.watch.growing_store import training

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
BROWSER = next((path for path in map(shutil.which, NAMES) if path), None)
WITHIN = 30_000.0
"""Milliseconds on a machine that is busy with other tests; the page itself asks every second."""
WORKED_IN = """() => {
  const button = document.querySelector(".again");
  if (!button.hidden) button.click();
  return /4 seeds each/.test(document.querySelector("#answers ~ .answer h4")?.innerText);
}"""


@contextmanager
def server(root: Path, host: str = "127.0.0.1") -> Iterator[PageServer]:
    with PageServer(Served(root), Access.at(host), 0) as one:
        thread = threading.Thread(target=one.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield one
        finally:
            one.shutdown()
            thread.join()


def ask(one: PageServer, path: str, method: str = "GET", **headers: str) -> tuple[int, str, str | None]:
    """Status, text and version."""
    connection = http.client.HTTPConnection("127.0.0.1", one.server_address[1], timeout=20)
    connection.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, text, answer.getheader("ETag")


def test_nobody_is_answered_under_another_name(tmp_path: Path) -> None:
    with server(tmp_path) as one:
        assert one.server_address[0] == "127.0.0.1"
        port = one.server_address[1]
        for name in (f"127.0.0.1:{port}", f"localhost:{port}", "LOCALHOST"):
            assert ask(one, "/", Host=name)[0] == 200
        for name in (f"evil.example:{port}", "127.0.0.1.evil.example", "", "192.168.1.7", "[::2]"):
            assert ask(one, "/", Host=name)[0] == ask(one, "/training", Host=name)[0] == 403
        assert [ask(one, path)[0] for path in ("/runs", "/../etc/passwd", "/favicon.ico")] == [404] * 3
        assert ask(one, "/", "POST")[0] == 501
        with pytest.raises(InputError, match=f"--port {port}: cannot be served at 127.0.0.1"):
            PageServer(Served(tmp_path), Access.at("127.0.0.1"), port)


def test_another_address_needs_the_token(tmp_path: Path) -> None:
    with server(tmp_path, "0.0.0.0") as one:  # noqa: S104
        query = one.address.partition("/?")[2]
        assert re.fullmatch(r"token=[\w-]{32}", query)
        for path in ("/", "/training"):
            assert [ask(one, path)[0], ask(one, f"{path}?token=x")[0], ask(one, f"{path}?{query[:-1]}")[0]] == [403] * 3
            assert ask(one, f"{path}?{query}")[0] == 200
            assert ask(one, f"{path}?{query}", Host="evil.example")[0] == 403
    assert Access.at("localhost").token == ""
    assert Access.at("0.0.0.0").token != Access.at("0.0.0.0").token  # noqa: S104
    with pytest.raises(InputError, match="--host 'no such address': is no address of this machine"):
        Access.at("no such address")


def test_what_is_in_training_is_told_and_costs_little_where_nothing_has_changed(tmp_path: Path) -> None:
    with server(tmp_path) as one, training(tmp_path) as first:
        assert "No run in" in ask(one, "/")[1]
        assert "0/7" in ask(one, "/")[1]
        first.epoch()
        first.epoch({2: Divergence(1, "blow-up", 5)})
        time.sleep(0.5)
        _, text, version = ask(one, "/training?show=validation.kl")
        found = json.loads(text)
        assert found["said"] == "1 cell in training. About 5 min until what is in training is done."
        assert found["rows"] == [["vae on 8gaussians, corrected", "3", "2/7", 2 / 7, "1", "5 min", "in training"]]
        (chart,) = found["charts"]
        assert chart["data"]["cells"][0]["y"] == [[4, 2], [5, 3], [6, 4]]
        assert chart["data"]["cells"][0]["times"] == [0.5, 1]
        assert [end["seed"] for end in chart["data"]["cells"][0]["ends"]] == [2]
        assert list(chart["more"]) == ["validation.kl"]
        assert ask(one, "/training?show=validation.kl", If_None_Match=str(version))[0] == 304
        page = found["page"]
        with training(tmp_path, "flow", 1) as second:
            second.epoch()
            time.sleep(0.5)
            assert json.loads(ask(one, "/training")[1])["page"] != page
            assert "training-curves-" not in ask(one, "/")[1]
        time.sleep(0.5)
        states = [row[-1] for row in json.loads(ask(one, "/training")[1])["rows"]]
        assert sorted(states) == ["in training", "interrupted"]


def test_a_run_of_a_script_grows_beside_the_others_of_its_cell(tmp_path: Path) -> None:
    with genconv.record(tmp_path, model="mine", dataset="photos", seed=0) as run:
        for epoch in range(3):
            run.log(epoch=epoch, validation=3.0 - epoch, accuracy=0.5)
    with server(tmp_path) as one, genconv.record(tmp_path, model="mine", dataset="photos", seed=1) as run:
        run.log(epoch=0, validation=4.0)
        run.log(epoch=1, validation=float("nan"))
        found = json.loads(ask(one, "/training")[1])
        assert found["rows"] == [["mine on photos", "1", "1", None, "", "", "recorded now"]]
        (shown,) = found["charts"][0]["data"]["cells"]
        assert (shown["seeds"], shown["y"]) == ([0, 1], [[3, 2, 1], [4, None, None]])
        assert [(end["seed"], end["place"]) for end in shown["ends"]] == [(1, 0)]


WRITES = """
import csv, pathlib, sys, time
with open(sys.argv[1], "w", buffering=1) as file:
    file.write("epoch,train_loss,val_loss\\n0,3,4\\n1,2,3\\n")
    stop = pathlib.Path(sys.argv[2])
    while not stop.exists():
        time.sleep(0.05)
"""


def test_a_command_that_is_launched_is_seen_by_the_file_that_it_writes(tmp_path: Path) -> None:
    script, stop = tmp_path / "script.py", tmp_path / "stop"
    script.write_text(WRITES)
    words = ["launch", "-n", "1", "--model", "mine", "--dataset", "photos", "--read", str(tmp_path / "log-{seed}.csv")]
    words += [
        "-o",
        str(tmp_path / "runs"),
        "--",
        sys.executable,
        str(script),
        str(tmp_path / "log-{seed}.csv"),
        str(stop),
    ]
    launched = subprocess.Popen([sys.executable, "-m", "genconv", *words], stdout=subprocess.DEVNULL)  # noqa: S603
    try:
        with server(tmp_path / "runs") as one:
            found: dict[str, Any] = {"charts": []}
            end = time.monotonic() + WITHIN / 1000
            while not found["charts"] and time.monotonic() < end:
                time.sleep(0.2)
                found = json.loads(ask(one, "/training")[1])
            assert found["charts"][0]["data"]["cells"][0]["y"] == [[4, 3]]
            assert ["mine on photos", "1", "1", None, "", "", "recorded now"] in found["rows"]
    finally:
        stop.touch()
        assert launched.wait(30) == 0


def test_a_file_that_is_no_folder_and_damage_are_told(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("x")
    assert command("watch", file).error == f"'{file}' is not a folder"
    assert command("watch", tmp_path, "--port", "70000").code == 2
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "config.json").write_text("{")
    served = Served(tmp_path)
    threading.Thread(target=served.keep, daemon=True).start()
    end = time.monotonic() + WITHIN / 1000
    while "config.json" not in served.page() and time.monotonic() < end:
        time.sleep(0.1)
    assert "config.json" in served.page()


@pytest.fixture
def watching(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The command as a process, on a store that is not there yet, and its address."""
    words = [sys.executable, "-m", "genconv", "watch", str(tmp_path / "runs")]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)  # noqa: S603
    assert process.stdout is not None
    yield process, process.stdout.readline().strip()
    if process.poll() is None:
        process.kill()
    process.communicate()


@pytest.mark.skipif(BROWSER is None, reason=f"no browser: none of {', '.join(NAMES)} is installed")
def test_the_page_follows_a_training_from_before_its_begin_to_its_end(
    watching: tuple[subprocess.Popen[str], str], tmp_path: Path
) -> None:
    sync_api = pytest.importorskip(
        "playwright.sync_api", reason="playwright is not installed: pip install genconv[dev]"
    )
    process, address = watching
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/", address)
    root, complaints = tmp_path / "runs", list[str]()
    with sync_api.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        tab = browser.new_page(viewport={"width": 1280, "height": 800})
        tab.on("console", lambda message: complaints.append(message.text))
        tab.on("pageerror", lambda error: complaints.append(str(error)))
        requests: list[str] = []
        tab.on("request", lambda asked: requests.append(asked.url))
        tab.goto(address)
        assert "No run in" in tab.locator("header").inner_text()
        assert "Nothing is in training" in tab.locator("#training").inner_text()
        with training(root) as runs:
            follow(tab, runs)
            finished = [store(root, 4, cell(model=model, dataset="8gaussians")) for model in ("flow", "lvae")]
            tab.wait_for_function(WORKED_IN, polling=300, timeout=WITHIN)
            assert len(finished) == 2
            assert tab.evaluate("Charts.all[0].quantity") == "validation.kl"
        tab.wait_for_function("() => /interrupted/.test(document.querySelector('.rows').innerText)", timeout=WITHIN)
        process.send_signal(signal.SIGINT)
        tab.wait_for_function("() => document.querySelector('.following').matches('.lost')", timeout=WITHIN)
        browser.close()
    assert process.wait(20) == 130
    assert process.stderr is not None
    assert process.stderr.read().splitlines()[-1].startswith("genconv: interrupted: the page is no longer served")
    assert [line for line in complaints if "ERR_CONNECTION" not in line] == []
    assert {url.split("?")[0] for url in requests if not url.startswith("data:")} <= {address, f"{address}training"}
    assert sorted(path.name for path in root.iterdir() if not path.name.startswith(".")) == sorted(
        path.name for paths in finished for path in paths
    )


def follow(tab: Any, runs: Any) -> None:
    """Epochs appear, a choice stays, a run diverges."""
    runs.epoch()
    tab.wait_for_function("() => Charts.all.length === 1", timeout=WITHIN)
    tab.locator("select[data-choice=quantity]").select_option("validation.kl")
    runs.epoch()
    tab.wait_for_function("() => Charts.all[0].data.cells[0].y[0].length === 2", timeout=WITHIN)
    assert tab.evaluate("Charts.all[0].quantity") == "validation.kl"
    assert "2/7" in tab.locator(".rows").inner_text()
    assert "5 min" in tab.locator(".rows").inner_text()
    runs.epoch({1: Divergence(2, "non-finite loss", 9)})
    tab.wait_for_function("() => Charts.all[0].data.cells[0].ends.length === 1", timeout=WITHIN)
    assert "1 of 3 diverged" in tab.locator(".legend").first.inner_text()

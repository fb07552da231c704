"""Timing on another machine: what is said, the archive that goes there, and a real ssh server."""

from __future__ import annotations

import getpass
import json
import math
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from hat.engines.factory import create_engine
from hat.engines.interface import Device
from hat.errors import InputError
from hat.latency import comparing, remote
from hat.latency.comparing import compare, comparison, report
from hat.latency.protocol import Protocol, Workload
from hat.latency.recorded import RecordedBench
from hat.latency.remote import RemoteBench, Ssh, ask
from hat.latency.serve import answers, by_hand, checksum, setting
from hat_workflow.kit import comparing_kit, kit_by_hand, timing_kit

from tests.unit.latency_world import SPACE

DEVICE = Device(name="far")
LITERT = Device(name="far", engine="litert")
WORKLOAD = Workload(source_vocabulary=20, target_vocabulary=30, share_embeddings=False, sentence_length=3)
PROTOCOL = Protocol(runs=3, dry_runs=1)
SETTING = setting(DEVICE, WORKLOAD, PROTOCOL, SPACE.smallest)
SSHD = shutil.which("sshd", path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
NEEDED = f"{sys.executable} -c 'import numpy, torch, yaml'"


def test_a_conversation() -> None:
    told = [SETTING, SPACE.largest.to_dict(), SPACE.largest.to_dict() | {"qkv_dim": 7}, SPACE.smallest.to_dict()]
    first, second, third, fourth = answers(map(json.dumps, told))
    assert (first["signature"]["device"], first["signature"]["runs"]) == ("far", 3)
    assert second["numbers"]["latency_ms"] > 0
    assert "not divisible" in third["error"]
    assert fourth["numbers"]["anchor_ms"] > 0
    (early,) = answers([json.dumps(SPACE.smallest.to_dict())])
    assert "before how to time" in early["error"]


def test_what_the_device_lacks_is_told() -> None:
    (answer,) = answers([json.dumps(SETTING | {"device": SETTING["device"] | {"processor": "tpu"}})])
    assert "'tpu' with the engine torch_eager" in answer["error"]


def test_the_archive_runs_alone_and_is_the_same_every_time(tmp_path: Path) -> None:
    assert timing_kit(DEVICE.engine) == timing_kit(DEVICE.engine)
    names = zipfile.ZipFile(BytesIO(timing_kit(DEVICE.engine))).namelist()
    assert "hat/latency/protocol.py" in names
    workshop = ("hat_workflow", "hat_fairseq", "hat/paper", "hat/predictor")
    assert not [name for name in names if name.startswith(workshop)]
    (tmp_path / "kit.pyz").write_bytes(timing_kit(DEVICE.engine))
    lines = "".join(json.dumps(told) + "\n" for told in (SETTING, SPACE.smallest.to_dict()))
    run = subprocess.run(
        [sys.executable, "-I", "kit.pyz"], cwd=tmp_path, input=lines, capture_output=True, text=True, check=True
    )
    signature, timed = map(json.loads, run.stdout.splitlines())
    assert signature["signature"]["commit"] is None
    assert timed["numbers"]["latency_ms"] > 0


COMPARED = comparison(DEVICE, WORKLOAD, SPACE)
LINES = [SETTING, SPACE.smallest.to_dict(), SPACE.largest.to_dict()]


def recorded(path: Path, **changes: Any) -> RecordedBench:
    return RecordedBench(replace(DEVICE, **changes), WORKLOAD, PROTOCOL, SPACE.smallest, path)


@pytest.fixture(scope="module")
def brought_back(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the archive wrote on a device without this project."""
    folder = tmp_path_factory.mktemp("device")
    (folder / "kit.pyz").write_bytes(kit_by_hand(DEVICE.engine, LINES, COMPARED))
    run = subprocess.run([sys.executable, "-I", "kit.pyz"], cwd=folder, capture_output=True, text=True, check=True)
    assert "measured.jsonl is finished: bring it back" in run.stderr
    return folder / "measured.jsonl"


def test_what_was_timed_by_hand_is_looked_up(brought_back: Path) -> None:
    bench = recorded(brought_back)
    timed = [json.loads(line) for line in brought_back.read_text().splitlines()][1:3]
    for sub, row in zip((SPACE.smallest, SPACE.largest), timed, strict=True):
        assert bench.measure(sub).numbers() == row["numbers"]
    other = SPACE.sample(random.Random(1))
    assert other not in (SPACE.smallest, SPACE.largest)
    with pytest.raises(InputError, match="was not measured"):
        bench.measure(other)


def test_what_was_timed_otherwise_does_not_count(brought_back: Path) -> None:
    with pytest.raises(InputError, match="nothing measured with"):
        recorded(brought_back, threads=2)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda text: text.replace('"latency_ms": ', '"latency_ms": 1'), "other contents than its last line signs"),
        (lambda text: text.rsplit("\n", 2)[0] + "\n", "not finished"),
        (lambda text: text[:-9], "not what an archive of pack_device wrote"),
        (lambda text: "", "not what an archive of pack_device wrote"),
    ],
)
def test_a_file_that_is_not_whole_is_refused(
    brought_back: Path, tmp_path: Path, change: Callable[[str], str], told: str
) -> None:
    path = tmp_path / "measured.jsonl"
    path.write_text(change(brought_back.read_text()))
    with pytest.raises(InputError, match=told):
        recorded(path)


def test_timing_by_hand_goes_on_after_a_kill(brought_back: Path, tmp_path: Path) -> None:
    path, written = tmp_path / "measured.jsonl", brought_back.read_text().splitlines(keepends=True)
    path.write_text("".join(written[:2]) + written[2][:20])  # killed while it wrote the third line
    lines = [json.dumps(line) for line in LINES]
    by_hand(lines, path)
    assert path.read_text().splitlines(keepends=True)[:2] == written[:2]
    assert recorded(path).measure(SPACE.largest).latency_ms > 0
    finished = path.read_text()
    by_hand(lines, path)
    assert path.read_text() == finished


def test_another_archive_times_what_is_new_to_it(brought_back: Path, tmp_path: Path) -> None:
    """Candidates change between archives, tasks come in between: what was measured stays, in whatever order."""
    path, first = tmp_path / "measured.jsonl", brought_back.read_text().splitlines()
    path.write_text(brought_back.read_text())
    middle = SPACE.sample(random.Random(1))
    otherwise = setting(DEVICE, WORKLOAD, replace(PROTOCOL, runs=2), SPACE.smallest)
    lines = [*(otherwise, SPACE.largest.to_dict()), *(SETTING, middle.to_dict(), SPACE.smallest.to_dict())]
    by_hand([json.dumps(line) for line in lines], path)
    now = path.read_text().splitlines()
    assert now[:3] == first[:3]
    assert [json.loads(line).get("architecture") for line in now[3:-1]] == [None, SPACE.largest.key, None, middle.key]
    for sub in (SPACE.smallest, SPACE.largest, middle):
        assert recorded(path).measure(sub).latency_ms > 0


def test_an_archive_times_again_what_was_timed_on_a_busy_machine(
    brought_back: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "measured.jsonl"
    setting, first, *others = [json.loads(line) for line in brought_back.read_text().splitlines()][:-1]
    busy = {name: first["numbers"][name] * 9 for name in ("anchor_ms", "latency_ms")} | {"runs": 10}
    first["numbers"] |= busy
    path.write_text("".join(f"{json.dumps(line)}\n" for line in (setting, first, *others)))
    by_hand([json.dumps(line) for line in LINES], path)
    again = [json.loads(line) for line in path.read_text().splitlines()][-2]
    assert again["architecture"] == first["architecture"]
    assert again["numbers"]["anchor_ms"] < busy["anchor_ms"]
    assert "finished" in capsys.readouterr().err


@pytest.mark.parametrize("number", [0, -1.5, math.nan, "fast"])
def test_times_that_are_none_are_damage(brought_back: Path, tmp_path: Path, number: object) -> None:
    path = tmp_path / "measured.jsonl"
    setting, first, *_ = [json.loads(line) for line in brought_back.read_text().splitlines()]
    first["numbers"]["anchor_ms"] = number
    path.write_text("".join(f"{json.dumps(line)}\n" for line in (setting, first)))
    with pytest.raises(InputError, match=r"measured\.jsonl: damaged; legal: move it away"):
        by_hand([json.dumps(line) for line in LINES], path)


def test_a_measurement_of_before_that_lacks_a_number_is_made_again(brought_back: Path, tmp_path: Path) -> None:
    path = tmp_path / "measured.jsonl"
    path.write_text(brought_back.read_text().replace('"uncertainty_ms"', '"spread_ms"', 1))
    by_hand([json.dumps(line) for line in LINES], path)
    architectures = [json.loads(line).get("architecture") for line in path.read_text().splitlines()]
    assert architectures == [None, SPACE.smallest.key, SPACE.largest.key, None, SPACE.smallest.key, None]


def test_timing_by_hand_does_not_go_on_elsewhere(brought_back: Path, tmp_path: Path) -> None:
    path, first = tmp_path / "measured.jsonl", json.loads(brought_back.read_text().splitlines()[0])
    first["signature"]["processor"] = "another processor"
    path.write_text(json.dumps(first) + "\n" + json.dumps({"sha256": checksum([json.dumps(first)])}) + "\n")
    begun = path.read_text()
    with pytest.raises(InputError, match="this machine: processor is"):
        by_hand([json.dumps(line) for line in LINES], path)
    assert path.read_text() == begun
    path.write_text(begun + "{torn}\n")
    with pytest.raises(InputError, match="damaged"):
        by_hand([json.dumps(line) for line in LINES], path)


def test_an_archive_compares_engines_where_they_are_installed(tmp_path: Path) -> None:
    (tmp_path / "kit.pyz").write_bytes(kit_by_hand("litert", LINES, comparison(LITERT, WORKLOAD, SPACE)))
    words = [sys.executable, "-I", "kit.pyz", "--compare", "int8"]
    run = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=True)
    found = json.loads((tmp_path / "compared.json").read_text())
    rows = [(row["architecture"], row["engine"], row["dtype"]) for row in found["rows"]]
    options = [(engine, dtype) for dtype in ("float32", "int8") for engine in ("litert", "onnxruntime")]
    assert rows[:4] == [("smallest", *option) for option in options]
    assert [row[0] for row in rows[::4]] == ["smallest", "anchor", "largest"]
    assert all(row["latency_ms"] > 0 and row["uncertainty"] >= 0 for row in found["rows"])
    assert f"engine: {found['engine']}, dtype: {found['dtype']}" in run.stderr
    refused = subprocess.run([*words, "int4"], cwd=tmp_path, capture_output=True, text=True)
    assert refused.stderr.startswith(
        "error: arguments: --compare int8 int4; legal: none, or --compare and any of float32"
    )
    assert not (tmp_path / "measured.jsonl").exists()


def compared(monkeypatch: pytest.MonkeyPatch, other_ms: float) -> dict[str, Any]:
    """As if ONNX Runtime had taken this long where LiteRT takes 10 to 11 ms."""
    times = np.array([[10.0, 11.0] * 5, [other_ms] * 10])
    monkeypatch.setattr(comparing, "_times", lambda *_: times)
    return compare(comparison(LITERT, WORKLOAD, SPACE))


def test_the_quicker_engine_is_named_only_for_certain(monkeypatch: pytest.MonkeyPatch) -> None:
    found = compared(monkeypatch, 5.0)
    assert (found["engine"], found["dtype"]) == ("onnxruntime", "float32")
    assert "onnxruntime float32 takes 48% of the time of litert float32; the file" in report(found)[-1]
    for other_ms in (10.3, 20.0):
        found = compared(monkeypatch, other_ms)
        assert (found["engine"], found["share"]) == ("litert", 1.0)
        assert "nothing is quicker for certain than litert float32; the file" in report(found)[-1]


def test_an_engine_that_is_not_installed_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def create(sub: Any, vocabularies: Any, device: Device, *rows: int) -> Any:
        if device.engine == "onnxruntime":
            raise ModuleNotFoundError(name="onnx")
        return create_engine(sub, vocabularies, device, *rows)

    monkeypatch.setattr(comparing, "create_engine", create)
    with pytest.raises(InputError, match="no two engines to compare; the engine onnxruntime needs"):
        compare(comparison(LITERT, WORKLOAD, SPACE))
    found = compare(comparison(LITERT, WORKLOAD, SPACE, ["int8"]))
    assert {row["engine"] for row in found["rows"]} == {"litert"}
    assert report(found)[0] == "not compared: the engine onnxruntime needs onnx"


class Server(NamedTuple):
    """An ssh server on this machine; who logs in there has no rights where the machine allows it."""

    folder: Path
    running: subprocess.Popen[bytes]

    def bench(self, **changes: str) -> RemoteBench:
        ssh = replace(Ssh(host="device", python=sys.executable, folder=str(self.folder / "home")), **changes)
        return RemoteBench(DEVICE, WORKLOAD, PROTOCOL, SPACE.smallest, ssh, timing_kit(DEVICE.engine))

    def left(self) -> list[str]:
        return [path.name for path in (self.folder / "home").iterdir()]


@pytest.fixture
def server(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    if not SSHD:
        pytest.skip("needs an ssh server (openssh-server)")
    folder, user = Path("/tmp") / f"hat-sshd-{os.getpid()}", f"hat{os.getpid()}"
    folder.mkdir(mode=0o755)
    (folder / "home").mkdir(mode=0o777)
    (folder / "home").chmod(0o777)
    for key in ("host", "user"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / key)], check=True)
    if os.geteuid() == 0:
        subprocess.run(["useradd", "--no-create-home", "--home-dir", "/", "--password", "*", user], check=True)
        Path("/run/sshd").mkdir(exist_ok=True)
    if subprocess.run(["su", user, "-s", "/bin/sh", "-c", NEEDED], capture_output=True).returncode:
        user = getpass.getuser()  # nobody else may run this Python
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = f"Port {port}\nListenAddress 127.0.0.1\nHostKey {folder}/host\nAuthorizedKeysFile {folder}/user.pub\n"
    (folder / "sshd_config").write_text(
        settings + "StrictModes no\nUsePAM no\nPermitRootLogin yes\nPasswordAuthentication no\n"
    )
    (folder / "known_hosts").write_text(f"[127.0.0.1]:{port} {(folder / 'host.pub').read_text()}")
    host = f"Host device\nHostName 127.0.0.1\nPort {port}\nUser {user}\nIdentityFile {folder}/user\n"
    (folder / "config").write_text(host + f"UserKnownHostsFile {folder}/known_hosts\nGlobalKnownHostsFile none\n")
    (folder / "bin").mkdir()
    (folder / "bin" / "ssh").write_text(f'#!/bin/sh\nexec {shutil.which("ssh")} -F {folder}/config "$@"\n')
    (folder / "bin" / "ssh").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(remote, "PAUSE_SECONDS", 0.1)
    running = subprocess.Popen([str(SSHD), "-D", "-e", "-f", str(folder / "sshd_config")], stderr=subprocess.DEVNULL)
    time.sleep(0.5)
    try:
        yield Server(folder, running)
    finally:
        running.terminate()
        running.wait()
        subprocess.run(["userdel", "--force", f"hat{os.getpid()}"], check=False, capture_output=True)
        shutil.rmtree(folder)


def test_a_device_is_timed_by_ssh_and_keeps_nothing(server: Server) -> None:
    bench = server.bench()
    latency = bench.measure(SPACE.largest)
    assert latency.latency_ms > 0
    assert (latency.signature.device, latency.signature.runs) == ("far", 3)
    (folder,) = server.left()
    assert folder.startswith("hat-")
    bench.close()
    assert server.left() == []


def test_engines_are_compared_by_ssh(server: Server) -> None:
    ssh = Ssh(host="device", python=sys.executable, folder=str(server.folder / "home"))
    found = ask("far", ssh, comparing_kit("litert"), comparison(LITERT, WORKLOAD, SPACE))
    assert [row["engine"] for row in found["rows"]] == ["litert", "onnxruntime"] * 3
    assert server.left() == []
    with pytest.raises(InputError, match="not found; legal: a host that `ssh device` reaches"):
        ask("far", replace(ssh, python="python-of-nowhere"), b"", {})
    with pytest.raises(InputError, match=r"^device far: no two engines to compare"):
        ask("far", ssh, comparing_kit("litert"), comparison(replace(LITERT, processor="cuda"), WORKLOAD, SPACE))


def drop(server: Server) -> None:
    """End every connection: the process of sshd for it, and the one without privileges that serves it."""

    def children(pid: int) -> list[int]:
        found = [*map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())]
        served = [pid for pid in found if Path(f"/proc/{pid}/comm").read_text().startswith("sshd")]
        return [*served, *(each for pid in served for each in children(pid))]

    for connection in children(server.running.pid):
        os.kill(connection, signal.SIGKILL)


def test_a_dropped_connection_is_made_again(server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    bench = server.bench()
    bench.measure(SPACE.smallest)
    drop(server)
    assert bench.measure(SPACE.smallest).latency_ms > 0
    assert "connecting again (1 of 5)" in capsys.readouterr().err
    bench.close()
    assert server.left() == []


def test_a_connection_to_another_machine_is_no_continuation(server: Server) -> None:
    bench = server.bench()
    bench._first = replace(bench.signature, processor="another processor")
    bench._drop()
    with pytest.raises(InputError, match="device far: processor is"):
        bench.measure(SPACE.smallest)
    assert server.left() == []


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"python": "python-of-nowhere"}, "not found"),
        ({"folder": "/nowhere"}, "No such file"),
        ({"host": "xyz"}, "xyz"),
    ],
)
def test_what_cannot_be_reached_is_one_line(server: Server, changes: dict[str, str], told: str) -> None:
    with pytest.raises(InputError, match=told) as caught:
        server.bench(**changes)
    assert str(caught.value).startswith("device far: ")


def test_an_unknown_host_key_is_refused(server: Server) -> None:
    (server.folder / "known_hosts").write_text("")
    with pytest.raises(InputError, match="Host key verification failed"):
        server.bench()

"""A device that is reached by ssh: timed as this machine is, by an archive that is sent and leaves nothing behind."""

from __future__ import annotations

import json
import shlex
import subprocess
import time
from dataclasses import dataclass
from typing import Any

from hat.architecture import SubTransformer
from hat.engines.interface import Device
from hat.errors import InputError
from hat.latency.protocol import Protocol, Workload
from hat.latency.serve import setting, signature_of
from hat.latency.signature import Latency, Signature, checkout_commit, common_signature
from hat.progress import say

OPTIONS = ("BatchMode=yes", "StrictHostKeyChecking=yes", "ServerAliveInterval=15", "ServerAliveCountMax=4")
"""No question is asked, an unknown host key is refused, and a dead connection is noticed within a minute."""
ENDED = "the connection ended"
ATTEMPTS, PAUSE_SECONDS = 5, 5.0
"""Connections in a row that may fail before a measurement is given up; the very first may not."""

START = """
import os, runpy, shutil, signal, sys, tempfile
def stop(*_):
    raise SystemExit(1)
signal.signal(signal.SIGHUP, stop)
signal.signal(signal.SIGTERM, stop)
left, folder = int(sys.argv[1]), tempfile.mkdtemp(prefix="hat-", dir=sys.argv[2] or None)
try:
    with open(os.path.join(folder, "kit.pyz"), "wb") as kit:
        while left:
            part = os.read(0, min(left, 1 << 16))
            if not part:
                raise SystemExit(1)
            kit.write(part)
            left -= len(part)
    sys.dont_write_bytecode = True
    runpy.run_path(kit.name, run_name="__main__")
finally:
    shutil.rmtree(folder, ignore_errors=True)
"""
"""What runs there first: it takes the archive from its input, byte for byte, runs it, and removes it again."""


@dataclass(frozen=True, kw_only=True)
class Ssh:
    """How a device is reached."""

    host: str
    """As ssh knows it: a name of ~/.ssh/config, or user@host."""
    python: str = "python3"
    """The Python there that has numpy, PyYAML and the runtime of the device's engine."""
    folder: str = ""
    """Where the archive lies while it runs; empty for the device's own temporary folder."""

    def command(self, kit_bytes: int) -> list[str]:
        words = [self.python, "-c", START, str(kit_bytes), self.folder]
        options = [word for option in OPTIONS for word in ("-o", option)]
        return ["ssh", *options, "--", self.host, shlex.join(words)]


def ask(name: str, ssh: Ssh, kit: bytes, told: dict[str, Any]) -> dict[str, Any]:
    """The answer of the device of this name to one line. InputError when it cannot be reached, or refuses."""
    run = subprocess.run(ssh.command(len(kit)), input=kit + json.dumps(told).encode() + b"\n", capture_output=True)
    said = run.stderr.decode(errors="replace").strip().splitlines()
    if not run.stdout:
        raise _unreached(name, ssh, said[-1] if said else ENDED)
    return _without_error(json.loads(run.stdout.splitlines()[-1]), name)


class RemoteBench:
    """What `hat.latency.protocol.Bench` does, on a device that is reached by ssh."""

    def __init__(
        self, device: Device, workload: Workload, protocol: Protocol, anchor: SubTransformer, ssh: Ssh, kit: bytes
    ) -> None:
        self.device, self.workload, self.protocol, self.ssh = device, workload, protocol, ssh
        self._kit, self._setting = kit, setting(device, workload, protocol, anchor)
        self._process: subprocess.Popen[bytes] | None = None
        self._attempts = 1
        self._first: Signature | None = None
        self.signature: Signature = signature_of(self._answer(None), checkout_commit())
        self._first = self.signature
        self._attempts = ATTEMPTS

    def measure(self, sub: SubTransformer) -> Latency:
        """The raw latency of the dense model of `sub`. A dropped connection is made again.

        InputError when the device cannot be reached, or refuses.
        """
        return Latency.from_numbers(self._answer(sub)["numbers"], self.signature)

    def close(self) -> None:
        if self._process is not None:
            self._process.communicate()
            self._process = None

    def _answer(self, sub: SubTransformer | None) -> dict[str, Any]:
        """What the device answers to an architecture, or to how to time."""
        for attempt in range(1, self._attempts + 1):
            try:
                answer = self._connected() if self._process is None else None
                if sub is not None:
                    answer = self._ask(sub.to_dict())
                if answer is not None:
                    return answer
            except (OSError, EOFError) as error:
                problem = str(error) or ENDED
                self._drop()
                if attempt < self._attempts:
                    say(f"{self.device.name}: {problem}; connecting again ({attempt} of {self._attempts})")
                    time.sleep(PAUSE_SECONDS)
        raise _unreached(self.device.name, self.ssh, problem)

    def _connected(self) -> dict[str, Any]:
        """Start the conversation; returns the first answer. InputError when it is not that of an earlier start."""
        command = self.ssh.command(len(self._kit))
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        assert self._process.stdin is not None
        self._process.stdin.write(self._kit)
        answer = self._ask(self._setting)
        if self._first is not None:
            again = signature_of(answer, self._first.commit)
            try:
                common_signature([self._first, again], ["the first connection", f"device {self.device.name}"])
            except InputError:
                self.close()
                raise
        return answer

    def _ask(self, told: dict[str, Any]) -> dict[str, Any]:
        process = self._process
        assert process is not None
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(told).encode() + b"\n")
        process.stdin.flush()
        line = process.stdout.readline()
        if not line:
            assert process.stderr is not None
            said = process.stderr.read().decode(errors="replace").strip().splitlines()
            raise EOFError(said[-1] if said else "")
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            self.close()
        return _without_error(answer, self.device.name)

    def _drop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None


def _unreached(name: str, ssh: Ssh, problem: str) -> InputError:
    there = problem.removeprefix("error: ")
    if there != problem:  # the archive's own words: the host is reached
        return InputError(f"device {name}", f"{ssh.python} on {ssh.host}: {there}")
    return InputError(
        f"device {name}", problem, f"a host that `ssh {ssh.host}` reaches unasked, with {ssh.python} 3.11"
    )


def _without_error(answer: dict[str, Any], name: str) -> dict[str, Any]:
    if "error" in answer:
        raise InputError(f"device {name}", str(answer["error"]).removeprefix(f"device {name}: "))
    return answer

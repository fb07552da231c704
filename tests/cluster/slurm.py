"""A real Slurm of one node on this machine, for as long as a test needs it."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

CONF = Path("/etc/slurm/slurm.conf")
"""Where Slurm looks for it: a job's step forgets SLURM_CONF."""
MEMORY_MB = 20000
SETTINGS = """ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
CredType=cred/munge
AuthInfo=socket={folder}/munge.socket
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
ReturnToService=2
MinJobAge=300
KillWait=10
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
MpiDefault=none
NodeName={host} NodeAddr=127.0.0.1 CPUs={cores} RealMemory={memory}
PartitionName=cpu Nodes={host} Default=YES MaxTime=INFINITE State=UP OverSubscribe=NO
"""


def missing() -> str | None:
    """Why there can be no Slurm here, if so."""
    if os.geteuid() != 0:
        return "Slurm is started as root"
    absent = [name for name in ("munged", "slurmctld", "slurmd", "srun") if shutil.which(name) is None]
    if absent:
        return f"{absent[0]} is not installed: apt-get install slurm-wlm munge"
    if CONF.exists() and "ClusterName=test" not in CONF.read_text():
        return f"{CONF} is that of another cluster"
    return None


@contextmanager
def running(folder: Path) -> Iterator[None]:
    """munged, slurmctld and slurmd with all their files in `folder`."""
    host = socket.gethostname().split(".")[0]
    for name in ("state", "spool"):
        (folder / name).mkdir(parents=True)
    CONF.parent.mkdir(exist_ok=True)
    CONF.write_text(SETTINGS.format(host=host, folder=folder, cores=os.cpu_count(), memory=MEMORY_MB))
    (CONF.parent / "cgroup.conf").write_text("CgroupAutomount=no\n")
    key = folder / "munge.key"
    key.write_bytes(os.urandom(128))
    key.chmod(0o400)
    munge = ["munged", "--foreground", "--force", f"--key-file={key}", f"--socket={folder}/munge.socket"]
    munge += [f"--pid-file={folder}/munged.pid", f"--log-file={folder}/munged.log", f"--seed-file={folder}/munge.seed"]
    daemons = []
    try:
        for command in (munge, ["slurmctld", "-D"], ["slurmd", "-D", "-N", host]):
            daemons.append(subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
            time.sleep(1)
        deadline = time.monotonic() + 30
        while "idle" not in said("sinfo", "--noheader"):
            assert time.monotonic() < deadline, said("sinfo") + (folder / "slurmd.log").read_text()[-2000:]
            time.sleep(0.5)
        yield
    finally:
        for daemon in reversed(daemons):
            daemon.terminate()
            daemon.wait(20)


def said(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True).stdout


def queue() -> list[str]:
    """The jobs that wait or run."""
    return said("squeue", "--noheader", "--format", "%i %T").splitlines()

"""What one learner takes of a hub's memory, as the README says."""

import re
import sys
from pathlib import Path

import psutil
import pytest
from jupyter_client import KernelManager

README = Path(__file__).parents[2] / "README.md"
KERNELS = 2  # the README's figures are of six: the more there are, the more they share
MORE = 1.3  # times what is said there
CELL = """
import asyncio
from redislab import labs, panel, start
start(backend="bundled")
shown = panel(labs.TtlLab())
shown.runner.start()
for _ in range(300):
    await asyncio.sleep(0.1)
    if (shown.recording.last or {}).get("requests", 0) > 1000:
        break
"""


def megabytes(kernel: psutil.Process) -> dict[str, float]:
    """What a kernel and each kind of its processes hold; of what several share, their part."""
    held = {"kernel": kernel.memory_full_info().pss, "measuring process": 0, "two Redis": 0}
    for child in kernel.children(recursive=True):
        held["measuring process" if child.cmdline()[-1] == "bench" else "two Redis"] += child.memory_full_info().pss
    return {name: size / 1e6 for name, size in held.items()}


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells the part of a process in shared memory")
def test_a_learner_with_one_panel_takes_no_more_than_the_readme_says(tmp_path):
    said = dict(re.findall(r"^\| (kernel|measuring process|two Redis)\D*\| (\d+) MB \|$", README.read_text(), re.M))
    managers = [KernelManager(kernel_name="python3") for _ in range(KERNELS)]
    try:
        for manager in managers:
            manager.start_kernel(cwd=str(tmp_path))
            client = manager.client()
            client.start_channels()
            client.wait_for_ready(60)
            reply = client.execute_interactive(CELL, timeout=90, output_hook=print)
            client.stop_channels()
            assert reply["content"]["status"] == "ok", reply["content"]
        for manager in managers:
            found = megabytes(psutil.Process(manager.provisioner.process.pid))
            assert all(0 < found[name] < MORE * float(said[name]) for name in found), found
    finally:
        for manager in managers:
            manager.shutdown_kernel()

"""A kernel whose widgets no page shows says so, since no page can. (What a page shows, tests/browser looks at.)"""

import queue
import time

from jupyter_client.manager import start_new_kernel

from redislab.screen.page import NO_PAGE, PATIENCE

CELL = "from redislab import predict\npredict('How many?', 0, 10)"


def said(client, until: float) -> str:
    """What the kernel prints until then, or until it has printed something."""
    while (left := until - time.monotonic()) > 0:
        try:
            message = client.get_iopub_msg(timeout=left)
        except queue.Empty:
            break
        if message["msg_type"] == "stream":
            return message["content"]["text"]
    return ""


def test_without_a_page_the_kernel_says_what_is_missing_once(progress_file):
    manager, client = start_new_kernel()
    try:
        client.execute_interactive(CELL, output_hook=lambda message: None, timeout=60)
        assert said(client, time.monotonic() + PATIENCE + 20).strip() == NO_PAGE
        client.execute_interactive(CELL, output_hook=lambda message: None, timeout=60)
        assert said(client, time.monotonic() + PATIENCE + 1) == ""
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)

"""What the simulated app says of its commands."""

from typing import Any

import httpx

QUEUED, STARTED = {"status": "queued"}, {"status": "started", "message": "Processing 1 of 2"}
DONE = {"status": "completed", "result": "successful"}
FAILED = {"status": "failed", "result": "unsuccessful", "exception": "at /secret/path"}


def on_command(trouble: Any) -> Any:
    def hook(request: httpx.Request) -> httpx.Response | None:
        is_ours = request.method == "POST" and b"RefreshMonitored" not in request.content
        return trouble(request) if is_ours else None

    return hook

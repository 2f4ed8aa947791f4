"""Grading an archive on a Ray cluster.

Ray reads these variables when it is imported, and hands them to the processes that it starts: it
reports to nobody. A cluster of a run's own, where RAY_ADDRESS names none, stays on 127.0.0.1 (on
Linux, too, whatever the variable is called) and asks for a token that is drawn for it.
"""

import os
import secrets

os.environ |= {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_DATA_DISABLE_PROGRESS_BARS": "1",
    "RAY_BACKEND_LOG_LEVEL": "fatal",
}
if not os.environ.get("RAY_ADDRESS"):
    os.environ |= {
        "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN": secrets.token_hex(32),
    }

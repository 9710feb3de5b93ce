"""instance decides: the company's people, projects, data and policy, with no HTTP. It composes federation and knows nothing of web."""

import sys

# structlog's console renderer loads rich where it finds it: 0.1 s and 12 MiB for tracebacks in colour that a server does not print.
_absent = sys.modules.setdefault("rich", None) is None  # type: ignore[arg-type]
import structlog  # noqa: E402

if _absent:
    del sys.modules["rich"]
__all__ = ["structlog"]

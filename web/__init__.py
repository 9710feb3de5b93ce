"""web shows: the client API, the pages, administration. It asks instance and has no SQL."""

import instance as _instance  # noqa: F401  first: see there what it keeps out of memory

"""Real services for the tests, started without Docker, without a package manager and without a fixed port.

Each launcher is a context manager with the address as an attribute. Each is overridden by a variable (``TEST_DATABASE_URL``,
``TEST_REDIS_URL``, ``TEST_S3_ENDPOINT``) that names a running server; such a server is used and never stopped, paused or emptied, and a
test that would have to is skipped with the reason. On Linux a service dies with the process that started it, however that dies.
"""

"""OpenStack Swift with its S3 interface, whole in one process on the loopback: ``python -m tests.services.swift_server FOLDER``.

It keeps objects in memory and refuses forged, altered and expired signatures, which lighter stand-ins for S3 accept. FOLDER gets its
configuration and, once it serves, a file ``port``. FOLDER/credentials holds the access key (``account:user``) and the secret, a line each.
"""

# ruff: noqa: E402
from __future__ import annotations

import eventlet

eventlet.monkey_patch()  # before anything else is imported that binds a socket or a thread

import logging
import sys
from pathlib import Path
from typing import Any

from eventlet import wsgi
from swift.common import storage_policy, utils
from swift.common.ring import RingBuilder
from swift.common.utils import config as swift_config

_HASHING = "[swift-hash]\nswift_hash_path_prefix=aizen\nswift_hash_path_suffix=test\n[storage-policy:0]\nname=default\ndefault=yes\n"

_PROXY = """
[DEFAULT]
swift_dir={folder}
log_level=CRITICAL
[pipeline:main]
pipeline = catch_errors gatekeeper listing_formats bulk s3api tempauth slo dlo proxy-server
[app:proxy-server]
use=egg:swift#proxy
allow_account_management=true
account_autocreate=true
node_timeout=10
[filter:catch_errors]
use=egg:swift#catch_errors
[filter:gatekeeper]
use=egg:swift#gatekeeper
[filter:listing_formats]
use=egg:swift#listing_formats
[filter:bulk]
use=egg:swift#bulk
[filter:s3api]
use=egg:swift#s3api
location=us-east-1
s3_acl=false
[filter:slo]
use=egg:swift#slo
[filter:dlo]
use=egg:swift#dlo
[filter:tempauth]
use=egg:swift#tempauth
user_{account}_{user}={secret} .admin
"""


class _Silent:
    """A log of requests that nobody reads."""

    def write(self, *parts: object) -> None:
        pass

    def debug(self, *parts: object, **named: object) -> None:
        pass


def main() -> None:
    """Serve until killed."""
    folder = Path(sys.argv[1])
    (folder / "node" / "sda").mkdir(parents=True)
    (folder / "swift.conf").write_text(_HASHING)
    for module in (utils, swift_config):
        module.SWIFT_CONF_FILE = str(folder / "swift.conf")
    utils.validate_hash_conf()
    storage_policy.reload_storage_policies()
    logging.disable(logging.CRITICAL)
    _serve_rings(folder)
    _serve_s3(folder)


def _serve_rings(folder: Path) -> None:
    """Start the three inner servers, each the only member of its ring."""
    sockets = {name: eventlet.listen(("127.0.0.1", 0)) for name in ("account", "container", "object")}
    for name, listening in sockets.items():
        _save_ring(folder / f"{name}.ring.gz", port=listening.getsockname()[1])
    for name, application in _inner_servers(folder).items():
        eventlet.spawn(wsgi.server, sockets[name], application, _Silent(), log_output=False)


def _save_ring(file: Path, *, port: int) -> None:
    builder = RingBuilder(2, 1, 0)
    place = {"ip": "127.0.0.1", "port": port, "replication_ip": "127.0.0.1", "replication_port": port}
    builder.add_dev({"id": 0, "region": 1, "zone": 1, "weight": 1, "device": "sda", "meta": "", **place})
    builder.rebalance()
    builder.get_ring().save(str(file))


def _inner_servers(folder: Path) -> dict[str, Any]:
    # These read the rings and the policies when they are imported, so they are imported once both stand.
    from swift.account.server import AccountController
    from swift.container.server import ContainerController
    from swift.obj.mem_server import ObjectController

    conf = {"devices": str(folder / "node"), "swift_dir": str(folder), "mount_check": "false", "fallocate_reserve": "0"}
    return {"account": AccountController(conf), "container": ContainerController(conf), "object": ObjectController(conf)}


def _serve_s3(folder: Path) -> None:
    from swift.common.wsgi import loadapp

    access_key, secret_key = (folder / "credentials").read_text().split()
    account, user = access_key.split(":")
    configuration = folder / "proxy.conf"
    configuration.write_text(_PROXY.format(folder=folder, account=account, user=user, secret=secret_key))
    application = loadapp(str(configuration))
    listening = eventlet.listen(("127.0.0.1", 0))
    written = folder / "port.new"
    written.write_text(str(listening.getsockname()[1]))
    written.rename(folder / "port")
    wsgi.server(listening, application, _Silent(), log_output=False)


if __name__ == "__main__":
    main()

"""The one guarded way to call an address that a user gave.

Each IP address that a name has is checked, and the connection goes to the very one that was checked, so that a name which means something
else a moment later is of no use. Redirects are followed by hand, each checked like the first. Nothing of ours goes along: no proxy of the
environment, no cookie, no credentials.
"""

from __future__ import annotations

from aizen.outgoing.fetcher import Fetcher, open_fetcher
from aizen.outgoing.networks import Address, is_public, is_public_or_private
from aizen.outgoing.refusals import AddressRefused, FetchFailed

__all__ = ["Address", "AddressRefused", "FetchFailed", "Fetcher", "is_public", "is_public_or_private", "open_fetcher"]

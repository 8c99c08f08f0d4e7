"""What others see of images, a file for each way in which they do."""

from __future__ import annotations

from aizen.gallery.routes.link_pages import link_pages
from aizen.gallery.routes.links import links_of_image, own_links

BLUEPRINTS = (links_of_image, own_links)
# For whoever has an address, and none of the API's.
PAGES = (link_pages,)

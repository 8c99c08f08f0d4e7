"""What others see of images, a file for each way in which they do."""

from __future__ import annotations

from aizen.gallery.routes.item_pages import item_pages
from aizen.gallery.routes.link_pages import link_pages
from aizen.gallery.routes.links import links_of_image, own_links
from aizen.gallery.routes.public import gallery
from aizen.gallery.routes.sharing import sharing

BLUEPRINTS = (gallery, sharing, links_of_image, own_links)
# For whoever has an address, and none of the API's.
PAGES = (link_pages, item_pages)

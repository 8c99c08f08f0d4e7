"""P5 to P7: pictures over HTTP, made and found, against thumbor and ipx."""

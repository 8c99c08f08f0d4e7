"""P5 to P7: what it takes to transform one picture, without a web server."""

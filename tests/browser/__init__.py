"""The page in a real browser, on a real backend with a real worker: what people do, from the first run on."""

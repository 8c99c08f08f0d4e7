"""What is sent and answered about images that others see. The answers are built by ``presenting``; tests hold the one against the other."""

"""What others see: the public gallery, and links that show one image to whoever has them."""

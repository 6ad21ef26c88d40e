"""Pages composed by code, with their truth to the pixel: what the finder learns from and is chosen by."""

"""The sizes and the order of maps that whoever asks a network must know, without importing one."""

FINDER_STRIDE = 2  # pixels of the picture for one of the finder's answer
FINDER_MULTIPLE = 32  # pixels: the sides of a picture that the finder looks at are multiples of this
FINDER_MAPS = ("ink", "marks", "centre", "offset x", "offset y", "scale")  # of the finder's answer, in this order

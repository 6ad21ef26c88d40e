"""The sizes that whoever prepares pictures for a network must know, without importing one."""

FINDER_STRIDE = 2  # pixels of the picture for one of the finder's answer
FINDER_MULTIPLE = 32  # pixels: the sides of a picture that the finder looks at are multiples of this

"""The sizes, units and order of maps that whoever asks a network must know, without importing one."""

FINDER_STRIDE = 2  # pixels of the picture for one of the finder's answer
FINDER_MULTIPLE = 32  # pixels: the sides of a picture that the finder looks at are multiples of this
FINDER_MAPS = ("ink", "marks", "centre", "offset x", "offset y", "scale")  # of the finder's answer, in this order
INK_MAP, MARKS_MAP, CENTRE_MAP, SCALE_MAP = 0, 1, 2, 5  # where those maps stand in the answer
LOGIT_MAPS, OFFSET_MAPS = slice(0, 3), slice(3, 5)  # the maps that are logits, and those of x and y
OFFSET_UNIT = 32.0  # pixels: the finder tells offsets in these
CHARACTER_HEIGHT = 40.0  # pixels: the height of a character that the finder learned to part from its neighbours

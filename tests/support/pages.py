"""A hand made by code, for pages that are composed in tests."""

from tests.support.drawings import DIGITS
from tests.support.strokes import drawing_of
from training.data.pages.layout import Hand

HAND = Hand([drawing_of(digit, side=1) for digit in DIGITS], [drawing_of(4, side=1)])

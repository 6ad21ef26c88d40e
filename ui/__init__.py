"""The page and the API over `digit_core`: one module per tab, one package per component of our own.

It is imported before Gradio, whose import takes half the time then.
"""

from ui.stubs import write_no_stubs

write_no_stubs()

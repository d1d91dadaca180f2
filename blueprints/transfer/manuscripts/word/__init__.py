"""Word files (.docx): opened within limits, tracked changes settled, surveyed for what cannot be kept, made HTML.

`document` is the way in. mammoth does the conversion; it gets a file that holds only what was looked at before.
"""

"""WordPress: its export files (WXR), read in two passes. `importer` is the way in.

The first pass (`survey`) reads everything to its end and keeps only what is small: a file that breaks off is
refused before anything is written. The second pass writes, one item at a time, in one transaction.
"""

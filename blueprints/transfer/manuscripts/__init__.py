"""Manuscripts: a text that somebody wrote elsewhere, as the Markdown of a draft. `reading` is the way in.

`word/` makes HTML of a Word file, `cleaning` makes any HTML a plain tree, `notes` finds its footnotes, `writing` says
it in Markdown. What is lost on the way stands in the `Manuscript`'s remarks.
"""

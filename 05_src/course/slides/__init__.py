"""The decks: drawings made by code, built to HTML and PDF by Marp, and held to what a projector can show.

===========  ===========================================================================
drawing      boxes, arrows and words on a canvas, for the diagrams of a deck
images       runs a deck's drawings and writes each as an SVG
deck         a deck's slides, notes, images and demo cues, read from its Markdown
check        what is missing on a slide: alt text, an image, notes, a lab's cell
build        HTML and PDF by Marp
===========  ===========================================================================
"""

"""Grade what strangers handed in, in three rooms.

::

    collect, pulls ─> box ──── evidence ───> judging ─────────> report, sheet
    what to grade     runs it,  facts, as    rubric and judge   marks with their cause and evidence;
                      shut in   JSON lines   functions -> marks regrade keeps a person's marks

==================  ====================================================================================
grade, batch        one command, one batch: two at a time, and nothing that one does stops the others
assignment, rubric  an assignment is a folder; the guide is 03_instructional_team/grading/README.md
box, inside         the first room; what runs in it imports nothing of ``course``
evidence, judging   the second: text and numbers only, never an object of the learner's
marks               what a submission earned, with the cause kept apart from the number
similarity          answers that are alike, for a person to look at
==================  ====================================================================================

Nothing that a learner's process wrote is ever unpickled, imported or compared inside it.
"""

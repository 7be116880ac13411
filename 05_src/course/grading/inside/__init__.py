"""What runs inside the box: nothing here may import ``course``, which is not there.

``supervisor`` loads the libraries once and forks for each submission; ``closed`` shuts the fork in; ``runner`` runs
the notebook, cell by cell, and sends evidence out as JSON lines; ``hooks`` is what an assignment's probe works with.
"""

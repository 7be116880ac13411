"""Onboarding: a folder with ten small tasks in the shell, git and Python, and a check that says which of them hold."""

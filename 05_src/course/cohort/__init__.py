"""What 04_this_cohort/cohort.toml says of this cohort, and the schedule that follows from it.

=========  ====================================================================================================
plan       what a cohort file holds, as plain records
rule       the rule for dates: where weeks begin, and what moves when a day is a holiday
fields     the fields of the file, each with what is allowed
reading    the file as a whole: everything that cannot be used is named at once, with its place
calendar   the rows of the schedule, and the moments at which a quiz or an assignment opens and is due
private    the place for what learners must not see: marked banks, solutions, the list of learners
ics        the schedule as a calendar file
pages      the schedule as Markdown and CSV, and the pages that are kept in step with the file
shown      what the file means, to read before the first day
rollover   the next cohort: the one before is put away whole, a new file takes its place
live       a fresh copy of a lab to type in before the class
cli        ``course schedule``, ``course cohort``, ``course live``
=========  ====================================================================================================
"""

"""The planner: course timetabling with student sectioning and appointment scheduling.

The package knows nothing of the web or the database. It takes a
:class:`solver.problem.Problem`, returns a :class:`solver.solution.Solution`, and
:mod:`solver.verify` judges any such pair on its own.
"""

"""Errors of the planner. An infeasible problem is a result, never an exception."""


class SolverError(Exception):
    """Base of every error that this package raises on purpose."""


class FormatError(SolverError):
    """A JSON problem or solution breaks its schema.

    Parameters
    ----------
    path : str
        Where, in JSONPath-like form, for example ``activities[3].starts[0]``.
    reason : str
        What is wrong there.
    """

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path or 'document'}: {reason}")
        self.path = path
        self.reason = reason


class ProblemError(SolverError):
    """A problem is well-formed but contradicts itself (an unknown id, an empty interval).

    Parameters
    ----------
    reasons : list of str
        Every contradiction found, in reading order.
    """

    def __init__(self, reasons: list[str]) -> None:
        super().__init__("; ".join(reasons))
        self.reasons = reasons

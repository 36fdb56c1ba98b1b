"""How sure: intervals of a rate, of a difference and of a ratio. Arrays in, arrays out; knows no fairlens noun."""

from ._intervals import koopman, newcombe, normal_quantile, people_needed, wilson

__all__ = ["koopman", "newcombe", "normal_quantile", "people_needed", "wilson"]

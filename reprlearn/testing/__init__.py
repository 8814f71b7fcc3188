"""What every method keeps, whatever it is: the claims that the loop and a run rely on.

>>> from reprlearn import testing
>>> testing.check_method(testing.small(config))      # doctest: +SKIP

Each claim is a function of a Case, and raises AssertionError where it does not hold.
"""

from ml_collections import ConfigDict

from reprlearn.testing import claims
from reprlearn.testing.cases import SMALL, Case, case, small, variants
from reprlearn.testing.claims import CLAIMS

__all__ = ["CLAIMS", "SMALL", "Case", "case", "check_method", "claims", "small", "variants"]


def check_method(config: ConfigDict) -> None:
    """Holds every claim against the method of a small config, and against its variants.

    Raises:
      AssertionError: a claim does not hold; the traceback says which.
    """
    for one in map(case, [config, *variants(config)]):
        for claim in CLAIMS:
            claim(one)

import os
import sys

__version__ = "0.1.0"

if "torch" not in sys.modules and "OMP_WAIT_POLICY" not in os.environ:  # PyTorch reads this once
    os.environ.setdefault("GOMP_SPINCOUNT", "10000")  # nbs/core/13_costs.ipynb tells why

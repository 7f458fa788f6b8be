"""Array operations that numpy and torch share."""

import subprocess
import sys

import numpy as np
import pytest

from colorcore import array_namespace


def test_numpy_arrays_have_numpy_itself_and_numpy_scalars_their_wrapper() -> None:
    assert array_namespace(np.zeros(2), np.zeros(3)) is np
    assert array_namespace(np.float64(1)).isdtype(np.dtype(float), "real floating")


def test_tensors_have_their_own_library() -> None:
    torch = pytest.importorskip("torch")
    namespace = array_namespace(torch.zeros(2))
    assert isinstance(namespace.astype(torch.zeros(2), namespace.int64), torch.Tensor)


def test_colours_of_numpy_arrays_load_no_compiler() -> None:
    code = (
        "import sys, numpy, colorcore; colorcore.rgb_to_yuv(numpy.zeros((2, 3)));"
        "sys.exit('numpy.f2py' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

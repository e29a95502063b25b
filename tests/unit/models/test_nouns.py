"""The nouns' one face: whatever it names is there, and it waits for pydantic only when a noun is asked for."""

from __future__ import annotations

import subprocess
import sys

import pytest

from auditor import models


@pytest.mark.parametrize("name", models.__all__)
def test_every_noun_that_the_face_names_is_there(name: str) -> None:
    assert getattr(models, name) is not None


def test_what_is_no_noun_is_not_there() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        getattr(models, "Nothing")  # noqa: B009


def test_a_command_line_that_only_helps_does_not_wait_for_pydantic() -> None:
    asked = "import sys, auditor.cli; print('pydantic' in sys.modules, 'auditor.models.base' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]

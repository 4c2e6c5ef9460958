"""How modules of this package are started in processes of their own, to be killed at will."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

_ROOT = str(Path(__file__).resolve().parents[2])


def command(module: str, *arguments: str) -> list[str]:
    """What runs a module of this folder."""
    return [sys.executable, "-m", f"smtcheck.engines.{module}", *arguments]


def environment() -> dict[str, Any]:
    """Where it runs: `python -m` looks for modules here first, not among the claims."""
    return {
        "cwd": _ROOT,
        "env": dict(os.environ, PYTHONPATH=_ROOT, PYTHONDONTWRITEBYTECODE="1"),
        "start_new_session": True,
    }

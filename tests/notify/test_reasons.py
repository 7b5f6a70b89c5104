"""Every reason that the code gives for a transition is said in the reader's language."""

import ast
import importlib
from collections.abc import Iterator
from pathlib import Path

import floodwatch
from floodwatch.notify.phrases import _WHY

ROOT = Path(floodwatch.__file__).parent
PLACES = ("pipeline", "alerts", "rules")


def _given(tree: ast.Module) -> Iterator[ast.expr]:
    """What is given as `why`: by keyword, by assignment, as the last part of a Transition."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield from (word.value for word in node.keywords if word.arg == "why")
            if isinstance(node.func, ast.Name) and node.func.id == "Transition":
                yield from node.args[5:]
        if isinstance(node, ast.Assign) and any(
            isinstance(target, ast.Name) and target.id == "why" for target in node.targets
        ):
            yield node.value


def _reasons() -> dict[str, str]:
    """Reason -> the module that gives it."""
    found: dict[str, str] = {}
    for path in sorted(path for place in PLACES for path in (ROOT / place).glob("*.py")):
        name = ".".join(path.relative_to(ROOT.parent).with_suffix("").parts)
        if name == "floodwatch.rules.stuck":  # there it is a phrase of the message's own
            continue
        module = importlib.import_module(name)
        for given in _given(ast.parse(path.read_text("utf-8"))):
            for part in ast.walk(given):
                value = part.value if isinstance(part, ast.Constant) else None
                if isinstance(part, ast.Name) and part.id.isupper():
                    value = getattr(module, part.id, None)
                if isinstance(part, ast.Attribute) and part.attr.isupper():
                    value = getattr(getattr(module, ast.unparse(part.value), None), part.attr, None)
                texts = value.values() if isinstance(value, dict) else [value]
                found |= {text: name for text in texts if isinstance(text, str) and " " in text}
    from floodwatch.model.alert import SWITCHED
    from floodwatch.pipeline.doubt import CONFIRMED, SUPPORTED

    own = dict.fromkeys((CONFIRMED, SUPPORTED), "the doubt")
    return found | dict.fromkeys(SWITCHED, "the level rule") | own


def test_every_reason_has_its_chinese() -> None:
    reasons = _reasons()
    assert len(reasons) >= 10
    assert {text: name for text, name in reasons.items() if text not in _WHY} == {}

"""What a Python file of the user's defines, read from its text: nothing is executed."""

import ast
from collections.abc import Collection

from genconv.errors import InputError


def definitions(source: bytes, of: Collection[str]) -> list[str]:
    """Names at the top of a file that are subclasses, or results of a call, of one of the names `of`.

    A subclass of such a class counts as well. An empty list if the text is no Python.

    Example: `class A(genconv.Model)` and `B = Metric("b", f)` give `["A", "B"]` for `of = ("Model", "Metric")`.
    """
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    found: list[str] = []
    for node in body:
        if isinstance(node, ast.ClassDef):
            if any(_last_name(base) in {*of, *found} for base in node.bases):
                found.append(node.name)
        elif isinstance(node, (ast.Assign, ast.AnnAssign)) and isinstance(node.value, ast.Call):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if _last_name(node.value.func) in of:
                found += [target.id for target in targets if isinstance(target, ast.Name)]
    return found


def file_without_name(what: str, path: str, source: bytes, of: Collection[str]) -> InputError:
    """The error for a file that is given where `FILE.py:Name` is needed."""
    names = definitions(source, of) or ["Name"]
    return InputError(f"{what} '{path}' is a file: write {' or '.join(f'{path}:{name}' for name in names)}")


def _last_name(node: ast.expr) -> str | None:
    """`Model` of `genconv.Model`, of `Model` and of `Model[int]`."""
    if isinstance(node, ast.Subscript):
        return _last_name(node.value)
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else None

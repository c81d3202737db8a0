"""Looks at a policy's code without running it."""

import ast

CLASS = "AIOSv1PolicyRule"
REQUIREMENTS_MAX = 100
REQUIREMENT_CHARS_MAX = 200


class InspectionError(Exception):
    """What is wrong with the code; `line` is where in function.py, or None."""

    def __init__(self, message, line=None):
        super().__init__(message)
        self.line = line


def check_source(source):
    """Raises InspectionError unless the module binds the policy class, with an `eval` when it is defined here."""
    try:
        tree = ast.parse(source)
    except SyntaxError as error:
        raise InspectionError(f"SyntaxError: {error.msg}", error.lineno) from error
    except (ValueError, RecursionError, MemoryError) as error:
        raise InspectionError(f"the code cannot be parsed: {error}") from error
    binding = next((found for found in _bindings(tree.body)), None)
    if binding is None:
        raise InspectionError(f"function.py does not define the class {CLASS}")
    if isinstance(binding, ast.ClassDef) and not binding.bases and not _has_eval(binding):
        raise InspectionError(f"{CLASS} has no eval(self, parameters, input_data, context)", binding.lineno)


def list_requirements(text):
    """Returns the entries of a requirements.txt, without comments."""
    lines = (line.split("#", 1)[0].strip() for line in text.splitlines())
    return [line[:REQUIREMENT_CHARS_MAX] for line in lines if line][:REQUIREMENTS_MAX]


def _bindings(statements):
    for statement in statements:
        if isinstance(statement, ast.ClassDef) and statement.name == CLASS:
            yield statement
        elif isinstance(statement, ast.ImportFrom) and any((name.asname or name.name) == CLASS for name in statement.names):
            yield statement
        elif isinstance(statement, ast.Assign) and any(_names_class(target) for target in statement.targets):
            yield statement
        for block in ("body", "orelse", "finalbody"):
            if isinstance(statement, (ast.If, ast.Try)):
                yield from _bindings(getattr(statement, block, []))


def _names_class(target):
    return isinstance(target, ast.Name) and target.id == CLASS


def _has_eval(definition):
    functions = (part for part in definition.body if isinstance(part, (ast.FunctionDef, ast.Assign)))
    return any(
        part.name == "eval" if isinstance(part, ast.FunctionDef) else any(_is_eval(target) for target in part.targets)
        for part in functions
    )


def _is_eval(target):
    return isinstance(target, ast.Name) and target.id == "eval"

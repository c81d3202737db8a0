"""Runs one policy in one interpreter.

Everything that crosses the boundary is JSON text, so numbers keep the form that they were written in. A reply has three
lines: a header (an object), the payload and the context; a failure is the header alone. Nothing in here protects the host:
a policy may change all of it, and would only spoil its own verdict.
"""

import base64
import inspect
import io
import json
import linecache
import os
import random
import sys
import traceback

import archive
import inspection

HOME = "/policy/code"
FUNCTION = HOME + "/function.py"

_encode = json.JSONEncoder(allow_nan=False, separators=(",", ":")).encode


class Contract(Exception):
    """The policy returned something that is not a verdict."""


class Log(io.TextIOBase):
    """What the policy prints, cut to a number of bytes."""

    def __init__(self):
        self.kept = bytearray()
        self.bytes_max = 0

    def writable(self):
        return True

    def write(self, text):
        room = self.bytes_max - len(self.kept)
        if room > 0:
            self.kept += text[:room].encode("utf-8", "replace")[:room]
        return len(text)

    def take(self):
        text = self.kept.decode("utf-8", "ignore")
        self.kept.clear()
        return text


class Policy:
    """The loaded policy."""

    rule = None
    parameters_json = "{}"
    limits = {}
    management_takes_context = False


log = Log()
policy = Policy()


def load(request_json, data):
    """Imports the policy and builds its rule object. The request: kind, settings, parameters (JSON text), limits."""

    def run():
        request = json.loads(request_json)
        policy.limits = request["limits"]
        policy.parameters_json = request["parameters"]
        log.bytes_max = policy.limits["logBytesMax"]
        random.seed()  # the memory snapshot froze the state of the generator
        _install(_files(request["kind"], data, policy.limits))
        rule_class = _import_function().get(inspection.CLASS)
        if not isinstance(rule_class, type) or not callable(getattr(rule_class, "eval", None)):
            raise TypeError(f"function.py does not define a class {inspection.CLASS} with an eval method")
        policy.rule = rule_class("", json.loads(request["settings"]), json.loads(policy.parameters_json))
        policy.management_takes_context = _takes(getattr(policy.rule, "management", None), 3)
        return ['{"ok":true}']

    return _guard(run)


def evaluate(input_json, context_json, expects):
    """Calls eval; `expects` is "verdict", or "any" where the host reads another shape."""

    def run():
        context = json.loads(context_json)
        output = policy.rule.eval(json.loads(policy.parameters_json), json.loads(input_json), context)
        if expects == "any":
            return _reply({"allowed": True}, output, context)
        if not isinstance(output, dict):
            raise Contract(f"eval returned {type(output).__name__}, not an object with 'allowed' and 'input_data'")
        allowed = output.get("allowed")
        if not isinstance(allowed, bool):
            raise Contract(f"'allowed' is {type(allowed).__name__}, not a bool")
        if "input_data" not in output:
            raise Contract("the verdict lacks 'input_data'")
        return _reply({"allowed": allowed}, output["input_data"], context)

    return _guard(run)


def manage(action, data_json, context_json):
    """Calls management(action, data), or management(action, data, context) where the policy takes three."""

    def run():
        management = getattr(policy.rule, "management", None)
        if management is None:
            raise Contract("the policy has no management(action, data)")
        context = json.loads(context_json)
        arguments = [action, json.loads(data_json)]
        if policy.management_takes_context:
            arguments.append(context)
        return _reply({}, management(*arguments), context)

    return _guard(run)


def inspect_code(request_json, data):
    """Looks at the code without running it; the payload lists the entries of requirements.txt."""

    def run():
        request = json.loads(request_json)
        try:
            files = _files(request["kind"], data, request["limits"])
            inspection.check_source(files["function.py"])
        except archive.ArchiveError as error:
            return [_failure("error", str(error), None)]
        except inspection.InspectionError as error:
            return [_failure("error", str(error), error.line)]
        requirements = files.get("requirements.txt", b"").decode("utf-8", "replace")
        return ['{"ok":true}', _encode(inspection.list_requirements(requirements)), "{}"]

    return _guard(run)


def _files(kind, data, limits):
    if kind == "source":
        return {"function.py": data.encode("utf-8")}
    return archive.unpack(base64.b64decode(data), limits["filesMax"], limits["unpackedBytesMax"])


def _install(files):
    sys.dont_write_bytecode = True
    for path, content in files.items():
        target = f"{HOME}/{path}"
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open(target, "wb") as file:
            file.write(content)
    sys.path.insert(0, HOME)


def _import_function():
    with open(FUNCTION, "rb") as file:
        code = compile(file.read(), FUNCTION, "exec")
    module = type(sys)("function")
    module.__file__ = FUNCTION
    sys.modules["function"] = module
    exec(code, module.__dict__)
    return module.__dict__


def _takes(function, count):
    if function is None:
        return False
    try:
        inspect.signature(function).bind(*range(count))
    except (TypeError, ValueError):
        return False
    return True


def _reply(header, payload, context):
    try:
        lines = [payload_json, context_json] = [_encode(payload), _encode(context)]
    except (TypeError, ValueError, RecursionError) as error:
        raise Contract(f"the result or the context is not JSON: {error}") from error
    if len(payload_json) > policy.limits["outputCharsMax"]:
        raise Contract(f"the result has {len(payload_json)} characters, more than {policy.limits['outputCharsMax']}")
    if len(context_json) > policy.limits["contextCharsMax"]:
        raise Contract(f"the context has {len(context_json)} characters, more than {policy.limits['contextCharsMax']}")
    return [_encode({"ok": True, "log": log.take(), **header}), *lines]


def _guard(run):
    sys.stdout = sys.stderr = log
    try:
        return "\n".join(run())
    except Contract as error:
        return _failure("verdict", str(error), None)
    except MemoryError as error:
        return _failure("memory", *_describe(error))
    except BaseException as error:  # SystemExit and KeyboardInterrupt are failures of the policy too
        return _failure("error", *_describe(error))


def _failure(kind, message, line):
    return _encode({"ok": False, "kind": kind, "message": message[:2000], "line": line, "log": log.take()})


def _describe(error):
    """The message, and the line of function.py that it came from."""
    name = type(error).__name__
    try:
        linecache.checkcache()
        summary = traceback.TracebackException.from_exception(error, limit=-50, compact=True)
        message = "".join(summary.format_exception_only()).strip() or name
        frames = [frame for frame in summary.stack if frame.filename.startswith(HOME)]
        own = [frame.lineno for frame in frames if frame.filename == FUNCTION]
        if isinstance(error, SyntaxError):
            return f"{name}: {error.msg}", error.lineno if error.filename == FUNCTION else (own[-1] if own else None)
        if frames and frames[-1].filename != FUNCTION:
            message += f" ({frames[-1].filename.removeprefix('/policy/')} line {frames[-1].lineno})"
        return message, own[-1] if own else None
    except BaseException:
        return name, None

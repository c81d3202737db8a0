"""Runs the unit tests of one shipped policy. It is itself run as a policy, so that the tests need no Python but the sandbox's."""

import ast
import sys
import types
import unittest
from collections import Counter


class AIOSv1PolicyRule:
    def __init__(self, rule_id, settings, parameters):
        pass

    def eval(self, parameters, input_data, context):
        """Takes {"function": source, "tests": source}; tells the names, the repeated names, the failures and the verdicts."""
        verdicts = count_verdicts(load("function", input_data["function"]))
        suite = unittest.defaultTestLoader.loadTestsFromModule(load("test_function", input_data["tests"]))
        result = unittest.TestResult()
        suite.run(result)
        return {
            "names": test_names(input_data["tests"]),
            "repeated": [name for name, count in Counter(test_names(input_data["tests"])).items() if count > 1],
            "run": result.testsRun,
            "failures": [f"{test}: {trace}" for test, trace in result.failures + result.errors],
            "verdicts": verdicts,
        }


def load(name, source):
    module = sys.modules[name] = types.ModuleType(name)
    exec(compile(source, f"{name}.py", "exec"), module.__dict__)
    return module


def count_verdicts(module):
    verdicts = {"admitted": 0, "denied": 0}
    rule = module.AIOSv1PolicyRule
    original = rule.eval

    def counted(self, parameters, input_data, context):
        verdict = original(self, parameters, input_data, context)
        verdicts["admitted" if verdict["allowed"] is True else "denied"] += 1
        return verdict

    rule.eval = counted
    return verdicts


def test_names(source):
    """Names as they are written: Python itself silently keeps only the last of two that are the same."""
    functions = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef))
    return [function.name for function in functions if function.name.startswith("test")]

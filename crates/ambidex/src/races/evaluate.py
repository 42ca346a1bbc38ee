"""Prints the value of an expression, with the modules of a build. Run by `python -c` for `ambidex races --show`.

The only argument is the expression. Dotted names in it are imported as far as they are modules.
"""

import ast
import glob
import importlib
import sys


def _dotted(node):
    if isinstance(node, ast.Name):
        return [node.id]
    if isinstance(node, ast.Attribute):
        before = _dotted(node.value)
        return before and before + [node.attr]
    return []


def _scope(tree):
    scope = {}
    for node in ast.walk(tree):
        names = _dotted(node)
        for length in range(1, len(names) + 1):
            module = ".".join(names[:length])
            try:
                importlib.import_module(module)
            except ModuleNotFoundError:
                break
            scope[names[0]] = sys.modules[names[0]]
    return scope


def _main():
    text = sys.argv.pop()
    sys.path[:] = glob.glob("build/lib*") + [folder for folder in sys.path if folder]
    try:
        tree = ast.parse(text, "EXPR", "eval")
        print(repr(eval(compile(tree, "EXPR", "eval"), _scope(tree))))
    except Exception as error:
        print(type(error).__name__ + ": " + " ".join(str(error).split()))


_main()

"""The metric math that alarms here use: arithmetic, comparisons, AND, OR, IF and FILL. Pure.

User guide, "Using math expressions with CloudWatch metrics": "IF(condition, trueValue, falseValue)" and "FILL(METRICS,
0)"; comparisons and AND, OR give 1 or 0; where one of several series has no data point at a time, the result has none.
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Mapping

Value = float | None

_WORDS = {"AND": "and", "OR": "or", "&&": "and", "||": "or"}
_WORD = re.compile(r"\bAND\b|\bOR\b|&&|\|\|")
_ARITHMETIC: Mapping[type[ast.AST], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}


def evaluate(expression: str, terms: Mapping[str, Value]) -> Value:
    """At one time. ``terms``: by id, None where there is no data. ValueError for what it does not know."""
    text = _WORD.sub(lambda found: _WORDS[found.group()], expression)
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except SyntaxError as error:
        raise ValueError(f"no metric math that the emulator knows: {expression}") from error
    return _value(tree.body, terms)


def _value(node: ast.expr, terms: Mapping[str, Value]) -> Value:
    match node:
        case ast.Constant(value=int() | float() as number):
            return float(number)
        case ast.Name(id=name) if name in terms:
            return terms[name]
        case ast.Call(func=ast.Name(id="FILL"), args=[filled, filler]):
            found = _value(filled, terms)
            return _value(filler, terms) if found is None else found
        case ast.Call(func=ast.Name(id="IF"), args=[condition, yes, no]):
            return _all(terms, [condition, yes, no], lambda if_, then, else_: then if if_ else else_)
        case ast.BoolOp(op=ast.And(), values=parts):
            return _all(terms, parts, lambda *values: float(all(values)))
        case ast.BoolOp(op=ast.Or(), values=parts):
            return _all(terms, parts, lambda *values: float(any(values)))
        case ast.BinOp(left=left, op=ast.Div(), right=right):
            return _quotient(_value(left, terms), _value(right, terms))
        case ast.BinOp(left=left, op=sign, right=right) if type(sign) in _ARITHMETIC:
            return _all(terms, [left, right], _ARITHMETIC[type(sign)])
        case ast.Compare(left=left, ops=[sign], comparators=[right]) if type(sign) in _ARITHMETIC:
            return _all(terms, [left, right], _ARITHMETIC[type(sign)])
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return _all(terms, [operand], operator.neg)
    raise ValueError(f"no metric math that the emulator knows: {ast.unparse(node)}")


def _all(terms: Mapping[str, Value], nodes: list[ast.expr], result: Callable[..., float]) -> Value:
    values = [_value(node, terms) for node in nodes]
    return None if None in values else float(result(*values))


def _quotient(left: Value, right: Value) -> Value:
    return None if left is None or right is None or right == 0 else left / right

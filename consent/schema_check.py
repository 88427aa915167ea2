"""Whether a JSON value fits one of our own schemas. Pure.

Only the words of JSON Schema 2020-12 that our files use; any other word is an error, so that none
is passed over in silence. It is here because `izin receipt verify` runs where no schema library is
installed; tests hold it against one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from consent.errors import ConsentError

_TYPES: Final[Mapping[str, type]] = {"object": dict, "array": list, "string": str, "boolean": bool}
_NOTES: Final = frozenset({"$schema", "$id", "$defs", "title", "description", "$comment"})


class SchemaError(ConsentError):
    """A value that does not fit; the message names where, never what stood there."""


def check_schema(value: object, schema: Mapping[str, Any]) -> None:
    """Raise SchemaError unless `value` fits the whole `schema`."""
    _check(value, schema, schema.get("$defs", {}), "the receipt")


def _check(value: object, schema: Mapping[str, Any], defs: Mapping[str, Any], at: str) -> None:
    for word, wanted in schema.items():
        if word in _NOTES:
            continue
        if word == "$ref":
            _check(value, defs[str(wanted).removeprefix("#/$defs/")], defs, at)
        elif not _fits(word, wanted, value, schema, defs, at):
            raise SchemaError(f"{at} does not fit its schema ({word})")


def _fits(  # one line for each word
    word: str,
    wanted: Any,
    value: object,
    schema: Mapping[str, Any],
    defs: Mapping[str, Any],
    at: str,
) -> bool:
    match word:
        case "type":
            return _is_a(value, wanted)
        case "const":
            return type(value) is type(wanted) and value == wanted
        case "enum":
            return isinstance(value, str) and value in wanted
        case "pattern":
            # A schema's pattern matches anywhere; ours say ^ and $ themselves.
            return not isinstance(value, str) or _pattern(wanted).search(value) is not None
        case "minimum":
            return not isinstance(value, int) or value >= wanted
        case "minItems":
            return not isinstance(value, list) or len(value) >= wanted
        case "maxItems":
            return not isinstance(value, list) or len(value) <= wanted
        case "minLength":
            return not isinstance(value, str) or len(value) >= wanted
        case "required":
            return not isinstance(value, dict) or set(wanted) <= value.keys()
        case "properties":
            for name, each in wanted.items():
                if isinstance(value, dict) and name in value:
                    _check(value[name], each, defs, f"{at}, {name}")
            return True
        case "additionalProperties":
            return _others(value, wanted, schema, defs, at)
        case "prefixItems":
            for number, each in enumerate(wanted):
                if isinstance(value, list) and number < len(value):
                    _check(value[number], each, defs, f"{at}, number {number + 1}")
            return True
        case "items":
            if isinstance(value, list):
                for number, each in enumerate(value[len(schema.get("prefixItems", ())) :]):
                    _check(each, wanted, defs, f"{at}, number {number + 1}")
            return True
    raise SchemaError(f"the schema's word {word} is not one that is checked")


def _others(
    value: object, wanted: Any, schema: Mapping[str, Any], defs: Mapping[str, Any], at: str
) -> bool:
    if not isinstance(value, dict):
        return True
    unknown = value.keys() - schema.get("properties", {}).keys()
    if wanted is False:
        return not unknown
    for name in unknown:
        _check(value[name], wanted, defs, at)
    return True


def _is_a(value: object, wanted: str | Sequence[str]) -> bool:
    if not isinstance(wanted, str):
        return any(_is_a(value, each) for each in wanted)
    if wanted == "integer":
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, _TYPES[wanted])


def _pattern(text: str) -> re.Pattern[str]:
    # Python's $ also matches before a last line break, a schema's does not.
    return re.compile(text.removesuffix("$") + r"\Z" if text.endswith("$") else text)

"""Holds what the bot sent against Discord's own document, where the shared folder is there."""

import importlib.util
import json
import re
import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache, partial
from typing import Any, Protocol, cast
from urllib.parse import quote, urlencode

import pytest
from jsonschema_rs import Draft202012Validator, Registry

from tests.fakes.discord_server.ledger import RecordedRequest
from tests.shared_folder import CONTRACTS

_DOCUMENT = "urn:discord"
_SNOWFLAKE = re.compile(r"(?<!\d)\d{17,19}(?!\d)")


class SimcordRequest(Protocol):
    """The part of SimCord's `env.http_requests` entries that is read here."""

    @property
    def method(self) -> str: ...
    @property
    def path(self) -> str: ...
    @property
    def params(self) -> Mapping[str, Any]: ...
    @property
    def json(self) -> Any: ...


def assert_valid_for_discord(requests: Iterable[RecordedRequest | SimcordRequest]) -> None:
    """Fail unless there was a request and Discord's document allows every one of them.

    Skips the test where the document is missing, so call it last.
    """
    sent = [_parts(request) for request in requests]
    assert sent, "nothing was sent to Discord"
    if not CONTRACTS.is_dir():
        pytest.skip("the shared folder with Discord's document is not beside the checkout")
    problems = [
        f"{method} {path}: {problem}"
        for method, path, body in sent
        for problem in _problems(_with_numbered_ids(json.dumps([method, path, body])))
    ]
    assert not problems, "\n".join(problems)


def _parts(request: RecordedRequest | SimcordRequest) -> tuple[str, str, Any]:
    if isinstance(request, RecordedRequest):
        return request.method, request.path, request.body
    query = f"?{urlencode(request.params)}" if request.params else ""
    return request.method, request.path + query, request.json


def _with_numbered_ids(request: str) -> str:
    """Give ids other digits, so that requests alike are alike: as many, and equal where they were."""
    numbers: dict[str, str] = {}

    def number(found: re.Match[str]) -> str:
        snowflake = found[0]
        return numbers.setdefault(snowflake, str(10 ** (len(snowflake) - 1) + len(numbers)))

    return _SNOWFLAKE.sub(number, request)


@cache
def _problems(request: str) -> list[str]:
    """What is wrong with a request; tests send the same ones again and again, and the check takes long."""
    method, path, body = json.loads(request)
    return _contract_check()(method, path, body)


@cache
def _contract_check() -> Callable[[str, str, Any], list[str]]:
    spec = importlib.util.spec_from_file_location("discord_contract", CONTRACTS / "discord_contract.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", ResourceWarning
        )  # it leaves its document to be closed by the collector
        contract = module.Contract()
    contract._val = _quick_validators(contract)
    return cast("Callable[[str, str, Any], list[str]]", contract.check)


@dataclass(frozen=True, slots=True)
class _QuickValidator:
    """Says what is wrong as `slow` does, which takes a hundred times as long: asked when something is."""

    quick: Draft202012Validator
    slow: Any

    def iter_errors(self, body: object) -> Iterable[Any]:
        return () if self.quick.is_valid(body) else self.slow.iter_errors(body)


def _quick_validators(contract: Any) -> Callable[[str], _QuickValidator]:
    slow, conforms = contract._val, contract.fmt.conforms
    registry = Registry([(_DOCUMENT, contract.doc)])
    formats: dict[str, Callable[..., bool]] = {
        name: partial(conforms, format=name) for name in ("int32", "int64", "uri")
    }

    @cache
    def validator(pointer: str) -> _QuickValidator:
        schema = {"$ref": f"{_DOCUMENT}#{quote(pointer)}"}
        quick = Draft202012Validator(schema, registry=registry, formats=formats, validate_formats=True)
        return _QuickValidator(quick, slow(pointer))

    return validator

"""What schemathesis cannot know of the ingress: the club that the test founded, that a good
Idempotency-Key is for one body only, what a week looks like, that cursors are not made up, and that
integers are written without a fraction, where JSON Schema does not tell 3.0 from 3. What it left out or
broke on purpose stays so."""

import itertools
import os
import re
import uuid

import schemathesis

RUN = uuid.uuid4()
NUMBERS = itertools.count()
CALLS = itertools.count()


def is_uuid(text):
    return re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", text) is not None


def without_fractions(value):
    if isinstance(value, dict):
        return {key: without_fractions(item) for key, item in value.items()}
    if isinstance(value, list):
        return [without_fractions(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


@schemathesis.hook
def before_call(context, case, kwargs):
    headers = case.headers or {}
    if is_uuid(headers.get("X-Organization-ID") or ""):
        headers["X-Organization-ID"] = os.environ["CLUB"]
    if re.fullmatch(r"[!-~]{1,128}", headers.get("Idempotency-Key") or ""):
        headers["Idempotency-Key"] = f"{RUN}-{next(NUMBERS)}"
    if next(CALLS) % 4:  # waiting takes time
        headers.pop("Prefer", None)
    if len((case.path_parameters or {}).get("week", "")) == 8:
        case.path_parameters["week"] = "2026-W47"
    if isinstance((case.query or {}).get("cursor"), str):
        del case.query["cursor"]
    case.body = without_fractions(case.body)

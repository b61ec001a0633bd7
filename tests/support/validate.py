"""validate.py openapi FILE | schemas FILE: is it an OpenAPI document; are they JSON Schemas, each of
which its own examples keep? Prints a line for each breach."""

import json
import sys

import jsonschema
from openapi_spec_validator import OpenAPIV31SpecValidator

Schema = jsonschema.Draft202012Validator


def openapi(document):
    for error in OpenAPIV31SpecValidator(document).iter_errors():
        yield f"{'/'.join(map(str, error.absolute_path))}: {error.message[:200]}"


def schemas(document):
    for name, schema in document["$defs"].items():
        Schema.check_schema(schema)
        judge = Schema(schema, format_checker=Schema.FORMAT_CHECKER)
        if not schema["examples"]:
            yield f"{name} has no example"
        for example in schema["examples"]:
            for error in judge.iter_errors(example):
                yield f"{name}: {error.message[:200]}"


def main():
    judge = {"openapi": openapi, "schemas": schemas}[sys.argv[1]]
    with open(sys.argv[2], encoding="utf-8") as file:
        document = json.load(file)
    breaches = list(judge(document))
    print("\n".join(breaches), end="\n" if breaches else "")
    return 1 if breaches else 0


if __name__ == "__main__":
    sys.exit(main())

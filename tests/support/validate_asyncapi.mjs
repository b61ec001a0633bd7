// validate_asyncapi.mjs NODE_MODULES FILE: is it an AsyncAPI document? Prints a line for each error.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const [modules, file] = process.argv.slice(2);
const { Parser } = createRequire(`${modules}/`)('@asyncapi/parser');
const { document, diagnostics } = await new Parser().parse(readFileSync(file, 'utf8'));
const errors = diagnostics.filter((found) => found.severity === 0);

for (const error of errors) console.log(`${error.path.join('/')}: ${error.message}`);
process.exit(document && errors.length === 0 ? 0 : 1);

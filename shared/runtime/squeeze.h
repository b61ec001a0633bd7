/* Texts of ids and digests in half their size, for what is stored: most of a record is that, and no
 * compression finds it out. Pure. */
#ifndef RUNTIME_SQUEEZE_H
#define RUNTIME_SQUEEZE_H

#include "base/attr.h"
#include "base/span.h"

enum { SQUEEZE_PLAIN = 0, SQUEEZE_BYTES = 32 }; /* most that a squeezed text takes */

/* The text's shape, with its ids and digests as bytes; SQUEEZE_PLAIN: it has none that we know.
 * Only what stretches to the very same text is squeezed. */
unsigned squeeze(struct span text, char bytes[static SQUEEZE_BYTES], size_t *ret_size);

/* Characters of a text of this shape, and how many bytes it is squeezed to; 0: there is no such
 * shape. */
size_t squeeze_text_size(unsigned shape, size_t *ret_size);

/* Writes the text, no NUL. */
void squeeze_stretch(unsigned shape, const char *bytes, char *text);

#endif

/* Certificates for tests: self-signed, for localhost and 127.0.0.1, in files of a temporary folder.
 */
#ifndef SUPPORT_TLS_FILES_H
#define SUPPORT_TLS_FILES_H

struct tls_files {
    char folder[64], certificate[96], key[96];
};

/* Makes a folder with a new key and its certificate, valid from and to so many seconds from now. */
void tls_files_make(struct tls_files *files, long from_s, long to_s);

/* Removes the folder. */
void tls_files_remove(const struct tls_files *files);

#endif

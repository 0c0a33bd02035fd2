// SPDX-License-Identifier: BSD-2-Clause
#include "console/mua_sign.h"

#include "conf/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <unistd.h>

enum { CHAIN_MAX = 10 };

struct signer {
    X509 *certificate;
    STACK_OF(X509) * chain;
    EVP_PKEY *key;
};

static struct signer signer;

static void finish(struct signer *from)
{
    X509_free(from->certificate);
    sk_X509_pop_free(from->chain, X509_free);
    EVP_PKEY_free(from->key);
    *from = (struct signer){.key = NULL};
}

static bool fail(struct problem *problem, const char *path, const char *what)
{
    ERR_clear_error();
    return problem_set(problem, "%s %s", path, what);
}

// A key with a passphrase is refused, and not asked for.
static int refuse_passphrase(char *buffer, int size, int writes, void *arg)
{
    (void)buffer, (void)size, (void)writes, (void)arg;
    return -1;
}

static bool read_key(struct signer *into, const char *path, struct problem *problem)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return problem_set(problem, "cannot read %s: %s", path, strerror(errno));
    BIO *in = secret_is_private(fd, path, problem) ? BIO_new_fd(fd, BIO_CLOSE) : NULL;
    if (!in) {
        close(fd);
        return false;
    }
    into->key = PEM_read_bio_PrivateKey(in, NULL, refuse_passphrase, NULL);
    BIO_free(in);
    return into->key || fail(problem, path, "has no private key in PEM without a passphrase");
}

static bool read_certificates(struct signer *into, const char *path, struct problem *problem)
{
    BIO *in = BIO_new_file(path, "re");
    X509 *next;
    if (!in)
        return fail(problem, path, "cannot be read");
    into->certificate = PEM_read_bio_X509(in, NULL, refuse_passphrase, NULL);
    into->chain = sk_X509_new_null();
    while (into->certificate && into->chain && sk_X509_num(into->chain) < CHAIN_MAX &&
           (next = PEM_read_bio_X509(in, NULL, refuse_passphrase, NULL)))
        if (sk_X509_push(into->chain, next) == 0)
            X509_free(next);
    BIO_free(in);
    ERR_clear_error(); // the end of the file
    return (into->certificate && into->chain) || fail(problem, path, "has no certificate in PEM");
}

bool mua_sign_open(const char *certificate, const char *key, struct problem *problem)
{
    struct signer fresh = {.key = NULL};
    if (!*certificate != !*key)
        return problem_set(problem, "set both profile_certificate_file and profile_key_file, or neither");
    if (*key && !(read_certificates(&fresh, certificate, problem) && read_key(&fresh, key, problem) &&
                  (X509_check_private_key(fresh.certificate, fresh.key) == 1 ||
                   fail(problem, key, "is not the key of profile_certificate_file's first certificate")))) {
        finish(&fresh);
        return false;
    }
    finish(&signer);
    signer = fresh;
    return true;
}

bool mua_sign_is_open(void)
{
    return signer.key != NULL;
}

unsigned char *mua_sign_make(struct slice text, size_t *len)
{
    unsigned char *der = NULL;
    BIO *in = BIO_new_mem_buf(text.ptr, (int)text.len);
    CMS_ContentInfo *cms =
        in ? CMS_sign(signer.certificate, signer.key, signer.chain, in, CMS_BINARY | CMS_NOSMIMECAP) : NULL;
    const int size = cms ? i2d_CMS_ContentInfo(cms, &der) : -1;
    CMS_ContentInfo_free(cms);
    BIO_free(in);
    ERR_clear_error();
    *len = size > 0 ? (size_t)size : 0;
    return size > 0 ? der : NULL;
}

void mua_sign_close(void)
{
    finish(&signer);
}

/*
 * Faults on demand, for tests: preloaded into an nginx, it fails one of the module's calls of
 * nginx's allocating functions, or panics in one of the functions of the module that nginx calls.
 *
 * The module has to be linked with --wrap=FUNCTION for each of the functions below, so that its
 * calls, but not nginx's own, are those of this file; and, for panics, built with the feature
 * `test-panics`.
 *
 * A test writes the number of the call that fails to the file that FAULTS names, and reads the
 * number of calls from it.
 */

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

typedef struct {
    uint32_t  fail;             /* the call to fail, from 1 on; 0: none */
    uint32_t  calls;            /* calls until now */
    char      name[200];        /* what the one that failed was */
} faults_t;

static struct {
    faults_t  allocations;
    faults_t  entries;
} *shared;

__attribute__((constructor)) static void
attach(void)
{
    const char  *path = getenv("FAULTS");
    int          fd = path ? open(path, O_RDWR) : -1;
    void        *map;

    if (fd == -1) {
        return;
    }
    map = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (map != MAP_FAILED) {
        shared = map;
    }
}

static int
fails(faults_t *faults, const char *name, size_t length)
{
    if (++faults->calls != faults->fail) {
        return 0;
    }
    if (length > sizeof(faults->name) - 1) {
        length = sizeof(faults->name) - 1;
    }
    memcpy(faults->name, name, length);
    faults->name[length] = '\0';
    return 1;
}

/* A function of nginx and what it returns when there is no memory. */
#define WRAP(type, failure, function, parameters, arguments)                  \
    type function parameters;                                                 \
    type __wrap_##function parameters                                         \
    {                                                                         \
        if (shared && fails(&shared->allocations, #function, strlen(#function))) { \
            return failure;                                                   \
        }                                                                     \
        return function arguments;                                            \
    }

#define NGX_ERROR  -1

WRAP(void *, NULL, ngx_palloc, (void *pool, size_t size), (pool, size))
WRAP(void *, NULL, ngx_pnalloc, (void *pool, size_t size), (pool, size))
WRAP(void *, NULL, ngx_pcalloc, (void *pool, size_t size), (pool, size))
WRAP(void *, NULL, ngx_pool_cleanup_add, (void *pool, size_t size), (pool, size))
WRAP(void *, NULL, ngx_array_push, (void *array), (array))
WRAP(void *, NULL, ngx_list_push, (void *list), (list))
WRAP(void *, NULL, ngx_http_add_variable, (void *cf, void *name, uintptr_t flags),
     (cf, name, flags))
WRAP(intptr_t, NGX_ERROR, ngx_http_compile_complex_value, (void *compile), (compile))
WRAP(intptr_t, NGX_ERROR, ngx_http_complex_value, (void *request, void *value, void *text),
     (request, value, text))

/* The module asks at every function of its own that nginx calls. */
_Bool
s3_auth_test_panics(const char *name, size_t length)
{
    return shared && fails(&shared->entries, name, length);
}

/*
 * Gives each of the module's allocations from a pool a block of its own, so that AddressSanitizer
 * sees where it ends: to the sanitizer a pool is one block. Preloaded into an nginx whose module
 * was linked with --wrap for both functions.
 */

#include <stddef.h>

void *ngx_pmemalign(void *pool, size_t size, size_t alignment);

void *
__wrap_ngx_palloc(void *pool, size_t size)
{
    return ngx_pmemalign(pool, size, 16);
}

void *
__wrap_ngx_pnalloc(void *pool, size_t size)
{
    return ngx_pmemalign(pool, size, 16);
}

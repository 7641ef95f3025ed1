/*
 * memcheck.h
 *		What the server's memory contexts tell Valgrind, told to AddressSanitizer.
 *
 * test/faults compiles src/backend/utils/mmgr of a server with -DUSE_VALGRIND and this
 * header in the place of Valgrind's own: what palloc did not give, or took back, is
 * poisoned, so that a read past a chunk or after pfree is reported, not only one past a
 * block. Does nothing in a process where the sanitizer's library is not loaded.
 */
#ifndef MEMCHECK_H
#define MEMCHECK_H

#include <stddef.h>

extern void __asan_poison_memory_region(const volatile void *start, size_t size) __attribute__((weak));
extern void __asan_unpoison_memory_region(const volatile void *start, size_t size) __attribute__((weak));

static inline void
MarkMemory(const volatile void *start, size_t size, int usable)
{
	if (size == 0 || !__asan_poison_memory_region)
		return;
	if (usable)
		__asan_unpoison_memory_region(start, size);
	else
		__asan_poison_memory_region(start, size);
}

#define VALGRIND_MAKE_MEM_NOACCESS(start, size)			MarkMemory((start), (size), 0)
#define VALGRIND_MAKE_MEM_DEFINED(start, size)			MarkMemory((start), (size), 1)
#define VALGRIND_MAKE_MEM_UNDEFINED(start, size)		MarkMemory((start), (size), 1)
#define VALGRIND_MEMPOOL_ALLOC(pool, start, size)		MarkMemory((start), (size), 1)
#define VALGRIND_MEMPOOL_CHANGE(pool, was, start, size) MarkMemory((start), (size), 1)

/* the free functions of contexts have wiped and poisoned by then */
#define VALGRIND_MEMPOOL_FREE(pool, start)				((void) 0)
#define VALGRIND_CREATE_MEMPOOL(pool, redzone, zeroed)	((void) 0)
#define VALGRIND_DESTROY_MEMPOOL(pool)					((void) 0)
#define VALGRIND_CHECK_MEM_IS_DEFINED(start, size)		((void) 0)
#define VALGRIND_GET_VBITS(start, bits, size)			((void) 0)

#endif							/* MEMCHECK_H */

/*
 * mix.h
 *		A bijection that spreads keys over all bits: different keys stay different.
 */
#ifndef REVOPS_MIX_H
#define REVOPS_MIX_H

/* The finalizer of MurmurHash3. */
static inline uint64
Mix(uint64 key)
{
	key ^= key >> 33;
	key *= UINT64CONST(0xff51afd7ed558ccd);
	key ^= key >> 33;
	key *= UINT64CONST(0xc4ceb9fe1a85ec53);
	return key ^ (key >> 33);
}

#endif							/* REVOPS_MIX_H */

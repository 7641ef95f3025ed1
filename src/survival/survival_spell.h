/*
 * survival_spell.h
 *		A spell: the time that a subject was watched for, and how it ended.
 */
#ifndef REVOPS_SURVIVAL_SPELL_H
#define REVOPS_SURVIVAL_SPELL_H

#define SPELL_CENSORED	0		/* still going on when last seen */
#define SPELL_EVENT		1		/* survival's one kind of ending */
#define SPELL_CAUSES	1000	/* most kinds of ending in one state */
#define SPELL_SUBJECTS	((INT64CONST(1) << 48) - 1)	/* most subjects in one state */

/*
 * Equal spells are counted. Watching starts at `entry` (a subject with entry 0
 * is at risk from the very start, one with a later entry only after it) and
 * ends at `duration`, both in the caller's unit.
 */
typedef struct Spell
{
	double		duration;
	double		entry;
	uint64		cause:16;		/* SPELL_CENSORED, or from 1 */
	uint64		count:48;
} Spell;

#endif							/* REVOPS_SURVIVAL_SPELL_H */

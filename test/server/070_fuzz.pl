# 070_fuzz.pl: the quick run of test/fuzz, algorithms against brute force without a server
use strict;
use warnings;

use Test::More;

delete @ENV{qw(MAKEFLAGS MAKELEVEL)};
my $out = $ENV{TESTDATADIR} . '/fuzz';
my $lines = qx(make -s -C fuzz PG_CONFIG="$ENV{PG_CONFIG}" OUT="$out" 2>&1);

like($lines, qr/^\d+ passed, 0 failed$/m, 'the run comes to its end') or diag($lines);
like($_, qr/, 0 failed$/, (split)[0]) for grep { / cases, / } split /\n/, $lines;
done_testing();

#!/usr/bin/perl
# build.pl PAGE CHARTS PAGES LIBRARY < DATA > REPORT: puts data, scripts and the chart library
# into the page, so that it needs nothing else.
use strict;
use warnings;

sub content
{
	my ($file) = @_;
	open my $handle, '<:raw', $file or die "$file: $!\n";
	local $/;
	return scalar <$handle>;
}

my ($page, $charts, $pages, $library) = map { content($_) } @ARGV;
my $data = do { local $/; <STDIN> };
chomp $data;

# inside a script element, "</script" in a text would end it
$data =~ s{</}{<\\/}g;
my %part = (LIBRARY => $library, DATA => $data, CHARTS => $charts, PAGES => $pages);
$page =~ s{/\*(LIBRARY|DATA|CHARTS|PAGES)\*/}{$part{$1}}g;
print $page;

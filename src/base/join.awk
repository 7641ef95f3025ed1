# join.awk: joins the parts of the install script, in the order given, and expands what would be said many times.
#
#     @use NAME key=value …        the file NAME.template beside this one, with @key@ replaced
#     @for key=value …             the lines until @end once for each such row,
#     @    key=value …             with @key@ replaced; a value with blanks stands in double quotes
#     @end
#
# An unknown directive or a name without a value is an error that says where.

function fail(message)
{
	printf "%s:%d: %s\n", FILENAME, FNR, message > "/dev/stderr"
	failed = 1
	exit 1
}

# reads key=value … into keys[n, 1..], values[n, 1..]; sets counts[n]
function read_row(n, text,    word, key)
{
	counts[n] = 0
	sub(/^[ \t]+/, "", text)
	while (text != "") {
		if (!match(text, /^[a-z_]+=("[^"]*"|[^" \t]+)/))
			fail("not key=value: " text)
		word = substr(text, 1, RLENGTH)
		text = substr(text, RLENGTH + 1)
		sub(/^[ \t]+/, "", text)
		key = word
		sub(/=.*/, "", key)
		sub(/^[^=]*=/, "", word)
		gsub(/^"|"$/, "", word)
		counts[n]++
		keys[n, counts[n]] = key
		values[n, counts[n]] = word
	}
}

# the line with the names of row n replaced, without regular expressions: a value may hold any character
function expand(n, line,    i, name, at, done)
{
	for (i = 1; i <= counts[n]; i++) {
		name = "@" keys[n, i] "@"
		done = ""
		while ((at = index(line, name)) > 0) {
			done = done substr(line, 1, at - 1) values[n, i]
			line = substr(line, at + length(name))
		}
		line = done line
	}
	if (match(line, /@[a-z_]+@/))
		fail("no value for " substr(line, RSTART, RLENGTH))
	return line
}

function use(text,    template, line, found)
{
	template = text
	sub(/[ \t].*/, "", template)
	sub(/^[^ \t]+/, "", text)
	read_row(0, text)
	template = folder template ".template"
	while ((found = (getline line < template)) > 0)
		print expand(0, line)
	if (found < 0)
		fail("cannot read " template)
	close(template)
}

BEGIN {
	folder = ARGV[1]
	sub(/[^\/]*$/, "", folder)		# the first part is of base
}

/^@use / { use(substr($0, 6)); next }

/^@for / { rows = 1; lines = 0; looping = 1; read_row(1, substr($0, 6)); next }

looping && /^@ / { read_row(++rows, substr($0, 3)); next }

/^@end$/ {
	if (!looping)
		fail("@end without @for")
	for (row = 1; row <= rows; row++)
		for (l = 1; l <= lines; l++)
			print expand(row, body[l])
	looping = 0
	next
}

/^@/ { fail("unknown directive: " $0) }

looping { body[++lines] = $0; next }

{ print }

END {
	if (looping && !failed)
		fail("@for without @end")
	exit failed
}

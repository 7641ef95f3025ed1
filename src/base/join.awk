# join.awk: joins the parts of the install script, in the order given, and expands what would be said many times.
#
#     @use NAME key=value …        NAME.template beside this file, with @key@ replaced; it may use others
#     @for key=value …             the lines until @end once for each such row, @use among them,
#     @    key=value …             with @key@ replaced
#     @end
#
# After replacing=1 among the files, functions are made by "create or replace", for an upgrade.
#
# A character outside ASCII becomes \uXXXX, which JSON reads: the script is plain ASCII, so texts in other
# scripts stand in literals of JSON. Needs LC_ALL=C, so that a character is a byte.
#
# A value with blanks, or none, stands in double quotes. An unknown directive or a name without a value is an
# error that says where.

function fail(message)
{
	printf "%s:%d: %s\n", FILENAME, FNR, message > "/dev/stderr"
	failed = 1
	exit 1
}

# reads key=value … as row n: keys[n, i], values[n, i], i to counts[n]
function read_row(n, text,    word, key)
{
	counts[n] = 0
	sub(/^[ \t]+/, "", text)
	while (text != "") {
		if (!match(text, /^[a-z_]+=("[^"]*"|[^" \t]+)/))
			fail("not key=value: " text)
		word = key = substr(text, 1, RLENGTH)
		text = substr(text, RLENGTH + 1)
		sub(/^[ \t]+/, "", text)
		sub(/=.*/, "", key)
		sub(/^[^=]*=/, "", word)
		gsub(/^"|"$/, "", word)
		counts[n]++
		keys[n, counts[n]] = key
		values[n, counts[n]] = word
	}
}

# bytes of UTF-8, of two or three a character, as \uXXXX
function ascii(line,    i, c, code, left, result)
{
	if (line !~ /[\200-\377]/)
		return line
	for (i = 1; i <= length(line); i++) {
		c = substr(line, i, 1)
		if (!(c in byte) || byte[c] < 128)
			result = result c
		else if (byte[c] >= 192) {
			left = byte[c] >= 224 ? 2 : 1
			if (byte[c] >= 240)
				fail("a character of four bytes")
			code = byte[c] - (left == 2 ? 224 : 192)
		} else {
			code = code * 64 + byte[c] - 128
			if (--left == 0)
				result = result sprintf("\\u%04x", code)
		}
	}
	return result
}

# the line with row n's names replaced; not by sub(), to which & in a value means something
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

# a line, or the template that it names
function say(line, depth)
{
	if (line ~ /^@use /)
		use(substr(line, 6), depth + 1)
	else
		print line
}

# text: NAME key=value …; depth: of templates in templates
function use(text, depth,    file, line, found)
{
	file = text
	sub(/[ \t].*/, "", file)
	file = folder file ".template"
	sub(/^[^ \t]+/, "", text)
	read_row(-depth, text)
	while ((found = (getline line < file)) > 0)
		say(expand(-depth, line), depth)
	if (found < 0)
		fail("cannot read " file)
	close(file)
}

BEGIN {
	for (code = 1; code < 256; code++)
		byte[sprintf("%c", code)] = code
	folder = ARGV[1]		# the first part is of base
	sub(/[^\/]*$/, "", folder)
}

/^@use / && !looping {
	say($0)
	next
}

/^@for / {
	rows = 1
	lines = 0
	looping = 1
	read_row(rows, substr($0, 6))
	next
}

looping && /^@ / {
	read_row(++rows, substr($0, 3))
	next
}

looping && /^@end$/ {
	for (row = 1; row <= rows; row++)
		for (i = 1; i <= lines; i++)
			say(expand(row, body[i]))
	looping = 0
	next
}

/^@/ && !(looping && /^@use /) { fail("not a directive here: " $0) }

looping {
	body[++lines] = $0
	next
}

{
	if (replacing)
		sub(/^create function /, "create or replace function ")
	print ascii($0)
}

END {
	if (looping && !failed)
		fail("@for without @end")
	exit failed
}

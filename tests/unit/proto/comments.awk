# Prints every message, field, enum, service and call of a .proto file that no comment stands above
# (or beside, on the same line), and fails when there is one. Values of an enum may go without where
# their name says it all.
function want(what) {
	if (previous !~ /^[ \t]*\/\// && $0 !~ /;[ \t]*\/\//) {
		printf "%s:%d: no comment above: %s\n", FILENAME, FNR, what
		bad = 1
	}
}
/^[ \t]*\/\/ ----/ { previous = ""; next } # a heading says nothing of what follows
/^[ \t]*\/\// { previous = $0; next }
/^(message|enum|service) / { want($1 " " $2) }
/^[ \t]+rpc / { want("rpc " $2) }
/^[ \t]+(repeated )?[A-Za-z0-9_.]+ [a-z0-9_]+ = [0-9]+;/ {
	want($1 == "repeated" ? $3 : $2)
}
{ previous = $0 }
END { exit bad }

# What stories are told with. Sourced by them, inside of the machine. A story is a list of steps; it
# ends at the first that does not hold, which prints what was expected and what there was instead.
set -euo pipefail
said= # what the last command printed

# say TEXT: what comes now.
say() {
	printf -- '-- %s\n' "$*"
}

# fail TEXT: the end.
fail() {
	printf 'FAILED at line %s: %s\n' "$(story_line)" "$*"
	exit 1
}

# The line of the story itself that led here.
story_line() {
	local i
	for ((i = 1; i < ${#BASH_SOURCE[@]}; i++)); do
		[ "${BASH_SOURCE[i]}" != "$0" ] || { echo "${BASH_LINENO[i - 1]}" && return; }
	done
}

# must COMMAND...: it must succeed; what it printed is in $said.
must() {
	said=$("$@" 2>&1) || fail "$* ended with $?: $said"
}

# prints PATTERN COMMAND...: it must succeed, and print what matches the extended regular expression.
prints() {
	local pattern=$1
	shift
	must "$@"
	grep -qE -- "$pattern" <<<"$said" || fail "$* did not print /$pattern/ but: $said"
}

# refuses PATTERN COMMAND...: it must fail, and say why.
refuses() {
	local pattern=$1
	shift
	! said=$("$@" 2>&1) || fail "$* should have been refused, but printed: $said"
	grep -qE -- "$pattern" <<<"$said" || fail "$* was refused, without /$pattern/: $said"
}

# omits PATTERN COMMAND...: it must succeed, and print nothing that matches.
omits() {
	local pattern=$1
	shift
	must "$@"
	! grep -qE -- "$pattern" <<<"$said" || fail "$* should not print /$pattern/: $said"
}

# same WHAT EXPECTED ACTUAL
same() {
	[ "$2" = "$3" ] || fail "$1 should be '$2' and is '$3'"
}

# differs WHAT FORMER ACTUAL
differs() {
	[ "$2" != "$3" ] || fail "$1 is still '$2'"
}

# within SECONDS COMMAND...: until it succeeds, which it must in that time.
within() {
	local deadline=$((SECONDS + $1))
	shift
	until said=$("$@" 2>&1); do
		[ "$SECONDS" -lt "$deadline" ] || fail "waited in vain for: $*; in the end: $said"
		sleep 0.05
	done
}

# is UNIT STATE: "is gchatd.service active", also "enabled", "disabled" ...
is() {
	case $2 in
	*abled) same "$1" "$2" "$(systemctl is-enabled "$1" 2>&1 || true)" ;;
	*) same "$1" "$2" "$(systemctl is-active "$1" 2>&1 || true)" ;;
	esac
}

# property UNIT NAME
property() {
	systemctl show --property="$2" --value "$1"
}

pid() {
	property gchatd.service MainPID
}

# logged PATTERN [JOURNALCTL-OPTION...]: gchatd's own lines. The journal may come a moment later.
logged() {
	local pattern=$1
	shift
	within 10 grep_journal "$pattern" -u gchatd.service "$@"
}

grep_journal() {
	local pattern=$1
	shift
	journalctl --quiet --no-pager --output=cat "$@" | grep -E -m 1 -- "$pattern"
}

# fingerprint [FILE]: of a certificate, in a file or on standard input, as gchatctl shows it.
fingerprint() {
	openssl x509 -in "${1:-/dev/stdin}" -noout -fingerprint -sha256 | sed 's/.*=//' | tr -d : |
		tr '[:upper:]' '[:lower:]'
}

# presented ADDRESS: the fingerprint of what is served there.
presented() {
	{ openssl s_client -connect "$1" </dev/null 2>/dev/null || true; } | fingerprint
}

# person NAME: a plain user of this machine, with a home.
person() {
	must useradd --create-home --shell /bin/bash "$1"
}

# as NAME COMMAND...
as() {
	local who=$1
	shift
	runuser -u "$who" -- env HOME="/home/$who" "$@"
}

# newcomer NAME: a plain user of this machine who has made an account with an invitation.
newcomer() {
	local line
	person "$1"
	line=$(gchatctl invite --output=json | sed -n 's/.*"command": "\(.*\)".*/\1/p')
	echo "the password of $1" >"/home/$1/password"
	chown "$1:" "/home/$1/password"
	# shellcheck disable=SC2086
	must as "$1" $line --user="$1" --password-file="/home/$1/password"
}

# listens NAME ROOM [OPTION...]: in the background; what comes is in /tmp/NAME.heard, as text.
listens() {
	as "$1" gchat-client tail "$2" "${@:3}" --join --follow --since=0 >"/tmp/$1.heard" 2>"/tmp/$1.errors" &
}

hears() {
	within 20 grep -F -- "$2" "/tmp/$1.heard"
}

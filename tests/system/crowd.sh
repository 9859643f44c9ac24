# A crowd that talks while its daemon is disturbed, for stories: gchat-steady runs beside gchatd's
# unit, and every disturbance ends with a line of what it was to the clients. Sourced after story.sh.

steady=/mnt/build/tests/steady/gchat-steady

# crowd_allow: what an administrator sets who expects so many from one address.
crowd_allow() {
	local settings
	settings=$(property gchatd.service ExecStart | sed -n 's/.*--config \([^ ;]*\).*/\1/p')
	cat >"$settings" <<-'END'
		accounts: { registration = "open"; password_memory_kb = 8192; password_passes = 1; };
		limits: { registrations_per_hour = 1000; connections_per_minute = 0; };
	END
}

# crowd_start SESSIONS
crowd_start() {
	coproc crowd { exec "$steady" --server 127.0.0.1:7443 --sessions "$1" --rooms $((($1 + 49) / 50)); }
	crowd_pid=$!
	crowd_hear
}

# crowd_hear: its next line, in $said.
crowd_hear() {
	read -r -t 150 -u "${crowd[0]}" said || fail 'the crowd says nothing more'
}

# disturb NAME COMMAND...: the command succeeds; all come back, nobody is refused.
disturb() {
	local name=$1
	shift
	echo begin >&"${crowd[1]}"
	crowd_hear
	must "$@"
	echo "end $name" >&"${crowd[1]}"
	crowd_hear
	say "$said"
	grep -q ' missing=0 refused=0 ' <<<"$said" || fail "not all came back after: $name"
}

# unnoticed NAME COMMAND...: the same, and no connection breaks.
unnoticed() {
	disturb "$@"
	grep -q ' broken=0 ' <<<"$said" || fail "connections broke by: $1"
}

# crowd_end: nothing was lost, doubled or refused in all that.
crowd_end() {
	echo quit >&"${crowd[1]}"
	crowd_hear
	say "$said"
	wait "$crowd_pid" || fail 'the crowd missed something'
}

# another_pid OLD: the unit runs as another process, and is ready.
another_pid() {
	[ "$(pid)" != "$1" ] && [ "$(pid)" != 0 ] && [ "$(property gchatd.service SubState)" = running ]
}

# crash SIGNAL: the daemon gets it, and systemd has another one ready.
crash() {
	local old
	old=$(pid)
	kill -s "$1" "$old"
	within 60 another_pid "$old"
}

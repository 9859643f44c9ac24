#!/bin/bash
# completion.sh GCHATCTL CLIENT FOLDER: what bash, zsh and fish offer for gchatctl, each as installed,
# beside a daemon with a room and a user. Under td_run. A shell that isn't there is left out.
set -euo pipefail
gchatctl=$1 client=$2 scripts=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/bin" "$work/home"
ln -s "$gchatctl" "$work/bin/gchatctl"
export PATH="$work/bin:$PATH" HOME="$work/home" XDG_CONFIG_HOME="$work/home" XDG_DATA_HOME="$work/home"

echo 'correct horse' >"$work/password"
fingerprint=$(gchatctl -s "$TD_ADMIN" cert status --output=plain | sed -n 's/^fingerprint\t//p')
"$client" -s "$TD_ADDRESS" --fingerprint="$fingerprint" -u wilhelmina --state="$work/state" \
	--password-file="$work/password" register >/dev/null
echo '/create lobby-of-all' | "$client" -s "$TD_ADDRESS" --fingerprint="$fingerprint" \
	-u wilhelmina --state="$work/state" --line >/dev/null
gchatctl -s "$TD_ADMIN" list-rooms | grep lobby-of-all >/dev/null # which reads it all: no SIGPIPE

failed=
tried=

# expect SHELL LINE WORD TEXT: TEXT, what SHELL offers for LINE, has WORD.
expect() {
	if ! grep -q -- "$3" <<<"$4"; then
		echo "$1: '$2' doesn't offer '$3' but: $4"
		failed=yes
	fi
}

try_bash() {
	# shellcheck disable=SC2016
	bash --norc --noprofile -c '
		. /usr/share/bash-completion/bash_completion
		. "$1/gchatctl.bash"
		COMP_LINE=$2 COMP_POINT=${#2} COMP_TYPE=9
		# As readline parts a line: = and : are words of their own.
		line=${2//=/ = }
		read -ra COMP_WORDS <<<"$line"
		[[ $2 == *[\ =] ]] && COMP_WORDS+=("")
		COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
		_gchatctl gchatctl "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
		printf "%s\n" "${COMPREPLY[@]}"' bash "$scripts" "$1" 2>/dev/null
}

try_fish() {
	fish --no-config -c 'source $argv[1]/gchatctl.fish; complete -C $argv[2]' "$scripts" "$1"
}

# An interactive zsh on a terminal of its own: the line is typed, then a tab.
try_zsh() {
	cat >"$work/try.zsh" <<-'END'
		zmodload zsh/zpty
		zpty z "TERM=dumb zsh -f -i"
		zpty -w z "PS1=ready; fpath=($1 \$fpath); autoload -U compinit; compinit -u -d $3/dump; LISTMAX=0; stty -echo"
		zpty -r -m z out '*ready*ready*' || zpty -r -m z out '*ready*'
		zpty -w -n z "$2"$'\t\t'
		local text= chunk
		float end=$((SECONDS + 8))
		while ((SECONDS < end)) && [[ $text != *$4* ]]; do
			zpty -r -t z chunk && text+=$chunk
		done
		print -r -- "$text"
		zpty -d z
	END
	zsh -f "$work/try.zsh" "$scripts" "$1" "$work" "$2"
}

for line in "gchatctl list-ro:list-rooms" "gchatctl -s $TD_ADMIN list-members lob:lobby-of-all" \
	"gchatctl -s $TD_ADMIN kick wil:wilhelmina" "gchatctl cert r:rotate" \
	"gchatctl list-rooms --sort=mem:members" "gchatctl status --output=js:jsonl"; do
	words=${line%:*} word=${line##*:}
	if command -v bash >/dev/null && [ -e /usr/share/bash-completion/bash_completion ]; then
		tried="$tried bash"
		expect bash "$words" "$word" "$(try_bash "$words")"
	fi
	if command -v fish >/dev/null; then
		tried="$tried fish"
		expect fish "$words" "$word" "$(try_fish "$words")"
	fi
	if command -v zsh >/dev/null; then
		tried="$tried zsh"
		expect zsh "$words" "$word" "$(try_zsh "$words" "$word")"
	fi
done
[ -n "$tried" ] || exit 77
[ -z "$failed" ] || exit 1
echo "all offer what they should:$(tr ' ' '\n' <<<"$tried" | sort -u | tr '\n' ' ')"

# bash completion for gchatctl: gchatctl itself knows what may come next.
_gchatctl() {
	local cur prev words cword line
	_init_completion -n := || return
	COMPREPLY=()
	while IFS= read -r line; do
		if [[ $line == :files ]]; then
			compopt -o default
			continue
		fi
		COMPREPLY+=("${line%%$'\t'*}")
	done < <("$1" __complete "${words[@]:1:cword}" 2>/dev/null)
	[[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *[=,] ]] && compopt -o nospace
	# readline replaces only what follows the last = or colon.
	[[ $cur == *=* && $COMP_WORDBREAKS == *=* ]] && COMPREPLY=("${COMPREPLY[@]#"${cur%%=*}="}")
	__ltrim_colon_completions "$cur"
} && complete -F _gchatctl gchatctl

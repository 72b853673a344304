# bash completion for refcow. What there is to complete is asked from the command, so that it cannot be out of date.

# Words of "--option one|two" in a verb's help.
_refcow_values() { # COMMAND VERB OPTION
    "$1" "$2" --help 2>/dev/null | sed -n "s/^.*$3 \([a-z0-9|-]*\)[,.]*  *.*/\1/p" | tr '|' ' '
}

_refcow() {
    # shellcheck disable=SC2034 # _init_completion sets split
    local cur prev words cword split verb
    _init_completion -s || return
    verb=${words[1]}
    if ((cword == 1)); then
        verb=$("$1" --help | sed -n 's/^  \([a-z]\{1,\}\)  .*/\1/p')
        mapfile -t COMPREPLY < <(compgen -W "$verb --help --version" -- "$cur")
        return
    fi
    case $prev in
    --list) mapfile -t COMPREPLY < <(compgen -W "help $("$1" check --list help | cut -f1)" -- "$cur") ;;
    --allow)
        mapfile -t COMPREPLY < <(compgen -W "$("$1" gate --list-rules | awk '$3 == "--allow" {print $1}')" -- "$cur") ;;
    -f) COMPREPLY=(qcow2) ;;
    -T) mapfile -t COMPREPLY < <(compgen -W "$(_refcow_values "$1" "$verb" --cache)" -- "$cur") ;;
    --output | --cache | --color | --expect | --fail-on | --format)
        mapfile -t COMPREPLY < <(compgen -W "$(_refcow_values "$1" "$verb" "$prev")" -- "$cur") ;;
    --max-* | --memory | --timeout) ;;
    *)
        if [[ $cur == -* ]]; then
            mapfile -t COMPREPLY < <(compgen -W "$(_parse_help "$1" "$verb --help")" -- "$cur")
        else
            _filedir
        fi
        ;;
    esac
}

complete -F _refcow refcow
